"""What an envelope can say and no request to SIGN8 does: told when somebody says it.

Each is left out where the policy wants that; who signs what, in which order, when, how strongly and how they
are reached is never among it. What one dialect has no name for is found by :mod:`paraph_sign8.checks`.
Ignisign's plugin has such a table, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from paraph.model import Envelope, Problem, ProblemKind, Severity

SIGNATORY: Final = ("nationality", "birth_date", "birth_place", "birth_country")
"""Of a signatory: no public text names more than name, e-mail address and phone (contract 4)."""

STAGE: Final = ("name",)
"""Of a stage: signatories have positions, and stages no name (contract 4)."""


def untold_problems(envelope: Envelope) -> Iterator[Problem]:
    """Warn of each value that the vendor is not told."""
    for index, person in enumerate(envelope.signatories):
        yield from _given(f"signatories[{index}]", person, SIGNATORY)
    for index, stage in enumerate(envelope.stages):
        yield from _given(f"stages[{index}]", stage, STAGE)


def _given(path: str, member: attrs.AttrsInstance, names: tuple[str, ...]) -> Iterator[Problem]:
    plain = attrs.fields_dict(type(member))
    for name in names:
        if getattr(member, name) not in {None, ""}:
            yield Problem(
                path=f"{path}.{name}",
                code="value.untold",
                message="SIGN8 is not told this",
                hint="leave it out",
                severity=Severity.WARNING,
                kind=ProblemKind.IGNORED,
                instead=plain[name].default,
            )
