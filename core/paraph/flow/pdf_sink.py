"""Letting a PDF through and nothing else: a vendor's answer may be a proxy's page or an error in disguise."""

from __future__ import annotations

from typing import Final

from paraph.flow.commands import Sink
from paraph.flow.files import write_all

PDF_MARKER: Final = b"%PDF-"
PDF_HEAD: Final = 1024
"""What a PDF begins with, within so many bytes: readers allow others before it."""


class PdfSink:
    """Passes a PDF on to another sink, and nothing else.

    :ivar genuine: whether the marker of a PDF came in the first :data:`PDF_HEAD` bytes.
    """

    def __init__(self, sink: Sink) -> None:
        self.genuine = False
        self._sink = sink
        self._head = b""

    def write(self, data: bytes, /) -> int:
        """Take the next bytes; before the marker they wait, and without it they are dropped."""
        if self.genuine:
            write_all(self._sink, data)
        elif len(self._head) < PDF_HEAD:
            self._head += data
            self.genuine = PDF_MARKER in self._head[:PDF_HEAD]
            if self.genuine:
                write_all(self._sink, self._head)
                self._head = b""
        return len(data)
