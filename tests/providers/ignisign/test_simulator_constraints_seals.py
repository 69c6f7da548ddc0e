"""What the simulated Ignisign refuses about seals by a machine (contract 7.6)."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from paraph_ignisign.simulator import create
from providers.ignisign.application_stage import (
    BODY,
    DROP,
    HASH_44,
    NOT_HERE,
    Ask,
    Making,
    Row,
    Stage,
    changed,
    table,
)
from providers.ignisign.simulator_driver import FOREIGN_ID, Driver, make_pdf


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Serve what the rows ask for; they do not touch each other's objects."""
    with ExitStack() as stack:
        yield Stage(stack)


def sha(content: bytes) -> str:
    """Return the SHA-256 as hex."""
    return hashlib.sha256(content).hexdigest()


def document(kind: str, content: Any = None, hashed: bytes | None = None) -> dict[str, Any]:
    """Return a document to seal; `hashed` are the bytes whose hash it names, by default its own."""
    pdf = make_pdf()
    carried: dict[str, tuple[dict[str, Any], bytes]] = {
        "PDF": ({"contentB64": base64.b64encode(pdf).decode()}, pdf),
        "FILE": ({"contentB64": base64.b64encode(b"text").decode()}, b"text"),
        "DATA_XML": ({"xmlContent": "<a>é</a>"}, "<a>é</a>".encode()),
        "DATA_JSON": ({"jsonContent": {"a": [1.0, "é"]}}, '{"a":[1,"é"]}'.encode()),
        "PRIVATE_FILE": ({}, b"kept"),
    }
    keys, own = carried[kind]
    return {
        "documentType": kind,
        "documentHash": sha(hashed or own),
        **(keys if content is None else content),
    }


def sealing(
    given: dict[str, Any], change: dict[str, Any] | None = None, *, key: str = "own", app: str = "SEAL"
) -> Making:
    """Return a seal of `given`; `key`: whose signature it is, or "once": hashed once only."""

    def make(stage: Stage) -> Ask:
        simulator = stage["SEAL"].simulator
        private = ec.generate_private_key(ec.SECP256R1()) if key == "other" else simulator.m2m_key
        hashed = bytes.fromhex(given["documentHash"])
        algorithm = ec.ECDSA(Prehashed(hashes.SHA256()) if key == "once" else hashes.SHA256())
        body = {
            "m2mId": simulator.m2m_id,
            "documentHashSignedByM2MPrivateKey": private.sign(hashed, algorithm).hex(),
            "document": given,
        }
        path = f"APP/m2m/{FOREIGN_ID if key == 'path' else body['m2mId']}/sign"
        return Ask("POST", path, changed(body, change or {}), app)

    return make


def archived_machine(stage: Stage) -> Ask:
    """Return a seal by a machine that an operator archived, in an application of its own."""
    driver = stage["SEAL"]
    machine = next(iter(driver.simulator.tenant.machines.values()))
    ask = sealing(document("FILE"))(stage)
    driver.simulator.console.archive_machine(machine.id)
    return ask


def active_machine(stage: Stage) -> Ask:
    """Return a seal by an active machine."""
    next(iter(stage["SEAL"].simulator.tenant.machines.values())).status = "ACTIVE"
    return sealing(document("FILE"))(stage)


SEALS = [
    Row(f"seal: {name}", "7.6", bad, good, status, code)
    for name, bad, good, status, code in [
        (
            "another key",
            sealing(document("PDF"), key="other"),
            sealing(document("PDF")),
            400,
            "INVALID_SIGNATURE",
        ),
        (
            "hashed once",
            sealing(document("FILE"), key="once"),
            sealing(document("FILE")),
            400,
            "INVALID_SIGNATURE",
        ),
        (
            "hash of other bytes",
            sealing(document("FILE", hashed=b"other")),
            sealing(document("FILE")),
            *BODY,
        ),
        (
            "hash of JSON with spaces",
            sealing(document("DATA_JSON", hashed=b'{"a": [1.0, "\xc3\xa9"]}')),
            sealing(document("DATA_JSON", hashed='{"a":[1,"é"]}'.encode())),
            *BODY,
        ),
        (
            "XML that is none",
            sealing(document("DATA_XML", {"xmlContent": "<a"}, b"<a")),
            sealing(document("DATA_XML")),
            *BODY,
        ),
        (
            "a PDF that is none",
            sealing(document("PDF", {"contentB64": base64.b64encode(b"x").decode()}, b"x")),
            sealing(document("FILE", {"contentB64": base64.b64encode(b"x").decode()}, b"x")),
            400,
            "PDF_CORRUPTED",
        ),
        *(
            (f"{kind} without content", sealing(document(kind, {})), sealing(document(kind)), *BODY)
            for kind in ("PDF", "FILE", "DATA_XML", "DATA_JSON")
        ),
        *(
            (f"{kind} with {key}", sealing({**document(kind), key: value}), sealing(document(kind)), *BODY)
            for kind, key, value in [
                ("PDF", "jsonContent", 1),
                ("DATA_XML", "contentB64", "eA=="),
                ("DATA_JSON", "xmlContent", "<a/>"),
                ("PRIVATE_FILE", "contentB64", "eA=="),
            ]
        ),
        (
            "content is no base64",
            sealing({**document("FILE"), "contentB64": "!"}),
            sealing(document("FILE")),
            *BODY,
        ),
        (
            "content that is empty",
            sealing({**document("FILE", {"contentB64": ""}), "documentHash": sha(b"")}),
            sealing(document("FILE")),
            *BODY,
        ),
        (
            "a media type that breaks a header",
            sealing({**document("FILE"), "mimeType": "text/plain\r\nx: y"}),
            sealing({**document("FILE"), "mimeType": "text/plain; charset=utf-8"}),
            *BODY,
        ),
        *(
            (
                f"documentType {kind}",
                sealing({**document("FILE"), "documentType": kind}),
                sealing(document("FILE")),
                *BODY,
            )
            for kind in ("PDF_ENCRYPTED", "file", None)
        ),
        *(
            (
                f"documentHash {what}",
                sealing(document("FILE"), {"document": {**document("FILE"), "documentHash": value}}),
                sealing(document("FILE")),
                *BODY,
            )
            for what, value in [("in base64", HASH_44), ("too short", "ab" * 31), ("missing", None)]
        ),
        (
            "signature in base64",
            sealing(document("FILE"), {"documentHashSignedByM2MPrivateKey": "MEU="}),
            sealing(document("FILE")),
            *BODY,
        ),
        (
            "signature of nothing",
            sealing(document("FILE"), {"documentHashSignedByM2MPrivateKey": ""}),
            sealing(document("FILE")),
            400,
            "INVALID_SIGNATURE",
        ),
        *(
            (f"without {name}", sealing(document("FILE"), {name: DROP}), sealing(document("FILE")), *BODY)
            for name in ("m2mId", "document", "documentHashSignedByM2MPrivateKey")
        ),
        (
            "unknown field",
            sealing(document("FILE"), {"x": 1}),
            sealing(document("FILE"), {"title": "t"}),
            *BODY,
        ),
        (
            "title over 1024",
            sealing(document("FILE"), {"title": "x" * 1025}),
            sealing(document("FILE"), {"title": "x" * 1024}),
            *BODY,
        ),
        (
            "another machine in the body",
            sealing(document("FILE"), {"m2mId": FOREIGN_ID}),
            sealing(document("FILE")),
            *BODY,
        ),
        (
            "another machine in the path",
            sealing(document("FILE"), key="path"),
            sealing(document("FILE")),
            *BODY,
        ),
        (
            "unknown machine",
            sealing(document("FILE"), {"m2mId": FOREIGN_ID}, key="path"),
            sealing(document("FILE")),
            404,
            "SIGNER_APP_KEY_NOT_FOUND",
        ),
        ("archived machine", archived_machine, active_machine, 400, "SIGNER_KEY_NOT_ACTIVE"),
        (
            "in a SIGNATURE application",
            sealing(document("FILE"), app="SIGNATURE"),
            sealing(document("FILE")),
            *NOT_HERE,
        ),
    ]
]


@table([*SEALS])
def test_a_constraint(stage: Stage, row: Row) -> None:
    """The violation gets exactly the row's status and code; the same call without it is accepted."""
    row.prove(stage)


def test_a_seal_takes_no_larger_content_than_an_upload() -> None:
    """Content over the limit is refused, content at the limit is sealed."""
    simulator = create(app_type="SEAL", max_file_bytes=4)
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        answers = []
        for content in (b"12345", b"1234"):
            given = {**document("FILE", {"contentB64": base64.b64encode(content).decode()}, content)}
            signature = simulator.m2m_key.sign(hashlib.sha256(content).digest(), ec.ECDSA(hashes.SHA256()))
            body = {"m2mId": simulator.m2m_id, "document": given}
            body |= {"documentHashSignedByM2MPrivateKey": signature.hex()}
            answers.append(driver.raw("POST", f"APP/m2m/{simulator.m2m_id}/sign", body))
    assert [400, 200] == [one.status_code for one in answers]
    assert "FILE_TOO_LARGE" == answers[0].json()["code"]
