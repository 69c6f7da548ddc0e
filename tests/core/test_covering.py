"""Rules that can never decide: what earlier rules take, or no account offers, is refused; nothing else."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.covering import covering
from paraph.errors import ConfigurationError
from paraph.model import Assurance, Document, Envelope, Level, Regime, Signatory, SignatureKind
from paraph.preflight import uses_of
from paraph.provider.capability import Capability
from paraph.routing import DAYS, NEEDABLE, Route, When, Window, decide
from support.routes import (
    ACCOUNT,
    ENVIRONMENTS,
    NOON,
    SECRETIVE,
    configuration,
    envelope,
    labelled,
    problems,
)
from support.tiny import PDF

HOURS = st.integers(0, 23).map(time)
WORDS = st.sampled_from(["a", "b"])
windows = st.builds(
    Window,
    start=HOURS,
    until=HOURS,
    zone=st.just(ZoneInfo("UTC")),
    days=st.lists(st.sampled_from(DAYS), min_size=1, unique=True).map(tuple),
)
spans = st.builds(lambda low, more: {"min": low, "max": low + more + 1}, st.integers(0, 3), st.integers(0, 3))
whens = st.fixed_dictionaries(
    {},
    optional={
        "level": st.lists(st.sampled_from([each.name for each in Level]), min_size=1, max_size=3),
        "kind": st.lists(st.sampled_from([each.value for each in SignatureKind]), min_size=1, max_size=2),
        "tenant": st.lists(WORDS, min_size=1, max_size=2),
        "tags": st.lists(WORDS, min_size=1, max_size=2),
        "documents": spans | st.just({"min": 2}) | st.just({"max": 1}),
        "needs": st.lists(st.sampled_from(["message", "language"]), min_size=1, max_size=2),
        "percent": st.integers(1, 100),
        "time": st.sampled_from(
            [
                {"from": "08:00", "to": "18:00", "zone": "UTC"},
                {"from": "18:00", "to": "08:00", "zone": "UTC"},
                {"zone": "UTC", "days": ["mon", "tue"]},
            ]
        ),
    },
)
envelopes = st.builds(
    envelope,
    reference=st.sampled_from(["R-1", "R-2"]),
    assurance=st.builds(Assurance, level=st.none() | st.sampled_from(list(Level))),
    documents=st.integers(1, 4).map(
        lambda count: [Document.from_bytes(PDF, name=f"{number}.pdf") for number in range(count)]
    ),
    signatories=st.lists(st.sampled_from(list(SignatureKind)), min_size=1, max_size=2).map(
        lambda kinds: [Signatory(id=f"p{number}", kind=kind) for number, kind in enumerate(kinds)]
    ),
    tenant=st.sampled_from(["", "a", "b"]),
    tags=st.lists(WORDS, max_size=2),
    message=st.sampled_from(["", "Please sign"]),
    language=st.sampled_from([None, "de"]),
)


def routes_of(given_: list[dict[str, Any]]) -> tuple[Route, ...]:
    """Read generated conditions, each from a configuration of its own: together some may be unreachable."""
    return tuple(
        configuration({"name": f"r{position}", "when": when, "use": ["hr"]}).routes[0]
        for position, when in enumerate(given_)
    )


@given(st.lists(whens, min_size=2, max_size=5), envelopes, st.integers(0, 167))
def test_what_earlier_rules_cover_one_of_them_takes(
    given_: list[dict[str, Any]], asked: Envelope, hours: int
):
    """If rules are said to cover another one, one of them holds wherever that one does."""
    *earlier, last = routes_of(given_)
    names = covering(earlier, last.when)
    reports = decide((*earlier, last), None, asked, NOON + timedelta(hours=hours), ENVIRONMENTS).rules
    if names and reports[-1].holds:
        assert any(rule.holds for rule in reports if rule.name in names)


@given(windows, windows)
def test_a_window_covers_another_exactly_if_it_holds_whenever_that_one_does(one: Window, other: Window):
    """Compared hour by hour through a week, over midnight, on some days and around the clock."""
    hours = [NOON + timedelta(hours=number) for number in range(7 * 24)]
    assert all(one.holds(at) for at in hours if other.holds(at)) == one.covers(other)


@given(st.lists(windows, min_size=1, max_size=4), windows)
def test_windows_cover_one_together_exactly_if_one_of_them_holds_whenever_it_does(
    earlier: list[Window], later: Window
):
    """Rules with nothing but windows of one zone are compared without a gap."""
    hours = [NOON + timedelta(hours=number) for number in range(7 * 24)]
    routes = [Route(name=str(each), when=When(time=each), use=("hr",)) for each in earlier]
    expected = all(any(each.holds(at) for each in earlier) for at in hours if later.holds(at))
    assert expected == bool(covering(routes, When(time=later)))


def refused(*conditions: dict[str, Any]) -> list[str]:
    """Return the paths of rules that are told to be unreachable."""
    rules = [{"name": f"r{n}", "when": when, "use": ["hr"]} for n, when in enumerate(conditions)]
    try:
        configuration(*rules)
    except ConfigurationError as error:
        return [each.path for each in error.problems if each.code == "route.unreachable"]
    return []


DAY = {"from": "08:00", "to": "18:00", "zone": "Europe/Paris"}
NIGHT = {"from": "18:00", "to": "08:00", "zone": "Europe/Paris"}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({}, {"country": ["DE"]}),
        ({"country": ["DE", "FR"]}, {"country": ["fr"], "percent": 10}),
        ({"percent": 100}, {"percent": 3}),
        ({"percent": 100}, {"country": ["DE"]}),
        ({"documents": {"min": 0}, "country": ["DE"]}, {"country": ["DE"], "tags": ["a"]}),
        ({"documents": {"max": 5}}, {"documents": {"min": 1, "max": 2}}),
        ({"needs": ["message"]}, {"needs": ["message", "language"]}),
        ({"documents": {"min": 1}}, {"tags": ["a"]}),
        ({"kind": ["signature", "seal"]}, {"tags": ["a"]}),
        ({"regime": [each.value for each in Regime]}, {"kind": ["seal"]}),
        ({"time": DAY}, {"time": {**DAY, "from": "11:00", "to": "13:00"}}),
        ({"time": DAY}, {"time": {**DAY, "days": ["mon"]}}),
        ({"time": {"zone": "UTC", "days": list(DAYS)}}, {"tags": ["a"]}),
        ({"time": {"from": "00:00", "to": "24:00", "zone": "UTC"}}, {"tags": ["a"]}),
    ],
)
def test_an_unreachable_rule_is_refused(earlier: dict[str, Any], later: dict[str, Any]):
    """A rule that an earlier one takes everything from is an error; the other way round it is none."""
    assert ["routes[1].when"] == refused(earlier, later)
    assert [] == refused(later, earlier)


@pytest.mark.parametrize(
    "conditions",
    [
        [{"level": ["SES"]}, {"level": ["AES"]}, {"level": ["SES", "AES"]}],
        [{"tenant": ["a", "c"]}, {"tenant": ["b"]}, {"tenant": ["a", "b"], "tags": ["x"]}],
        [{"tags": ["a"]}, {"tags": ["b"]}, {"tags": ["b", "a"]}],
        [{"documents": {"max": 2}}, {"documents": {"min": 3}}, {"tags": ["x"]}],
        [{"size": {"max": 9}}, {"size": {"min": 10, "max": 30}}, {"size": {"min": 5, "max": 20}}],
        [{"time": DAY}, {"time": NIGHT}, {"tags": ["x"]}],
        [
            {"time": {**DAY, "days": ["mon"]}},
            {"time": {**DAY, "days": ["tue"]}},
            {"time": {**DAY, "days": ["mon", "tue"]}},
        ],
    ],
)
def test_rules_that_cover_one_together_are_found(conditions: list[dict[str, Any]]):
    """Values of a list, ranges and times: each piece is taken by one rule, so nothing is left over."""
    assert ["routes[2].when"] == refused(*conditions)
    assert [] == refused(conditions[0], conditions[2])


@pytest.mark.parametrize(
    "conditions",
    [
        [{"kind": ["seal"]}, {"kind": ["signature"]}, {"kind": ["seal", "signature"]}],
        [{"level": [each.name for each in Level]}, {"tags": ["x"]}],
        [{"documents": {"max": 2}}, {"documents": {"min": 4}}, {"tags": ["x"]}],
        [{"time": DAY}, {"time": {**NIGHT, "zone": "Europe/London"}}, {"tags": ["x"]}],
        [{"time": DAY}, {"time": {**NIGHT, "from": "18:01"}}, {"tags": ["x"]}],
        [{"percent": 50}, {"percent": 60}, {"percent": 40}],
        [{"needs": ["message", "language"]}, {"needs": ["message"]}],
    ],
)
def test_control_a_rule_that_something_is_left_for_is_none(conditions: list[dict[str, Any]]):
    """A mixture of kinds, no level at all, a gap, another zone, another route's share: they can decide."""
    assert [] == refused(*conditions)


def test_covering_names_the_rules_that_take_everything():
    """The message tells which rules together leave nothing, in their order, and no other."""
    rules = [
        {"name": name, "when": {"level": [level]}, "use": ["hr"]}
        for name, level in (("low", "SES"), ("odd", "QES"), ("high", "AES"))
    ]
    with pytest.raises(ConfigurationError, match="the routes 'low', 'high' above together take everything"):
        configuration(*rules, {"name": "both", "when": {"level": ["AES", "SES"]}, "use": ["hr"]})


def test_what_an_envelope_can_need_is_what_preflight_looks_for():
    """``needs`` takes exactly the capabilities that an envelope can use, and the page lists all of them."""
    named = set(re.findall(r"Capability\.([A-Z_]+)", inspect.getsource(uses_of)))
    assert named == {each.name for each in NEEDABLE}
    page = (Path(__file__).parents[2] / "docs" / "routing.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| `needs`"))
    assert sorted(each.value for each in NEEDABLE) == re.findall(r"`([a-z_]+)`", row)[1:]


@pytest.mark.parametrize("capability", sorted(set(Capability) - NEEDABLE))
def test_a_capability_that_no_envelope_needs_is_refused(capability: Capability):
    """A rule for accounts that can do something is written in ``use``: as a need it would never hold."""
    rule = {"name": "x", "when": {"needs": ["message", capability.value]}, "use": ["hr"]}
    assert {"routes[0].when.needs[1]": "route.never"} == problems(rule)


@pytest.mark.parametrize(
    ("when", "path"),
    [
        ({"needs": ["signing_link"]}, "routes[0].when.needs"),
        ({"kind": ["seal"]}, "routes[0].when.kind"),
        ({"documents": {"min": 2}}, "routes[0].when.documents"),
        ({"level": ["AES_QC", "QES"]}, "routes[0].when.level"),
        ({"regime": ["ueta"]}, "routes[0].when.regime"),
        ({"needs": ["fields", "message"]}, "routes[0].when"),
        ({"needs": ["several_documents"], "documents": {"max": 1}}, "routes[0].when.documents"),
    ],
)
def test_what_none_of_its_accounts_can_carry_is_refused(when: dict[str, Any], path: str):
    """An account narrows what its provider offers; if each offers a part and none all, that is told, too."""
    without = ("seals", "several_documents", "AES_QC", "QES", "ueta")
    accounts = {"hr": labelled("message", *without), "de": labelled("fields", *without)}
    assert path in problems({"name": "x", "when": when, "use": ["hr", "de"]}, accounts=accounts)


@pytest.mark.parametrize(
    "when",
    [
        {"needs": ["fields"]},
        {"needs": ["message"]},
        {"kind": ["seal", "signature"]},
        {"level": ["SES", "QES"]},
        {"level": ["AES_QC"]},
    ],
)
def test_control_what_one_of_its_accounts_can_carry_is_accepted(when: dict[str, Any]):
    """One account is enough, a list may hold more than can be carried, and a floor takes what is above it."""
    accounts = {"hr": labelled("fields", "seals", "AES_QC"), "de": labelled("message", "seals", "AES_QC")}
    assert configuration({"name": "x", "when": when, "use": ["hr", "de"]}, accounts=accounts).routes


def test_nothing_is_said_of_accounts_that_are_not_known():
    """An account without its plugin may offer anything; one that reads its secret, what its provider does."""
    accounts = {"hr": labelled("fields"), "de": {**ACCOUNT, "provider": "gone"}}
    rule = {"name": "x", "when": {"needs": ["fields"]}, "use": ["hr", "de"]}
    assert configuration(rule, accounts=accounts).routes
    accounts["de"] = labelled("fields", SECRETIVE)
    assert configuration(rule, accounts=accounts).routes
    accounts["de"] = labelled("fields")
    assert {"routes[0].when.needs": "route.never"} == problems(rule, accounts=accounts)


def test_a_rule_with_a_mistake_is_compared_all_the_same():
    """One round tells all: what a wrong key would mean is left open, and never taken for more."""
    accounts = {"hr": {**ACCOUNT, "api_key": "itself"}, "de": ACCOUNT}
    found = problems(
        {"name": "all", "when": {"tags": ["x"]}, "use": ["hrr"]},
        {"name": "share", "when": {"tags": ["x"], "percent": 101, "needs": ["signing_link"]}, "use": ["hr"]},
        {"name": "words", "when": {"tags": ["x", 3]}, "use": ["hr"]},
        {"name": "after", "when": {"tags": ["y"]}, "use": ["de"]},
        accounts=accounts,
    )
    assert {
        "accounts.hr.api_key": "secret.inline",
        "routes[0].use[0]": "account.unknown",
        "routes[1].when.percent": "percent.range",
        "routes[1].when": "route.unreachable",
        "routes[1].when.needs": "route.never",
        "routes[2].when.tags[1]": "value.type",
    } == found


def test_days_alone_are_whole_days():
    """Without from and to a window lasts from midnight to midnight; "24:00" is the day's end."""
    weekend = {"days": ["sat", "sun"], "zone": "Europe/Paris"}
    written = {"from": "00:00", "to": "24:00", **weekend}
    rules = [
        {"name": tag, "when": {"time": each, "tags": [tag]}, "use": ["de"]}
        for tag, each in (("x", weekend), ("y", written), ("z", {"to": "09:00", **weekend}))
    ]
    first, second, third = (route.when.time for route in configuration(*rules, default=None).routes)
    assert first is not None
    assert (first, "00:00 to 24:00 Europe/Paris on sat, sun") == (second, str(first))
    friday = datetime(2026, 3, 6, 22, 59, 59, tzinfo=UTC)  # a second before midnight in Paris
    sunday = friday + timedelta(days=2)
    after = timedelta(seconds=1)
    held = [first.holds(at) for at in (friday, friday + after, sunday, sunday + after)]
    assert [False, True, True, False] == held
    assert "00:00 to 09:00 Europe/Paris on sat, sun" == str(third)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"zone": "UTC"}, ("time", "route.span")),
        ({"zone": "UTC", "from": "24:00", "days": ["sat"]}, ("time.from", "time.form")),
        ({"zone": "UTC", "from": "08:00", "to": "08:00"}, ("time.to", "route.never")),
        ({"zone": "UTC", "to": "00:00"}, ("time.to", "route.never")),
        ({"zone": "localtime", "days": ["sat"]}, ("time.zone", "zone.unknown")),
    ],
)
def test_a_window_that_says_nothing_or_ends_when_it_begins_is_refused(
    window: dict[str, str], expected: tuple[str, str]
):
    """So is a zone that is another one on each machine, though the database has its name."""
    found = problems({"name": "x", "when": {"time": window}, "use": ["hr"]})
    assert {f"routes[0].when.{expected[0]}": expected[1]} == found


def test_seconds_of_a_window_are_shown():
    """A window of half a minute is not explained as one that ends when it begins."""
    window = Window(start=time(8), until=time(8, 0, 30), zone=ZoneInfo("UTC"))
    assert "08:00 to 08:00:30 UTC" == str(window)
