"""The list of past deliveries: nothing is lost, whatever its order, and what is known is not read again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph_ignisign.past import FIRST_PAGE, RECENT, Mark, Standing, Walk
from paraph_ignisign.wire import Paging, WebhookEvent, WebhookEvents

START = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = ("newest first", "oldest first", "neither")


@attrs.define
class Vendor:
    """A vendor's list, as it may be. :ivar told: whether it says how many there are."""

    order: str
    first: int
    size: int
    told: bool
    repeats: bool = False
    entries: list[WebhookEvent] = attrs.field(factory=list)
    asked: int = 0

    def add(self, number: int) -> None:
        for _ in range(number):
            count = len(self.entries)
            at = START + timedelta(minutes=count)
            self.entries.append(WebhookEvent(id=f"e{count}", created_at=at))

    def page(self, number: int) -> WebhookEvents:
        self.asked += 1
        listed = list(self.entries)
        if self.order == "newest first":
            listed.reverse()
        elif self.order == "neither":
            listed = listed[1::2] + listed[::2]
        start = (number - self.first) * self.size
        found = listed[start : start + self.size] if start >= 0 else []
        if not found and self.repeats and listed and start > 0:
            found = listed[(len(listed) - 1) // self.size * self.size :]
        paging = Paging(total=len(listed)) if self.told else None
        return WebhookEvents(events=tuple(found), search_data=paging)


@attrs.define
class Reader:
    """Who reads the list from time to time. :ivar standing: where that stands. ``seen``: what was read."""

    vendor: Vendor
    standing: str = ""
    seen: set[str] = attrs.field(factory=set)

    def read(self) -> set[str]:
        """Read once, and return what was read now."""
        found: set[str] = set()
        for ids, standing in parts(self.vendor, self.standing):
            self.standing = standing
            found |= set(ids)
        self.seen |= found
        return found


def parts(vendor: Vendor, standing: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Read the list once, part by part; yield what was read, and where that stands, through its text."""
    at = Standing.parse(standing).walking(("w1",))
    while at.walk is not None:
        answer = vendor.page(at.walk.page)
        following, mark = at.walk.after(answer)
        at = attrs.evolve(at, walk=following) if following is not None else at.ended("w1", mark)
        at = Standing.parse(at.text())
        yield tuple(event.id for event in answer.events), at.text()


vendors = st.builds(
    Vendor,
    order=st.sampled_from(ORDERS),
    first=st.sampled_from((0, 1)),
    size=st.integers(1, 7),
    told=st.just(value=True),
    repeats=st.booleans(),
)


@given(vendors, st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_every_entry_is_read_however_the_list_is_ordered(vendor: Vendor, arrivals: list[int]) -> None:
    """After each reading everything that was there before it began has been read, by this one or before."""
    reader = Reader(vendor)
    for number in arrivals:
        vendor.add(number)
        reader.read()
        assert {event.id for event in vendor.entries} == reader.seen


@given(vendors, st.lists(st.integers(0, 9), min_size=1, max_size=30), st.data())
def test_nothing_is_lost_if_entries_come_while_the_list_is_read(
    vendor: Vendor, arrivals: list[int], data: Any
) -> None:
    """What comes between two parts is read by the next reading at the latest."""
    vendor.repeats = vendor.repeats and vendor.first == FIRST_PAGE  # both at once is more than can be told
    reader = Reader(vendor)
    for number in arrivals:
        vendor.add(number)
        for ids, standing in parts(vendor, reader.standing):
            reader.standing = standing
            reader.seen |= set(ids)
            if data.draw(st.integers(0, 4)) == 0 and len(vendor.entries) < 300:
                vendor.add(1)
    reader.read()
    reader.read()
    assert {event.id for event in vendor.entries} == reader.seen


@pytest.mark.parametrize(("first", "told"), [(0, True), (1, True), (1, False)])
@pytest.mark.parametrize("order", ORDERS[:2])
def test_what_was_read_is_not_read_again(order: str, first: int, *, told: bool) -> None:
    """With a mark, a reading takes a few requests, however long the list is, and misses no news."""
    vendor = Vendor(order=order, first=first, size=10, told=told)
    vendor.add(500)
    reader = Reader(vendor)
    assert 500 == len(reader.read())
    for new in (0, 3, 0, 12):
        vendor.add(new)
        vendor.asked = 0
        found = reader.read()
        assert vendor.asked <= 3 + new // 10 or first == 0
        assert {event.id for event in vendor.entries[len(vendor.entries) - new :]} <= found


def test_negative_control_a_list_without_order_is_read_again() -> None:
    """Where nothing shows an end at which news comes, no part may be left out."""
    vendor = Vendor(order="neither", first=1, size=10, told=True)
    vendor.add(100)
    *_, (_, standing) = parts(vendor, "")
    vendor.asked = 0
    assert 10 <= len(list(parts(vendor, standing))) == vendor.asked


def test_negative_control_recent_news_that_is_known_hides_no_gap() -> None:
    """A reading that was cut off makes no mark, so that the next one does not stop at what it has read."""
    vendor = Vendor(order="newest first", first=1, size=10, told=True)
    vendor.add(100)
    _, standing = next(parts(vendor, ""))
    assert {} == Standing.parse(standing).marks
    seen: set[str] = set()
    for ids, _ in parts(vendor, standing):
        seen |= set(ids)
    assert {event.id for event in vendor.entries} == seen


def test_an_entry_out_of_order_makes_all_be_read_again() -> None:
    """An order that was seen and does not hold is no order."""
    vendor = Vendor(order="newest first", first=1, size=10, told=True)
    vendor.add(40)
    *_, (_, standing) = parts(vendor, "")
    vendor.order = "oldest first"
    vendor.add(1)
    seen = {name for ids, standing in parts(vendor, standing) for name in ids}
    assert {event.id for event in vendor.entries} == seen


def test_a_text_of_another_version_begins_anew() -> None:
    """What cannot be read means nothing: the list is read from its beginning."""
    for text in ("", "{", "[]", '{"marks": 3}', '{"marks": {"w": {}}, "walk": null, "todo": []}'):
        assert Standing() == Standing.parse(text)
    kept = Standing(
        marks={"w1": Mark(first=1, last=2, order="", recent=((1.0, "e"),))}, walk=Walk(endpoint="w")
    )
    assert kept == Standing.parse(kept.text())


def test_a_mark_knows_only_so_many_entries() -> None:
    """What is kept does not grow with the list."""
    vendor = Vendor(order="oldest first", first=FIRST_PAGE, size=50, told=True)
    vendor.add(1000)
    *_, (_, standing) = parts(vendor, "")
    assert RECENT == len(Standing.parse(standing).marks["w1"].recent)
