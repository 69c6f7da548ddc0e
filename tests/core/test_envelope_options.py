"""A provider's own options in an envelope: kept whole by every store, used again on resume, never shown."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.client import Client
from paraph.convert.envelope import envelope_from_json, envelope_to_json
from paraph.errors import ConfigurationError, UsageError, VendorError
from paraph.flow import Flow
from paraph.model import Envelope, Level, Lifecycle, Secret
from paraph.provider import Account, Carried, ProviderInfo
from paraph.store import Store, open_store
from support.tiny import (
    INFO,
    TinyConfig,
    TinyProvider,
    TinyRegistry,
    TinySettings,
    TinyVendor,
    as_config,
    envelope,
)

CANARY = "hunter2-c4n4ry"


class Mood(StrEnum):
    """A word."""

    MILD = "mild"
    STRICT = "strict"


class Weight(Enum):
    """A number."""

    LIGHT = 1
    HEAVY = 2


@attrs.frozen(kw_only=True)
class Part:
    """A class within the options."""

    code: Secret
    until: datetime | None = None


@attrs.frozen(kw_only=True)
class TinyOptions:
    """One option of every kind."""

    password: Secret | None = None
    tags: tuple[str, ...] = ()
    mood: Mood = Mood.MILD
    weight: Weight = Weight.LIGHT
    level: Level | None = None
    remind_at: datetime | None = None
    day: date | None = None
    parts: tuple[Part, ...] = ()
    named: Mapping[str, Secret] = attrs.field(factory=dict)
    flag: bool | None = None
    ratio: float = 1.0


class Optional(TinyProvider):
    """The tiny provider that tells the vendor what the options say."""

    @property
    def info(self) -> ProviderInfo:
        return attrs.evolve(INFO, envelope_options=TinyOptions)

    def _describe(
        self, account: Account[TinySettings], ref: str, carried: Carried, signers: dict[str, str]
    ) -> Flow[None]:
        options = carried.envelope.options_of(TinyOptions) or TinyOptions()
        body = {
            "title": carried.envelope.title,
            "reference": carried.reference,
            "signers": signers,
            "password": options.password.reveal() if options.password else None,
            "told": [*options.tags, options.mood.value, options.weight.value],
            "at": options.remind_at.timestamp() if options.remind_at else None,
            "codes": [part.code.reveal() for part in options.parts],
        }
        yield from self._call("PUT", account, f"/envelopes/{ref}", body)


class Described(TinyRegistry):
    """Knows the provider above, or the same one in a version with other options."""

    def __init__(self, options: type | None = TinyOptions) -> None:
        super().__init__()
        self.one = Optional()
        self._info = attrs.evolve(INFO, envelope_options=options)

    def info(self, name: str, *, where: str = "") -> ProviderInfo:
        return self._info


def full() -> TinyOptions:
    """Make options with everything set."""
    return TinyOptions(
        password=Secret(CANARY),
        tags=("b", "a", "ß"),
        mood=Mood.STRICT,
        weight=Weight.HEAVY,
        level=Level.QES,
        remind_at=datetime(2027, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2))),
        day=date(2027, 1, 2),
        parts=(
            Part(code=Secret(CANARY + "1"), until=datetime(2027, 1, 1, tzinfo=UTC)),
            Part(code=Secret("2")),
        ),
        named={"x": Secret(CANARY + "3")},
        flag=False,
        ratio=0.5,
    )


Open = Callable[[], Any]


@pytest.fixture(params=["memory", "sqlite"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Give a function that opens the store as another process would: the same file, or the same object."""
    if request.param == "memory":
        kept = open_store("memory:")

        @contextmanager
        def same() -> Iterator[Store]:
            yield kept

        return same

    @contextmanager
    def again() -> Iterator[Store]:
        store = open_store(f"sqlite:///{tmp_path / 'paraph.db'}")
        try:
            yield store
        finally:
            store.close()

    return again


@contextmanager
def a_client(opened: Open, vendor: TinyVendor, options: type | None = TinyOptions) -> Iterator[Client]:
    """Make a client of its own, as a new process would."""
    registry: Any = Described(options)
    with (
        opened() as store,
        Client(
            as_config(TinyConfig()),
            registry=registry,
            store=store,
            transport=httpx.MockTransport(vendor.handle),
            pause=lambda _: None,
        ) as client,
    ):
        yield client


def broken_off(opened: Open, vendor: TinyVendor) -> Envelope:
    """Begin a send that ends before the vendor is told anything of the options."""
    asked = envelope(options=(full(),))
    vendor.faults = [lambda request, effect: effect()] * 3
    vendor.faults.append(lambda request, effect: httpx.Response(400, json={"code": "LATER"}))
    with a_client(opened, vendor) as client, pytest.raises(VendorError, match="LATER"):
        client.send(asked)
    assert "password" not in vendor.envelopes["e1"]
    return asked


def test_another_client_goes_on_with_the_same_options(opened: Open) -> None:
    """A send that was broken off is resumed elsewhere, and the vendor is told each option as it was given."""
    vendor = TinyVendor()
    asked = broken_off(opened, vendor)
    with a_client(opened, vendor) as client:
        assert Lifecycle.SENT is client.resume(asked.id).lifecycle
    told, wanted = vendor.envelopes["e1"], full()
    assert wanted.remind_at is not None
    assert (CANARY, ["b", "a", "ß", "strict", 2]) == (told["password"], told["told"])
    assert (wanted.remind_at.timestamp(), [CANARY + "1", "2"]) == (told["at"], told["codes"])


def test_the_same_envelope_again_is_the_same_content(opened: Open) -> None:
    """Sending the envelope again elsewhere goes on; with another secret in its options it is refused."""
    vendor = TinyVendor()
    asked = broken_off(opened, vendor)
    with a_client(opened, vendor) as client:
        other = attrs.evolve(asked, options=(attrs.evolve(full(), password=Secret("other")),))
        with pytest.raises(UsageError, match="another content"):
            client.send(other)
        assert Lifecycle.SENT is client.send(asked).lifecycle
    assert CANARY == vendor.envelopes["e1"]["password"]


secrets = st.text(max_size=12).map(Secret)
moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5, minutes=30))]))
options = st.builds(
    TinyOptions,
    password=st.none() | secrets,
    tags=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    mood=st.sampled_from(Mood),
    weight=st.sampled_from(Weight),
    level=st.none() | st.sampled_from(Level),
    remind_at=st.none() | moments,
    day=st.none() | st.dates(),
    parts=st.lists(st.builds(Part, code=secrets, until=st.none() | moments), max_size=2).map(tuple),
    named=st.dictionaries(st.text(max_size=4), secrets, max_size=2),
    flag=st.none() | st.booleans(),
    ratio=st.floats(allow_nan=False, allow_infinity=False),
)


@given(options)
def test_options_come_back_as_they_were(given_options: TinyOptions) -> None:
    """Whatever stands in them, reading what was written gives equal options of the same types."""
    asked = envelope(options=(given_options,))
    text = envelope_to_json(asked, lambda kind: "tiny")
    (found,) = envelope_from_json(text, lambda provider: TinyOptions).options
    assert given_options == found
    assert isinstance(found, TinyOptions)
    assert all(isinstance(part.code, Secret) for part in found.parts)
    assert text == envelope_to_json(attrs.evolve(asked, options=(found,)), lambda kind: "tiny")


def test_the_secret_shows_nowhere_but_in_the_store(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    """Representations, errors and the log of a whole send and resume do not show it; the stored body does."""
    vendor = TinyVendor()
    with caplog.at_level(logging.DEBUG):
        asked = broken_off(opened, vendor)
        with a_client(opened, vendor) as client:
            snapshot = client.resume(asked.id)
            events = client.events(asked.id)
            with client.store.begin() as tx:
                stored = tx.envelope(asked.id)
                attempts = tx.attempts(asked.id)
    carried = Carried(envelope=asked, reference="x")
    seen = (
        f"{asked!r} {asked.options} {carried!r} {snapshot!r} {events!r} {stored!r} {attempts!r} {caplog.text}"
    )
    assert CANARY not in seen
    assert stored is not None
    assert CANARY in stored.body


@attrs.frozen(kw_only=True)
class Renamed:
    """The options of a later version of the plugin."""

    passphrase: Secret | None = None


@attrs.frozen(kw_only=True)
class Retyped:
    """The options of another version: fields of the same names with other types."""

    password: int = 0


@pytest.mark.parametrize("kind", [Renamed, Retyped])
def test_options_of_another_version_are_a_matter_of_configuration(opened: Open, kind: type) -> None:
    """A plugin that reads its own options of then no more is named, without what stands in them."""
    vendor = TinyVendor()
    asked = broken_off(opened, vendor)
    with a_client(opened, vendor, kind) as client, pytest.raises(ConfigurationError) as caught:
        client.resume(asked.id)
    assert "provider 'tiny'" in str(caught.value)
    assert CANARY not in f"{caught.value!r}"
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)


def test_the_rest_of_an_envelope_is_read_without_its_plugin(opened: Open) -> None:
    """Where the plugin offers no options any more, the envelope can be looked at; the store keeps them."""
    vendor = TinyVendor()
    asked = broken_off(opened, vendor)
    with a_client(opened, vendor, None) as client:
        assert 2 == len(client.get(asked.id).signatories)
    with a_client(opened, vendor) as client, client.store.begin() as tx:
        stored = tx.envelope(asked.id)
    assert stored is not None
    assert CANARY == json.loads(stored.body)["options"][0][1]["password"]


def test_options_that_no_provider_understands_are_refused(opened: Open) -> None:
    """Options of a class that no configured provider declares are refused by name, before any request."""
    vendor = TinyVendor()
    with a_client(opened, vendor) as client, pytest.raises(UsageError, match="Renamed") as caught:
        client.send(envelope(options=(Renamed(passphrase=Secret(CANARY)),)))
    assert ([], False) == (vendor.requests, CANARY in f"{caught.value!r}")
