"""All operations as actions (contract 2): one request each, in the words of the account's dialect.

An action is offered exactly if the dialect has a path for its operation; otherwise it raises
:class:`~paraph.errors.UnsupportedCapability`, which names the missing key, before any request. Methods and
paths are the dialect's, so only the five that SIGN8 publishes have a method here.

Nothing says what repeating does (contract 2), so only reads are repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from paraph.provider import Action
from paraph_sign8.actions.base import (
    Made,
    Placed,
    ask,
)
from paraph_sign8.actions.files import (
    ADD_FILE,
    DOWNLOAD_FILE,
    UPLOAD,
    MadeFile,
    add_file,
    upload,
)
from paraph_sign8.actions.interfaces import (
    CREATE_INTERFACE,
    LIST_INTERFACES,
)
from paraph_sign8.actions.signers import (
    ADD_ANNOTATION,
    ADD_SIGNATURE,
    ADD_SIGNER,
    REMIND_SIGNER,
    SIGNATURE_LINK,
    Link,
)
from paraph_sign8.actions.workflows import (
    ADD_WORKFLOW,
    AUDIT_REPORT,
    CANCEL_WORKFLOW,
    LIST_WORKFLOWS,
    START_WORKFLOW,
    WORKFLOW_STATUS,
)

__all__ = [
    "ACTIONS",
    "ADD_ANNOTATION",
    "ADD_FILE",
    "ADD_SIGNATURE",
    "ADD_SIGNER",
    "ADD_WORKFLOW",
    "AUDIT_REPORT",
    "CANCEL_WORKFLOW",
    "CREATE_INTERFACE",
    "DOWNLOAD_FILE",
    "LIST_INTERFACES",
    "LIST_WORKFLOWS",
    "REMIND_SIGNER",
    "SIGNATURE_LINK",
    "START_WORKFLOW",
    "UPLOAD",
    "WORKFLOW_STATUS",
    "Link",
    "Made",
    "MadeFile",
    "Placed",
    "add_file",
    "ask",
    "upload",
]


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
