"""The checks that an account's capabilities call for, by name.

Every capability gives one check: that it works, or that it is refused. So a report reads like the account's
row in the table of capabilities, and nothing is left out because it was not declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import attrs

from paraph.model import EvidenceKind, Level, Regime, Verb
from paraph.provider import Capabilities, Capability
from paraph.testing.conformance import (
    abilities,
    description,
    evidence,
    examining,
    features,
    keeping,
    observing,
    parts,
    sending,
)
from paraph.testing.conformance.bench import Bench, bench
from paraph.testing.conformance.findings import NotConformingError
from paraph.testing.conformance.ground import Ground
from paraph.testing.conformance.subject import Style, Subject

ALONE = (Style.SYNC,)
BOTH = (Style.SYNC, Style.ASYNC)


@attrs.frozen(kw_only=True, eq=False)
class Check:
    """One promise of the provider interface.

    :ivar name: such as ``cancel works`` or ``remind is refused``.
    :ivar styles: the clients with which it is checked; the pure ones need no second.
    """

    name: str
    run: Callable[[Bench], None]
    styles: tuple[Style, ...] = BOTH


def checks(offered: Capabilities) -> tuple[Check, ...]:
    """Return all checks for an account with these capabilities."""
    return (*_always(), *_by_capability(offered), *_by_part(offered), *_by_way(offered))


def _always() -> Iterator[Check]:
    yield Check(name="says who it is", run=description.says_who_it_is, styles=ALONE)
    yield Check(name="fits this paraph", run=description.fits_this_paraph, styles=ALONE)
    yield Check(name="explains its settings", run=description.explains_its_settings, styles=ALONE)
    yield Check(name="declares what makes sense", run=description.declares_sense, styles=ALONE)
    yield Check(name="account only narrows", run=description.account_only_narrows, styles=ALONE)
    yield Check(name="needs no network to describe", run=description.needs_no_network, styles=ALONE)
    yield Check(name="second send changes nothing", run=sending.sent_again)
    yield Check(name="crash anywhere, one publication", run=sending.crashed_anywhere)
    yield Check(name="lost answer, one publication", run=sending.answers_lost)
    yield Check(name="garbage is our error", run=sending.garbage_is_an_error, styles=ALONE)
    yield Check(name="observe is pure and total", run=observing.pure_and_total, styles=ALONE)
    yield Check(name="errors say no secret", run=keeping.errors_say_no_secret)
    yield Check(name="accounts share nothing", run=keeping.accounts_share_nothing)
    yield Check(name="examining changes nothing", run=examining.changes_nothing)


_SILENT = {
    Capability.SEE_COMPLETION: abilities.completion_stays_unseen,
    Capability.SEE_DECLINE: abilities.decline_stays_unseen,
    Capability.WEBHOOKS: abilities.webhooks_say_nothing,
}
"""What nobody can ask for, so that it cannot be refused: it must not happen."""


def _by_capability(offered: Capabilities) -> Iterator[Check]:
    for capability in Capability:
        word = capability.value
        for table in (features, abilities):
            known = capability in (features.FEATURES if table is features else abilities.ABILITIES)
            if known and capability in offered:
                name = f"{word} works" if table is features else f"{word} works as an ability"
                yield Check(name=name, run=partial(table.works, capability=capability))
            elif capability in _SILENT and table is abilities:
                yield Check(name=f"{word} stays unseen", run=_SILENT[capability])
            elif known and capability is not Capability.OUR_REFERENCE:
                name = f"{word} is refused" if table is features else f"{word} is refused as an ability"
                yield Check(name=name, run=partial(table.refused, capability=capability))


def _by_part(offered: Capabilities) -> Iterator[Check]:
    for level in Level:
        works = level in offered.levels
        run = parts.level_works if works else parts.refused_level
        name = f"level {level.name} {'works' if works else 'is refused'}"
        yield Check(name=name, run=partial(run, level=level))
    # In the order of the vocabularies: processes that share the checks among them agree on it.
    for verb in (each for each in Verb if each not in offered.verbs):
        run_verb = partial(parts.refused_verb, verb=verb)
        yield Check(name=f"verb {verb.value} is refused", run=run_verb, styles=ALONE)
    for regime in (each for each in Regime if each not in offered.regimes):
        run_regime = partial(parts.refused_regime, regime=regime)
        yield Check(name=f"regime {regime.value} is refused", run=run_regime, styles=ALONE)
    for kind in sorted(offered.evidence):
        yield Check(name=f"evidence {kind.value} works", run=partial(evidence.works, kind=kind))
    if offered.evidence != frozenset(EvidenceKind):
        yield Check(name="other evidence is refused", run=evidence.undeclared)


def _by_way(offered: Capabilities) -> Iterator[Check]:
    if Capability.WEBHOOKS not in offered:
        return
    yield Check(name="repeated webhook says the same", run=observing.stable, styles=ALONE)
    yield Check(name="claims move nothing", run=observing.claims_move_nothing)
    if Capability.READ_STATUS in offered and Capability.SEE_COMPLETION in offered:
        yield Check(name="webhooks and reads agree", run=observing.ways_agree)


def run_check(subject: Subject, check: Check, style: Style, ground: Ground) -> None:
    """Run one check of one subject.

    :raises NotConformingError: with the check, the account and the client; whatever else a provider raises
        is one, too.
    """
    where = f"{check.name} [{subject.variant}, {style.value}]"
    try:
        with bench(subject, ground, style) as made:
            check.run(made)
    except NotConformingError as error:
        raise NotConformingError(f"{where}: {error}") from error
    except Exception as error:
        raise NotConformingError(f"{where}: {type(error).__name__}: {error}") from error
