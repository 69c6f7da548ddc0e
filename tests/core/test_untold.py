"""What an account would make nothing of is told: options of other vendors, laws, stages of nobody."""

from __future__ import annotations

from typing import Any

import attrs
import httpx
import pytest

from paraph.client import Client
from paraph.config import Config
from paraph.errors import Refused
from paraph.model import Assurance, Envelope, Policy, Problem, ProblemKind, Regime, Secret, Signatory, Stage
from paraph.ops.portability import TieKind
from paraph.provider.registry import Registry
from paraph.store import open_store
from support.acme import plugin
from support.noting import asked, vendor


@attrs.frozen(kw_only=True)
class Own:
    """Options of the provider that carries."""

    colour: str = ""


@attrs.frozen(kw_only=True)
class Foreign:
    """Options of another one."""

    password: Secret | None = None
    team: str = ""


class Stranger:
    """Options of nobody, of a class that says nothing about itself."""


def client(**account: Any) -> Client:
    """Make a client whose account for everything is of one provider; another is of a second one."""
    registry = Registry.empty()
    registry.register("acme", plugin(envelope_options=Own))
    registry.register("other", plugin(name="other", envelope_options=Foreign))
    known = {"environment": "test", "key": "env:KEY"}
    accounts = {"hr": {"provider": "acme", **known, **account}, "it": {"provider": "other", **known}}
    config = Config.from_mapping(
        {"default": "hr", "accounts": accounts}, environ={"KEY": "k"}, registry=registry
    )
    transport = httpx.MockTransport(vendor)
    return Client(config, registry=registry, store=open_store("memory:"), transport=transport)


def told(request: Envelope, policy: Policy | None = None) -> list[Problem]:
    """Return what is against an envelope, in the order of paths."""
    return sorted(client().check(request, policy=policy), key=lambda each: each.path)


FOREIGN = Foreign(password=Secret("c4n4ry"), team="c4n4ry")


@pytest.mark.parametrize("policy", [None, *Policy])
def test_options_of_another_provider_are_told_under_every_policy(policy: Policy | None) -> None:
    """Each one that was given is named with its owner, without its value; strict refuses, the others warn."""
    found = told(asked(options=(Own(colour="blue"), FOREIGN)), policy)
    assert ["options.password", "options.team"] == [each.path for each in found]
    assert {("options.ignored", ProblemKind.IGNORED)} == {(each.code, each.kind) for each in found}
    assert {policy is Policy.STRICT} == {each.blocking for each in found}
    assert all("option of other;" in each.message for each in found)
    assert "c4n4ry" not in str(found)


def test_strict_sends_nothing_whose_options_mean_nothing() -> None:
    """An account whose policy is strict refuses; under any other the envelope is sent."""
    request = asked(options=(FOREIGN,))
    with client(policy="strict") as strict, pytest.raises(Refused):
        strict.send(request)
    with client(policy="adapt") as lenient:
        assert lenient.send(request).vendor_ref


def test_what_is_read_or_says_nothing_is_not_told() -> None:
    """A provider's own options, and those of others that are all left at their defaults, are no problem."""
    assert [] == told(asked(options=(Own(colour="blue"), Foreign())))


def test_own_options_that_were_given_twice_are_told() -> None:
    """Only the first ones are read, so what the second ones say is told."""
    (found,) = told(asked(options=(Own(colour="blue"), Own(colour="red"))))
    assert ("options.colour", "options.ignored") == (found.path, found.code)
    assert "only the first" in found.message


def test_options_of_no_known_form_are_told_as_a_whole() -> None:
    """Something that is no class of options has no names: the options are named."""
    (found,) = told(asked(options=(Stranger(),)))
    assert ("options", "options.ignored") == (found.path, found.code)


@pytest.mark.parametrize("policy", [None, *Policy])
@pytest.mark.parametrize("own", [True, False])
def test_a_law_that_is_not_offered_is_refused_without_a_level(policy: Policy | None, own: bool) -> None:
    """A regime alone is checked, of the envelope and of one signatory; nothing would be done under it."""
    law = Assurance(regime=Regime.ZERTES)
    (person,) = asked().signatories
    request = asked(signatories=[attrs.evolve(person, assurance=law)]) if own else asked(assurance=law)
    (found,) = told(request, policy)
    place = "signatories[0].assurance.regime" if own else "assurance.regime"
    assert (place, "regime.unsupported", True) == (found.path, found.code, found.blocking)


def test_a_law_that_is_asked_for_ties() -> None:
    """``portability`` names a regime without a level, too, and nothing where none is asked."""

    def regimes(request: Envelope) -> list[str]:
        with client() as asking:
            return [tie.value for tie in asking.portability(request).ties if tie.kind is TieKind.REGIME]

    assert ["zertes"] == regimes(asked(assurance=Assurance(regime=Regime.ZERTES)))
    assert ["eidas"] == regimes(asked(assurance=Assurance(level="SES")))
    assert [] == regimes(asked())


@pytest.mark.parametrize("policy", [None, *Policy])
def test_a_stage_that_nobody_is_in_is_refused(policy: Policy | None) -> None:
    """A number that no signatory has is a mistake in the order; stages that somebody is in are none."""
    people = [
        Signatory(id=name, given_name=name, family_name="L", email=f"{name}@example.org", stage=stage)
        for name, stage in (("ada", 1), ("bob", 2))
    ]
    (found,) = told(asked(signatories=people, stages=[Stage(number=1), Stage(number=3)]), policy)
    assert ("stages[1].number", "stage.nobody", True) == (found.path, found.code, found.blocking)
    assert "1, 2" in found.hint
    assert [] == told(asked(signatories=people, stages=[Stage(number=2), Stage(number=1)]), policy)
