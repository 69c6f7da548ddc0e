"""The memory store's tables: their indexes always say what looking through everything would say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from paraph.store.tables import Index, Table

Record = tuple[str | None, int]
"""A group and what it is sorted by."""

keys = st.integers(0, 5)
records = st.none() | st.tuples(st.none() | st.sampled_from("ab"), st.integers(0, 2))
changes = st.lists(st.tuples(keys, records), max_size=20)


class Both:
    """A table, and a plain dictionary that does the same."""

    def __init__(self) -> None:
        self.index = Index[Record](lambda record: record[0], lambda record: (record[1],))
        self.table = Table[int, Record](self.index)
        self.plain: dict[int, Record] = {}

    def place(self, key: int, record: Record | None) -> Callable[[], object]:
        """Change both; return how to take it back in the table."""
        self.plain = {name: each for name, each in self.plain.items() if name != key}
        if record is not None:
            self.plain[key] = record
        return self.table.place(key, record)

    def shown(self) -> Any:
        """Return what the table and its index say."""
        indexed = {group: list(self.index.of(group)) for group in ("a", "b", None)}
        return {key: self.table.get(key) for key in range(6)}, len(self.table), indexed

    def expected(self) -> Any:
        """Return what looking through the dictionary gives."""
        looked = {
            group: sorted((order, key) for key, (name, order) in self.plain.items() if name == group)
            for group in ("a", "b")
        }
        return {key: self.plain.get(key) for key in range(6)}, len(self.plain), {**looked, None: []}


@given(changes)
def test_an_index_says_what_looking_through_says(made: list[tuple[int, Record | None]]) -> None:
    """After any changes each group holds its records in order, and what belongs to no group is in none."""
    both = Both()
    for key, record in made:
        both.place(key, record)
        assert both.expected() == both.shown()


@given(changes, changes)
def test_what_is_taken_back_leaves_no_trace(
    before: list[tuple[int, Record | None]], after: list[tuple[int, Record | None]]
) -> None:
    """Changes taken back, the latest first, leave table and index as they were."""
    both = Both()
    for key, record in before:
        both.place(key, record)
    shown = both.shown()
    undo = [both.place(key, record) for key, record in after]
    for each in reversed(undo):
        each()
    assert shown == both.shown()
