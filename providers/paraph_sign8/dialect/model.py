"""A dialect: everything about SIGN8's wire that SIGN8 does not publish, as data.

Theory
======

SIGN8 publishes operations and rules, and gives the description of the wire to customers only (contract 1
and 7). So the plugin knows what has to be said, and a dialect says how: paths, methods, names of fields,
words, and where things stand in an answer.

* A **field name** may be dotted: ``signer.contact.email`` is a nested object. Empty: it is not told, and what
  depends on it is not offered.
* A **location** says where something stands in an answer: names joined by dots, ``[0]`` for an item of
  a list, ``$`` for the answer itself: ``data.workflow_id``, ``rows[0].id``, ``[0].id``. Empty: it is nowhere.
* A **path** begins with a slash, stands below the account's base URL, and may hold ids in braces, such as
  ``/workflows/{workflow_id}/cancel``. An id that the path does not hold travels as a field: in the query of
  a GET or DELETE, in the JSON body otherwise. Empty: the operation is not offered.
* A **word** is a JSON scalar: a text, a number, or true and false, since ``is_sequential`` is as likely as
  ``mode``. An empty text: it cannot be said.

A path of keys, such as ``fields.signer.email``, is the *leaf* by which everything is called: in problems, in
the table of ``paraph sign8 dialect show``, in the file. :attr:`Dialect.configured` holds the leaves that a
customer gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from paraph_sign8.dialect import words as w

Word = str | int | bool


def _read_only(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(table))


def _about(help: str, default: object, **options: Any) -> Any:  # noqa: A002 - the word users see
    return attrs.field(default=default, metadata={"help": help}, **options)


@attrs.frozen(kw_only=True)
class Servers:
    """Base URLs by the account's environment. Not public: none is assumed."""

    production: str = _about("Base URL of the production system.", "")
    test: str = _about("Base URL of the test system.", "")


@attrs.frozen(kw_only=True)
class AuthShape:
    """How requests are authenticated, without any secret; the account's ``auth`` holds those."""

    type: w.AuthType = _about("Strategy.", w.AuthType.UNKNOWN, converter=w.AuthType)
    header: str = _about("Name of the header.", "Authorization")
    template: str = _about("The header's value; {secret} stands for the secret.", "{secret}")
    token_url: str = _about("Where OAuth2 tokens are issued: absolute, or below the base URL.", "")
    scope: str = _about("OAuth2 scope.", "")


@attrs.frozen(kw_only=True)
class Organization:
    """How the organisation's id is told."""

    name: str = _about("Its field, or header.", "organization_id")
    place: w.Place = _about("Where it travels.", w.Place.BODY, converter=w.Place)


@attrs.frozen(kw_only=True)
class Operation:
    """One call."""

    path: str = _about("Path below the base URL; empty: not offered.", "")
    method: str = _about("HTTP method.", "POST", converter=str.upper)
    wrap: str = _about("Where in the JSON body the fields stand; empty: at its top.", "")


def _operation(help: str) -> Any:  # noqa: A002 - the word users see
    return attrs.field(factory=Operation, metadata={"help": help})


@attrs.frozen(kw_only=True)
class Operations:
    """All calls (contract 2): five are published by name, the others as functions of the product."""

    add_workflow: Operation = _operation("Make a workflow (AddWorkflow).")
    add_file: Operation = _operation("Add a file to a workflow (AddFile).")
    add_signer: Operation = _operation("Add a signer to a workflow (AddSigner).")
    add_signature: Operation = _operation("Place a signer's signature on a file (AddSignature).")
    add_annotation: Operation = _operation("Place an annotation on a file (AddAnnotation).")
    create_interface: Operation = _operation("Make an interface: the branding of pages and mails.")
    list_interfaces: Operation = _operation("List interfaces.")
    start: Operation = _operation("Release a workflow to its signers.")
    status: Operation = _operation("Read a workflow.")
    list: Operation = _operation("List workflows.")
    cancel: Operation = _operation("Cancel a running workflow.")
    remind: Operation = _operation("Remind a signer of an active workflow.")
    download: Operation = _operation("Fetch a signed file.")
    audit_report: Operation = _operation("Fetch the audit report of a workflow.")
    signature_link: Operation = _operation("Ask for the link of one signer.")


def _name(default: str = "") -> Any:
    return attrs.field(default=default)


@attrs.frozen(kw_only=True)
class WorkflowFields:
    """Names of what ``add_workflow`` tells."""

    name: str = _name()
    description: str = _name()
    expires_at: str = _name()
    dispatch: str = _name()
    password: str = _name()
    team_id: str = _name()
    interface_id: str = _name()
    reference: str = _name()


@attrs.frozen(kw_only=True)
class FileFields:
    """Names of what ``add_file`` tells; ``content`` is also the name of a form's part."""

    workflow_id: str = _name()
    name: str = _name()
    content: str = _name()
    media_type: str = _name()


@attrs.frozen(kw_only=True)
class SignerFields:
    """Names of what ``add_signer`` tells; ``position`` counts from 1."""

    workflow_id: str = _name()
    given_name: str = _name()
    family_name: str = _name()
    email: str = _name()
    phone: str = _name()
    position: str = _name()
    signature_type: str = _name()


@attrs.frozen(kw_only=True)
class SignatureFields:
    """Names of what ``add_signature`` tells."""

    workflow_id: str = _name()
    file_id: str = _name()
    signer_id: str = _name()
    page: str = _name()
    x: str = _name()
    y: str = _name()
    width: str = _name()
    height: str = _name()


@attrs.frozen(kw_only=True)
class AnnotationFields:
    """Names of what ``add_annotation`` tells; ``text`` gets one of ``words.annotations``."""

    workflow_id: str = _name()
    file_id: str = _name()
    signer_id: str = _name()
    text: str = _name()
    page: str = _name()
    x: str = _name()
    y: str = _name()
    width: str = _name()
    height: str = _name()


@attrs.frozen(kw_only=True)
class InterfaceFields:
    """Names of an interface's columns, told by ``create_interface`` and read from ``list_interfaces``.

    The only table that SIGN8 publishes (contract 3); it prints ``icon_file_id`` twice, for the icon and the
    logo, so both spellings of the logo are read.
    """

    interface_id: str = _name()
    primary_color: str = _name()
    icon_file_id: str = _name()
    logo_file_id: str = _name()
    created_at: str = _name()
    updated_at: str = _name()


@attrs.frozen(kw_only=True)
class CallFields:
    """Names of the ids that all other operations tell, where their paths do not hold them."""

    workflow_id: str = _name()
    file_id: str = _name()
    signer_id: str = _name()
    reason: str = _name()


@attrs.frozen(kw_only=True)
class Fields:
    """Names of everything that is told, by entity."""

    workflow: WorkflowFields = attrs.field(factory=WorkflowFields)
    file: FileFields = attrs.field(factory=FileFields)
    signer: SignerFields = attrs.field(factory=SignerFields)
    signature: SignatureFields = attrs.field(factory=SignatureFields)
    annotation: AnnotationFields = attrs.field(factory=AnnotationFields)
    interface: InterfaceFields = attrs.field(factory=InterfaceFields)
    call: CallFields = attrs.field(factory=CallFields)


@attrs.frozen(kw_only=True)
class Answers:
    """Where things stand in the answers of calls that make or give something."""

    workflow_id: str = _about("In the answer of add_workflow.", "")
    file_id: str = _about("In the answer of add_file.", "")
    signer_id: str = _about("In the answer of add_signer.", "")
    signature_id: str = _about("In the answer of add_signature; may be empty.", "")
    annotation_id: str = _about("In the answer of add_annotation; may be empty.", "")
    interface_id: str = _about("In the answer of create_interface.", "")
    interfaces: str = _about("The list in the answer of list_interfaces.", "")
    workflows: str = _about("The list in the answer of list.", "")
    upload_url: str = _about("In the answer of add_file, for transfer = url.", "")
    content: str = _about("In the answer of a download, unless it is the file itself.", "")
    link: str = _about("In the answer of signature_link.", "")


@attrs.frozen(kw_only=True)
class StatusShape:
    """Where things stand in the answer of ``status``. The parts of a row are located within it."""

    status: str = _about("The workflow's status word.", "")
    ended_at: str = _about("When it ended.", "")
    reason: str = _about("Why it was refused.", "")
    signers: str = _about("The list of signers.", "")
    signer_id: str = _about("In a row of signers.", "")
    signer_status: str = _about("In a row of signers.", "")
    signer_signed_at: str = _about("In a row of signers.", "")
    signer_reason: str = _about("In a row of signers.", "")
    files: str = _about("The list of files.", "")
    file_id: str = _about("In a row of files.", "")
    signatures: str = _about("The list of signatures.", "")
    signature_id: str = _about("In a row of signatures.", "")
    annotations: str = _about("The list of annotations.", "")
    annotation_id: str = _about("In a row of annotations.", "")


@attrs.frozen(kw_only=True)
class Words:
    """What is called how. Statuses are heard: the vendor's word to ours; the rest is told: ours to theirs.

    :ivar workflow_statuses: the vendor's word to a :class:`~paraph_sign8.dialect.words.WorkflowStatus`.
    """

    signature_types: Mapping[str, Word] = attrs.field(factory=dict, converter=_read_only)
    dispatch: Mapping[str, Word] = attrs.field(factory=dict, converter=_read_only)
    annotations: Mapping[str, Word] = attrs.field(factory=dict, converter=_read_only)
    workflow_statuses: Mapping[str, str] = attrs.field(factory=dict, converter=_read_only)
    signer_statuses: Mapping[str, str] = attrs.field(factory=dict, converter=_read_only)


@attrs.frozen(kw_only=True)
class Formats:
    """How values are written."""

    transfer: w.Transfer = _about("How a file's content travels.", w.Transfer.BASE64, converter=w.Transfer)
    download: w.DownloadForm = _about(
        "What a download answers.", w.DownloadForm.BYTES, converter=w.DownloadForm
    )
    instant: w.Instant = _about("How a time is written.", w.Instant.ISO, converter=w.Instant)
    origin: w.Origin = _about("The corner where coordinates begin.", w.Origin.TOP_LEFT, converter=w.Origin)
    unit: w.Unit = _about("The unit of coordinates.", w.Unit.POINTS, converter=w.Unit)
    frame: w.Frame = _about("The page that they belong to.", w.Frame.DISPLAYED, converter=w.Frame)
    page_base: int = _about("The number of the first page: 0 or 1.", 1)


@attrs.frozen(kw_only=True)
class Webhooks:
    """What calls us (contract 5).

    :ivar events: path below the account's webhook URL, without slashes around, to a
        :class:`~paraph_sign8.dialect.words.WebhookEvent`.
    :ivar workflow_id: locations in the body, tried in order; so are ``signer_id`` and ``reason``.
    """

    events: Mapping[str, str] = attrs.field(factory=dict, converter=_read_only)
    workflow_id: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    signer_id: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    reason: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    token: w.Token = _about("Where the extra secret stands.", w.Token.HEADER, converter=w.Token)
    token_header: str = _about("Its header, if it stands in one.", "X-Webhook-Token")


@attrs.frozen(kw_only=True)
class Dialect:
    """Everything that contract section 7 lists. Frozen; read it with :func:`paraph_sign8.dialect.parse`.

    :ivar configured: leaves that a customer, an import or the simulator gave; all others are as shipped.
    :ivar guessed: leaves that an import guessed and nobody has confirmed yet: as good as assumed.
    :ivar base: the shipped dialect that it began with.
    """

    servers: Servers = attrs.field(factory=Servers)
    auth: AuthShape = attrs.field(factory=AuthShape)
    organization: Organization = attrs.field(factory=Organization)
    operations: Operations = attrs.field(factory=Operations)
    fields: Fields = attrs.field(factory=Fields)
    answers: Answers = attrs.field(factory=Answers)
    status: StatusShape = attrs.field(factory=StatusShape)
    words: Words = attrs.field(factory=Words)
    formats: Formats = attrs.field(factory=Formats)
    webhooks: Webhooks = attrs.field(factory=Webhooks)
    configured: frozenset[str] = attrs.field(default=frozenset(), eq=False, repr=False)
    guessed: frozenset[str] = attrs.field(default=frozenset(), eq=False, repr=False)
    base: str = attrs.field(default="default", eq=False, repr=False)

    def operation(self, name: str) -> Operation:
        """Return an operation by its key, such as ``add_workflow``."""
        found: Operation = getattr(self.operations, name)
        return found

    def offers(self, name: str) -> bool:
        """Whether an operation has a path."""
        return bool(self.operation(name).path)
