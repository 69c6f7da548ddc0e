import base64
import io
import json
import tracemalloc
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.errors import UsageError
from paraph.flow.upload import Base64Stream, DocumentStream, json_request, multipart_request
from paraph.model import Document

NAMES = st.text(st.characters(codec="utf-8", exclude_characters='\x00"'), min_size=1, max_size=8)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


class Dribble(io.RawIOBase):
    """A stream that gives few bytes at a time, as pipes and network file systems do."""

    def __init__(self, content: bytes, step: int) -> None:
        self._inner = io.BytesIO(content)
        self._step = step

    def read(self, size: int = -1, /) -> bytes:
        return self._inner.read(min(self._step, size) if size >= 0 else self._step)


def written(request: httpx.Request) -> bytes:
    """Read a request's body as a runner would, and check the announced length."""
    body = b"".join(request.stream)  # type: ignore[arg-type]  # sync side
    assert str(len(body)) == request.headers["content-length"]
    return body


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=400), st.integers(1, 50), st.binary(max_size=5), st.binary(max_size=5))
def test_any_content_is_encoded_as_a_whole(content: bytes, step: int, head: bytes, tail: bytes) -> None:
    """However a stream is cut into blocks, its base64 is that of the whole, of a length known before."""
    document = Document.from_opener(lambda: Dribble(content, step), name="c.pdf")  # type: ignore[arg-type, return-value]  # readable
    stream = Base64Stream(document, head=head, tail=tail)
    for _ in range(2):
        assert head + base64.b64encode(content) + tail == b"".join(stream)
    assert len(head + base64.b64encode(content) + tail) == stream.length


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(NAMES, TREES, max_size=4), st.lists(NAMES, min_size=1, max_size=3), st.binary(min_size=1)
)
def test_a_document_stands_anywhere_in_json(body: dict[str, Any], keys: list[str], content: bytes) -> None:
    """The body is what was given, with the document's base64 under the given keys, made where needed."""
    inner: Any = body
    for key in keys[:-1]:
        inner = inner.get(key)
        if not isinstance(inner, dict):
            if inner is not None:
                return  # a value stands in the way: the caller's mistake
            break
    request = json_request(
        "POST", "http://vendor.test/", body=body, at=keys, document=Document.from_bytes(content, name="c")
    )
    sent = json.loads(written(request))
    found: Any = sent
    for key in keys:
        found = found[key]
    assert content == base64.b64decode(found, validate=True)
    assert {key: value for key, value in body.items() if key != keys[0]} == {
        key: value for key, value in sent.items() if key != keys[0]
    }
    assert "application/json" == request.headers["content-type"]


def test_async_bytes_are_the_same() -> None:
    """Read in a task the body is byte for byte the one that threads read."""
    import asyncio

    stream = Base64Stream(Document.from_bytes(bytes(range(256)) * 5000, name="c"), head=b"<", tail=b">")

    async def collect() -> bytes:
        return b"".join([block async for block in stream])

    assert b"".join(stream) == asyncio.run(collect())


def test_encoding_needs_no_room_for_the_document() -> None:
    """While 32 MiB are encoded, Python holds a few blocks and never the whole."""
    size = 32 << 20
    document = Document.from_opener(lambda: io.BytesIO(b"x" * size), name="c.pdf")
    blocks = iter(Base64Stream(document))
    next(blocks)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        total = sum(len(block) for block in blocks)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert total > size
    assert peak < 12 << 20


@pytest.mark.parametrize("kind", [DocumentStream, Base64Stream])
def test_a_changed_document_breaks_off(kind: type[DocumentStream], tmp_path: Any) -> None:
    """Content that is no longer what was hashed is not sent to its end, encoded or not."""
    path = tmp_path / "c.pdf"
    path.write_bytes(b"one")
    document = Document.from_path(path)
    path.write_bytes(b"two")
    with pytest.raises(UsageError, match="not what it was"):
        list(kind(document, tail=b"}"))


def test_a_form_has_its_plain_parts_before_the_file() -> None:
    """Values travel as parts of their own, names quoted as browsers do, in the given order."""
    request = multipart_request(
        "POST",
        "http://vendor.test/",
        field="content",
        filename="c.pdf",
        media_type="application/pdf",
        document=Document.from_bytes(b"%PDF-", name="c.pdf"),
        values=[("workflow_id", "w1"), ('a"b', "true")],
    )
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    parts = written(request).split(b"--" + boundary)
    assert b'\r\nContent-Disposition: form-data; name="workflow_id"\r\n\r\nw1\r\n' == parts[1]
    assert b'\r\nContent-Disposition: form-data; name="a%22b"\r\n\r\ntrue\r\n' == parts[2]
    assert parts[3].endswith(b"\r\nContent-Type: application/pdf\r\n\r\n%PDF-\r\n")
    assert b"--\r\n" == parts[4]
