"""All operations as actions (contract 2): one request each, in the words of the account's dialect.

An action is offered exactly if the dialect has a path for its operation; otherwise it raises
:class:`~paraph.errors.UnsupportedCapability`, which names the missing key, before any request. Methods and
paths are the dialect's, so only the five that SIGN8 publishes have a method here.

Nothing says what repeating does (contract 2), so only reads are repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

import attrs
import httpx

from paraph.errors import VendorError
from paraph.flow import Downloaded, Flow, http, retrying
from paraph.flow.upload import DocumentStream, upload_request
from paraph.model import Document, Secret
from paraph.provider import Account, Action, NoParams, Repeat
from paraph_sign8 import downloading, mapping, wire
from paraph_sign8 import params as p
from paraph_sign8.dialect import Dialect
from paraph_sign8.dialect.words import Transfer
from paraph_sign8.errors import vendor_error
from paraph_sign8.settings import Sign8Settings

ParamsT = TypeVar("ParamsT")
ResultT = TypeVar("ResultT")

Read = Callable[[httpx.Response, Account[Sign8Settings]], ResultT]
"""Reads a successful answer."""

UPLOAD: Final = "PUT to dialect.answers.upload_url"
"""What an upload is called in errors: its address is a key to the file."""


@attrs.frozen(kw_only=True)
class Made:
    """What was made."""

    id: str


@attrs.frozen(kw_only=True)
class Placed:
    """What was placed on a file. :ivar id: ``None`` if the answer does not tell it; nothing depends on it."""

    id: str | None = None


@attrs.frozen(kw_only=True)
class MadeFile:
    """A file. :ivar upload_url: where its content has to be PUT, if the dialect wants that."""

    id: str
    upload_url: Secret | None = None


@attrs.frozen(kw_only=True)
class Link:
    """A signer's link. Whoever has it can act as the signer."""

    url: Secret


def ask(
    account: Account[Sign8Settings],
    operation: str,
    entity: str,
    values: wire.Values,
    *,
    document: Document | None = None,
) -> Flow[httpx.Response]:
    """Make one request and return its answer.

    :raises VendorError: the vendor refused or failed.
    """
    request = wire.request(account, operation, entity, values, document=document)
    response = yield from http(request)
    error = vendor_error(response)
    if error is not None:
        raise error
    return response


def _said_by(operation: str) -> str:
    return f"dialect.operations.{operation}"


def _action(
    name: str,
    operation: str,
    entity: str,
    params: type[ParamsT],
    result: type[ResultT] | Any,
    read: Read[ResultT],
    *,
    repeat: Repeat,
    summary: str,
    source: str = "contract 2",
    values: Callable[[ParamsT, Dialect], wire.Values] | None = None,
) -> Action[ParamsT, ResultT]:
    """Make an action of one request.

    :param values: gives the neutral values of the parameters, where these are not they as they are.
    """

    def once(account: Account[Sign8Settings], given: ParamsT) -> Flow[ResultT]:
        dialect = account.settings.spoken
        told = _values(given) if values is None else values(given, dialect)
        response = yield from ask(account, operation, entity, told)
        return read(response, account)

    def run(account: Account[Sign8Settings], given: ParamsT) -> Flow[ResultT]:
        return once(account, given) if repeat is Repeat.NEVER else retrying(lambda: once(account, given))

    published = operation.startswith("add_")
    return Action(
        name=name,
        summary=summary,
        source=source,
        repeat=repeat,
        params=params,
        result=result,
        run=run,
        method="POST" if published else "",
        told_in=_said_by(operation),
        documented=published,
    )


def _values(given: Any) -> wire.Values:
    return {field.name: getattr(given, field.name) for field in attrs.fields(type(given))}


def _workflow_values(given: p.NewWorkflow, dialect: Dialect) -> wire.Values:
    words = dialect.words.dispatch
    dispatch = None if given.dispatch is None else mapping.word_of(words, given.dispatch.value)
    return {**_values(given), "dispatch": dispatch}


def _signer_values(given: p.NewSigner, dialect: Dialect) -> wire.Values:
    words = dialect.words.signature_types
    kind = None if given.signature_type is None else mapping.word_of(words, given.signature_type.value)
    return {**_values(given), "signature_type": kind}


def _needed(leaf: str) -> Read[Made]:
    return lambda response, account: Made(id=wire.made_id(response, account.settings.spoken, leaf))


def _optional(leaf: str) -> Read[Placed]:
    return lambda response, account: Placed(id=wire.perhaps_id(response, account.settings.spoken, leaf))


def _nothing(_: httpx.Response, __: Account[Sign8Settings]) -> None:
    """Read nothing: that it succeeded says all."""


def _interfaces(response: httpx.Response, account: Account[Sign8Settings]) -> tuple[wire.Interface, ...]:
    dialect = account.settings.spoken
    return tuple(wire.read_interface(row, dialect) for row in wire.rows_of(response, dialect, "interfaces"))


def _workflows(response: httpx.Response, account: Account[Sign8Settings]) -> tuple[wire.WorkflowRow, ...]:
    dialect = account.settings.spoken
    return tuple(wire.read_workflow(row, dialect) for row in wire.rows_of(response, dialect, "workflows"))


def _status(response: httpx.Response, account: Account[Sign8Settings]) -> wire.Status:
    return wire.status_in(response, account.settings.spoken)


def _link(response: httpx.Response, account: Account[Sign8Settings]) -> Link:
    return Link(url=Secret(wire.address_of(response, account, "link")))


ADD_WORKFLOW: Final = _action(
    "workflows.add",
    "add_workflow",
    "workflow",
    p.NewWorkflow,
    Made,
    _needed("workflow_id"),
    repeat=Repeat.NEVER,
    summary="Make a workflow (AddWorkflow).",
    values=_workflow_values,
)

ADD_SIGNER: Final = _action(
    "signers.add",
    "add_signer",
    "signer",
    p.NewSigner,
    Made,
    _needed("signer_id"),
    repeat=Repeat.NEVER,
    summary="Add a signer to a workflow (AddSigner).",
    values=_signer_values,
)

ADD_SIGNATURE: Final = _action(
    "signatures.add",
    "add_signature",
    "signature",
    p.NewSignature,
    Placed,
    _optional("signature_id"),
    repeat=Repeat.NEVER,
    summary="Place a signer's signature on a file (AddSignature).",
)

ADD_ANNOTATION: Final = _action(
    "annotations.add",
    "add_annotation",
    "annotation",
    p.NewAnnotation,
    Placed,
    _optional("annotation_id"),
    repeat=Repeat.NEVER,
    summary="Place an annotation on a file (AddAnnotation).",
)

CREATE_INTERFACE: Final = _action(
    "interfaces.create",
    "create_interface",
    "interface",
    p.NewInterface,
    Made,
    _needed("interface_id"),
    repeat=Repeat.NEVER,
    summary="Make an interface: the branding of pages and mails.",
    source="contract 3",
)

LIST_INTERFACES: Final = _action(
    "interfaces.list",
    "list_interfaces",
    "call",
    NoParams,
    tuple[wire.Interface, ...],
    _interfaces,
    repeat=Repeat.READ,
    summary="List interfaces.",
    source="contract 3",
)

START_WORKFLOW: Final = _action(
    "workflows.start",
    "start",
    "call",
    p.WorkflowRef,
    None,
    _nothing,
    repeat=Repeat.NEVER,
    summary="Release a workflow to its signers.",
)

WORKFLOW_STATUS: Final = _action(
    "workflows.status",
    "status",
    "call",
    p.WorkflowRef,
    wire.Status,
    _status,
    repeat=Repeat.READ,
    summary="Read a workflow.",
)

LIST_WORKFLOWS: Final = _action(
    "workflows.list",
    "list",
    "call",
    NoParams,
    tuple[wire.WorkflowRow, ...],
    _workflows,
    repeat=Repeat.READ,
    summary="List workflows.",
)

CANCEL_WORKFLOW: Final = _action(
    "workflows.cancel",
    "cancel",
    "call",
    p.Cancellation,
    None,
    _nothing,
    # A repetition could be refused because the first was heard, and a refusal means that nothing happened.
    repeat=Repeat.NEVER,
    summary="Cancel a running workflow; all who were involved so far are informed.",
    source="contract 2, 4",
)

REMIND_SIGNER: Final = _action(
    "signers.remind",
    "remind",
    "call",
    p.SignerRef,
    None,
    _nothing,
    repeat=Repeat.NEVER,
    summary="Remind a signer of an active workflow.",
    source="contract 2, 4",
)

SIGNATURE_LINK: Final = _action(
    "signers.link",
    "signature_link",
    "call",
    p.SignerRef,
    Link,
    _link,
    # Never repeated: setting up a link may send it, too.
    repeat=Repeat.NEVER,
    summary="Ask for the link of one signer.",
    source="contract 2 #6",
)


def add_file(account: Account[Sign8Settings], given: p.NewFile) -> Flow[MadeFile]:
    """Add a file as :data:`ADD_FILE` does, but leave an upload that travels apart to the caller."""
    dialect = account.settings.spoken
    document = given.document
    values = {"workflow_id": given.workflow_id, "name": document.name, "media_type": document.media_type}
    response = yield from ask(account, "add_file", "file", values, document=document)
    found = wire.made_id(response, dialect, "file_id")
    if dialect.formats.transfer is not Transfer.URL:
        return MadeFile(id=found)
    return MadeFile(id=found, upload_url=Secret(wire.address_of(response, account, "upload_url")))


def upload(document: Document, url: Secret) -> Flow[None]:
    """PUT a document's content where the vendor said, without credentials: the address is the permission.

    Repeating it ends in the same state.

    :raises VendorError: it was refused.
    """

    def once() -> Flow[None]:
        request = upload_request(
            "PUT", url.reveal(), stream=DocumentStream(document), content_type=document.media_type
        )
        response = yield from http(request, credentials=False)
        error = vendor_error(response)
        if error is not None:
            raise error

    try:
        yield from retrying(once)
    except VendorError as error:
        error.operation = UPLOAD
        raise


def _add_whole_file(account: Account[Sign8Settings], given: p.NewFile) -> Flow[Made]:
    made = yield from add_file(account, given)
    if made.upload_url is not None:
        yield from upload(given.document, made.upload_url)
    return Made(id=made.id)


ADD_FILE: Final[Action[p.NewFile, Made]] = Action(
    name="files.add",
    summary="Add a file with its content to a workflow (AddFile).",
    source="contract 2",
    repeat=Repeat.NEVER,
    params=p.NewFile,
    result=Made,
    run=_add_whole_file,
    method="POST",
    told_in=_said_by("add_file"),
)


def _download(account: Account[Sign8Settings], given: p.FileDownload) -> Flow[Downloaded]:
    ids = {"workflow_id": given.workflow_id, "file_id": given.file_id}
    return (yield from downloading.fetch(account, "download", ids, given.sink))


def _report(account: Account[Sign8Settings], given: p.ReportDownload) -> Flow[Downloaded]:
    return (
        yield from downloading.fetch(account, "audit_report", {"workflow_id": given.workflow_id}, given.sink)
    )


DOWNLOAD_FILE: Final[Action[p.FileDownload, Downloaded]] = Action(
    name="files.download",
    summary="Fetch a signed file.",
    source="contract 2",
    repeat=Repeat.READ,
    params=p.FileDownload,
    result=Downloaded,
    run=_download,
    told_in=_said_by("download"),
    documented=False,
)

AUDIT_REPORT: Final[Action[p.ReportDownload, Downloaded]] = Action(
    name="workflows.audit_report",
    summary="Fetch the audit report of a workflow.",
    source="contract 2",
    repeat=Repeat.READ,
    params=p.ReportDownload,
    result=Downloaded,
    run=_report,
    told_in=_said_by("audit_report"),
    documented=False,
)


def _by_name(actions: Iterable[Action[Any, Any]]) -> Mapping[str, Action[Any, Any]]:
    return MappingProxyType({action.name: action for action in actions})


ACTIONS: Final = _by_name(
    (
        ADD_WORKFLOW,
        ADD_FILE,
        ADD_SIGNER,
        ADD_SIGNATURE,
        ADD_ANNOTATION,
        CREATE_INTERFACE,
        LIST_INTERFACES,
        START_WORKFLOW,
        WORKFLOW_STATUS,
        LIST_WORKFLOWS,
        CANCEL_WORKFLOW,
        REMIND_SIGNER,
        DOWNLOAD_FILE,
        AUDIT_REPORT,
        SIGNATURE_LINK,
    )
)
"""All of them by name."""
