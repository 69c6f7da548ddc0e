"""The vendor's actions by subject: all of source 000, and what the contract's section 2 lists besides.

``source`` names the row of the contract. An action of more than one request has neither method nor path;
of a disputed verb only the path is told. ``ACTIONS`` has them by name; an action's ``slug`` is what
source 000 calls it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from paraph.lazily import found_in
from paraph.provider import Action

if TYPE_CHECKING:
    from paraph_ignisign.actions.application import APPLICATION_CONTEXT, EXCHANGE, HEALTH
    from paraph_ignisign.actions.bare import AUTHORIZE_BARE, BARE_CONFIGURATION, BARE_PROOFS, BARE_TOKEN
    from paraph_ignisign.actions.base import ANOTHER_WAY, API, APP, DOCUMENT, EVERY_ROUTE, REQUEST, WEBHOOK
    from paraph_ignisign.actions.capsules import CREATE_CAPSULE
    from paraph_ignisign.actions.documents import (
        CHECK_AUTHENTICITY,
        DELETE_DOCUMENT,
        DOCUMENT_CONTEXT,
        DOCUMENT_SIGNATURE,
        DOCUMENT_SIGNATURES,
        GET_DOCUMENT,
        INIT_DOCUMENT,
        PROVIDE_DIGEST,
        PROVIDE_JSON,
        REMOVE_CONTENT,
        REQUEST_DOCUMENTS,
        SIGNATURE_IMAGES,
        UPDATE_DOCUMENT,
        UPLOAD_FILE,
    )
    from paraph_ignisign.actions.downloads import (
        ORIGINAL,
        ORIGINAL_OF_REQUEST,
        PROOF,
        SIGNED_OF_REQUEST,
        SIGNER_PROOF,
    )
    from paraph_ignisign.actions.invitations import (
        CREATE_INVITATION,
        DELETE_INVITATION,
        LIST_INVITATIONS,
        RESEND_INVITATION,
        UPDATE_INVITATION,
    )
    from paraph_ignisign.actions.profiles import GET_PROFILE, INPUTS_NEEDED, LIST_PROFILES
    from paraph_ignisign.actions.requests import (
        CLOSE_REQUEST,
        DELETE_REQUEST,
        INIT_REQUEST,
        LIST_REQUESTS,
        ONE_CALL,
        PUBLISH_REQUEST,
        REQUEST_CONTEXT,
        REQUEST_STATUSES,
        UPDATE_REQUEST,
    )
    from paraph_ignisign.actions.seals import SEAL
    from paraph_ignisign.actions.signers import (
        CREATE_SIGNER,
        GET_SIGNER,
        LIST_SIGNERS,
        MISSING_INPUTS,
        REGENERATE_SECRET,
        REVOKE_SIGNER,
        SEARCH_SIGNERS,
        SETUP_SIGNER,
        SIGNER_DETAILS,
        SIGNER_INPUTS,
        UPDATE_SIGNER,
    )
    from paraph_ignisign.actions.webhooks import (
        CHECK_TOKEN,
        CREATE_WEBHOOK,
        DELETE_WEBHOOK,
        DISABLE_TOPICS,
        ENSURE_WEBHOOK,
        GET_EVENT,
        LIST_EVENTS,
        LIST_WEBHOOKS,
        RESEND_EVENT,
        UPDATE_WEBHOOK,
    )

__all__ = [
    "ACTIONS",
    "ANOTHER_WAY",
    "API",
    "APP",
    "APPLICATION_CONTEXT",
    "AUTHORIZE_BARE",
    "BARE_CONFIGURATION",
    "BARE_PROOFS",
    "BARE_TOKEN",
    "CHECK_AUTHENTICITY",
    "CHECK_TOKEN",
    "CLOSE_REQUEST",
    "CREATE_CAPSULE",
    "CREATE_INVITATION",
    "CREATE_SIGNER",
    "CREATE_WEBHOOK",
    "DELETE_DOCUMENT",
    "DELETE_INVITATION",
    "DELETE_REQUEST",
    "DELETE_WEBHOOK",
    "DISABLE_TOPICS",
    "DOCUMENT",
    "DOCUMENT_CONTEXT",
    "DOCUMENT_SIGNATURE",
    "DOCUMENT_SIGNATURES",
    "ENSURE_WEBHOOK",
    "EVERY_ROUTE",
    "EXCHANGE",
    "GET_DOCUMENT",
    "GET_EVENT",
    "GET_PROFILE",
    "GET_SIGNER",
    "HEALTH",
    "INIT_DOCUMENT",
    "INIT_REQUEST",
    "INPUTS_NEEDED",
    "LIST_EVENTS",
    "LIST_INVITATIONS",
    "LIST_PROFILES",
    "LIST_REQUESTS",
    "LIST_SIGNERS",
    "LIST_WEBHOOKS",
    "MISSING_INPUTS",
    "ONE_CALL",
    "ORIGINAL",
    "ORIGINAL_OF_REQUEST",
    "PROOF",
    "PROVIDE_DIGEST",
    "PROVIDE_JSON",
    "PUBLISH_REQUEST",
    "REGENERATE_SECRET",
    "REMOVE_CONTENT",
    "REQUEST",
    "REQUEST_CONTEXT",
    "REQUEST_DOCUMENTS",
    "REQUEST_STATUSES",
    "RESEND_EVENT",
    "RESEND_INVITATION",
    "REVOKE_SIGNER",
    "SEAL",
    "SEARCH_SIGNERS",
    "SETUP_SIGNER",
    "SIGNATURE_IMAGES",
    "SIGNED_OF_REQUEST",
    "SIGNER_DETAILS",
    "SIGNER_INPUTS",
    "SIGNER_PROOF",
    "UPDATE_DOCUMENT",
    "UPDATE_INVITATION",
    "UPDATE_REQUEST",
    "UPDATE_SIGNER",
    "UPDATE_WEBHOOK",
    "UPLOAD_FILE",
    "WEBHOOK",
]

_SUBJECTS: Final = (
    "application",
    "profiles",
    "signers",
    "requests",
    "documents",
    "downloads",
    "webhooks",
    "seals",
    "bare",
    "capsules",
    "invitations",
)
"""The modules, in the order in which their actions are listed."""


class _Actions(Mapping[str, Action[Any, Any]]):
    """Actions by name. A module is read when one of its actions is asked for, most likely by its subject."""

    def __getitem__(self, name: str) -> Action[Any, Any]:
        return _action(name)

    def __iter__(self) -> Iterator[str]:
        return (action.name for module in _SUBJECTS for action in _actions_of(module))

    def __len__(self) -> int:
        return sum(len(_actions_of(module)) for module in _SUBJECTS)


@functools.cache
def _action(name: str) -> Action[Any, Any]:
    subject = name.partition(".")[0]
    for module in sorted(_SUBJECTS, key=lambda each: each != subject):
        for action in _actions_of(module):
            if action.name == name:
                return action
    raise KeyError(name)


def _actions_of(module: str) -> tuple[Action[Any, Any], ...]:
    found: tuple[Action[Any, Any], ...] = import_module(f"{__name__}.{module}").ACTIONS
    return found


ACTIONS: Final[Mapping[str, Action[Any, Any]]] = _Actions()
"""All of them by name."""

if not TYPE_CHECKING:  # a checker that saw it would accept any misspelt name
    __getattr__ = found_in(__name__, "base", *_SUBJECTS)
