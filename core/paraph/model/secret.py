"""A value that never prints."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, final

from paraph.model._kinds import Unpicklable


@final
class Secret(Unpicklable):
    """A secret string: credentials, tokens, path secrets.

    It shows ``Secret('…')`` in ``repr``, ``str``, f-strings and logs, refuses
    ``pickle`` and ``json``, and compares in constant time. Only :meth:`reveal`
    gives the value, which makes every use greppable.
    """

    __slots__ = ("_value",)

    MASK: Final = "Secret('…')"

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            msg = "a Secret holds a string"
            raise TypeError(msg)
        self._value = value

    def reveal(self) -> str:
        """Return the value; call it where the request is built, never earlier."""
        return self._value

    def matches(self, other: str) -> bool:
        """Compare with a foreign value in constant time, whatever its length or characters."""
        return hmac.compare_digest(_digest(self._value), _digest(other))

    def __repr__(self) -> str:
        return self.MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return self.MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Secret):
            return self.matches(other._value)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(_digest(self._value))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
