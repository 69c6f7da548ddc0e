"""Reading lists that come in pages."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import attrs

from paraph.flow.commands import Flow

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Page(Generic[T]):
    """One page: its items, and the cursor of the next one (``None`` on the last)."""

    items: tuple[T, ...]
    next: int | str | None = None


def all_pages(
    fetch: Callable[[int | str], Flow[Page[T]]],
    *,
    first: int | str,
    key: Callable[[T], Hashable],
    most: int = 10_000,
) -> Flow[tuple[T, ...]]:
    """Read pages until one is empty or names no next, without repeating items.

    A vendor whose page base is unknown repeats or overlaps pages; items are therefore told
    apart by ``key``, and a page without anything new ends the reading.

    :param most: stop after that many items.
    """
    found: dict[Hashable, T] = {}
    cursor: int | str | None = first
    while cursor is not None and len(found) < most:
        page = yield from fetch(cursor)
        before = len(found)
        for item in page.items:
            found.setdefault(key(item), item)
        if len(found) == before:
            break
        cursor = page.next
    return tuple(found.values())[:most]
