"""Writing downloads to files, so that no half of one is ever taken for the whole."""

from __future__ import annotations

import os
import secrets
import threading
from pathlib import Path
from typing import BinaryIO


class FileSink:
    """A file that appears under its name only when it is complete.

    Theory. Under asyncio each call runs in a thread, and a cancelled task abandons that thread, not
    the call in it. So nothing is opened before the owner can :meth:`discard`, a lock orders discarding
    and a late call, and a call that comes after it finds the sink ended.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._file: BinaryIO | None = None
        self._ended = False
        self._lock = threading.Lock()

    def write(self, data: bytes, /) -> int:
        """Append. :raises ValueError: it was discarded."""
        with self._lock:
            return self._opened().write(data)

    def commit(self) -> None:
        """Make it durable and give it its name. :raises ValueError: it was discarded."""
        with self._lock:
            file = self._opened()
            file.flush()
            os.fsync(file.fileno())
            file.close()
            self._part.replace(self.path)
            self._ended = True

    def discard(self) -> None:
        """Remove what is not committed; harmless afterwards."""
        with self._lock:
            self._ended = True
            if self._file is not None:
                self._file.close()
                self._part.unlink(missing_ok=True)

    def _opened(self) -> BinaryIO:
        if self._ended:
            msg = "this file was committed or discarded"
            raise ValueError(msg)
        if self._file is None:
            self._file = self._part.open("xb")
        return self._file
