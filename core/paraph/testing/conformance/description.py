"""What a provider says about itself: static, complete, without network, and true of its class."""

# ruff: noqa: D401 - the docstring of a check states the promise, as that of a test does

from __future__ import annotations

import importlib
import typing
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

import attrs

from paraph.model import EvidenceKind
from paraph.provider import PLUGIN_API, Capabilities, Capability
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.findings import expect, offline
from paraph.testing.simulator import Simulator

C = Capability

NEEDS: Final[Mapping[Capability, tuple[Capability, ...]]] = MappingProxyType(
    {
        C.SEE_COMPLETION: (C.READ_STATUS, C.WEBHOOKS),
        C.SEE_DECLINE: (C.READ_STATUS, C.WEBHOOKS),
        C.EVENT_LIST: (C.WEBHOOKS,),
        C.MANAGE_WEBHOOKS: (C.WEBHOOKS,),
        C.STAGES: (C.SEVERAL_SIGNATORIES,),
        C.STAGE_ANY: (C.SEVERAL_SIGNATORIES,),
        C.ATTACHMENTS: (C.SEVERAL_DOCUMENTS,),
    }
)
"""Capabilities that mean nothing without one of others."""


def says_who_it_is(bench: Bench) -> None:
    """Name, title and summary are there, and the name is the one that configuration and simulator use."""
    info = bench.info
    expect(info.name == bench.subject.provider, f"calls itself {info.name!r}, not {bench.subject.provider!r}")
    for word in ("title", "summary"):
        expect(getattr(info, word).strip(), f"ProviderInfo.{word} is empty")
    same = info.name == bench.simulator.provider
    expect(same, f"its simulator is one of {bench.simulator.provider!r}, not of {info.name!r}")
    if info.simulator:
        module, _, function = info.simulator.partition(":")
        made = getattr(importlib.import_module(module), function)()
        expect(isinstance(made, Simulator), f"{info.simulator} makes no Simulator")


def fits_this_paraph(bench: Bench) -> None:
    """It was written to a plugin interface that this paraph has."""
    api = bench.info.api
    fits = api[0] == PLUGIN_API[0] and api <= PLUGIN_API
    expect(fits, f"it was written to the interface {api}, this paraph has {PLUGIN_API}")


def explains_its_settings(bench: Bench) -> None:
    """The settings are a frozen attrs class, also inside, and every option says what it is for."""
    for kind in _classes(bench.info.settings):
        frozen = getattr(kind, "__setattr__", None) is not object.__setattr__
        expect(frozen, f"{kind.__name__} can be changed", hint="use @attrs.frozen")
        for field in cast("tuple[attrs.Attribute[Any], ...]", attrs.fields(cast("Any", kind))):
            tag = typing.get_origin(typing.get_type_hints(kind)[field.name]) is typing.Literal
            explained = field.metadata.get("help") or tag or not field.init
            expect(
                explained, f"the option {field.name!r} of {kind.__name__} has no help", hint="use setting()"
            )


def _classes(kind: Any) -> Iterator[type]:
    """Yield a settings class and those that its options are made of."""
    if isinstance(kind, type) and attrs.has(kind):
        yield kind
        if kind.__module__.startswith("paraph.model"):
            return
        hints = typing.get_type_hints(kind)
        given = (hints[field.name] for field in attrs.fields(cast("Any", kind)) if field.init)
        for wanted in given:
            for part in typing.get_args(wanted) or (wanted,):
                yield from _classes(part) if part is not kind else ()


def declares_sense(bench: Bench) -> None:
    """What is declared hangs together: a way to reach signatories, a level, what each capability needs."""
    for who, declared in (("provider", bench.info.capabilities), ("account", bench.offered)):
        ways = {C.DELIVERY_EMAIL, C.SIGNING_LINK} & declared.supported
        expect(ways, f"the {who} declares no way to signatories", hint="delivery_email or signing_link")
        expect(declared.levels, f"the {who} declares no level")
        expect(declared.regimes, f"the {who} declares no regime")
        expect(declared.verbs, f"the {who} declares no verb")
        expect(EvidenceKind.MANIFEST not in declared.evidence, "the manifest is paraph's, not the vendor's")
        for capability, others in NEEDS.items():
            missing = capability in declared and not set(others) & declared.supported
            names = " or ".join(other.value for other in others)
            expect(not missing, f"the {who} declares {capability.value} without {names}")
    idle = sorted(note.value for note in bench.info.capabilities.notes if note not in bench.info.capabilities)
    expect(not idle, f"notes about capabilities that are not declared: {', '.join(idle)}")


def account_only_narrows(bench: Bench) -> None:
    """An account offers what its provider declares or less, whatever it is asked."""
    static = bench.info.capabilities
    for what in ("supported", "levels", "regimes", "verbs", "evidence"):
        more = getattr(bench.offered, what) - getattr(static, what)
        names = ", ".join(sorted(getattr(each, "name", str(each)).lower() for each in more))
        expect(not more, f"the account offers more {what} than its provider declares: {names}")


def needs_no_network(bench: Bench) -> None:
    """Description, tenant, origin, capabilities and check ask nobody, and answer the same again."""
    fresh = bench.subject.registry()
    with offline("the description"):
        info = fresh.info(bench.subject.provider)
        expect(_same(info.capabilities, bench.info.capabilities), "it describes itself in two ways")
    with offline("a method that makes no request"):
        provider, account, envelope = bench.provider, bench.account, bench.envelope()
        for name, ask in (
            ("tenant", lambda: provider.tenant(account)),
            ("origin", lambda: provider.origin(account)),
            ("check", lambda: provider.check(envelope, account)),
        ):
            expect(ask() == ask(), f"{name}() answers in two ways")
        expect(_same(provider.capabilities(account), bench.offered), "capabilities() answers in two ways")
        expect(provider.tenant(account), "tenant() is empty, so accounts could not be told apart")
        url = provider.origin(account)
        expect(
            url.startswith(("https://", "http://127.0.0.1", "http://localhost")), "origin() is no https URL"
        )
        for name in ("tenant", "origin"):
            bench.watch.hear(name, getattr(provider, name)(account))


def _same(first: Capabilities, second: Capabilities) -> bool:
    return attrs.asdict(first) == attrs.asdict(second)
