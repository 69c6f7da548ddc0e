"""Many threads, and two connections where the store can have them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from paraph.store import Store, Transaction
from store_fixtures import OpenUrl, a_delivery, an_event

pytest_plugins = ("store_fixtures",)


@pytest.fixture
def stores(any_url: str, opened: OpenUrl) -> list[Store]:
    """Open one store of each kind, and a durable one twice."""
    return [opened(any_url) for _ in range(1 if any_url == "memory:" else 2)]


def run_in_threads(
    stores: list[Store], work: Callable[[Transaction], object], *, threads: int
) -> list[object]:
    """Let every thread start at the same moment, each with one transaction."""
    together = Barrier(threads)

    def one(number: int) -> object:
        together.wait()
        with stores[number % len(stores)].begin() as tx:
            return work(tx)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))


def test_one_row_for_32_threads(stores: list[Store]):
    """The same delivery from 32 threads and two connections is one row seen 32 times."""
    results = run_in_threads(stores, lambda tx: tx.add_delivery(a_delivery())[1], threads=32)
    assert [False] * 31 + [True] == sorted(map(bool, results))
    with stores[0].begin() as tx:
        assert a_delivery(seen=32) == tx.delivery("d1")


def test_one_event_for_32_threads(stores: list[Store]):
    """The same event from 32 threads and two connections is new exactly once."""
    results = run_in_threads(stores, lambda tx: tx.add_event(an_event()), threads=32)
    assert 31 == results.count(None)
    with stores[0].begin() as tx:
        assert 1 == len(tx.events())


def test_read_then_write_is_serialised(stores: list[Store]):
    """A counter that is read and written in one transaction loses no update."""

    def count(tx: Transaction) -> None:
        tx.put_private("hr", "counter", str(int(tx.private("hr", "counter") or 0) + 1))

    run_in_threads(stores, count, threads=32)
    with stores[0].begin() as tx:
        assert "32" == tx.private("hr", "counter")


def test_numbers_follow_commits(stores: list[Store]):
    """A reader who pages by number, while others write, never meets a number below one it has seen."""
    seen: list[int] = []

    def write_and_read(tx: Transaction) -> None:
        after = seen[-1] if seen else 0
        number = len(seen) + len(tx.events(limit=10_000))
        tx.add_event(an_event(f"{id(tx)}-{number}"))
        seen.extend(record.sequence for record in tx.events(after=after))

    for _ in range(4):
        run_in_threads(stores, write_and_read, threads=16)
    with stores[0].begin() as tx:
        assert seen == [record.sequence for record in tx.events()]
    assert 64 == len(seen)
    assert sorted(set(seen)) == seen
