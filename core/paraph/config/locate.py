"""Finding the line of a key in TOML text.

The parser of the standard library gives values without their places. This scanner
walks over text that the parser has accepted already, so it never judges: it knows
just enough of the grammar (headers, keys, strings, arrays, inline tables, comments)
to note on which line each key and each array element begins.
"""

from __future__ import annotations

import re

KeyPath = tuple[str | int, ...]
"""Where a value stands: keys, and positions within arrays, from the top."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r'[ \t]*("(?:[^"\\]|\\.)*"|\'[^\']*\'|[A-Za-z0-9_-]+)[ \t]*')
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|\'[^\']*\'',
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}\n#]*")


class Lines:
    """The line numbers of a text, counted from 1.

    :param inside: the table that paths start at; the outermost one by default.
    """

    def __init__(self, text: str, *, inside: KeyPath = ()) -> None:
        self._found = _Scanner(text).scan()
        self._inside = inside

    def of(self, path: KeyPath) -> int | None:
        """Return the line of a key, or of the nearest table around it; ``None`` if neither is there."""
        whole = (*self._inside, *path)
        for length in range(len(whole), 0, -1):
            line = self._found.get(whole[:length])
            if line is not None:
                return line
        return None


def dotted(path: KeyPath) -> str:
    """Write a path as people do: ``accounts.hr.labels[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: dict[KeyPath, int] = {}
        self._elements: dict[KeyPath, int] = {}
        """How many elements each array of tables has so far."""

    def scan(self) -> dict[KeyPath, int]:
        here: KeyPath = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._next("["):
                here = self._header()
            else:
                self._pair(here)
            self._skip(_BLANK)
        return self._found

    def _header(self) -> KeyPath:
        """Read ``[a.b]`` or ``[[a.b]]`` and return the table that follows."""
        start = self._at
        many = self._text.startswith("[[", start)
        self._at += 2 if many else 1
        path: KeyPath = ()
        keys = self._keys()
        for position, key in enumerate(keys, start=1):
            path = (*path, key)
            if many and position == len(keys):
                self._elements[path] = self._elements.get(path, 0) + 1
            self._note(path, start)
            if path in self._elements:
                path = (*path, self._elements[path] - 1)
                self._note(path, start)
        self._at += 2 if many else 1
        return path

    def _pair(self, table: KeyPath) -> None:
        """Read ``key = value``, where the key may be dotted."""
        start = self._at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
        self._at += 1  # the equals sign
        self._value(path)

    def _keys(self) -> list[str]:
        import tomllib

        keys: list[str] = []
        while True:
            found = _KEY.match(self._text, self._at)
            if found is None:
                return keys
            self._at = found.end()
            quoted = found[1][0] in "\"'"
            keys.append(tomllib.loads(f"key = {found[1]}")["key"] if quoted else found[1])
            if not self._next("."):
                return keys
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        self._skip(_BLANK)
        if self._next("["):
            self._array(path)
        elif self._next("{"):
            self._inline(path)
        elif not self._skip(_TEXT):
            self._skip(_BARE)

    def _array(self, path: KeyPath) -> None:
        position = 0
        self._opened()
        while not self._closed("]"):
            self._note((*path, position), self._at)
            self._value((*path, position))
            self._separated()
            position += 1

    def _inline(self, path: KeyPath) -> None:
        self._opened()
        while not self._closed("}"):
            self._pair(path)
            self._separated()

    def _opened(self) -> None:
        self._at += 1
        self._skip(_BLANK)

    def _closed(self, bracket: str) -> bool:
        if self._at < len(self._text) and not self._next(bracket):
            return False
        self._at += 1
        return True

    def _separated(self) -> None:
        self._skip(_BLANK)
        if self._next(","):
            self._at += 1
            self._skip(_BLANK)

    def _next(self, character: str) -> bool:
        return self._text.startswith(character, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self._text, self._at)
        if found is None:
            return False
        self._at = found.end()
        return True

    def _note(self, path: KeyPath, at: int) -> None:
        self._found.setdefault(path, self._text.count("\n", 0, at) + 1)
