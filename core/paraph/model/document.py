"""Documents: content by bytes, path, file object, open-callable, digest only, or JSON."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import mimetypes
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from paraph.model._kinds import Unpicklable
from paraph.model.content import Mark, Marker, OpenFile, mark_of, unchanging, unmarked

BLOCK = 1 << 19
"""Bytes read at a time; documents never need to fit into memory."""

ENDS = 1024
"""Bytes of the beginning and the end that are kept for a cheap look."""

PDF = "application/pdf"

SHOWN = 12
"""Hex characters of a digest in a repr."""


class DocumentRole(StrEnum):
    """Whether a document is signed or only travels along."""

    SIGNED = "signed"
    ATTACHMENT = "attachment"


class ContentKind(StrEnum):
    """What the vendor is given."""

    FILE = "file"
    JSON = "json"
    DIGEST = "digest"
    """Only the SHA-256 digest: the content never leaves the application."""


@attrs.frozen(kw_only=True, eq=False)
class Document(Unpicklable):
    """One document of an envelope. Build it with a ``from_…`` constructor.

    A constructor reads the content once, for its digest. In an event loop, give that to a thread if the
    content is large: ``await asyncio.to_thread(Document.from_path, path)``.

    Two documents are equal if id, name, role, media type and digest are.

    :ivar id: local id that the application controls; the vendor's id is kept beside it. It appears
        in messages and events: where file names name people, give a neutral one.
    :ivar name: file name that people see; a label, never used as a path.
    :ivar sha256: hex digest of the content, always known before anything is sent.
    :ivar size: bytes; 0 where only the digest is known.
    :ivar path: absolute path, where the content is a file on disk.
    """

    id: str
    name: str = attrs.field(repr=False)
    sha256: str
    size: int
    media_type: str = PDF
    kind: ContentKind = ContentKind.FILE
    role: DocumentRole = DocumentRole.SIGNED
    path: str | None = attrs.field(default=None, repr=False)
    head: bytes = attrs.field(default=b"", repr=False)
    """The first 1024 bytes, for a cheap look at what the file is."""
    tail: bytes = attrs.field(default=b"", repr=False)
    """The last 1024 bytes."""
    fault: str = ""
    """Why the content could not be read: ``missing``, ``unreadable`` or empty."""
    _open: Callable[[], BinaryIO] | None = attrs.field(default=None, repr=False, alias="open")
    _unchanged: Callable[[BinaryIO], bool] | None = attrs.field(default=None, repr=False, alias="unchanged")

    def __repr__(self) -> str:
        # Without id and name: the id is made of the file name by default, which may name a person.
        return f"Document(media_type={self.media_type!r}, size={self.size}, sha256={self.sha256[:SHOWN]!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Document):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        return (self.id, self.name, self.role, self.media_type, self.kind, self.sha256, self.size)

    @classmethod
    def from_bytes(
        cls,
        content: bytes,
        *,
        name: str,
        id: str = "",  # noqa: A002 - the field's name
        media_type: str = "",
        role: DocumentRole | str = DocumentRole.SIGNED,
    ) -> Document:
        """Hold the content in memory."""
        held = bytes(content)  # the same object, unless somebody gave one that can change
        return cls._measured(
            lambda: io.BytesIO(held),
            id=id,
            name=name,
            media_type=media_type,
            role=role,
            marker=unchanging,
        )

    @classmethod
    def from_path(
        cls,
        path: str | Path,
        *,
        id: str = "",  # noqa: A002 - the field's name
        name: str = "",
        media_type: str = "",
        role: DocumentRole | str = DocumentRole.SIGNED,
    ) -> Document:
        """Name a file; it is read once for its digest and again for each upload.

        A file that cannot be read raises nothing here: the envelope's check names it
        together with everything else that is wrong.
        """
        found = Path(path).resolve()
        return cls._measured(
            functools.partial(_open_file, found),
            id=id,
            name=name or found.name,
            media_type=media_type,
            role=role,
            path=str(found),
            marker=mark_of,
        )

    @classmethod
    def from_file(
        cls,
        file: BinaryIO,
        *,
        name: str = "",
        id: str = "",  # noqa: A002 - the field's name
        media_type: str = "",
        role: DocumentRole | str = DocumentRole.SIGNED,
    ) -> Document:
        """Give an open binary file, from where it stands to its end.

        It stays yours: keep it open until the envelope is sent, and close it afterwards. Leave the position
        alone of what is not simply a file on disk, or is one on Windows: it is read through its position,
        and who moves it stops the upload. Several documents may be made of one file object. What cannot
        seek, such as a pipe, is read at once into a temporary file without a name.

        :param name: the file's own if it has one.
        :raises TypeError: the file gives text. :raises ValueError: it is closed, or has no name.
        """
        source = OpenFile(file)
        label = name or _name_of(file)
        if not label:
            msg = "this file has no name of its own; give one: Document.from_file(file, name='contract.pdf')"
            raise ValueError(msg)
        return cls._measured(
            source.open, id=id, name=label, media_type=media_type, role=role, marker=source.mark
        )

    @classmethod
    def from_opener(
        cls,
        opener: Callable[[], BinaryIO],
        *,
        name: str,
        id: str = "",  # noqa: A002 - the field's name
        media_type: str = "",
        role: DocumentRole | str = DocumentRole.SIGNED,
    ) -> Document:
        """Give a function that opens a fresh binary stream each time it is called.

        Another process cannot open the content anew: to ``resume`` there the store keeps up to 64 MiB of it,
        and of more the envelope is needed again.
        """
        return cls._measured(opener, id=id, name=name, media_type=media_type, role=role)

    @classmethod
    def from_digest(
        cls,
        sha256: str,
        *,
        name: str,
        id: str = "",  # noqa: A002 - the field's name
        media_type: str = PDF,
        role: DocumentRole | str = DocumentRole.SIGNED,
    ) -> Document:
        """Give only the SHA-256 digest (64 hex characters): the content stays with the application."""
        return cls(
            id=id or default_id(name),
            name=name,
            sha256=sha256.strip().lower(),
            size=0,
            media_type=media_type,
            kind=ContentKind.DIGEST,
            role=DocumentRole(role),
        )

    @classmethod
    def from_json(
        cls,
        value: Mapping[str, Any],
        *,
        name: str,
        id: str = "",  # noqa: A002 - the field's name
    ) -> Document:
        """Give structured data; it is serialised once, compact and with sorted keys."""
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        content = text.encode()
        return cls._measured(
            lambda: io.BytesIO(content),
            id=id,
            name=name,
            media_type="application/json",
            role=DocumentRole.SIGNED,
            kind=ContentKind.JSON,
            marker=unchanging,
        )

    @classmethod
    def _measured(
        cls,
        opener: Callable[[], BinaryIO],
        *,
        id: str,  # noqa: A002 - the field's name
        name: str,
        media_type: str,
        role: DocumentRole | str,
        kind: ContentKind = ContentKind.FILE,
        path: str | None = None,
        marker: Marker = unmarked,
    ) -> Document:
        digest, size, head, tail, fault = hashlib.sha256(), 0, b"", b"", ""
        unchanged: Callable[[BinaryIO], bool] | None = None
        try:
            with opener() as stream:
                mark = marker(stream)
                while block := stream.read(BLOCK):
                    head += block[: ENDS - len(head)]
                    tail = (tail + block[-ENDS:])[-ENDS:]
                    digest.update(block)
                    size += len(block)
                if mark is not None and mark == marker(stream):
                    unchanged = functools.partial(_has, marker, mark)
        except FileNotFoundError:
            fault = "missing"
        except OSError:
            fault = "unreadable"
        return cls(
            id=id or default_id(name),
            name=name,
            sha256=digest.hexdigest(),
            size=size,
            media_type=media_type or mimetypes.guess_type(name)[0] or "application/octet-stream",
            kind=kind,
            role=DocumentRole(role),
            path=path,
            head=head,
            tail=tail,
            fault=fault,
            open=opener,
            unchanged=unchanged,
        )

    def open(self) -> BinaryIO:
        """Return a fresh binary stream at its beginning; each attempt to upload takes its own.

        :raises ValueError: only the digest is known.
        """
        if self._open is None:
            msg = f"document {self.id!r} has no content here"
            raise ValueError(msg)
        return self._open()

    def is_unchanged(self, stream: BinaryIO) -> bool:
        """Whether what an opened stream gives is certainly what was measured.

        Otherwise it may be so all the same, which only its digest can tell.
        """
        return self._unchanged is not None and self._unchanged(stream)

    @property
    def has_content(self) -> bool:
        """Whether :meth:`open` can give the content in this process."""
        return self._open is not None

    @property
    def is_pdf(self) -> bool:
        """Whether the media type says PDF."""
        return self.media_type == PDF


def _open_file(path: Path) -> BinaryIO:
    """Open a file that can be read again: a pipe would wait for a writer who may be gone."""
    if path.exists() and not path.is_file():
        msg = "no regular file"
        raise OSError(msg)
    return path.open("rb")


def _has(marker: Marker, mark: Mark, stream: BinaryIO) -> bool:
    """Whether a stream's content still has its mark."""
    return marker(stream) == mark


def _name_of(file: BinaryIO) -> str:
    """Return the last part of a file's name; ``""`` for one without: it has a number for a name, or none."""
    name = getattr(file, "name", "")
    return Path(name).name if isinstance(name, str) else ""


def default_id(name: str) -> str:
    """Derive a local id from a file name: ``"Contract v2.pdf"`` becomes ``contract-v2``."""
    stem = name.rsplit(".", 1)[0].lower()
    kept = "".join(char if char.isascii() and char.isalnum() else "-" for char in stem)
    return "-".join(part for part in kept.split("-") if part)[:64] or "document"
