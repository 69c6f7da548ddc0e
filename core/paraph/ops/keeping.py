"""What the store keeps of documents that are nowhere else, until their envelope is published.

Who resumes a send may be another process, which has neither the memory nor the open files of the one that
began it. Content is kept, and read again, in pieces of :data:`PIECE` bytes, so that no document is ever in
memory as a whole. What is read again is believed no more than any other stream: its digest is taken when it
is uploaded. Documents are read outside of transactions, since a slow one must not stop everybody who
writes: what is larger than :data:`AT_HAND` goes ahead piece by piece, under its digest, and the rest is for
the transaction that registers the envelope. A process that ends in between leaves pieces that nobody reads;
sending the envelope again writes over them, and publishing it removes them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from paraph.errors import UsageError
from paraph.model import ContentKind, Document, Envelope
from paraph.model.content import reader_of

if TYPE_CHECKING:
    from paraph.store import Store
    from paraph.store.protocol import Transaction

KEPT_AT_MOST = 64 << 20
"""Bytes of one document that the store keeps for resuming; larger ones belong in a file with a path."""

PIECE = 1 << 20
"""Bytes of a piece; the last one of a document is what is left."""


AT_HAND = 1 << 20
"""Bytes of pieces that wait in memory for the envelope to be registered."""

Piece = tuple[str, bytes]
"""A piece with the key under which it is kept."""


def keep(store: Store, envelope: Envelope) -> tuple[Piece, ...]:
    """Keep what an envelope's documents hold, as far as it can be found nowhere else.

    :returns: the last pieces, which the caller puts into the transaction that registers the envelope.
    :raises UsageError: a document cannot be read any more; its file was closed, for instance.
    """
    waiting: list[Piece] = []
    for document in filter(is_kept, envelope.documents):
        for number, piece in enumerate(_pieces(document)):
            waiting.append((_key(envelope.id, document, number), piece))
            if sum(len(each) for _, each in waiting) > AT_HAND:
                with store.begin() as tx:
                    put(tx, waiting)
                waiting.clear()
    return tuple(waiting)


def put(tx: Transaction, pieces: Iterable[Piece]) -> None:
    """Write pieces."""
    for key, piece in pieces:
        tx.put_content(key, piece)


def kept(store: Store, envelope: Envelope, document: Document) -> Document | None:
    """Return a document that reads what was kept of it; ``None`` if nothing is."""
    from paraph.convert.envelope import with_content

    pieces = _Pieces(store, envelope, document)
    return with_content(document, functools.partial(reader_of, pieces)) if pieces.read_at(0, 1) else None


def drop(tx: Transaction, envelope: Envelope) -> None:
    """Forget what was kept."""
    for document in filter(is_kept, envelope.documents):
        for number in range(-(-document.size // PIECE)):
            tx.drop_content(_key(envelope.id, document, number))


def is_kept(document: Document) -> bool:
    """Whether a document is one to be kept: small enough, with content that has no path."""
    has_no_path = document.path is None and document.kind is not ContentKind.DIGEST
    return has_no_path and document.size <= KEPT_AT_MOST


def _key(envelope_id: str, document: Document, number: int) -> str:
    return f"{envelope_id}/{document.sha256}/{number}"


def _pieces(document: Document) -> Iterator[bytes]:
    """Cut a document into pieces. :raises UsageError: it cannot be read any more."""
    # The error is raised outside of the handler: an ``OSError`` names the path.
    try:
        with document.open() as stream:
            yield from _cut(stream)
            return
    except (OSError, ValueError):
        pass
    msg = f"document {document.id!r} can no longer be read; nothing was sent. Keep its file open until then"
    raise UsageError(msg)


def _cut(stream: BinaryIO) -> Iterator[bytes]:
    """Cut a stream into pieces, whatever it gives at a time."""
    piece = b""
    while block := stream.read(PIECE - len(piece)):
        piece += block
        if len(piece) == PIECE:
            yield piece
            piece = b""
    if piece:
        yield piece


class _Pieces:
    """A kept document as a source: of its pieces, the one that was read last is at hand."""

    def __init__(self, store: Store, envelope: Envelope, document: Document) -> None:
        self._store = store
        self._key = functools.partial(_key, envelope.id, document)
        self._size = document.size
        self._at_hand = (-1, b"")

    def read_at(self, position: int, size: int) -> bytes:
        """Return at most so many bytes from a position on, none from what is not kept any more."""
        number, start = divmod(position, PIECE)
        known, piece = self._at_hand
        if known != number:
            with self._store.begin() as tx:
                piece = tx.content(self._key(number)) or b""
            self._at_hand = (number, piece)
        return piece[start : start + size]

    def end(self) -> int:
        """Return the position of the end."""
        return self._size
