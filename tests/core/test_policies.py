"""Policies: what is refused, what is warned of, what is changed; and that nothing is dropped in silence."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.adapting import adapted, put
from paraph.client import Client
from paraph.config import Config
from paraph.errors import ConfigurationError, Refused
from paraph.model import (
    Anchor,
    Envelope,
    Field,
    Instead,
    Policy,
    Problem,
    ProblemKind,
    Rect,
    Severity,
    Signatory,
)
from paraph.ops import terms
from paraph.provider import Capability
from paraph.provider.hookspecs import hookimpl
from paraph.provider.registry import Registry
from paraph.store import open_store
from support.acme import plugin
from support.noting import Watching, asked, vendor

LATER = datetime(2099, 1, 1, tzinfo=UTC)
HARMLESS = (
    Capability.MESSAGE,
    Capability.LANGUAGE,
    Capability.SIGNATORY_LANGUAGE,
    Capability.EXPIRY,
    Capability.FIELDS,
    Capability.ANCHORS,
)


class Scene:
    """A client whose only account lacks some capabilities, before a simulated vendor."""

    def __init__(self, *without: Capability, rule: Any = None, **account: Any) -> None:
        self.given: list[Envelope] = []
        kind = type("Kind", (Watching,), {"given": self.given})
        registry = Registry.empty()
        registry.register("acme", plugin(kind))
        if rule is not None:
            module = types.ModuleType("rules")
            module.paraph_check_envelope = hookimpl(rule)  # type: ignore[attr-defined]  # as a module's function
            registry.register("rules", module)
        table = {
            "provider": "acme",
            "environment": "test",
            "key": "env:KEY",
            "without": [each.value for each in without],
            **account,
        }
        config = Config.from_mapping({"accounts": {"hr": table}}, environ={"KEY": "k"}, registry=registry)
        transport = httpx.MockTransport(vendor)
        self.client = Client(config, registry=registry, store=open_store("memory:"), transport=transport)


def always(*problems: Problem) -> Callable[[Envelope], list[Problem]]:
    """Make a company rule that has these things against everything."""

    def rule(envelope: Envelope) -> list[Problem]:
        return list(problems)

    return rule


def weights(problems: Iterable[Problem]) -> set[tuple[str, str]]:
    return {(problem.code, problem.severity.value) for problem in problems}


def test_without_a_policy_everything_weighs_what_its_check_says() -> None:
    """The default is what it was before there were policies: an unsupported message refuses."""
    scene = Scene(Capability.MESSAGE)
    assert {("unsupported.message", "error")} == weights(scene.client.check(asked(message="Hello")))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, {("unsupported.message", "error"), ("unsupported.schedule", "error")}),
        ("strict", {("unsupported.message", "error"), ("unsupported.schedule", "error")}),
        ("warn", {("unsupported.message", "warning"), ("unsupported.schedule", "error")}),
        ("adapt", {("unsupported.message", "warning"), ("unsupported.schedule", "error")}),
    ],
)
def test_a_policy_is_the_accounts_or_the_callers(policy: str | None, expected: set[tuple[str, str]]) -> None:
    """A policy means the same from the file as from the caller, and the caller's wins."""
    request = asked(message="Hello", scheduled_at=LATER)
    lacks = (Capability.MESSAGE, Capability.SCHEDULE)
    own = {"policy": policy} if policy else {}
    assert expected == weights(Scene(*lacks, **own).client.check(request))
    assert expected == weights(
        Scene(*lacks, policy="strict").client.check(request, policy=policy or "strict")
    )


def test_strict_refuses_warnings_too() -> None:
    """A warning does not stop a send, unless the policy is strict: then nothing is made."""
    scene = Scene(Capability.SEE_COMPLETION)
    assert {("completion.unobservable", "warning")} == weights(scene.client.check(asked()))
    with pytest.raises(Refused):
        scene.client.send(asked(), policy=Policy.STRICT)
    assert [] == scene.given
    scene.client.send(asked())
    assert 1 == len(scene.given)


def test_an_unknown_policy_is_named_with_the_known_ones() -> None:
    """A misspelt policy in the file is an error with the nearest word."""
    with pytest.raises(ConfigurationError) as caught:
        Scene(policy="strikt")
    (problem,) = caught.value.problems
    assert ("accounts.hr.policy", "value.type") == (problem.path, problem.code)
    assert "strict" in problem.hint


def test_an_adaptation_is_shown_kept_and_sent() -> None:
    """What the vendor cannot be told is taken out, named with before and after, and kept with the attempt."""
    scene = Scene(Capability.LANGUAGE, Capability.MESSAGE, policy="adapt")
    request = asked(language="fr", message="Dear Ada")
    shown = {problem.path: (problem.before, problem.after) for problem in scene.client.check(request)}
    assert {"language": ("fr", "none"), "message": ("given", "none")} == shown
    scene.client.send(request)
    (given_,) = scene.given
    assert (None, "") == (given_.language, given_.message)
    with scene.client.store.begin() as tx:
        (attempt,) = tx.attempts(request.id)
        kept = tx.step(attempt.id, terms.KEY)
        stored = tx.envelope(request.id)
    assert kept is not None
    assert stored is not None
    assert "Dear Ada" not in kept.result
    assert {"language", "message"} == {each["path"] for each in json.loads(kept.result)["changes"]}
    assert "Dear Ada" in stored.body  # the envelope in the store is the one that was given


def test_company_rules_take_part_in_every_policy() -> None:
    """A rule's kind and value count as a vendor's: strict refuses, warn warns, adapt puts the value there."""

    def rule(envelope: Envelope) -> list[Problem]:
        if envelope.language == "de":
            return []
        return [
            Problem(
                path="language",
                code="house.language",
                message="we write German",
                severity=Severity.WARNING,
                kind=ProblemKind.CHANGED,
                instead="de",
            )
        ]

    scene = Scene(rule=rule)
    request = asked(language="fr")
    found = {policy: scene.client.check(request, policy=policy) for policy in Policy}
    assert {("house.language", "error")} == weights(found[Policy.STRICT])
    assert {("house.language", "warning")} == weights(found[Policy.WARN])
    (changed,) = found[Policy.ADAPT]
    assert ("fr", "de") == (changed.before, changed.after)
    with pytest.raises(Refused):
        scene.client.send(request, policy="strict")
    scene.client.send(attrs.evolve(request, id="warned"), policy="warn")
    scene.client.send(attrs.evolve(request, id="adapted"), policy="adapt")
    assert ["fr", "de"] == [each.language for each in scene.given]


@pytest.mark.parametrize("policy", [None, *Policy])
def test_a_rule_that_forbids_forbids_under_every_policy(policy: Policy | None) -> None:
    """A company rule's plain refusal, and one that fails, refuse whatever the policy."""
    forbidden = [Problem(path="title", code="house.friday", message="not on a Friday")]
    assert {("house.friday", "error")} == weights(
        Scene(rule=always(*forbidden)).client.check(asked(), policy=policy)
    )

    def broken(envelope: Envelope) -> list[Problem]:
        raise RuntimeError(envelope.id)

    assert {("rule.failed", "error")} == weights(Scene(rule=broken).client.check(asked(), policy=policy))


def test_rules_that_contradict_each_other_end_in_a_refusal() -> None:
    """Two rules that undo each other do not go round for ever: what remains is an error."""

    def rule(envelope: Envelope) -> list[Problem]:
        other = "de" if envelope.language == "fr" else "fr"
        return [Problem(path="language", code="house", message="no", kind=ProblemKind.CHANGED, instead=other)]

    found = Scene(rule=rule).client.check(asked(language="fr"), policy="adapt")
    assert any(problem.blocking for problem in found)


def test_a_value_that_nothing_can_be_put_to_stays_an_error() -> None:
    """A rule that names a place that does not exist, or a value that cannot be kept, changes nothing."""
    for path, value in (("fields[7]", Instead.REMOVE), ("nothing.here", 1), ("assurance", object())):
        problem = Problem(path=path, code="odd", message="no", kind=ProblemKind.IGNORED, instead=value)
        scene = Scene(rule=always(problem))
        assert {("odd", "error")} == weights(scene.client.check(asked(), policy="adapt"))


def test_of_many_only_those_that_were_named_are_taken_out() -> None:
    """What is taken out is taken from the end: the paths of the others mean what they meant."""
    places = [Rect(x=float(number), y=1, width=9, height=9) for number in range(4)]
    given_ = asked(fields=[Field(document="contract", signatory="ada", rect=place) for place in places])
    found = [
        Problem(
            path=f"fields[{index}]",
            code="no",
            message="no",
            kind=ProblemKind.IGNORED,
            instead=Instead.REMOVE,
        )
        for index in (0, 2)
    ]
    changed, changes = adapted(given_, found, Policy.ADAPT)
    assert [places[1], places[3]] == [field.rect for field in changed.fields]
    assert ["fields[2]", "fields[0]"] == [change.path for change in changes]


# Nothing is dropped in silence

rects = st.just(Rect(x=10, y=10, width=50, height=20))
fields = st.lists(
    st.builds(
        Field,
        document=st.just("contract"),
        signatory=st.sampled_from(["ada", "bob"]),
        page=st.just(1),
        rect=st.none(),
        anchor=st.just(Anchor(text="Sign here")),
    )
    | st.builds(
        Field,
        document=st.just("contract"),
        signatory=st.sampled_from(["ada", "bob"]),
        page=st.just(1),
        rect=rects,
    ),
    max_size=4,
)
languages = st.none() | st.sampled_from(["de", "fr"])
requests = st.builds(
    asked,
    id=st.uuids().map(lambda number: number.hex),
    message=st.sampled_from(["", "Dear all"]),
    language=languages,
    expires_at=st.none() | st.just(LATER),
    fields=fields,
    signatories=st.tuples(languages, languages).map(
        lambda two: [
            Signatory(
                id=name, given_name=name, family_name="L", email=f"{name}@example.org", language=language
            )
            for name, language in zip(("ada", "bob"), two, strict=True)
        ]
    ),
)
lacking = st.sets(st.sampled_from([*HARMLESS, Capability.STAGES, Capability.SCHEDULE]))


def parts(envelope: Envelope) -> list[tuple[str, Any]]:
    """List every part that somebody can ask for, with the path of the problem that may take it out."""
    found: list[tuple[str, Any]] = [
        (name, getattr(envelope, name))
        for name in ("message", "language", "expires_at", "title", "reference")
    ]
    found += [
        (f"signatories[{index}].language", each.language) for index, each in enumerate(envelope.signatories)
    ]
    found += [("field", each) for each in envelope.fields]
    return found


def unnamed(before: Envelope, after: Envelope, problems: Iterable[Problem]) -> list[str]:
    """Return the parts that the provider was not given and that no problem names."""
    named = [problem.path for problem in problems if problem.after]
    lost = [path for path, value in parts(before) if (path, value) not in parts(after) and value]
    fewer = len(before.fields) - len(after.fields)
    told = sum(path.startswith("fields[") for path in named)
    missing = [path for path in lost if path != "field" and path not in named]
    return missing + ["field"] * (fewer - told)


@settings(max_examples=60, deadline=None)
@given(requests, lacking, st.sampled_from([Policy.WARN, Policy.ADAPT]))
def test_nothing_is_dropped_in_silence(request_: Envelope, without: set[Capability], policy: Policy) -> None:
    """What the provider is not given is named by a problem, and it is given nothing that it cannot say."""
    scene = Scene(*without)
    problems = scene.client.check(request_, policy=policy)
    assert not any(problem.blocking for problem in problems)
    scene.client.send(request_, policy=policy)
    (given_,) = scene.given
    assert [] == unnamed(request_, given_, problems)
    assert [] == [each for each in scene.client.check(attrs.evolve(given_, id="again")) if each.blocking]
    assert all(problem.kind for problem in problems)


def test_what_is_dropped_in_silence_would_be_noticed() -> None:
    """The comparison behind the property finds a part that is gone without a word."""
    request = asked(language="fr", message="Hi", fields=[Field(document="contract", signatory="ada", page=1)])
    assert ["message"] == unnamed(request, put(request, "message", ""), [])
    assert ["field"] == unnamed(request, put(request, "fields[0]", Instead.REMOVE), [])
    told = Problem(path="message", code="c", message="m", before="given", after="none")
    assert [] == unnamed(request, put(request, "message", ""), [told])


# Defaults


def test_defaults_fill_in_what_is_left_open_and_say_so() -> None:
    """Language, country, level, message, expiry and delivery come from the account; own values win."""
    defaults = {
        "language": "fr",
        "country": "FR",
        "level": "QES",
        "message": "Please sign",
        "expiry": "30d",
        "delivery": "link",
    }
    scene = Scene(defaults=defaults)
    person = Signatory(id="ada", given_name="A", family_name="L", email="ada@example.org", delivery="account")
    own = Signatory(id="bob", given_name="B", family_name="L", email="bob@example.org")
    request = asked(language="de", signatories=[person, own])
    shown = {each.path: (each.source, each.shown) for each in scene.client.preview(request).defaults}
    until = shown.pop("expires_at")
    assert {
        "country": ("accounts.hr.defaults.country", "FR"),
        "assurance.level": ("accounts.hr.defaults.level", "QES"),
        "message": ("accounts.hr.defaults.message", "given"),
        "signatories[0].delivery": ("accounts.hr.defaults.delivery", "link"),
    } == shown
    assert "accounts.hr.defaults.expiry" == until[0]
    began = datetime.now(UTC)
    scene.client.send(request)
    (given_,) = scene.given
    assert ("de", "FR", "Please sign") == (given_.language, given_.country, given_.message)
    assert ["link", "email"] == [each.delivery.value for each in given_.signatories]
    assert given_.expires_at is not None
    assert abs(given_.expires_at - began - timedelta(days=30)) < timedelta(minutes=1)


def test_a_scheduled_envelope_expires_after_it_is_sent() -> None:
    """An expiry counts from the scheduled time, where there is one."""
    scene = Scene(defaults={"expiry": "72h"})
    scene.client.send(asked(scheduled_at=LATER))
    assert LATER + timedelta(hours=72) == scene.given[0].expires_at


def test_own_values_win_over_every_default() -> None:
    """An envelope that leaves nothing open gets nothing."""
    scene = Scene(defaults={"language": "fr", "message": "Ours", "expiry": "1d", "delivery": "link"})
    request = asked(language="de", message="Mine", expires_at=LATER)
    assert () == scene.client.preview(request).defaults
    scene.client.send(request)
    assert ("de", "Mine", LATER) == (
        scene.given[0].language,
        scene.given[0].message,
        scene.given[0].expires_at,
    )


@pytest.mark.parametrize(
    ("defaults", "path", "code"),
    [
        ({"expiry": "30 days"}, "expiry", "duration.form"),
        ({"expiry": "0d"}, "expiry", "duration.form"),
        ({"expiry": "9999w"}, "expiry", "duration.form"),
        ({"expiry": 30}, "expiry", "value.type"),
        ({"delivery": "post"}, "delivery", "value.type"),
        ({"delivery": "account"}, "delivery", "value.type"),
        ({"message": "\x00"}, "message", "text.unencodable"),
        ({"branding": {"logo": "x"}}, "branding", "branding.unsupported"),
        ({"mesage": "x"}, "mesage", "key.unknown"),
    ],
)
def test_a_wrong_default_is_refused_with_its_key(defaults: dict[str, Any], path: str, code: str) -> None:
    """Each key is checked when the file is read; branding where the provider has none is refused."""
    with pytest.raises(ConfigurationError) as caught:
        Scene(defaults=defaults)
    assert [(f"accounts.hr.defaults.{path}", code)] == [
        (each.path, each.code) for each in caught.value.problems
    ]
