"""Answers built from the places that the dialect names: ``rows[0].id`` becomes ``{"rows": [{"id": …}]}``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
WHOLE: Final = "$"
"""The place that is the answer itself."""


class ClashError(ValueError):
    """Two things would stand in one place of an answer."""


def steps(location: str) -> list[str | int]:
    """Split a place into names and numbers."""
    return [name or int(number) for number, name in _STEP.findall(location)]


def build(placed: Iterable[tuple[str, Any]]) -> Any:
    """Return the answer that holds each value at its place; an empty place holds nothing.

    What no place names stays out, and earlier items of a list are null. Nothing at all is ``{}``.

    :raises ClashError: a place is another one, or lies within it.
    """
    told = [(location, value) for location, value in placed if location]
    whole = [value for location, value in told if location == WHOLE]
    if whole:
        if len(told) > 1:
            raise ClashError("one thing is the whole answer, so nothing else can be in it")
        return whole[0]
    root = _Node()
    for location, value in told:
        root.put(steps(location), value, location)
    return root.value() if root.inner else {}


class _Node:
    """One place: either something that is told, or an object or list of further places."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.inner: dict[str | int, _Node] = {}

    def put(self, way: list[str | int], value: Any, location: str) -> None:
        if self.told or (not way and self.inner):
            raise ClashError(f"{location} is taken by something else")
        if not way:
            self.told.append(value)
            return
        if self.inner and isinstance(next(iter(self.inner)), int) is not isinstance(way[0], int):
            raise ClashError(f"{location} is in a list and in an object")
        self.inner.setdefault(way[0], _Node()).put(way[1:], value, location)

    def value(self) -> Any:
        if self.told:
            return self.told[0]
        numbered = {key: node for key, node in self.inner.items() if isinstance(key, int)}
        if not numbered:
            return {key: node.value() for key, node in self.inner.items()}
        return [numbered[index].value() if index in numbered else None for index in range(max(numbered) + 1)]
