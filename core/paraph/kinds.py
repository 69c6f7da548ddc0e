"""What kind each of core's findings about a request is, by its code.

A plugin has codes of its own, and so a table of its own; those that mean the same everywhere are here. Only
what leaves alone who signs what, when and how strongly may count as ignored: nothing else is ever taken out
of a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from paraph.model import Instead, Problem, ProblemKind
from paraph.provider.capability import Capability

LEFT_OUT: Final[Mapping[Capability, object]] = MappingProxyType(
    {
        Capability.MESSAGE: "",
        Capability.LANGUAGE: None,
        Capability.SIGNATORY_LANGUAGE: None,
        Capability.EXPIRY: None,
        Capability.FIELDS: Instead.REMOVE,
        Capability.ANCHORS: Instead.REMOVE,
    }
)
"""What a request can be sent without, and what then stands in its place."""

_UNSAYABLE: Final = (
    "certificate.unusable",
    "country.invalid",
    "datetime.naive",
    "datetime.past",
    "datetime.range",
    "digest.invalid",
    "document.attachment",
    "document.empty",
    "document.unknown",
    "email.invalid",
    "expiry.before_schedule",
    "field.place",
    "floor.above_level",
    "id.invalid",
    "id.repeated",
    "language.invalid",
    "level.unsupported",
    "number.repeated",
    "page.invalid",
    "page.missing",
    "pdf.broken",
    "pdf.locked",
    "phone.invalid",
    "recipient.not_allowed",
    "rect.invalid",
    "rect.outside",
    "regime.unsupported",
    "rule.failed",
    "signatory.unknown",
    "stage.invalid",
    "stage.nobody",
    "text.unencodable",
    "verb.unsupported",
)
_IGNORED: Final = ("options.ignored",)
_INCOMPLETE: Final = (
    "account.unusable",
    "completion.unobservable",
    "document.missing",
    "document.unreadable",
    "documents.none",
    "email.missing",
    "name.missing",
    "pages.unseen",
    "pdf.encrypted",
    "phone.missing",
    "signatories.none",
    "title.missing",
    "vendor.unavailable",
)

KINDS: Final[Mapping[str, ProblemKind]] = MappingProxyType(
    {
        **dict.fromkeys(_UNSAYABLE, ProblemKind.UNSAYABLE),
        **dict.fromkeys(_IGNORED, ProblemKind.IGNORED),
        **dict.fromkeys(_INCOMPLETE, ProblemKind.INCOMPLETE),
        **{
            f"unsupported.{capability.value}": ProblemKind.IGNORED
            if capability in LEFT_OUT
            else ProblemKind.UNSAYABLE
            for capability in Capability
        },
    }
)
"""The kinds by code."""


def classified(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield problems that all have a kind: their own, that of their code, or what their severity says."""
    for problem in problems:
        usual = ProblemKind.UNSAYABLE if problem.blocking else ProblemKind.INCOMPLETE
        kind = problem.kind or KINDS.get(problem.code, usual)
        yield problem if kind is problem.kind else attrs.evolve(problem, kind=kind)
