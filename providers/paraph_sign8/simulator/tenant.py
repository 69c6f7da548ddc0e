"""One organisation of the vendor's: its workflows and interfaces, in memory, behind one lock."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import uuid4

import attrs

from paraph.testing.simulator import CertificateAuthority, EffectJournal, Mail, SimulatedClock
from paraph_sign8.dialect import Dialect, Word
from paraph_sign8.dialect.words import SignerStatus, WorkflowStatus
from paraph_sign8.simulator.credentials import Credentials
from paraph_sign8.simulator.errors import VendorError
from paraph_sign8.simulator.hooks import Hooks
from paraph_sign8.simulator.model import File, Interface, Signer, Workflow


@attrs.frozen(kw_only=True)
class Options:
    """How the simulated vendor behaves where nothing is published."""

    settling: timedelta
    """How long a complete draft has to rest before it starts by itself, if no call starts it."""
    code_lifetime: timedelta
    max_file_bytes: int
    sealing_team: frozenset[str] = attrs.field(repr=False)
    """Who may seal: e-mail addresses, and ``@domain`` for everybody there; all in lower case."""
    teams: tuple[str, ...]
    """The ids of the teams that may see a workflow."""
    pictures: frozenset[str]
    """The ids of files that an icon or a logo may be, besides the defaults."""

    def may_seal(self, email: str) -> bool:
        """Whether the sealing team has this address."""
        address = email.casefold()
        return not self.sealing_team.isdisjoint({address, f"@{address.rpartition('@')[2]}"})


@attrs.define(kw_only=True)
class Visit:
    """One browser at one signer's link, and what it has proven."""

    signer_id: str
    knows_password: bool = False
    has_phone: bool = False


@attrs.define(kw_only=True)
class Code:
    """A one-time code on its way to a phone."""

    digits: str = attrs.field(repr=False)
    until: datetime
    tries: int = 0


def new_id() -> str:
    """Return a fresh UUID (contract 2, inferred)."""
    return str(uuid4())


def _scalar(word: str) -> Word:
    """Return a word of a file's keys, which are always text, as the number or truth value that it spells."""
    if word in {"true", "false"}:
        return word == "true"
    try:
        return int(word) if str(int(word)) == word else word
    except ValueError:
        return word


def _no_workflow() -> NoReturn:
    raise VendorError("NOT_FOUND", "no workflow has these parts")


def new_key() -> str:
    """Return a secret for an address."""
    return secrets.token_urlsafe(24)


class Tenant:
    """The state of the organisation, and what every part of the simulator works with."""

    def __init__(
        self,
        options: Options,
        *,
        dialect: Dialect,
        organization_id: str,
        credentials: Credentials,
        hooks: Hooks,
        clock: SimulatedClock,
        authority: CertificateAuthority,
        effects: EffectJournal,
        outbox: list[Mail],
        base: Callable[[], str],
    ) -> None:
        self.options = options
        self.dialect = dialect
        self.organization_id = organization_id
        self.credentials = credentials
        self.hooks = hooks
        self.clock = clock
        self.authority = authority
        self.effects = effects
        self.outbox = outbox
        self.base = base
        self.lock = threading.RLock()
        self.workflows: dict[str, Workflow] = {}
        self.unended: dict[str, Workflow] = {}
        self._parts: dict[str, Workflow] = {}
        self.interfaces: dict[str, Interface] = {}
        self.visits: dict[str, Visit] = {}
        self.codes: dict[str, Code] = {}
        self.uploads: dict[str, tuple[Workflow, File]] = {}
        self.contents: dict[str, bytes] = {}
        self._turns = itertools.count()

    def add(self, workflow: Workflow) -> None:
        """Take in a new workflow."""
        self.workflows[workflow.id] = self.unended[workflow.id] = workflow

    def add_part(self, part: File | Signer, workflow: Workflow) -> None:
        """Take in a file or signer of a workflow."""
        if isinstance(part, File):
            workflow.files[part.id] = part
        else:
            workflow.signers[part.id] = part
        self._parts[part.id] = workflow

    def workflow(self, workflow_id: str) -> Workflow:
        """Return a workflow, or raise VendorError."""
        found = self.workflows.get(workflow_id)
        if found is None:
            raise VendorError("NOT_FOUND", "there is no such workflow")
        return found

    def owner(self, told: Mapping[str, Any]) -> Workflow:
        """Return the workflow that told ids lead to, all of them to the same one.

        A dialect may tell no workflow's id where a file's or a signer's says enough.
        """
        if "workflow_id" in told:
            workflow = self.workflow(told["workflow_id"])
        else:
            parts = (told.get("file_id"), told.get("signer_id"))
            found = (self._parts[each] for each in parts if each in self._parts)
            workflow = next(found, None) or _no_workflow()
        if "file_id" in told and told["file_id"] not in workflow.files:
            raise VendorError("NOT_FOUND", "the workflow has no such file")
        if "signer_id" in told and told["signer_id"] not in workflow.signers:
            raise VendorError("NOT_FOUND", "the workflow has no such signer")
        return workflow

    def workflow_word(self, status: WorkflowStatus) -> Word:
        """Return the vendor's word; of several they take turns, and so do "3" and 3."""
        return self._word(self.dialect.words.workflow_statuses, status.value)

    def signer_word(self, status: SignerStatus) -> Word:
        """Return the vendor's word; a dialect without one for opened says invited."""
        known = self.dialect.words.signer_statuses
        if status is SignerStatus.OPENED and status.value not in known.values():
            status = SignerStatus.INVITED
        return self._word(known, status.value)

    def _word(self, known: Mapping[str, str], meaning: str) -> Word:
        native = [word for word, each in known.items() if each == meaning]
        if not native:
            # No word of the dialect's: one that cannot mean anything else.
            return f"no-word-for-{meaning}"
        turn = next(self._turns)
        word = native[turn // 2 % len(native)]
        return _scalar(word) if turn % 2 else word

    def sign_link(self, workflow: Workflow, signer: Signer) -> str:
        """Return the address that is mailed to a signer."""
        return f"{self.base()}/_sign8/workflows/{workflow.id}/signers/{signer.id}?key={signer.key}"

    def results_link(self, workflow: Workflow) -> str:
        """Return the address where everybody finds the results."""
        return f"{self.base()}/_sign8/workflows/{workflow.id}/results?key={workflow.key}"
