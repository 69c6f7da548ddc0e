"""The flows of contract section 7, replayed against the simulator as a real server by a client of its own."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from paraph_ignisign.simulator import IgnisignSimulator, create
from providers.ignisign import replay
from providers.ignisign.replay import endings, sealing, signing
from providers.ignisign.replay.shapes import PUBLISHED, wrongs
from providers.ignisign.replay.steps import Integration, integrated
from providers.ignisign.replay.vendor import Place

FLOWS: dict[str, Callable[[Integration], None]] = {
    "7.1 with a PDF": functools.partial(signing.contract, content="pdf"),
    "7.1 with JSON": functools.partial(signing.contract, content="json"),
    "7.1 polled": signing.polled,
    "4.6 tokens": signing.forged,
    "7.2 base64": functools.partial(signing.private_file, encoding="base64"),
    "7.2 hex": functools.partial(signing.private_file, encoding="hex"),
    "7.2 without a label": signing.private_file_needs_a_label,
    "7.3": signing.sign_links,
    "7.4": endings.one_call,
    "7.5 cancelled": endings.cancelled,
    "7.5 cancelled after a signature": endings.cancelled_after_a_signature,
    "7.5 expired at 2": functools.partial(endings.expired, minute=2, tick=5),
    "7.5 expired at 56": functools.partial(endings.expired, minute=56, tick=65),
    "7.5 expired after a signature": endings.expired_after_a_signature,
}


@contextmanager
def serving(key: str = "v2", **options: Any) -> Iterator[tuple[Place, IgnisignSimulator]]:
    """Serve a simulator; `key`: which credential the client is given."""
    simulator = create(**options)
    with simulator.running() as base_url:
        credentials, env = simulator.tenant.credentials, simulator.tenant.options.app_env
        secret = credentials.api_key(env) if key == "v2" else credentials.old_secret(env)
        place = Place(
            api=base_url,
            sign=base_url,
            secret=secret,
            app_id=credentials.app_id,
            app_env=env,
            control=f"{base_url}/_simulator",
        )
        yield place, simulator


@pytest.fixture(scope="module")
def places() -> Iterator[Callable[[str], Place]]:
    """One server for all flows of one kind of key: each flow has people and requests of its own."""
    with ExitStack() as stack:
        yield functools.cache(lambda key: stack.enter_context(serving(key))[0])


@pytest.mark.parametrize(
    ("flow", "key"), [*((flow, "v2") for flow in FLOWS), *((flow, "old") for flow in FLOWS if "7.1" in flow)]
)
def test_a_flow_of_the_contract_works_as_written(places: Callable[[str], Place], flow: str, key: str) -> None:
    """A client written from the contract alone goes all the way; an old secret is exchanged, a key is not."""
    with integrated(places(key)) as my:
        FLOWS[flow](my)
        assert (my.vendor.exchanges > 0) == (key == "old")


@pytest.fixture(scope="module")
def machine() -> Iterator[tuple[Place, str, str]]:
    """An application that seals: the place, the machine's id and its key as text."""
    with serving(app_type="SEAL") as (place, simulator):
        key = simulator.m2m_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        yield place, simulator.m2m_id, key


@pytest.mark.parametrize("line_end", ["|", "\\n"])
def test_a_machine_seals(machine: tuple[Place, str, str], line_end: str) -> None:
    """Every type of document is sealed by a hash hashed twice and signed with our own code."""
    place, m2m_id, key = machine
    with integrated(place) as my:
        sealing.machine_seal(my, m2m_id, key.replace("\n", line_end))


def test_a_person_seals(machine: tuple[Place, str, str]) -> None:
    """In the same application a seal by hand goes the way of a contract."""
    with integrated(machine[0]) as my:
        sealing.manual_seal(my)


@pytest.mark.parametrize(("pkce", "key"), [("rfc", "v2"), ("sdk", "old")])
def test_a_bare_signature(pkce: str, key: str) -> None:
    """Hashes come back signed, with the challenge of RFC 7636 and with that of the official SDK."""
    with serving(key, app_type="BARE_SIGNATURE") as (place, _simulator), integrated(place) as my:
        sealing.bare_signature(my, pkce)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"signatureRequestId": None}, "$.signatureRequestId: NoneType does not fit"),
        ({"signatureRequestId": "short"}, "$.signatureRequestId: str does not fit"),
        ({"surprise": 1}, "$.surprise: unknown"),
        ({"signersEmbedded": {}}, "$.signersEmbedded: no array"),
        ({"signersEmbedded": [{"signerId": "0" * 24}]}, "$.signersEmbedded[0].token: missing"),
    ],
)
def test_a_shape_names_what_is_wrong_and_where(change: dict[str, Any], where: str) -> None:
    """The control: an answer of another shape than the contract's does not pass."""
    good = {"signatureRequestId": "0" * 24, "signersEmbedded": [{"signerId": "0" * 24, "token": "t" * 46}]}
    assert [] == wrongs(good, PUBLISHED)
    assert [where] == wrongs({**good, **change}, PUBLISHED)
    assert ["$.signatureRequestId: missing"] == wrongs({}, PUBLISHED)


def test_the_replay_shares_no_code_with_plugin_or_simulator() -> None:
    """No module of the replay imports this project, so what agrees was written twice."""
    modules = sorted(Path(replay.__path__[0]).glob("*.py"))
    assert len(modules) > 5
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert "paraph" not in name, path.name
                if name.startswith("providers"):
                    assert name.startswith("providers.ignisign.replay"), path.name
