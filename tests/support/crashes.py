"""Crashing a flow: it moved to :mod:`paraph.testing.crashes`, where authors of providers have it, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from paraph.testing.crashes import Crashed, crashing, interleaved

__all__ = ["Crashed", "crashing", "first", "in_turn", "interleaved", "picking"]


def first(_open: int) -> int:
    """Choose one flow after the other."""
    return 0


def in_turn() -> Callable[[int], int]:
    """Choose all open flows in turn."""
    count = iter(range(1_000_000))
    return lambda opened: next(count) % opened


def picking(numbers: Iterable[int]) -> Callable[[int], int]:
    """Choose by numbers, and one flow after the other when these are used up."""
    left: Iterator[int] = iter(numbers)
    return lambda opened: next(left, 0) % opened
