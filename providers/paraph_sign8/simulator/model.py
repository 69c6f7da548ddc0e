"""The simulated vendor's objects. No behaviour and no wire lives here."""

from __future__ import annotations

from datetime import datetime

import attrs

from paraph_sign8.dialect.words import SignatureType, SignerStatus, WorkflowStatus
from paraph_sign8.simulator.geometry import Box, Page

DEFAULT_COLOR = "Default_sign8_color"
DEFAULT_ICON = "Default_sign8_icon_file_id"
DEFAULT_LOGO = "Default_sign8_logo_file_id"
"""The table's defaults, literally as printed (contract 3)."""


@attrs.frozen(kw_only=True)
class Interface:
    """A row of the only published table: the branding of pages and mails (contract 3)."""

    interface_id: str
    primary_color: str
    icon_file_id: str
    logo_file_id: str
    created_at: datetime
    updated_at: datetime


@attrs.frozen(kw_only=True)
class Happening:
    """One line of the audit report. `who` is a signer's id, or empty: the organisation or the clock."""

    at: datetime
    what: str
    who: str = ""


@attrs.define(kw_only=True, eq=False)
class File:
    """A file of a workflow; without content until it was uploaded."""

    id: str
    name: str = attrs.field(repr=False)
    content: bytes | None = attrs.field(default=None, repr=False)
    signed: bytes | None = attrs.field(default=None, repr=False)
    pages: tuple[Page, ...] = ()

    @property
    def current(self) -> bytes:
        """The file with all signatures so far."""
        return self.signed or self.content or b""


@attrs.frozen(kw_only=True)
class Placed:
    """A signature's or an annotation's place; `page` counts from 0, `box` is in the page's user space.

    `word` is what an annotation shows: date, text or initials; empty for a signature. A dialect that tells
    no place has none here.
    """

    id: str
    file_id: str
    signer_id: str
    page: int
    box: Box | None
    word: str = ""


@attrs.define(kw_only=True, eq=False)
class Signer:
    """Somebody who has to sign, in one workflow."""

    id: str
    given_name: str = attrs.field(repr=False)
    family_name: str = attrs.field(repr=False)
    email: str = attrs.field(repr=False)
    phone: str = attrs.field(repr=False)
    position: int
    signature_type: SignatureType
    key: str = attrs.field(repr=False)
    """The secret in this signer's link."""
    status: SignerStatus = SignerStatus.WAITING
    signed_at: datetime | None = None
    reason: str = attrs.field(default="", repr=False)

    @property
    def full_name(self) -> str:
        """The name for a certificate; the id when no name is known."""
        return f"{self.given_name} {self.family_name}".strip() or self.id

    @property
    def needs_code(self) -> bool:
        """Whether the signer has to prove a phone: from advanced upward, and for seals (contract 4)."""
        return self.signature_type is not SignatureType.SIMPLE


@attrs.define(kw_only=True, eq=False)
class Workflow:
    """A workflow with everything that was added to it."""

    id: str
    created_at: datetime
    touched_at: datetime
    key: str = attrs.field(repr=False)
    """The secret in the link to the results."""
    name: str = attrs.field(default="", repr=False)
    description: str = attrs.field(default="", repr=False)
    expires_at: datetime | None = None
    sequential: bool = False
    password: str = attrs.field(default="", repr=False)
    team_id: str = ""
    interface_id: str = ""
    reference: str = ""
    status: WorkflowStatus = WorkflowStatus.DRAFT
    ended_at: datetime | None = None
    reason: str = attrs.field(default="", repr=False)
    files: dict[str, File] = attrs.field(factory=dict)
    signers: dict[str, Signer] = attrs.field(factory=dict)
    signatures: list[Placed] = attrs.field(factory=list)
    annotations: list[Placed] = attrs.field(factory=list)
    history: list[Happening] = attrs.field(factory=list)

    @property
    def external_id(self) -> str | None:
        """The client's own reference, if it told one."""
        return self.reference or None

    def in_turn(self) -> list[Signer]:
        """Return the signers in the order in which they are invited."""
        return sorted(self.signers.values(), key=lambda signer: signer.position)

    def files_of(self, signer: Signer) -> list[File]:
        """Return the files that a signer has to sign, in the order in which they were added."""
        wanted = {each.file_id for each in self.signatures if each.signer_id == signer.id}
        return [file for file in self.files.values() if file.id in wanted]
