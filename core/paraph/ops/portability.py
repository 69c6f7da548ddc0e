"""``portability``: what ties an envelope to a vendor, and what would have to change for each account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

import attrs

from paraph.errors import ConfigurationError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call
from paraph.foreign import said
from paraph.model import Envelope, Problem
from paraph.ops.kernel import Kernel, must_find
from paraph.ops.route import options
from paraph.preflight import asks_regime, uses_of
from paraph.provider.capability import Capabilities
from paraph.provider.info import ProviderInfo


class TieKind(StrEnum):
    """Which part of an envelope it is."""

    OPTIONS = "options"
    """Options that one provider understands."""
    CAPABILITY = "capability"
    LEVEL = "level"
    REGIME = "regime"
    VERB = "verb"


@attrs.frozen(kw_only=True)
class Tie:
    """Something that an envelope asks for, and who offers it.

    :ivar value: a capability, level, regime or verb, or the name of the provider whose options these are.
    :ivar paths: where the envelope asks for it, such as ``fields[0]``.
    :ivar providers: names of the installed providers that offer it, whatever their accounts narrow.
    :ivar accounts: names of the configured accounts that do.
    """

    kind: TieKind
    value: str
    paths: tuple[str, ...]
    providers: tuple[str, ...]
    accounts: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Move:
    """What it would take to send the envelope through one account.

    :ivar changes: what is against it, or would be ignored there; each says what to do.
    """

    account: str
    provider: str
    environment: str
    changes: tuple[Problem, ...]

    @property
    def possible(self) -> bool:
        """Whether nothing has to change."""
        return not any(problem.blocking for problem in self.changes)


@attrs.frozen(kw_only=True)
class Portability:
    """How free an envelope is to change vendors.

    :ivar ties: what it asks for, those with the fewest providers first.
    :ivar moves: every configured account, those that could carry it now first.
    """

    ties: tuple[Tie, ...]
    moves: tuple[Move, ...]

    @property
    def vendors(self) -> tuple[str, ...]:
        """The installed providers that offer everything that it asks for."""
        known = [set(tie.providers) for tie in self.ties]
        return tuple(sorted(set.intersection(*known))) if known else ()


def portability(kernel: Kernel, envelope: Envelope | str) -> Flow[Portability]:
    """Say which parts of an envelope tie it to a vendor. Nobody is asked, nothing is sent.

    :param envelope: an envelope, or the id of one in this store.
    :raises UnknownEnvelope: it is not in this store.
    """
    asked = envelope if isinstance(envelope, Envelope) else (yield from call(_stored, kernel, envelope))
    described = yield from call(kernel.registry.descriptions)
    offered = yield from call(_offered, kernel)
    found = yield from options(kernel, asked)
    moves = [
        Move(
            account=option.account,
            provider=option.provider,
            environment=option.environment,
            changes=option.problems,
        )
        for option in found
    ]
    ties = _ties(asked, described, offered, {each.account: each.provider for each in found})
    return Portability(
        ties=tuple(sorted(ties, key=lambda tie: (len(tie.providers), tie.kind, tie.value))),
        moves=tuple(sorted(moves, key=lambda move: not move.possible)),
    )


def _stored(kernel: Kernel, envelope_id: str) -> Envelope:
    with kernel.store.begin() as tx:
        return kernel.load(must_find(tx, envelope_id))


def _offered(kernel: Kernel) -> dict[str, Capabilities]:
    """Return what each account offers that can be used."""
    found = {}
    for name in kernel.config.accounts:
        try:
            account = kernel.account(name)
            found[name] = kernel.provider(account).capabilities(account)
        except ConfigurationError:  # what is wrong with it is among its problems
            continue
    return found


Offers = Callable[[Capabilities], bool]


def _asked_for(envelope: Envelope) -> Iterator[tuple[TieKind, str, str, Offers]]:
    """Yield everything that an envelope asks for: kind, value, path, and whether capabilities offer it."""
    for path, capability, _ in uses_of(envelope):
        yield TieKind.CAPABILITY, capability.value, path, lambda known, it=capability: it in known  # type: ignore[misc]  # a default binds it now
    for index, person in enumerate(envelope.signatories):
        path = f"signatories[{index}]"
        asked = envelope.assurance_of(person)
        least = asked.least
        if asked.level is not None:
            level = asked.level
            yield TieKind.LEVEL, level.name, path, lambda known, it=level: it in known.levels  # type: ignore[misc]  # as above
        elif least is not None:
            yield (
                TieKind.LEVEL,
                f"{least.name} or higher",
                path,
                lambda known, it=least: any(it <= each for each in known.levels),  # type: ignore[misc]  # as above
            )
        if asks_regime(asked):
            regime = asked.regime
            yield TieKind.REGIME, regime.value, path, lambda known, it=regime: it in known.regimes  # type: ignore[misc]  # as above
        verb = person.verb
        yield TieKind.VERB, verb.value, path, lambda known, it=verb: it in known.verbs  # type: ignore[misc]  # as above


def _ties(
    envelope: Envelope,
    described: tuple[ProviderInfo, ...],
    offered: dict[str, Capabilities],
    provider_of: dict[str, str],
) -> Iterator[Tie]:
    paths: dict[tuple[TieKind, str], list[str]] = {}
    tests: dict[tuple[TieKind, str], Offers] = {}
    for kind, value, path, offers in _asked_for(envelope):
        paths.setdefault((kind, value), []).append(path)
        tests[kind, value] = offers
    for (kind, value), where in paths.items():
        offers = tests[kind, value]
        yield Tie(
            kind=kind,
            value=value,
            paths=tuple(dict.fromkeys(where)),
            providers=tuple(info.name for info in described if offers(info.capabilities)),
            accounts=tuple(sorted(name for name, known in offered.items() if offers(known))),
        )
    for option in envelope.options:
        owner = next((info.name for info in described if info.envelope_options is type(option)), None)
        yield Tie(
            kind=TieKind.OPTIONS,
            value=owner or type(option).__name__,
            paths=tuple(f"options.{name}" for name in said(option)),
            providers=(owner,) if owner else (),
            accounts=tuple(sorted(name for name, of in provider_of.items() if of == owner)),
        )
