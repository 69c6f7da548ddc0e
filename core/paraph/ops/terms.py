"""The terms on which an account carries an envelope: its defaults, and what its policy changed.

Theory. The envelope in the store is the one that was given, for ever; the terms stand beside it, in the
journal of the attempt, before anything is made at the vendor. They hold every value that was put to it, with
times already worked out ("30d after sending" is a date from then on), so that a resume, in another process
and under a changed configuration, gives the vendor the same envelope again. Another account that takes over
has terms of its own. The first terms that are committed for an attempt are *the* terms.

An envelope's own values always win over defaults.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from paraph.adapting import Change, packed, put, replayed, unpacked, word
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, now
from paraph.model import DeliveryBy, Envelope, Policy, ProblemKind
from paraph.ops.kernel import Kernel
from paraph.provider.account import Account
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, StepKind, StepRecord, StepState

KEY: Final = "paraph:terms"
"""Of the journal entry; no provider's key begins like that."""

BRANDING: Final = "options"
"""The path of a default that stands in the provider's own options."""


@attrs.frozen(kw_only=True)
class Default:
    """A value that the envelope left open.

    :ivar path: where it is put. ``value``: as JSON, as in :class:`~paraph.adapting.Change`.
    :ivar source: the key that it comes from, such as ``accounts.hr.defaults.language``.
    :ivar shown: the value in a word.
    """

    path: str
    value: Mapping[str, Any]
    source: str
    shown: str


@attrs.frozen(kw_only=True)
class Terms:
    """All that is put to an envelope for one account, in this order."""

    policy: Policy | None = None
    defaults: tuple[Default, ...] = ()
    changes: tuple[Change, ...] = ()

    def apply(self, envelope: Envelope, options: type | None) -> Envelope:
        """Return the envelope that the provider is given.

        :param options: the provider's class of envelope options.
        """
        for default in self.defaults:
            if default.path == BRANDING:
                envelope = _branded(envelope, default.value["branding"], options)
            else:
                envelope = put(envelope, default.path, unpacked(default.value))
        return replayed(envelope, ((each.path, each.value) for each in self.changes))

    def text(self) -> str:
        """Return them as JSON."""
        return json.dumps(
            {
                "policy": self.policy,
                "defaults": [attrs.asdict(each) for each in self.defaults],
                "changes": [attrs.asdict(each) for each in self.changes],
            }
        )


def read_terms(text: str) -> Terms:
    """Read what :meth:`Terms.text` wrote."""
    kept = json.loads(text)
    return Terms(
        policy=Policy(kept["policy"]) if kept["policy"] else None,
        defaults=tuple(Default(**each) for each in kept["defaults"]),
        changes=tuple(Change(**{**each, "kind": ProblemKind(each["kind"])}) for each in kept["changes"]),
    )


def defaults_for(
    envelope: Envelope, account: Account[Any], at: datetime, options: type | None
) -> tuple[Default, ...]:
    """Return the values that an account gives to what the envelope leaves open.

    :param at: when it is sent, from which an expiry counts, unless it is scheduled.
    """
    return tuple(_defaults(envelope, account, at, options))


def _defaults(
    envelope: Envelope, account: Account[Any], at: datetime, options: type | None
) -> Iterator[Default]:
    given = account.defaults

    def of(key: str, path: str, value: object, shown: str = "") -> Default:
        kept = packed(value)
        source = f"accounts.{account.name}.defaults.{key}"
        return Default(path=path, value=kept or {}, source=source, shown=shown or word(value))

    for key in ("language", "country", "message"):
        if key in given and not getattr(envelope, key):
            yield of(key, key, given[key], "given" if key == "message" else "")
    if "level" in given and envelope.assurance.least is None:
        yield of("level", "assurance.level", given["level"])
    if "expiry" in given and envelope.expires_at is None:
        lasts: timedelta = given["expiry"]
        begins = envelope.scheduled_at or at
        if begins.utcoffset() is not None:
            yield of("expiry", "expires_at", begins.replace(microsecond=0) + lasts)
    for index, person in enumerate(envelope.signatories):
        if person.delivery is DeliveryBy.ACCOUNT:
            yield of("delivery", f"signatories[{index}].delivery", given.get("delivery", DeliveryBy.EMAIL))
    own: object | None = None if options is None else envelope.options_of(options)
    branding = {
        key: value
        for key, value in given.get("branding", {}).items()
        if own is None or getattr(own, key) is None
    }
    if branding and options is not None:
        yield Default(
            path=BRANDING,
            value={"branding": branding},
            source=f"accounts.{account.name}.defaults.branding",
            shown=", ".join(sorted(branding)),
        )


def _branded(envelope: Envelope, branding: Mapping[str, Any], options: type | None) -> Envelope:
    if options is None:
        return envelope
    own: Any = envelope.options_of(options)
    made = options(**branding) if own is None else attrs.evolve(own, **branding)
    others = tuple(each for each in envelope.options if each is not own)
    return attrs.evolve(envelope, options=(*others, made))


def options_class(kernel: Kernel, account: Account[Any]) -> type | None:
    """Return the class of envelope options of an account's provider."""
    return kernel.provider(account).info.envelope_options


# In the journal


def kept_terms(tx: Transaction, attempt_id: str) -> Terms | None:
    """Return the terms of an attempt, if it has any yet."""
    step = tx.step(attempt_id, KEY)
    return None if step is None else read_terms(step.result)


def keep_terms(tx: Transaction, attempt_id: str, text: str, at: datetime) -> Terms:
    """Commit the terms of an attempt, unless it has some; return those that it has."""
    known = kept_terms(tx, attempt_id)
    if known is not None:
        return known
    tx.put_step(
        StepRecord(
            attempt_id=attempt_id,
            key=KEY,
            kind=StepKind.ASIDE,
            state=StepState.DONE,
            result=text,
            at=at,
        )
    )
    return read_terms(text)


def policy_of(tx: Transaction, envelope_id: str) -> Policy | None:
    """Return the policy that an envelope was sent with, whichever account carries it."""
    for attempt in reversed(tx.attempts(envelope_id)):
        kept = kept_terms(tx, attempt.id)
        if kept is not None:
            return kept.policy
    return None


def on_terms(
    kernel: Kernel, envelope: Envelope, account: Account[Any], attempt: AttemptRecord
) -> Flow[Envelope]:
    """Return the envelope on the terms of an attempt. Without any, the account's defaults of now are kept."""
    at = yield from now()
    return (yield from call(_on_terms, kernel, envelope, account, attempt, at))


def _on_terms(
    kernel: Kernel, envelope: Envelope, account: Account[Any], attempt: AttemptRecord, at: datetime
) -> Envelope:
    options = options_class(kernel, account)
    with kernel.store.begin() as tx:
        terms = kept_terms(tx, attempt.id)
        if terms is None:
            fresh = Terms(
                policy=policy_of(tx, envelope.id), defaults=defaults_for(envelope, account, at, options)
            )
            terms = keep_terms(tx, attempt.id, fresh.text(), at)
    return terms.apply(envelope, options)
