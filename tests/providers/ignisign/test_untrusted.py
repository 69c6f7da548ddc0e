"""Taking values out of what anyone may have sent: quick where nothing is strange, the same wherever it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph_ignisign import untrusted, webhooks
from support.ignisign_account import APP_ID, account, delivery

ACCOUNT = account()
TEXTS = st.text(st.characters(), max_size=200) | st.from_regex(r"[A-Z_]{0,140}", fullmatch=True)


@given(TEXTS)
def test_a_word_is_kept_in_a_form_that_can_be_read_back(value: str) -> None:
    """Whatever the vendor writes becomes printable ASCII, from which its first 128 characters come back."""
    kept = untrusted.word(value)
    assert kept.isascii()
    assert kept.isprintable()
    assert value[:128] == kept.encode("ascii").decode("unicode_escape")


def nested(opening: str, closing: str, depth: int, inside: str) -> bytes:
    """Write that many containers around a value."""
    return f'{{"a":{opening * depth}{inside}{closing * depth},"b":"[[[[{{{{"}}'.encode()


@given(
    st.sampled_from([("[", "]"), ('{"x":', "}"), ("[0,", "]"), ('["[{",', "]")]),
    st.integers(0, 70),
    st.sampled_from(["1", "[]", "{}", '"[[[["']),
)
def test_a_body_is_refused_exactly_if_it_is_too_deep(
    around: tuple[str, str], depth: int, inside: str
) -> None:
    """Counting brackets only spares the look: it never lets anything through, and never refuses anything."""
    raw = nested(*around, depth, inside)
    value = json.loads(raw)
    decoded = untrusted.decoded(raw)
    assert (None if untrusted.too_deep(value) else value) == decoded


@pytest.mark.parametrize("depth", [30, 31, 32])
def test_the_depth_is_counted_in_containers(depth: int) -> None:
    """Thirty-two containers hold nothing any more; the last that may is the thirty-first."""
    raw = b"[" * (depth - 1) + b"1" + b"]" * (depth - 1)
    whole = b'{"a":' + raw + b"}"
    assert (depth >= 32) == (untrusted.decoded(whole) is None)


@pytest.mark.parametrize("raw", [b'\xef\xbb\xbf{"a":1}', b'{"a":1} x', b"", b"[]", b"7", b'{"a":1', b"\xff"])
def test_what_is_no_object_is_not_decoded(raw: bytes) -> None:
    """Other shapes, other encodings, a byte order mark, a rest behind: nothing that the vendor sends."""
    assert untrusted.decoded(raw) is None


def test_white_space_around_an_object_is_none_of_our_business() -> None:
    """JSON allows it."""
    assert {"a": 1} == untrusted.decoded(b' \r\n\t{"a": 1}\n ')


@given(st.lists(st.sampled_from(["d1", "d2", "d3"]), max_size=6), st.sampled_from(["d1", "d4"]))
def test_a_document_that_is_named_twice_is_told_once(listed: list[str], flat: str) -> None:
    """Facts are different from each other, however often the vendor names a document."""
    content: dict[str, Any] = {
        "signatureRequestId": "r1",
        "documents": [{"documentId": each} for each in listed],
        "documentId": flat,
    }
    body = {
        "appId": APP_ID,
        "appEnv": "STAGING",
        "topic": "SIGNATURE_PROOF",
        "action": "ADV_GENERATED",
        "msgNature": "SUCCESS",
        "content": content,
        "verificationToken": "canary-token",
    }
    reading = webhooks.observe(delivery(json.dumps(body).encode()), ACCOUNT)
    expected = dict.fromkeys([*listed, flat])
    assert [f"proof/{each}" for each in expected] == [fact.target for fact in reading.facts]
