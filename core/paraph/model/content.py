"""Where a document's bytes come from: open files, and whether they are still what was measured.

Theory. A document is measured once and read again for each upload, so what it is made of has to give the
same bytes as often as it is asked. An open file has one position, shared by everybody who has the file: its
owner, every document that is made of it, every process that inherited it. :class:`OpenFile` gives each
reader one of his own, and keeps what cannot be read twice (a pipe, an answer) in an unnamed file.

Of a regular file on disk any place can be read without that position (POSIX ``pread``), whoever moves it
meanwhile. Everything else (a file in memory, an object of somebody's own, any file on Windows) is read
through it: the readers of one file object take turns, each going to his place first. Nobody can make the
owner take turns, so such bytes are never believed to be right: their digest is always taken again.

That the bytes are the same can be proven by taking their digest again, which costs more than sending them
to a machine nearby. A file system says it for nothing: as long as a file's identity, size and times of
change are the same, nobody wrote to it. That is believed, as git believes it, of regular files that had
been left alone for :data:`SETTLED` before they were measured: a change within one tick of the clock would
not show. (Nor does at once what somebody writes through a memory map; such files are not for sending.)
Only POSIX has such a time of change: on Windows ``st_ctime`` is that of creation, so nothing is believed.
"""

from __future__ import annotations

import io
import os
import stat
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, BinaryIO, Final, Protocol

POSIX: Final = os.name == "posix"
"""Whether files can be read without their position, and tell when they were changed."""

SETTLED: Final = 2_000_000_000
"""Nanoseconds for which a file was left alone before its times are believed; no file system ticks slower."""

Mark = tuple[int, ...]
"""What changes with a file's content: device, inode, size in bytes, two times in nanoseconds."""

Marker = Callable[[Any], Mark | None]
"""Gives the mark of an opened stream's content; ``None`` if there is none to rely on."""


def mark_of(file: Any) -> Mark | None:
    """Return an open file's mark; ``None`` for what is no file on disk, is closed, or just changed."""
    try:
        raw = getattr(file, "raw", file)
        if not POSIX or not isinstance(raw, io.FileIO):
            return None
        seen = os.fstat(raw.fileno())
    except (OSError, ValueError):  # who reads it says what is wrong with it
        return None
    changed = max(seen.st_mtime_ns, seen.st_ctime_ns)
    if not stat.S_ISREG(seen.st_mode) or time.time_ns() - changed < SETTLED:
        return None
    return (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def unmarked(_: Any) -> Mark | None:
    """Say nothing: the digest has to be taken again."""
    return None


def unchanging(_: Any) -> Mark | None:
    """Return the one mark of what nobody can change, such as ``bytes``."""
    return ()


class Source(Protocol):
    """What many readers read, each at a position of his own."""

    def read_at(self, position: int, size: int) -> bytes:
        """Return at least one byte and at most so many from a position on; none at the end."""
        ...

    def end(self) -> int:
        """Return the position of the end."""
        ...


class OpenFile:
    """An open binary file as a source that can be read from its beginning as often as needed.

    The beginning is where the file stands when it is given. The file stays its owner's: it is never closed
    here, and has to stay open until the envelope is sent. Its position is moved only if it cannot be read
    without. What cannot seek is read to its end at once.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Take a file. :raises TypeError: it gives text."""
        if isinstance(file, io.TextIOBase):
            msg = "a document needs a file that was opened in binary mode, such as open(path, 'rb')"
            raise TypeError(msg)
        self._kept = not file.seekable()
        self._file: Any = self._copy(file) if self._kept else file
        self._start: int = self._file.tell()
        self._on_disk = _is_on_disk(self._file)
        self._turn = _turn_at(self._file)

    def _copy(self, file: BinaryIO) -> Any:
        """Copy what can be read only once into a file without a name, which ends with this object."""
        import shutil
        import tempfile

        kept = tempfile.TemporaryFile()  # noqa: SIM115 - closed when nobody can read it any more
        weakref.finalize(self, kept.close)
        shutil.copyfileobj(file, kept)
        kept.seek(0)
        return kept

    def open(self) -> BinaryIO:
        """Return a fresh stream at the beginning. :raises ValueError: the file was closed."""
        if self._on_disk:
            self._file.flush()  # what its owner wrote may be in its buffer and not yet on the disk
        return reader_of(self)

    def read_at(self, position: int, size: int) -> bytes:
        """Read at most so many bytes from a position on. :raises ValueError: the file was closed."""
        if self._on_disk:
            return os.pread(self._file.fileno(), size, self._start + position)
        with self._turn:
            self._file.seek(self._start + position)
            found: bytes = self._file.read(size)
            return found

    def end(self) -> int:
        """Return the position of the end."""
        if self._on_disk:
            return max(0, os.fstat(self._file.fileno()).st_size - self._start)
        with self._turn:
            end: int = self._file.seek(0, io.SEEK_END)
            return max(0, end - self._start)

    def mark(self, _: Any) -> Mark | None:
        """Return the mark of the content; a copy that only this object can reach never changes."""
        if not self._on_disk:
            return None
        return unchanging(self) if self._kept else mark_of(self._file)


def _is_on_disk(file: Any) -> bool:
    """Whether a file gives the bytes that its descriptor has, and no others, at any place.

    A subclass, or an object that only has a descriptor, may give others: it may decrypt or unpack.
    """
    raw = file.raw if type(file) in {io.BufferedReader, io.BufferedRandom} else file
    return POSIX and type(raw) is io.FileIO and stat.S_ISREG(os.fstat(raw.fileno()).st_mode)


_TURNS: Final[weakref.WeakValueDictionary[int, threading.Lock]] = weakref.WeakValueDictionary()
"""The turns at file objects, by ``id``: one table for all, since a file has one position for all."""

_NEW_TURN: Final = threading.Lock()


def _turn_at(file: object) -> threading.Lock:
    """Return the lock that all who read through one file object's position share while one of them lives."""
    with _NEW_TURN:
        turn = _TURNS.get(id(file))
        if turn is None:
            turn = _TURNS[id(file)] = threading.Lock()
        return turn


def reader_of(source: Source) -> BinaryIO:
    """Return a stream at the beginning of what others read as well."""
    return io.BufferedReader(_Reader(source))


class _Reader(io.RawIOBase):
    """One reader's own position."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}.get(whence)
        position = offset + (self._source.end() if base is None else base)
        if position < 0:
            msg = "there is nothing before the beginning"
            raise ValueError(msg)
        self._position = position
        return position

    def readinto(self, buffer: Any, /) -> int:
        found = self._source.read_at(self._position, len(buffer))
        buffer[: len(found)] = found
        self._position += len(found)
        return len(found)
