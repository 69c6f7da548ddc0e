"""Files of a workflow: added with their content, and fetched once they are signed."""

from __future__ import annotations

from typing import Final

import attrs

from paraph.errors import VendorError
from paraph.flow import Downloaded, Flow, http, retrying
from paraph.flow.upload import DocumentStream, upload_request
from paraph.model import Document, Secret
from paraph.provider import Account, Action, Repeat
from paraph_sign8 import downloading, wire
from paraph_sign8 import params as p
from paraph_sign8.actions.base import Made, ask, told_in
from paraph_sign8.dialect.words import Transfer
from paraph_sign8.errors import vendor_error
from paraph_sign8.settings import Sign8Settings

UPLOAD: Final = "PUT to dialect.answers.upload_url"
"""What an upload is called in errors: its address is a key to the file."""


@attrs.frozen(kw_only=True)
class MadeFile:
    """A file. :ivar upload_url: where its content has to be PUT, if the dialect wants that."""

    id: str
    upload_url: Secret | None = None


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
    told_in=told_in("add_file"),
)


def _download(account: Account[Sign8Settings], given: p.FileDownload) -> Flow[Downloaded]:
    ids = {"workflow_id": given.workflow_id, "file_id": given.file_id}
    return (yield from downloading.fetch(account, "download", ids, given.sink))


DOWNLOAD_FILE: Final[Action[p.FileDownload, Downloaded]] = Action(
    name="files.download",
    summary="Fetch a signed file.",
    source="contract 2",
    repeat=Repeat.READ,
    params=p.FileDownload,
    result=Downloaded,
    run=_download,
    told_in=told_in("download"),
    documented=False,
)
