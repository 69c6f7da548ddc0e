"""What ties an envelope to a vendor, told from descriptions alone."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest

from paraph import AsyncClient, Client, Config, Registry
from paraph.errors import UnknownEnvelope
from paraph.model import Assurance, Field, Level, Rect, Secret, Verb
from paraph.ops.portability import Portability, TieKind
from paraph.provider import Capabilities, Capability
from paraph.store import open_store
from support.acme import CAPABILITIES, INFO, AcmeProvider, plugin
from support.tiny import envelope

NARROW = attrs.evolve(
    CAPABILITIES.without(Capability.FIELDS), levels=frozenset({Level.SES}), verbs=frozenset({Verb.SIGN})
)


@attrs.frozen(kw_only=True)
class AcmeOptions:
    """Options of one provider."""

    colour: str = ""
    password: Secret | None = None


class Narrow(AcmeProvider):
    """Offers less."""

    def capabilities(self, account: Any) -> Capabilities:
        return NARROW


def world() -> Config:
    """Two providers, one of which knows options, with an account each; a third account lacks its key."""
    registry = Registry.empty()
    registry.register("acme", plugin(envelope_options=AcmeOptions))
    registry.register("narrow", plugin(Narrow, name="narrow", capabilities=NARROW))
    account = {"environment": "test", "key": "env:KEY"}
    accounts = {
        "wide": {"provider": "acme", **account},
        "small": {"provider": "narrow", **account},
        "lost": {"provider": "acme", "environment": "test", "key": "env:NO_KEY"},
    }
    return Config.from_mapping({"accounts": accounts}, environ={"KEY": "k"}, registry=registry)


def reported(asked: Any, kind: type[Any] = Client) -> Portability:
    config = world()
    store = open_store("memory:")
    if kind is Client:
        with Client(config, registry=config.registry, store=store) as client:
            return client.portability(asked)

    async def main() -> Portability:
        async with AsyncClient(config, registry=config.registry, store=store) as client:
            return await client.portability(asked)

    return asyncio.run(main())


def tied(report: Portability) -> dict[tuple[TieKind, str], tuple[tuple[str, ...], tuple[str, ...]]]:
    return {(tie.kind, tie.value): (tie.providers, tie.accounts) for tie in report.ties}


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_every_tie_names_who_offers_it(kind: type[Any]) -> None:
    """All that is asked for is told with the installed providers and configured accounts that offer it."""
    asked = envelope(
        assurance=Assurance(level=Level.QES),
        fields=[
            Field(document=each, signatory="ada", rect=Rect(x=10, y=10, width=90, height=30))
            for each in ("contract", "annex")
        ],
        options=(AcmeOptions(colour="blue", password=Secret("c4n4ry")),),
    )
    report = reported(asked, kind)
    found = tied(report)
    assert (("acme",), ("wide",)) == found[TieKind.CAPABILITY, "fields"]
    assert (("acme",), ("wide",)) == found[TieKind.LEVEL, "QES"]
    assert (("acme", "narrow"), ("small", "wide")) == found[TieKind.CAPABILITY, "several_documents"]
    assert (("acme", "narrow"), ("small", "wide")) == found[TieKind.REGIME, "eidas"]
    assert (("acme", "narrow"), ("small", "wide")) == found[TieKind.VERB, "sign"]
    assert (("acme",), ("lost", "wide")) == found[TieKind.OPTIONS, "acme"]
    paths = {(tie.kind, tie.value): tie.paths for tie in report.ties}
    assert ("options.colour", "options.password") == paths[TieKind.OPTIONS, "acme"]
    assert ("fields[0]", "fields[1]") == paths[TieKind.CAPABILITY, "fields"]
    assert ("acme",) == report.vendors
    assert "c4n4ry" not in repr(report)
    counts = [len(tie.providers) for tie in report.ties]
    assert sorted(counts) == counts


def test_every_account_says_what_would_have_to_change() -> None:
    """What blocks an account and what it would ignore are its changes; one that needs none comes first."""
    asked = envelope(assurance=Assurance(level=Level.QES), options=(AcmeOptions(colour="blue"),))
    moves = {move.account: move for move in reported(asked).moves}
    assert "wide" == next(iter(moves))
    assert (True, ()) == (moves["wide"].possible, moves["wide"].changes)
    codes = [problem.code for problem in moves["small"].changes]
    assert not moves["small"].possible
    assert {"level.unsupported", "options.ignored"} == set(codes)
    assert not moves["lost"].possible
    assert "options.ignored" not in {problem.code for problem in moves["lost"].changes}


def test_a_plain_envelope_is_free() -> None:
    """What every installed provider offers ties nobody: all of them remain, and no options are named."""
    report = reported(envelope())
    assert ("acme", "narrow") == report.vendors
    assert TieKind.OPTIONS not in {tie.kind for tie in report.ties}
    assert {"small", "wide"} <= {move.account for move in report.moves if move.possible}


def test_a_floor_is_offered_by_everything_above_it() -> None:
    """A floor without a level asks for it or higher."""
    found = tied(reported(envelope(assurance=Assurance(floor=Level.AES))))
    assert (("acme",), ("wide",)) == found[TieKind.LEVEL, "AES or higher"]


def test_an_unknown_envelope_is_said_to_be_unknown() -> None:
    """An id that the store does not have is an error of its own."""
    with pytest.raises(UnknownEnvelope):
        reported("nothing")


def test_describing_brings_no_provider_into_use() -> None:
    """The report does not change what is loaded: a provider without an account stays unused."""
    config = world()
    before = {each.name: each.status for each in config.registry.listing()}
    assert {"acme", "narrow"} == {info.name for info in config.registry.descriptions()}
    assert before == {each.name: each.status for each in config.registry.listing()}
    assert INFO.name == "acme"
