"""What is wrong with envelopes that are to be imported: in themselves, with the accounts, with the store."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from paraph._hints import suggestion
from paraph.errors import ConfigurationError
from paraph.exporting import Export, ExportedAttempt
from paraph.ledger import Origin
from paraph.model import Problem
from paraph.model._kinds import LOCAL_ID
from paraph.ops.kernel import Kernel
from paraph.ops.terms import read_terms
from paraph.store.protocol import Transaction

EVENT_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@attrs.frozen(kw_only=True)
class Placed:
    """One envelope of the source, where it stands there, and what it belongs to."""

    export: Export
    path: str
    parent: str | None = None

    def below(self) -> Iterator[Placed]:
        """Yield it and everything that was made of it, parents first."""
        yield self
        for index, child in enumerate(self.export.children):
            placed = Placed(
                export=child, path=f"{self.path}.children[{index}]", parent=self.export.envelope.id
            )
            yield from placed.below()


def _problem(path: str, code: str, message: str, hint: str = "") -> Problem:
    return Problem(path=path, code=code, message=message, hint=hint)


def unused(placed: Sequence[Placed], renamed: dict[str, str]) -> Iterator[Problem]:
    """Find renamed accounts that the source does not have."""
    known = {attempt.account for one in placed for attempt in one.export.attempts}
    for old in renamed.keys() - known:
        message = f"no envelope of the source has an account {old!r}"
        yield _problem("accounts", "account.unused", message, suggestion(old, known))


def repeated(placed: Sequence[Placed]) -> Iterator[Problem]:
    """Find what stands in the source twice, and may stand in a store once."""
    seen: dict[str, str] = {}
    for one in placed:
        for key, path in _keys(one):
            if key in seen:
                yield _problem(path, "value.repeated", f"the same stands at {seen[key]}")
            seen.setdefault(key, path)


def _keys(one: Placed) -> Iterator[tuple[str, str]]:
    """Yield what may stand in a store once, and where it stands here."""
    yield f"envelope {one.export.envelope.id}", f"{one.path}.envelope.id"
    for index, attempt in enumerate(one.export.attempts):
        path = f"{one.path}.attempts[{index}]"
        yield f"attempt {attempt.id}", f"{path}.id"
        if attempt.vendor_ref:
            parts = (attempt.provider, attempt.vendor_tenant, attempt.vendor_ref)
            yield f"reference {parts!r}", f"{path}.vendor_ref"
    for index, event in enumerate(one.export.events):
        yield f"event {event.id}", f"{one.path}.events[{index}].id"


def inner_problems(kernel: Kernel, one: Placed) -> Iterator[Problem]:
    """Find what does not fit together within one envelope."""
    from paraph.convert.envelope import reads_options

    export, path = one.export, one.path
    ids = {f"{path}.envelope.id": export.envelope.id}
    for name, known in (
        ("signatories", [each.id for each in export.envelope.signatories]),
        ("documents", [each.id for each in export.envelope.documents]),
    ):
        ids |= {f"{path}.envelope.{name}[{index}].id": each for index, each in enumerate(known)}
        if len(set(known)) < len(known):
            yield _problem(f"{path}.envelope.{name}", "id.repeated", "two of them have the same id")
    for where, name in ids.items():
        if not LOCAL_ID.match(name):
            yield _problem(where, "id.invalid", "an id is 1 to 64 letters, digits, '-', '_' or '.'")
    for index, option in enumerate(export.options):
        kind = kernel.options_class(option.provider)
        whole = option.left_out == ("*",)
        if kind is not None and not whole and not reads_options(option.values, kind):
            message = f"the plugin of provider {option.provider!r} does not read these"
            yield _problem(f"{path}.options[{index}].values", "options.unreadable", message)
    numbers = [attempt.number for attempt in export.attempts]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        message = "has to hold at least one attempt, numbered from 1 in their order"
        yield _problem(f"{path}.attempts", "attempts.wrong", message)
        return
    last = export.attempts[-1]
    if export.account != last.account:
        yield _problem(f"{path}.account", "account.wrong", "has to be that of the last attempt")
    for index, attempt in enumerate(export.attempts):
        carries = attempt is last
        if (attempt.state == "published") is not carries or (carries and not attempt.vendor_ref):
            message = (
                "the last attempt is published, with a vendor's reference, and all others are superseded"
            )
            yield _problem(f"{path}.attempts[{index}].state", "attempts.wrong", message)
        if attempt.facts and not attempt.vendor_ref:
            yield _problem(
                f"{path}.attempts[{index}].facts", "facts.wrong", "facts need a vendor's reference"
            )
        if not _terms_fit(kernel, export, attempt):
            message = "these are no terms that can be put to the envelope"
            yield _problem(f"{path}.attempts[{index}].terms", "terms.unreadable", message)
    told = {attempt.number for attempt in export.attempts if attempt.vendor_ref}
    for index, event in enumerate(export.events):
        if not EVENT_ID.match(event.id):
            yield _problem(f"{path}.events[{index}].id", "id.invalid", "an event's id is a UUID")
        if event.attempt not in told:
            message = "has to be the number of an attempt with a vendor's reference"
            yield _problem(f"{path}.events[{index}].attempt", "attempt.unknown", message)


def _terms_fit(kernel: Kernel, export: Export, attempt: ExportedAttempt) -> bool:
    """Whether terms can be put to their envelope, as every later operation does."""
    if attempt.terms is None:
        return True
    try:
        read_terms(json.dumps(dict(attempt.terms))).apply(
            export.envelope, kernel.options_class(attempt.provider)
        )
    except (ValueError, TypeError, LookupError, AttributeError):
        return False
    return True


class House:
    """The accounts of this configuration, and which of them stands for which of the source."""

    def __init__(self, kernel: Kernel, renamed: dict[str, str]) -> None:
        self._kernel = kernel
        self._renamed = renamed
        self._origins: dict[str, Origin | Problem] = {}

    def name(self, account: str) -> str:
        """Return what an account of the source is called here."""
        return self._renamed.get(account, account)

    def accounts_of(self, one: Placed) -> Iterator[Problem]:
        """Find the attempts whose account is not the same here.

        Nothing more is asked of an account that was given up, so that it may be missing here.
        """
        for index, attempt in enumerate(one.export.attempts):
            name, path = self.name(attempt.account), f"{one.path}.attempts[{index}].account"
            if name not in self._kernel.config.accounts and attempt.state == "superseded":
                continue
            origin = self._origin(name)
            if isinstance(origin, Problem):
                yield attrs.evolve(origin, path=path, hint=origin.hint or self._alike(attempt))
                continue
            differences = [
                what
                for what, theirs, ours in (
                    ("provider", attempt.provider, origin.provider),
                    ("tenant of the vendor", attempt.vendor_tenant, origin.vendor_tenant),
                    ("environment", attempt.environment, origin.environment),
                )
                if theirs != ours
            ]
            if differences:
                message = f"account {name!r} is of another {' and another '.join(differences)} here"
                yield _problem(path, "account.other", message, self._alike(attempt))

    def _origin(self, name: str) -> Origin | Problem:
        if name not in self._origins:
            self._origins[name] = self._asked(name)
        return self._origins[name]

    def _asked(self, name: str) -> Origin | Problem:
        if name not in self._kernel.config.accounts:
            return _problem("", "account.unknown", f"no account {name!r} is configured here")
        try:
            return self._kernel.origin(name)
        except ConfigurationError as error:
            hint = "; ".join(str(each) for each in error.problems)
            return _problem(
                "", "account.unusable", f"account {name!r} cannot be used: {error.headline}", hint
            )

    def _alike(self, attempt: ExportedAttempt) -> str:
        """Name the accounts that could carry on, as an option of the command."""
        found = []
        for name, account in self._kernel.config.accounts.items():
            if (account.provider, account.environment) != (attempt.provider, attempt.environment):
                continue
            origin = self._origin(name)
            if isinstance(origin, Origin) and origin.vendor_tenant == attempt.vendor_tenant:
                found.append(f"--account {attempt.account}={name}")
        if found:
            return f"say which account is meant: {' or '.join(found)}"
        return f"configure an account of this {attempt.provider} tenant for {attempt.environment}"


def conflicts(kernel: Kernel, tx: Transaction, one: Placed) -> Iterator[Problem]:
    """Find what the store knows differently."""
    export, path = one.export, one.path
    stored = tx.envelope(export.envelope.id)
    if stored is not None:
        if stored.parent != one.parent or attrs.evolve(kernel.load(stored), options=()) != export.envelope:
            message = f"envelope id {export.envelope.id!r} is used for another envelope here"
            yield _problem(f"{path}.envelope.id", "envelope.other", message)
        known = {(each.id, each.number, each.vendor_ref) for each in tx.attempts(stored.id)}
        if known != {(each.id, each.number, each.vendor_ref) for each in export.attempts}:
            message = f"envelope {export.envelope.id!r} had other attempts here"
            yield _problem(f"{path}.attempts", "attempts.other", message)
    for index, attempt in enumerate(export.attempts):
        other = tx.attempt(attempt.id)
        if attempt.vendor_ref and other is None:
            other = tx.attempt_by_vendor_ref(
                provider=attempt.provider, vendor_tenant=attempt.vendor_tenant, vendor_ref=attempt.vendor_ref
            )
        if other is not None and other.envelope_id != export.envelope.id:
            message = f"what the vendor has of it is known here as envelope {other.envelope_id!r}"
            yield _problem(f"{path}.attempts[{index}]", "attempt.known", message)
    for index, event in enumerate(export.events):
        found = tx.event(event.id)
        if found is not None and found.envelope_id not in {None, export.envelope.id}:
            message = f"the event is one of envelope {found.envelope_id!r} here"
            yield _problem(f"{path}.events[{index}].id", "event.known", message)
