"""A file inside JSON, decoded on its way: of an answer only what is base64 at one location is passed on.

Theory. JSON nests, so a stack of keys and indices says where in the value a byte is; strings, whose content
means nothing to the nesting, are passed over from quote to quote. A block of an answer costs a search for
its next quote, and no answer is ever in memory as a whole. What is no JSON is not told apart from JSON that
has no such string: both give no file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from typing import Final

from paraph.flow import Sink

DEEPEST: Final = 64
"""Levels of nesting that an answer may have."""

LONGEST_KEY: Final = 1 << 12
"""Bytes of a key, or of what stands before the comma of a ``data:`` address."""

_MARKS: Final = re.compile(rb'["{}\[\],:]')
_ESCAPE: Final = 6
"""Bytes of the longest escape in a JSON string."""


class FileInside:
    """Takes JSON and passes the bytes of the base64 at a location on to another sink.

    Line breaks within the base64, and the beginning of a ``data:`` address before it, are taken as well.

    :ivar size: bytes that were passed on.
    """

    def __init__(self, location: tuple[str | int, ...], sink: Sink) -> None:
        self.size = 0
        self._location = location
        self._sink = sink
        self._digest = hashlib.sha256()
        self._nesting = _Nesting()
        self._held = b""  # of a string: the beginning of an escape; of a key: all of it
        self._quoted = False
        self._content: _Base64 | None = None  # while the string that was looked for is read
        self._found = 0
        self._broken = False

    @property
    def sha256(self) -> str:
        """Hex digest of what was passed on."""
        return self._digest.hexdigest()

    @property
    def whole(self) -> bool:
        """Whether the answer is complete, and had one such string, which was base64."""
        over = not self._quoted and not self._nesting.path
        return over and self._found == 1 and not self._broken

    def write(self, data: bytes, /) -> int:
        """Take the next bytes; after something that cannot be, they are dropped."""
        begin, rest = 0, self._held + data
        self._held = b""
        while begin < len(rest) and not self._broken:
            begin = self._in_string(rest, begin) if self._quoted else self._outside(rest, begin)
        return len(data)

    def _outside(self, text: bytes, begin: int) -> int:
        """Go on to where the next string begins."""
        for mark in _MARKS.finditer(text, begin):
            if mark[0] == b'"':
                self._quoted = True
                if not self._nesting.wants_key and tuple(self._nesting.path) == self._location:
                    self._found += 1
                    self._broken = self._found > 1
                    self._content = _Base64()
                return mark.end()
            if not self._nesting.goes_on(mark[0]):
                self._broken = True
                break
        return len(text)

    def _in_string(self, text: bytes, begin: int) -> int:
        """Go on to the string's end, as far as it is there."""
        end = _closing_quote(text, begin)
        if end >= 0:
            self._take(text[begin:end])
            self._string_ended(text[begin:end])
            return end + 1
        kept = len(text) - _unfinished(text, begin)
        if self._nesting.wants_key:
            kept = begin
            self._broken = len(text) - begin > LONGEST_KEY
        self._take(text[begin:kept])
        self._held = text[kept:]
        return len(text)

    def _string_ended(self, text: bytes) -> None:
        self._quoted = False
        if self._content is not None:
            self._broken |= not self._content.ended
            self._content = None
        elif self._nesting.wants_key:
            try:
                self._nesting.key(json.loads(b'"' + text + b'"', strict=False))
            except ValueError:
                self._broken = True

    def _take(self, text: bytes) -> None:
        """Decode a part of the content."""
        if self._content is None or not text:
            return
        try:
            if b"\\" in text:
                # Some write each slash so; the rest is rare, and no backslash is base64 itself.
                text = _plain(text.replace(b"\\/", b"/"))
            block = self._content.decoded(text)
        except (ValueError, binascii.Error):
            self._broken = True
            return
        if block:
            self._sink.write(block)
            self._digest.update(block)
            self.size += len(block)


def _plain(text: bytes) -> bytes:
    """Undo the escapes of a part of a JSON string. :raises ValueError: it is none, or not of ASCII."""
    return json.loads(b'"' + text + b'"', strict=False).encode("ascii") if b"\\" in text else text


class _Nesting:
    """Where in a JSON value one is: a key or an index for each object or list that is open."""

    def __init__(self) -> None:
        self.path: list[str | int] = []
        self.wants_key = False

    def goes_on(self, mark: bytes) -> bool:
        """Take a mark outside of strings. False: it cannot stand there, or nests too deep."""
        if mark in b"{[":
            self.path.append("" if mark == b"{" else 0)
            self.wants_key = mark == b"{"
            return len(self.path) <= DEEPEST
        if not self.path:
            return False
        here = self.path[-1]
        if mark in b"}]":
            self.wants_key = False
            self.path.pop()
            return isinstance(here, str) is (mark == b"}")
        if mark == b",":
            self.wants_key = isinstance(here, str)
            if isinstance(here, int):
                self.path[-1] = here + 1
        return True

    def key(self, name: str) -> None:
        """Take a key: what comes next is its value."""
        self.path[-1] = name
        self.wants_key = False


class _Base64:
    """Decodes base64 that comes in parts."""

    def __init__(self) -> None:
        self._rest = b""
        self._begun = False
        self._padded = False

    @property
    def ended(self) -> bool:
        """Whether what came was complete."""
        return not self._rest

    def decoded(self, text: bytes) -> bytes:
        """Decode whole groups of four; what is left waits. :raises ValueError: it is no base64."""
        text = self._rest + text.translate(None, b" \t\r\n\v\f")
        if not self._begun:
            if b"data:".startswith(text[:5]) and b"," not in text[:LONGEST_KEY]:
                self._rest = text
                if len(text) > LONGEST_KEY:
                    raise ValueError
                return b""
            self._begun = True
            text = text.partition(b",")[2] if text.startswith(b"data:") else text
        if self._padded and text:
            raise ValueError
        end = len(text) - len(text) % 4
        self._rest = text[end:]
        block = base64.b64decode(text[:end], validate=True)
        self._padded = text[:end].endswith(b"=")
        return block


def _closing_quote(text: bytes, begin: int) -> int:
    """Return the index of the quote that ends a string, or -1."""
    end = text.find(b'"', begin)
    while end >= 0 and _backslashes(text, begin, end) % 2:
        end = text.find(b'"', end + 1)
    return end


def _backslashes(text: bytes, begin: int, end: int) -> int:
    """Count the backslashes right before an index."""
    start = end
    while start > begin and text[start - 1 : start] == b"\\":
        start -= 1
    return end - start


def _unfinished(text: bytes, begin: int) -> int:
    """Return of how many bytes at the end an escape consists that is not complete."""
    at = text.rfind(b"\\", max(begin, len(text) - _ESCAPE + 1))
    if at < 0 or _backslashes(text, begin, at + 1) % 2 == 0:
        return 0
    length = _ESCAPE if text[at + 1 : at + 2] == b"u" else 2
    return len(text) - at if len(text) - at < length else 0
