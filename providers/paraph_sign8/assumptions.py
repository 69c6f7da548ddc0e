"""What of a dialect an account would use: which of it is only assumed, and what of it is missing.

Only what is told, or decides what is believed, counts. That covers one leaf by what it does not say: without
a path for starting, that SIGN8 releases a complete workflow by itself is assumed.

Of webhooks nothing counts where a status can be read, or where they are claims: they are read leniently, and
a path that is not theirs matches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from paraph_sign8.dialect import Dialect, Leaf, Mark, leaves
from paraph_sign8.dialect.words import DownloadForm, Place, Token, Transfer
from paraph_sign8.offered import trusts_webhooks
from paraph_sign8.settings import Auth, HeaderAuth, OAuth2Auth, Sign8Settings

FILES: Final = ("download", "audit_report")
LISTS: Final = ("create_interface", "list_interfaces")

USED_BY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "fields.workflow.": ("add_workflow",),
        "fields.file.": ("add_file",),
        "fields.signer.": ("add_signer",),
        "fields.signature.": ("add_signature",),
        "fields.annotation.": ("add_annotation",),
        "fields.interface.": LISTS,
        "fields.call.": ("start", "status", "list", "cancel", "remind", "signature_link", *FILES),
        "answers.workflow_id": ("add_workflow",),
        "answers.file_id": ("add_file",),
        "answers.signer_id": ("add_signer",),
        "answers.signature_id": ("add_signature",),
        "answers.annotation_id": ("add_annotation",),
        "answers.interface_id": ("create_interface",),
        "answers.interfaces": ("list_interfaces",),
        "answers.workflows": ("list",),
        "answers.link": ("signature_link",),
        "status.": ("status",),
        "words.signature_types.": ("add_signer",),
        "words.dispatch.": ("add_workflow",),
        "words.annotations.": ("add_annotation",),
        "words.workflow_statuses.": ("status",),
        "words.signer_statuses.": ("status",),
        "formats.transfer": ("add_file",),
        "formats.download": FILES,
        "formats.instant": ("add_workflow",),
        "formats.origin": ("add_signature",),
        "formats.unit": ("add_signature",),
        "formats.frame": ("add_signature",),
        "formats.page_base": ("add_signature",),
        "organization.place": ("add_workflow",),
    }
)
"""Leaves, or beginnings of leaves, to the operations that use them. Further rules: :func:`_conditional`."""

NEEDED: Final = (
    ("operations.add_workflow.path", "no workflow can be made without it"),
    ("operations.add_file.path", "no document can be added without it"),
    ("operations.add_signer.path", "no signatory can be added without it"),
    ("operations.add_signature.path", "nobody could sign anything without it"),
    ("answers.workflow_id", "without the id of the new workflow nothing can be added to it"),
    ("answers.file_id", "without the id of a file nothing can be placed on it"),
    ("answers.signer_id", "without the id of a signer nothing can be placed for them"),
    ("fields.workflow.name", "a workflow needs a name"),
    ("fields.file.name", "nobody could see by its name which document is signed"),
    ("fields.signer.given_name", "a contact needs a first name"),
    ("fields.signer.family_name", "a contact needs a surname"),
    ("fields.signer.email", "a contact needs an e-mail"),
    ("fields.signature.page", "without it nothing says where a signature stands"),
    ("fields.signature.x", "without it nothing says where a signature stands"),
    ("fields.signature.y", "without it nothing says where a signature stands"),
    ("fields.signature.width", "without it nothing says how large a signature is"),
    ("fields.signature.height", "without it nothing says how large a signature is"),
)
"""Leaves without which no envelope can be made, and why."""

NEEDED_IDS: Final = (
    ("add_file", "file", "workflow_id"),
    ("add_signer", "signer", "workflow_id"),
    ("add_signature", "signature", "file_id"),
    ("add_signature", "signature", "signer_id"),
)
"""Ids that an operation has to tell, in its path or as a field."""

OFFERED_IDS: Final = (
    ("start", "workflow_id"),
    ("status", "workflow_id"),
    ("cancel", "workflow_id"),
    ("audit_report", "workflow_id"),
    ("remind", "signer_id"),
    ("signature_link", "signer_id"),
    ("download", "file_id"),
)
"""Likewise for operations that need not be offered: one that cannot say what it is about may hit another."""


START: Final = "operations.start.path"
"""The leaf that is an assumption where it is empty, whoever left it so."""


def assumed(settings: Sign8Settings) -> tuple[str, ...]:
    """Return the leaves that an account uses and nobody has confirmed; an empty :data:`START` is one."""
    return tuple(leaf.path for leaf in leaves(settings.spoken) if _is_assumed(leaf, settings))


def _is_assumed(leaf: Leaf, settings: Sign8Settings) -> bool:
    if leaf.path == START and not leaf.is_set:
        return True
    return leaf.mark is Mark.ASSUMED and leaf.is_set and _is_used(leaf.path, settings)


def _is_used(path: str, settings: Sign8Settings) -> bool:
    dialect, found = settings.spoken, _conditional(path, settings)
    if found is not None:
        return found
    for beginning, operations in USED_BY.items():
        if path == beginning or (beginning.endswith(".") and path.startswith(beginning)):
            return any(dialect.offers(name) for name in operations)
    return False


def _conditional(path: str, settings: Sign8Settings) -> bool | None:
    """Decide the leaves that depend on more than an operation being offered; ``None`` for all others."""
    dialect = settings.spoken
    section, _, rest = path.partition(".")
    if section == "operations":
        return dialect.offers(rest.partition(".")[0])
    if path == "answers.upload_url":
        return dialect.formats.transfer is Transfer.URL
    if path == "answers.content":
        return dialect.formats.download is not DownloadForm.BYTES and any(map(dialect.offers, FILES))
    if path == "organization.name":
        return dialect.organization.place is not Place.NONE
    if section == "webhooks":
        return not dialect.offers("status") and _is_believed(rest, settings)
    if section == "auth":
        return rest in _left_to_the_dialect(settings.auth)
    return None


def _is_believed(rest: str, settings: Sign8Settings) -> bool:
    """Whether a leaf of webhooks decides what is believed of those that are more than claims."""
    if rest in {"token", "token_header"}:
        in_header = settings.spoken.webhooks.token is Token.HEADER
        return settings.webhook_token is not None and (in_header or rest == "token")
    heard = rest in {"workflow_id", "signer_id"} or rest.startswith("events.")
    return heard and trusts_webhooks(settings)


def _left_to_the_dialect(auth: Auth | None) -> frozenset[str]:
    """Return what an account's authentication takes from its dialect. The strategy itself it never does."""
    if isinstance(auth, HeaderAuth):
        given = {"header": auth.name, "template": auth.template}
    elif isinstance(auth, OAuth2Auth):
        given = {"token_url": auth.token_url, "scope": auth.scope}
    else:
        given = {}
    return frozenset(name for name, value in given.items() if value is None)


def missing(dialect: Dialect) -> Iterator[tuple[str, str]]:
    """Yield leaves that are empty and have to say something, with the reason."""
    known = {leaf.path: leaf.is_set for leaf in leaves(dialect)}
    for path, why in NEEDED:
        if not known[path]:
            yield path, why
    for operation, entity, name in NEEDED_IDS:
        if not tells(dialect, operation, entity, name):
            leaf = f"fields.{entity}.{name}"
            yield leaf, f"neither this field nor the path of {operation} tells the {name}"
    for operation, name in OFFERED_IDS:
        if dialect.offers(operation) and not tells(dialect, operation, "call", name):
            yield f"fields.call.{name}", f"neither this field nor the path of {operation} tells the {name}"
    if dialect.formats.transfer is Transfer.URL:
        if not known["answers.upload_url"]:
            yield "answers.upload_url", "without it no file can be uploaded"
    elif not known["fields.file.content"]:
        yield "fields.file.content", "without it no file has content"


def tells(dialect: Dialect, operation: str, entity: str, name: str) -> bool:
    """Whether an operation tells an id: in its path, or as a field of its entity."""
    in_path = f"{{{name}}}" in dialect.operation(operation).path
    return in_path or bool(getattr(getattr(dialect.fields, entity), name))
