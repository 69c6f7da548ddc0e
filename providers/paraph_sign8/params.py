"""What SIGN8's actions take, in neutral names: those of the dialect's leaves. ``None`` is not told.

Personal data and passwords never show in a repr.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from paraph.flow import Sink
from paraph.model import Document, Secret
from paraph_sign8.dialect.words import Dispatch, SignatureType


def _hidden(default: Any = None) -> Any:
    return attrs.field(default=default, repr=False)


@attrs.frozen(kw_only=True)
class NewWorkflow:
    """A workflow. ``expires_at``: aware. ``dispatch`` is told in the dialect's word."""

    name: str = attrs.field(repr=False)
    description: str | None = _hidden()
    expires_at: datetime | None = None
    dispatch: Dispatch | None = None
    password: Secret | None = None
    team_id: str | None = None
    interface_id: str | None = None
    reference: str | None = None


@attrs.frozen(kw_only=True)
class NewFile:
    """A file of a workflow; its content is streamed from where it is."""

    workflow_id: str
    document: Document


@attrs.frozen(kw_only=True)
class NewSigner:
    """A recipient. ``phone``: E.164. ``position`` counts from 1. ``signature_type`` is told in a word."""

    workflow_id: str
    given_name: str | None = _hidden()
    family_name: str | None = _hidden()
    email: str | None = _hidden()
    phone: str | None = _hidden()
    position: int | None = None
    signature_type: SignatureType | None = None


@attrs.frozen(kw_only=True)
class NewSignature:
    """The place of a signature, in the dialect's page base, unit and origin."""

    workflow_id: str
    file_id: str
    signer_id: str
    page: int
    x: float
    y: float
    width: float
    height: float


@attrs.frozen(kw_only=True)
class NewAnnotation:
    """The place of something else. ``text``: the vendor's word for what stands there."""

    workflow_id: str
    file_id: str
    signer_id: str
    text: str | int | bool
    page: int
    x: float
    y: float
    width: float
    height: float


@attrs.frozen(kw_only=True)
class NewInterface:
    """A branding; what is left out has the vendor's default (contract 3)."""

    interface_id: str | None = None
    primary_color: str | None = None
    icon_file_id: str | None = None
    logo_file_id: str | None = None


@attrs.frozen(kw_only=True)
class WorkflowRef:
    """One workflow."""

    workflow_id: str


@attrs.frozen(kw_only=True)
class SignerRef:
    """One signer of a workflow."""

    workflow_id: str
    signer_id: str


@attrs.frozen(kw_only=True)
class Cancellation:
    """A workflow to cancel; the reason is told where the dialect has a name for it."""

    workflow_id: str
    reason: str | None = _hidden()


@attrs.frozen(kw_only=True)
class FileDownload:
    """A signed file, and where to write it."""

    workflow_id: str
    file_id: str
    sink: Sink


@attrs.frozen(kw_only=True)
class ReportDownload:
    """The audit report of a workflow, and where to write it."""

    workflow_id: str
    sink: Sink
