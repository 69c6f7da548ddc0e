"""Reading lists that come in pages."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import attrs

from paraph.flow.commands import Flow

T = TypeVar("T")


STALE_PAGES = 2
"""Pages running without anything new after which a list is taken to be over."""


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

    Where a vendor's page base is unknown the first page may come twice, and some vendors answer
    a page beyond the end with the last one: items are told apart by ``key``, and two pages
    running without anything new end the reading.

    :param most: stop after that many items.
    """
    found: dict[Hashable, T] = {}
    cursor: int | str | None = first
    stale = 0
    while cursor is not None and len(found) < most and stale < STALE_PAGES:
        page = yield from fetch(cursor)
        if not page.items:
            break
        before = len(found)
        for item in page.items:
            found.setdefault(key(item), item)
        stale = stale + 1 if len(found) == before else 0
        cursor = page.next
    return tuple(found.values())[:most]
