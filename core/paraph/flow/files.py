"""Writing downloads to files, so that no half of one is ever taken for the whole."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from paraph.errors import UsageError

if TYPE_CHECKING:
    from paraph.flow.commands import Sink

ABANDONED: Final = 3600.0
"""Seconds after which a part that no sink holds is taken to be what a process that died left behind."""

SUFFIX: Final = ".part"

SHOWN: Final = 40
"""Characters of the name that its parts show, since file systems bound a name's length."""


class FileSink:
    """A file that appears under its name only when it is complete.

    Until then it is a hidden *part* beside it, with a name of its own, so that two who save the same file
    never write to the same part. A process that dies leaves its part behind; who saves the file again
    begins anew, since no vendor promises the rest of an answer, and removes parts that are
    ``ABANDONED``. Age alone does not say so, for bytes that come slowly wait in memory: a sink holds an
    advisory lock on its part (``flock``), which ends with its process, and just before it lets the part go,
    to give it its name, it makes it young. A part that cannot be locked is left alone, so nothing is ever
    removed where there are no such locks (Windows, some network file systems).

    Theory. Under asyncio each call runs in a thread, and a cancelled task abandons that thread, not
    the call in it. So nothing is opened before the owner can :meth:`discard`; a lock orders the calls, and
    a call that comes after discarding finds the sink ended. Discarding itself runs in the event loop, so it
    waits for nobody: a call that holds the lock meanwhile tidies up when it leaves.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stem = f".{path.name[:SHOWN]}."
        self._part = path.with_name(f"{self._stem}{secrets.token_hex(4)}{SUFFIX}")
        self._file: BinaryIO | None = None
        self._ended = False
        self._lock = threading.Lock()

    def write(self, data: bytes, /) -> int:
        """Append. :raises ValueError: it was committed or discarded."""
        with self._opened() as file:
            return file.write(data)

    def commit(self) -> None:
        """Make it durable and give it its name.

        :raises ValueError: it was committed or discarded.
        :raises UsageError: somebody else removed the part, or the directory.
        """
        with self._opened() as file:
            file.flush()
            os.fsync(file.fileno())
            named = self._name(file)
        if not named:
            msg = (
                "what was saved was removed before it had its name; see what tidies up in its directory "
                f"(a file being saved is a hidden {SUFFIX} there), and save it again"
            )
            raise UsageError(msg)
        _make_durable(self.path.parent)

    def _name(self, file: BinaryIO) -> bool:
        """Close the part and give it its name; ``False`` if it is gone."""
        with contextlib.suppress(OSError):  # not every file system takes times
            os.utime(self._part)
        file.close()
        try:
            self._part.replace(self.path)
        except FileNotFoundError:
            return False
        self._file, self._ended = None, True
        return True

    def discard(self) -> None:
        """Remove what is not committed, now or as soon as nobody writes to it; harmless afterwards."""
        self._ended = True
        self._tidy()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            with self._lock:
                if self._ended:
                    msg = "this file was committed or discarded"
                    raise ValueError(msg)
                if self._file is None:
                    self._remove_abandoned()
                    self._file = self._part.open("xb")
                    _lock(self._file)
                yield self._file
        finally:
            self._tidy()

    def _tidy(self) -> None:
        """Remove the part of a sink that has ended, unless somebody is at it, who will do so himself."""
        if self._ended and self._lock.acquire(blocking=False):
            try:
                if self._file is not None:
                    self._file.close()
                    self._part.unlink(missing_ok=True)
                    self._file = None
            finally:
                self._lock.release()

    def _remove_abandoned(self) -> None:
        """Remove what processes that died left of this file."""
        with contextlib.suppress(OSError):  # not every directory can be listed
            for part in self.path.parent.iterdir():
                if part.name.startswith(self._stem) and part.suffix == SUFFIX:
                    _remove_if_abandoned(part)


def _remove_if_abandoned(part: Path) -> None:
    """Remove a part that no sink holds and that is old."""
    # Its age is looked at under the lock: who let go of it a moment ago made it young before.
    with contextlib.suppress(OSError), part.open("r+b") as file:  # others tidy up as well
        if _lock(file) and os.fstat(file.fileno()).st_mtime < time.time() - ABANDONED:
            part.unlink()


def _lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed; ``False`` if somebody else did, or it cannot be locked here."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def write_all(sink: Sink, data: bytes) -> None:
    """Write everything: an unbuffered file, a pipe or a socket may take less at a time.

    :raises OSError: the sink takes nothing.
    """
    taken: Any = sink.write(data)
    while isinstance(taken, int) and taken < len(data):
        if taken <= 0:
            msg = "the sink took nothing of what was to be written"
            raise OSError(msg)
        data = data[taken:]
        taken = sink.write(data)


def _make_durable(directory: Path) -> None:
    """Make a directory's names survive a loss of power, where directories can be opened for it (POSIX)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):  # some may be written to but not read, some file systems cannot
        opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
