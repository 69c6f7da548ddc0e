"""Routing: total, deterministic, stable; what is explained is what is decided; hopeless rules are refused."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.client import Client
from paraph.errors import ConfigurationError, Refused
from paraph.model import Assurance, Envelope, Level, Signatory, SignatureKind
from paraph.routing import PARTS, Decision, Route, When, decide, part_of
from support.routes import ACCOUNT, ENVIRONMENTS, NOON, configuration, envelope, problems
from support.tiny import PDF


def paraph(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    command = [sys.executable, "-m", "paraph.cli", *words]
    inherited = {key: value for key, value in os.environ.items() if key != "PARAPH_CONFIG"}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**inherited, **environ}, check=False
    )


def decided(envelope: Envelope, *routes: Mapping[str, Any], at: datetime = NOON) -> Decision:
    config = configuration(*routes)
    return decide(config.routes, config.default, envelope, at, ENVIRONMENTS)


words = st.sampled_from(["a", "b", "c"])
spans = st.builds(lambda low, more: {"min": low, "max": low + more + 1}, st.integers(0, 3), st.integers(0, 3))
whens = st.fixed_dictionaries(
    {},
    optional={
        "level": st.lists(st.sampled_from([each.name for each in Level]), min_size=1, max_size=3),
        "kind": st.lists(st.sampled_from([each.value for each in SignatureKind]), min_size=1, max_size=2),
        "country": st.lists(st.sampled_from(["DE", "fr", "FR"]), min_size=1, max_size=2),
        "language": st.lists(st.sampled_from(["de", "FR"]), min_size=1, max_size=2),
        "tenant": st.lists(words, min_size=1, max_size=2),
        "tags": st.lists(words, min_size=1, max_size=2),
        "documents": spans,
        "percent": st.integers(1, 100),
        "time": st.just({"from": "08:00", "to": "18:00", "zone": "Europe/Berlin"}),
    },
)
uses = st.lists(st.sampled_from(["hr", "de", "fr"]), min_size=1, max_size=3, unique=True)
rules = st.lists(st.tuples(whens, uses), max_size=4)
envelopes = st.builds(
    envelope,
    id=st.uuids().map(lambda number: number.hex),
    reference=st.sampled_from(["", "R-1", "R-2"]),
    assurance=st.builds(Assurance, level=st.none() | st.sampled_from(list(Level))),
    country=st.none() | st.sampled_from(["de", "FR", "AT"]),
    language=st.none() | st.sampled_from(["de", "fr", "it"]),
    tenant=st.sampled_from(["", "a", "b"]),
    tags=st.lists(words, max_size=2),
)


def routes_of(given_: list[tuple[dict[str, Any], list[str]]]) -> tuple[Route, ...]:
    """Read generated rules, each from a configuration of its own: together some may be unreachable."""
    found = []
    for position, (when, use) in enumerate(given_):
        (route,) = configuration({"name": f"r{position}", "when": when, "use": use}).routes
        found.append(route)
    return tuple(found)


@given(rules, envelopes, st.sampled_from([None, "hr"]), st.integers(0, 200))
def test_routing_is_total_deterministic_and_explained(
    given_: list[tuple[dict[str, Any], list[str]]], asked: Envelope, default: str | None, hours: int
):
    """Each envelope has one decision, always the same: the first rule that holds, then the default."""
    routes, at = routes_of(given_), NOON + timedelta(hours=hours)
    decision = decide(routes, default, asked, at, ENVIRONMENTS)
    assert decision == decide(routes, default, attrs.evolve(asked), at, ENVIRONMENTS)
    first = next((rule for rule in decision.rules if rule.holds), None)
    assert (first.name if first else None) == decision.route
    expected = [*(first.use if first else ()), *([default] if default else [])]
    assert tuple(dict.fromkeys(expected)) == decision.candidates
    assert [route.name for route in routes] == [rule.name for rule in decision.rules]
    reached = [rule.reached for rule in decision.rules]
    assert reached == [True] * sum(reached) + [False] * (len(reached) - sum(reached))


@given(st.text(max_size=20), st.text(max_size=20), st.integers(1, 100))
def test_percent_is_the_published_hash(name: str, reference: str, percent: int):
    """The part is SHA-256 of route name and reference, mod 100, and a share takes the parts below it."""
    asked = envelope(reference=reference)
    text = f"{name}\n{reference or 'one'}".encode("utf-8", "backslashreplace")
    part = int.from_bytes(hashlib.sha256(text).digest()) % 100
    assert part == part_of(name, asked)
    route = Route(name=name, when=When(percent=percent), use=("hr",))
    assert (part < percent) == decide((route,), None, asked, NOON, ENVIRONMENTS).rules[0].holds


def test_shares_are_about_right_and_grow():
    """Of 2,000 envelopes 30 percent take about 30 percent, and raising a share only adds envelopes."""
    asked = [envelope(reference=f"R-{number}") for number in range(2000)]
    taken = {
        share: {each.reference for each in asked if part_of("x", each) < share} for share in (30, 60, PARTS)
    }
    assert 520 < len(taken[30]) < 680
    assert taken[30] < taken[60] < taken[PARTS]
    assert 2000 == len(taken[PARTS])


@pytest.mark.parametrize(
    ("when", "changes", "expected"),
    [
        ({"level": ["QES"]}, {"assurance": Assurance(level="QES", floor="AES")}, True),
        ({"level": ["AES"]}, {"assurance": Assurance(level="QES", floor="AES")}, False),
        ({"level": ["AES"]}, {"assurance": Assurance(floor="AES")}, True),
        ({"level": ["SES"]}, {}, False),
        ({"country": ["de"]}, {"country": "DE"}, True),
        ({"country": ["DE"]}, {}, False),
        ({"language": ["FR"]}, {"language": "fr"}, True),
        ({"regime": ["zertes"]}, {"assurance": Assurance(regime="zertes")}, True),
        ({"regime": ["zertes"]}, {}, False),
        ({"kind": ["seal"]}, {}, False),
        ({"tags": ["x", "y"]}, {"tags": ["y", "z"]}, True),
        ({"tags": ["x"]}, {"tags": []}, False),
        ({"tenant": ["t"]}, {"tenant": "t"}, True),
        ({"documents": {"min": 2}}, {}, False),
        ({"documents": {"max": 1}}, {}, True),
        ({"size": {"max": 10}}, {}, False),
        ({"size": {"min": 10}}, {}, True),
    ],
)
def test_conditions(when: dict[str, Any], changes: dict[str, Any], expected: bool):
    """Each condition holds exactly for what it says."""
    decision = decided(envelope(**changes), {"name": "x", "when": when, "use": ["de"]})
    assert expected == (decision.route == "x"), decision.rules
    assert (("de", "hr") if expected else ("hr",)) == decision.candidates


def test_the_highest_level_and_every_kind_count():
    """Of several signatories the highest level decides, and a rule for one kind is not for a mixture."""
    people = [
        Signatory(id="a", email="a@example.org", family_name="A", assurance=Assurance(level="SES")),
        Signatory(
            id="b", email="b@example.org", family_name="B", assurance=Assurance(level="QES"), kind="seal"
        ),
    ]
    asked = envelope(signatories=people)
    assert "x" == decided(asked, {"name": "x", "when": {"level": ["QES"]}, "use": ["de"]}).route
    assert None is decided(asked, {"name": "x", "when": {"level": ["SES"]}, "use": ["de"]}).route
    assert None is decided(asked, {"name": "x", "when": {"kind": ["seal"]}, "use": ["de"]}).route
    both = {"name": "x", "when": {"kind": ["seal", "signature"]}, "use": ["de"]}
    assert "x" == decided(asked, both).route


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-02T07:00:00+00:00", True),  # Monday 08:00 in Berlin
        ("2026-03-02T06:59:59+00:00", False),
        ("2026-03-02T16:59:59+00:00", True),
        ("2026-03-02T17:00:00+00:00", False),
        ("2026-07-06T06:00:00+00:00", True),  # summer time
        ("2026-03-01T12:00:00+00:00", False),  # a Sunday
    ],
)
def test_a_window_follows_its_zone(at: str, expected: bool):
    """A time window is meant in its zone, summer time included, with its start and without its end."""
    window = {"from": "08:00", "to": "18:00", "zone": "Europe/Berlin", "days": ["mon", "tue"]}
    route = {"name": "x", "when": {"time": window}, "use": ["de"]}
    assert expected == (decided(envelope(), route, at=datetime.fromisoformat(at)).route == "x")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-06T23:00:00+00:00", True),  # Friday night
        ("2026-03-07T05:59:00+00:00", True),  # which goes on until Saturday morning
        ("2026-03-07T06:00:00+00:00", False),
        ("2026-03-07T23:00:00+00:00", False),  # Saturday night is another one
        ("2026-03-06T05:00:00+00:00", False),  # Friday morning belongs to Thursday night
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_starts(at: str, expected: bool):
    """A window that ends on the next day is named by the day of its start."""
    window = {"from": "22:00", "to": "06:00", "zone": "UTC", "days": ["fri"]}
    route = {"name": "x", "when": {"time": window}, "use": ["de"]}
    assert expected == (decided(envelope(), route, at=datetime.fromisoformat(at)).route == "x")


def test_everything_wrong_is_told_at_once():
    """Unknown words, accounts and keys, and ranges that hold nothing: all in one error, with their keys."""
    found = problems(
        {
            "name": "x",
            "when": {
                "level": ["QUES"],
                "kind": [],
                "country": ["DEU"],
                "percent": 101,
                "documents": {"min": 3, "max": 2},
                "size": {},
                "needs": ["fieldz"],
                "time": {"from": "8", "to": "25:00", "zone": "Europe/Berln", "days": ["monday"]},
                "colour": ["red"],
            },
            "use": ["hr", "dee"],
            "uses": [],
        },
        {"name": "x"},
        {
            "when": {"percent": 0, "time": {"from": "08:00", "to": "08:00", "zone": "UTD"}},
            "use": ["hr", "hr"],
        },
        {"name": "none", "when": {"documents": {"max": 0}}, "use": ["hr"]},
    )
    expected = {
        "routes[0].when.level[0]": "value.unknown",
        "routes[0].when.kind": "route.never",
        "routes[0].when.country[0]": "value.unknown",
        "routes[0].when.percent": "percent.range",
        "routes[0].when.documents": "route.never",
        "routes[0].when.size": "route.span",
        "routes[0].when.needs[0]": "value.unknown",
        "routes[0].when.time.from": "time.form",
        "routes[0].when.time.to": "time.form",
        "routes[0].when.time.zone": "zone.unknown",
        "routes[0].when.time.days[0]": "value.unknown",
        "routes[0].when.colour": "key.unknown",
        "routes[0].use[1]": "account.unknown",
        "routes[0].uses": "key.unknown",
        "routes[1].name": "route.repeated",
        "routes[1].use": "route.use",
        "routes[2].name": "key.missing",
        "routes[2].when.percent": "route.never",
        "routes[2].when.time.to": "route.never",
        "routes[2].when.time.zone": "zone.unknown",
        "routes[2].when": "route.unreachable",
        "routes[3].when": "route.unreachable",
        "routes[3].when.documents": "route.never",
        "routes[2].use[1]": "account.repeated",
    }
    assert expected == found


def client(*routes: Mapping[str, Any], **more: Any) -> Client:
    config = configuration(*routes, **more)
    return Client.from_config(config, registry=config.registry)


def test_the_first_candidate_that_can_carries_and_the_rest_is_explained():
    """A candidate that may not write to the recipient is passed over; why is kept, the choice is for life."""
    limited = {**ACCOUNT, "allow_recipients": ["*@example.com"]}
    accounts = {"accounts": {"de": limited, "hr": ACCOUNT, "fr": ACCOUNT}}
    rule = {"name": "german", "when": {"country": ["DE"]}, "use": ["de", "fr"]}
    with client(rule, **accounts) as asking:
        asked = envelope(country="DE")
        routing = asking.route(asked)
        assert ("fr", "german", ["de", "fr", "hr"]) == (
            routing.account,
            routing.decision.route,
            [option.account for option in routing.options],
        )
        assert [1, 2, 3] == [option.candidate for option in routing.options]
        assert ["recipient.not_allowed"] == [
            problem.code for problem in routing.options[0].problems if problem.blocking
        ]
        assert routing.options == asking.options(asked)
        assert "fr" == asking.send(asked).account
        with asking.store.begin() as tx:
            (attempt,) = tx.attempts("one")
            step = tx.step(attempt.id, "paraph:route")
        assert step is not None
        assert {
            "route": "german",
            "candidates": ["de", "fr", "hr"],
            "passed": {"de": ["recipient.not_allowed"]},
        } == json.loads(step.result)
        assert "fr" == asking.send(asked).account


def test_if_no_candidate_can_all_reasons_are_told():
    """The refusal lists the problems of every candidate, each under its account's name."""
    limited = {**ACCOUNT, "allow_recipients": ["*@example.com"]}
    accounts = {"accounts": {"de": limited, "hr": limited, "fr": ACCOUNT}}
    with client({"name": "x", "use": ["de"]}, **accounts) as asking:
        with pytest.raises(Refused, match="none of the accounts 'de', 'hr'") as caught:
            asking.send(envelope())
        told = {problem.path for problem in caught.value.problems if problem.blocking}
        assert {"de: signatories[0].email", "hr: signatories[0].email"} == told
        assert caught.value.problems == asking.check(envelope())
        assert "fr" == asking.send(envelope(), account="fr").account


def test_an_account_that_cannot_be_used_is_passed_over():
    """A candidate whose secret is missing is no reason to fail while another one can carry the envelope."""
    lacking = {**ACCOUNT, "api_key": "env:GONE"}
    accounts = {"accounts": {"de": lacking, "hr": ACCOUNT}}
    with client({"name": "x", "use": ["de"]}, **accounts) as asking:
        assert "hr" == asking.send(envelope()).account
        assert ["secret.missing"] == [problem.code for problem in asking.options(envelope())[0].problems]


def test_without_route_and_default_the_error_says_so():
    """No matching rule and no default is told with the accounts there are."""
    with (
        client({"name": "x", "when": {"country": ["DE"]}, "use": ["de"]}, default=None) as asking,
        pytest.raises(
            ConfigurationError, match="no route matches and there is no default; accounts: de, fr, hr"
        ),
    ):
        asking.send(envelope())


def test_the_commands(tmp_path: Path):
    """``route explain`` says per rule and account why, ``config check`` what is wrong, with exit codes."""
    text = """
default = "hr"
[accounts.hr]
provider = "ignisign"
environment = "test"
api_key = "env:IGNISIGN_KEY"
[accounts.de]
provider = "ignisign"
environment = "test"
api_key = "env:IGNISIGN_KEY"
allow_recipients = ["*@example.com"]
[[routes]]
name = "german"
when = { country = ["DE"] }
use = ["de"]
"""
    (tmp_path / "paraph.toml").write_text(text)
    (tmp_path / "contract.pdf").write_bytes(PDF)
    (tmp_path / "envelope.toml").write_text(
        """title = "Contract"
country = "DE"
[[documents]]
path = "contract.pdf"
[[signatories]]
given_name = "Ada"
family_name = "Lovelace"
email = "ada@example.org"
"""
    )
    environ = {"IGNISIGN_KEY": "skv2_staging_0d2a_secret"}
    shown = paraph(tmp_path, "route", "explain", "envelope.toml", "--json", **environ)
    document = json.loads(shown.stdout)
    assert (0, "hr", "german", ["de", "hr"]) == (
        shown.returncode,
        document["account"],
        document["route"],
        document["candidates"],
    )
    assert [False, True] == [account["possible"] for account in document["accounts"]]
    told = paraph(tmp_path, "route", "explain", "envelope.toml", **environ).stdout
    for words in ("german", "decides", "country", "may not write to this address", "through 'hr'"):
        assert words in told
    assert "ada@" not in told
    assert 0 == paraph(tmp_path, "config", "check").returncode
    (tmp_path / "paraph.toml").write_text(text.replace('use = ["de"]', 'use = ["dee"]\npercnt = 3'))
    refused = paraph(tmp_path, "config", "check")
    assert 2 == refused.returncode
    for words in ("routes[0].use[0]", "did you mean 'de'", "routes[0].percnt", "line 15", "line 16"):
        assert words in refused.stderr
