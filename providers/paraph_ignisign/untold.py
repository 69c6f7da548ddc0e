"""What an envelope can say and no request to Ignisign does: told when somebody says it.

Each is left out where the policy wants that; who signs what, in which order, when, how strongly and how they
are reached is never among it. SIGN8's plugin has such a table, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import attrs

from paraph.model import ContentKind, Instead, Problem, ProblemKind, Severity, Verb

if TYPE_CHECKING:
    from paraph.model import Envelope

COPY: Final = ("phone", "nationality", "birth_date", "birth_place", "birth_country")
"""Of who gets a copy, beside a name: assumption, the vendor takes addresses alone (``recipients``)."""

STAGE: Final = ("name",)
"""Of a stage: there is one, for all signers (contract 5)."""


def untold_problems(envelope: Envelope) -> Iterator[Problem]:
    """Warn of each value that the vendor is not told."""
    for index, person in enumerate(envelope.signatories):
        if person.verb is Verb.RECEIVE_COPY:
            yield from _given(f"signatories[{index}]", person, COPY)
    for index, stage in enumerate(envelope.stages):
        yield from _given(f"stages[{index}]", stage, STAGE)
    for index, document in enumerate(envelope.documents):
        if document.kind is ContentKind.DIGEST and not document.is_pdf:
            yield _untold(f"documents[{index}].media_type", Instead.KEEP)  # PDF would be no truer


def _given(path: str, member: attrs.AttrsInstance, names: tuple[str, ...]) -> Iterator[Problem]:
    plain = attrs.fields_dict(type(member))
    for name in names:
        if getattr(member, name) not in {None, ""}:
            yield _untold(f"{path}.{name}", plain[name].default)


def _untold(path: str, instead: object) -> Problem:
    return Problem(
        path=path,
        code="value.untold",
        message="Ignisign is not told this",
        hint="leave it out",
        severity=Severity.WARNING,
        kind=ProblemKind.IGNORED,
        instead=instead,
    )
