"""What the store keeps of documents without a path, so that a send can be resumed elsewhere."""

from __future__ import annotations

import io
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.client import Client
from paraph.errors import ConnectFailed, UsageError
from paraph.model import Document, Envelope, Lifecycle
from paraph.ops import keeping
from paraph.store import Store, open_store
from paraph.store.memory import MemoryStore
from support.tiny import PDF, TinyConfig, TinyRegistry, TinyVendor, as_config, envelope


class Dribble(io.BytesIO):
    """A stream that gives few bytes at a time."""

    def __init__(self, content: bytes, step: int) -> None:
        super().__init__(content)
        self.step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.step if size is None or size < 0 else min(size, self.step))


def holding(*documents: Document) -> Envelope:
    return Envelope(id="e1", title="t", documents=documents)


def read(document: Document) -> bytes:
    with document.open() as stream:
        return stream.read()


@given(
    content=st.binary(min_size=1, max_size=60),
    piece=st.integers(1, 20),
    at_hand=st.integers(0, 70),
    step=st.integers(1, 70),
    begin=st.integers(0, 60),
)
def test_what_is_kept_is_read_again_and_then_forgotten(
    content: bytes, piece: int, at_hand: int, step: int, begin: int
) -> None:
    """Whatever the pieces, and however little a source gives at a time, the same bytes come back.

    No piece is larger than it may be, and after dropping none is left.
    """
    store = MemoryStore()
    given = Document.from_opener(lambda: Dribble(content, step), name="c.bin", id="c")
    asked = holding(given)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "PIECE", piece)
        patch.setattr(keeping, "AT_HAND", at_hand)
        last = keeping.keep(store, asked)
        assert sum(len(each) for _, each in last) <= at_hand
        with store.begin() as tx:
            keeping.put(tx, last)
            keys = [f"e1/{given.sha256}/{number}" for number in range(-(-len(content) // piece))]
            sizes = [len(tx.content(key) or b"") for key in keys]
        assert (len(content), piece) >= (sum(sizes), max(sizes))
        bare = Document.from_digest(given.sha256, name="c.bin", id="c")
        again = keeping.kept(store, asked, Document(**{**shown(bare), "size": given.size}))
        assert again is not None
        assert content == read(again)
        with again.open() as stream:
            stream.seek(begin)
            assert content[begin:] == stream.read()
        with store.begin() as tx:
            keeping.drop(tx, asked)
            assert [None] * len(sizes) == [tx.content(key) for key in keys]
        assert keeping.kept(store, asked, given) is None


def shown(document: Document) -> dict[str, Any]:
    return {name: getattr(document, name) for name in ("id", "name", "sha256", "size", "media_type", "kind")}


def test_only_what_is_found_nowhere_else_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files with a path, digests and what is too large are not kept; bytes and open files are."""
    (tmp_path / "c.pdf").write_bytes(PDF)
    monkeypatch.setattr(keeping, "KEPT_AT_MOST", len(PDF))
    assert not keeping.is_kept(Document.from_path(tmp_path / "c.pdf"))
    assert not keeping.is_kept(Document.from_digest("0" * 64, name="c.pdf"))
    assert not keeping.is_kept(Document.from_bytes(PDF + b"x", name="c.pdf"))
    assert keeping.is_kept(Document.from_bytes(PDF, name="c.pdf"))
    assert keeping.is_kept(Document.from_file(io.BytesIO(PDF), name="c.pdf"))


def test_keeping_needs_no_room_for_the_document(tmp_path: Path) -> None:
    """While 32 MiB go into a database and out again, Python holds a few pieces and never the whole."""
    size = 32 << 20
    blocks = (size >> 20) * [b"x" * (1 << 20)]

    class Made(io.RawIOBase):
        def __init__(self) -> None:
            self.left = list(blocks)

        def readable(self) -> bool:
            return True

        def read(self, _: int = -1, /) -> bytes:
            return self.left.pop() if self.left else b""

    def opened() -> Any:
        return Made()

    document = Document.from_opener(opened, name="c.bin", id="c")
    asked = holding(document)
    store = open_store(f"sqlite:///{tmp_path}/paraph.db")
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        last = keeping.keep(store, asked)
        with store.begin() as tx:
            keeping.put(tx, last)
        again = keeping.kept(store, asked, document)
        assert again is not None
        with again.open() as stream:
            total = sum(len(block) for block in iter(lambda: stream.read(1 << 20), b""))
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
        store.close()
    assert size == total
    assert peak < size // 3


def test_a_slow_source_stops_nobody_who_writes() -> None:
    """While a document is read, however long that takes, others can use the store."""
    store = MemoryStore()
    writing: list[bool] = []

    def write() -> None:
        with store.begin() as tx:
            tx.put_private("hr", "key", "value")

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            other = threading.Thread(target=write, daemon=True)
            other.start()
            other.join(timeout=60)
            writing.append(other.is_alive())
            return super().read(size)

    keeping.keep(store, holding(Document.from_opener(lambda: Slow(PDF), name="c.pdf")))
    assert {False} == set(writing)


@pytest.fixture(params=["memory:", "sqlite"])
def store(request: Any, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(request.param if request.param == "memory:" else f"sqlite:///{tmp_path}/paraph.db")
    yield opened
    opened.close()


def client(store: Store, vendor: TinyVendor, uploaded: list[bytes]) -> Client:
    """Make a client of a vendor, whose uploads are noted as they arrive."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/documents"):
            uploaded.append(b"".join(request.stream))  # type: ignore[arg-type]  # of the sync kind
        return vendor.handle(request)

    return Client(
        as_config(TinyConfig()),
        registry=TinyRegistry(),  # type: ignore[arg-type]  # stands in
        store=store,
        transport=httpx.MockTransport(handle),
    )


def down(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
    raise httpx.ConnectError("down", request=request)


def test_a_send_of_an_open_file_is_resumed_after_the_file_was_closed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another client, with neither the file nor the memory, sends what was kept; then it is forgotten."""
    monkeypatch.setattr(keeping, "PIECE", 100)
    uploaded: list[bytes] = []
    vendor = TinyVendor()
    vendor.faults = [down]
    with io.BytesIO(PDF) as file:
        asked = envelope(documents=[Document.from_file(file, name="contract.pdf", id="contract")])
        with client(store, vendor, uploaded) as first, pytest.raises(ConnectFailed):
            first.send(asked)
    with client(store, vendor, uploaded) as other:
        assert Lifecycle.SENT is other.resume(asked.id).lifecycle
    assert [True] == [PDF in body for body in uploaded]
    with store.begin() as tx:
        assert tx.content(f"{asked.id}/{asked.documents[0].sha256}/0") is None


def test_what_is_given_again_goes_before_what_was_kept(store: Store) -> None:
    """If what was kept is not the document the upload stops short; the document given again goes instead.

    Another content under the document's id is no such document.
    """
    uploaded: list[bytes] = []
    vendor = TinyVendor()
    vendor.faults = [down]
    asked = envelope(documents=[Document.from_bytes(PDF, name="contract.pdf", id="contract")])
    (document,) = asked.documents
    with client(store, vendor, uploaded) as first, pytest.raises(ConnectFailed):
        first.send(asked)
    with store.begin() as tx:
        tx.put_content(f"{asked.id}/{document.sha256}/0", PDF[:-1] + b"X")
    other = Document.from_bytes(PDF[:-1] + b"X", name="contract.pdf", id="contract")
    for offered in (None, attrs.evolve(asked, documents=(other,))):
        with client(store, vendor, uploaded) as again, pytest.raises(UsageError, match="is not what it was"):
            again.resume(asked.id, envelope=offered)
    assert [] == uploaded
    with client(store, vendor, uploaded) as again:
        assert Lifecycle.SENT is again.resume(asked.id, envelope=asked).lifecycle
    assert [True] == [PDF in body for body in uploaded]


def test_what_was_kept_has_no_mark() -> None:
    """Of a document that is vouched for what was kept of it is not: its digest is taken again."""
    store = MemoryStore()
    document = Document.from_bytes(PDF, name="c.pdf")
    asked = holding(document)
    with store.begin() as tx:
        keeping.put(tx, keeping.keep(store, asked))
    again = keeping.kept(store, asked, document)
    assert again is not None
    with document.open() as before, again.open() as after:
        assert [True, False] == [document.is_unchanged(before), again.is_unchanged(after)]


def test_a_file_that_was_closed_too_early_is_an_error_of_use(tmp_path: Path) -> None:
    """Of a document whose file was closed nothing can be kept, which is said without its path."""
    (tmp_path / "secret-name.bin").write_bytes(PDF)
    with io.BytesIO(PDF) as memory, (tmp_path / "secret-name.bin").open("rb") as file:
        documents = [Document.from_file(opened, name="c.bin", id="c") for opened in (memory, file)]
    store = MemoryStore()
    for document in documents:
        with pytest.raises(UsageError, match="document 'c' can no longer be read") as caught:
            keeping.keep(store, holding(document))
        assert "secret-name" not in str(caught.value)
        assert caught.value.__context__ is None
