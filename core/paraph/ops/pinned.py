"""An envelope that was sent before is pinned: it stays with the account that carries it.

Whoever asks what sending would do is told so, as problems of the envelope: that it was sent, that another
account was named, or that its id stands for another content.
"""

from __future__ import annotations

import json
from typing import Any

import attrs

from paraph.flow.commands import Flow
from paraph.flow.helpers import call
from paraph.model import Envelope, Problem, ProblemKind, Severity
from paraph.ops.kernel import Kernel, current_attempt
from paraph.store.records import AttemptState


@attrs.frozen(kw_only=True)
class Pinned:
    """What is known of an envelope that is in the store.

    :ivar account: that carries it; it may not be configured any more. ``attempt``: its number.
    :ivar published: whether it was sent; if not, sending goes on from where it stopped.
    :ivar same: whether it has the content that is asked about.
    """

    account: str
    attempt: int
    published: bool
    same: bool

    def problems(self, named: str | None) -> tuple[Problem, ...]:
        """Return what there is to say of it. :param named: the account that is to carry it, if one is."""
        if not self.same:
            message = f"this id stands for another content, which account {self.account!r} carries"
            return (_problem("id.taken", message, "give a new id to a new envelope", Severity.ERROR),)
        begun = "was sent" if self.published else "was begun"
        stays = f"it {begun} before, and stays with account {self.account!r} (attempt {self.attempt})"
        then = (
            "sending it again changes nothing" if self.published else "sending goes on from where it stopped"
        )
        found = [_problem("envelope.pinned", stays, then)]
        if named not in {None, self.account}:
            message = f"account {named!r} is not heeded: {self.account!r} carries it"
            hint = "another account needs another envelope, with an id of its own"
            found.append(_problem("account.pinned", message, hint))
        return tuple(found)


def pinned(kernel: Kernel, envelope: Envelope) -> Flow[Pinned | None]:
    """Return what is known of an envelope, or ``None`` if it was never sent."""
    return (yield from call(_pinned, kernel, envelope))


def _pinned(kernel: Kernel, envelope: Envelope) -> Pinned | None:
    with kernel.store.begin() as tx:
        stored = tx.envelope(envelope.id)
        attempt = current_attempt(tx, envelope.id)
    if stored is None or attempt is None:
        return None
    return Pinned(
        account=attempt.account,
        attempt=attempt.number,
        published=attempt.state is AttemptState.PUBLISHED,
        same=same_content(stored.body, kernel.dump(envelope)),
    )


def same_content(known: str, body: str) -> bool:
    """Whether two stored envelopes are the same, in whatever files their documents lie."""
    return known == body or _wherever_it_lies(known) == _wherever_it_lies(body)


def _wherever_it_lies(body: str) -> Any:
    """Return what an envelope is: its documents are the same by their digests, in whatever file they are."""
    described = json.loads(body)
    for document in described["envelope"]["documents"]:
        document.pop("path", None)
    return described


def _problem(code: str, message: str, hint: str, severity: Severity = Severity.WARNING) -> Problem:
    return Problem(
        path="id", code=code, message=message, hint=hint, severity=severity, kind=ProblemKind.INCOMPLETE
    )
