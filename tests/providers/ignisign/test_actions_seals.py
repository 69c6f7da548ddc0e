"""Sealing by a machine: what is hashed, how it is signed, and what travels (contract 7.6)."""

import base64
import hashlib
import json
import subprocess
import sys
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import UsageError
from paraph.flow.commands import Call, Http
from paraph.model import Document, Secret
from paraph_ignisign import actions
from paraph_ignisign import params as p
from paraph_ignisign.actions import seals
from paraph_ignisign.actions.javascript import compacted
from paraph_ignisign.simulator.javascript import stringify
from support.ignisign_account import APP, account

ACCOUNT = account()
KEY = ec.generate_private_key(ec.SECP256R1())
M2M = "0123456789abcdef01234567"


def pem(key: Any = KEY, form: Any = serialization.PrivateFormat.PKCS8) -> str:
    made: bytes = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return made.decode()


PEM = pem()


@given(st.binary())
def test_the_signature_is_over_the_digest_hashed_again(content: bytes) -> None:
    """ECDSA with SHA-256 over the 32 bytes of the digest, DER, hex; not over the content's digest itself."""
    digest = hashlib.sha256(content)
    made = bytes.fromhex(seals.signature(digest.hexdigest(), Secret(PEM)))
    decode_dss_signature(made)
    KEY.public_key().verify(made, digest.digest(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        KEY.public_key().verify(made, content, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    "text",
    [
        PEM,
        PEM.replace("\n", "|"),
        PEM.replace("\n", "\\n"),
        PEM.replace("\n", "\r\n"),
        pem(form=serialization.PrivateFormat.TraditionalOpenSSL),
    ],
    ids=["lines", "bars", "escapes", "windows", "sec1"],
)
def test_a_key_may_be_written_on_one_line(text: str) -> None:
    """Environment variables hold no line breaks: a bar or an escape stands for one."""
    digest = hashlib.sha256(b"x")
    made = bytes.fromhex(seals.signature(digest.hexdigest(), Secret(text)))
    KEY.public_key().verify(made, digest.digest(), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "canary",
        PEM[:60],
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        KEY.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        ).decode(),
    ],
    ids=["empty", "text", "cut", "other curve", "rsa", "password"],
)
def test_a_key_of_no_use_is_refused_without_being_shown(text: str) -> None:
    """Only an EC key on P-256 without a password seals; the error holds nothing of what was given."""
    with pytest.raises(UsageError, match="P-256") as caught:
        seals.signature("00" * 32, Secret(text))
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)
    assert "canary" not in str(caught.value)


def sealed(document: Document, **options: Any) -> tuple[Any, dict[str, Any]]:
    """Run the action up to its request; return the request and its body."""
    given_ = p.SealDocument(m2m_id=M2M, document=document, private_key=Secret(PEM), **options)
    flow = actions.SEAL.run(ACCOUNT, given_)
    prepare = next(flow)
    assert isinstance(prepare, Call)
    command = flow.send(prepare.function(*prepare.args))
    assert isinstance(command, Http)
    command.request.read()
    return command.request, json.loads(command.request.content)


CONTENT = b"%PDF-1.7 contract"
COMPACT = '{"b":"é","a":[1,true,null]}'


@pytest.mark.parametrize(
    ("document", "document_type", "kind", "key", "value", "hashed"),
    [
        (
            Document.from_bytes(CONTENT, name="a.pdf"),
            None,
            "PDF",
            "contentB64",
            base64.b64encode(CONTENT).decode(),
            CONTENT,
        ),
        (Document.from_bytes(b"text", name="a.txt"), None, "FILE", "contentB64", "dGV4dA==", b"text"),
        (Document.from_bytes(b"<a/>", name="a.xml"), "DATA_XML", "DATA_XML", "xmlContent", "<a/>", b"<a/>"),
        (
            Document.from_bytes(json.dumps(json.loads(COMPACT), indent=2).encode(), name="a.json"),
            "DATA_JSON",
            "DATA_JSON",
            "jsonContent",
            json.loads(COMPACT),
            COMPACT.encode(),
        ),
        (Document.from_json({"a": "é"}, name="a.json"), None, "DATA_JSON", "jsonContent", {"a": "é"}, None),
        (Document.from_bytes(CONTENT, name="a.pdf"), "PRIVATE_FILE", "PRIVATE_FILE", None, None, CONTENT),
        (
            Document.from_digest(hashlib.sha256(CONTENT).hexdigest(), name="a.pdf"),
            None,
            "PRIVATE_FILE",
            None,
            None,
            CONTENT,
        ),
    ],
    ids=["pdf", "file", "xml", "json file", "json", "private", "digest"],
)
def test_what_travels_is_what_was_hashed_and_signed(
    document: Document, document_type: str | None, *, kind: str, key: str | None, value: Any, hashed: bytes
) -> None:
    """Per type: the key of the content, the hex digest of exactly that content, and its signature."""
    request, body = sealed(document, document_type=document_type, title="T", external_id="x", label="L")
    assert ("POST", f"{APP}/m2m/{M2M}/sign") == (request.method, request.url.path)
    signature = bytes.fromhex(body.pop("documentHashSignedByM2MPrivateKey"))
    sent = body.pop("document")
    digest = hashlib.sha256(hashed or '{"a":"é"}'.encode())
    KEY.public_key().verify(signature, digest.digest(), ec.ECDSA(hashes.SHA256()))
    assert {"m2mId": M2M, "title": "T", "externalId": "x"} == body
    content = {} if key is None else {key: value}
    wanted = {"documentType": kind, "documentHash": digest.hexdigest(), "label": "L"}
    assert {**wanted, "mimeType": document.media_type, **content} == sent


@pytest.mark.parametrize(
    ("document", "document_type", "sentence"),
    [
        (Document.from_bytes(b"x", name="a.txt"), "EXE", "none of PDF"),
        (Document.from_bytes(b"{", name="a.json"), "DATA_JSON", "no JSON"),
        (Document.from_bytes(b"null", name="a.json"), "DATA_JSON", "no JSON"),
        (Document.from_bytes(b"\xff", name="a.xml"), "DATA_XML", "no XML"),
        (Document.from_digest("00" * 32, name="a.pdf"), "PDF", "PRIVATE_FILE"),
    ],
)
def test_a_document_of_another_type_is_not_sealed(
    document: Document, document_type: str, sentence: str
) -> None:
    """What cannot be told to the vendor as that type makes no request."""
    with pytest.raises(UsageError, match=sentence):
        sealed(document, document_type=document_type)


NUMBERS = [
    ("1.0", "1"), ("-0.0", "0"), ("1e21", "1e+21"), ("1e20", "100000000000000000000"),
    ("123456789012345680000", "123456789012345680000"), ("9007199254740993", "9007199254740992"),
    ("0.000001", "0.000001"), ("0.0000001", "1e-7"), ("1.5E-9", "1.5e-9"), ("-12.50", "-12.5"),
    ("1e5", "100000"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "by_javascript"), NUMBERS, ids=[number for number, _ in NUMBERS])
def test_numbers_are_written_as_javascript_does(written: str, by_javascript: str) -> None:
    """Number::toString of ECMA-262, at the borders of its cases."""
    assert f"[{by_javascript}]" == compacted(f" [ {written} ] ")


def test_keys_that_are_indices_stand_first() -> None:
    """An object of JavaScript tells array indices first, in their order, and then the rest as they came."""
    text = '{"b":1,"10":2,"2":3,"02":4,"a":"\\ud800","4294967295":5}'
    assert '{"2":3,"10":2,"b":1,"02":4,"a":"\\ud800","4294967295":5}' == compacted(text)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(categories=["L"])), inner),
        max_leaves=8,
    )
)
def test_the_simulator_writes_json_alike(value: Any) -> None:
    """Two independent writers agree, and what was written is read again as the same."""
    text = json.dumps(value)
    assert stringify(json.loads(text)) == compacted(text)
    assert compacted(text) == compacted(compacted(text))


@pytest.mark.parametrize("text", ["[NaN]", "[-Infinity]", "[1e999]", "[" + "9" * 400 + "]", "[", ""])
def test_what_no_javascript_reads_is_no_json(text: str) -> None:
    """Python reads more than JSON allows; none of it is sealed."""
    with pytest.raises(ValueError, match=r"JSON|double|Expecting"):
        compacted(text)


def test_sealing_without_the_library_names_the_extra() -> None:
    """Importing the actions needs no cryptography; signing without it says what to install."""
    program = (
        "import sys\n"
        "sys.modules['cryptography'] = None\n"
        "from paraph.errors import MissingExtra\n"
        "from paraph.model import Secret\n"
        "from paraph_ignisign.actions import seals\n"
        "try:\n"
        "    seals.signature('00' * 32, Secret('x'))\n"
        "except MissingExtra as error:\n"
        "    print(error.extra)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "seal" == result.stdout.strip()


def test_the_key_shows_nowhere() -> None:
    """Neither parameters nor request show the key or the content."""
    given_ = p.SealDocument(
        m2m_id=M2M, document=Document.from_bytes(CONTENT, name="a.pdf"), private_key=Secret(PEM)
    )
    assert "PRIVATE KEY" not in repr(given_)
    request, _ = sealed(given_.document)
    assert PEM.splitlines()[1] not in request.content.decode()
