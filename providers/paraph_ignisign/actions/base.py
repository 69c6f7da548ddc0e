"""What the actions of all subjects have in common: the API, path beginnings, and disputed routes."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from paraph.errors import VendorError
from paraph.flow import Flow, http
from paraph.provider import Account, Api
from paraph_ignisign.errors import vendor_error
from paraph_ignisign.settings import IgnisignSettings
from paraph_ignisign.wire._fields import Done
from paraph_ignisign.wire.converter import CONVERTER

if TYPE_CHECKING:
    import httpx

APP: Final = "/v4/applications/{appId}/envs/{appEnv}"
REQUEST: Final = "/v4/signature-requests/{signatureRequestId}"
DOCUMENT: Final = "/v4/documents/{documentId}"
WEBHOOK: Final = "/v4/webhooks/{webhookId}"

EVERY_ROUTE: Final = (
    "AUTH_HEADER_*",
    "INVALID_AUTH_JWT_TOKEN",
    "OUTDATED_AUTH_JWT_TOKEN",
    "UNAUTHORIZED_ERROR",
    "API_KEY_NOT_FOUND",
    "INVALID_CONTEXT*",
    "APP_NOT_FOUND",
    "APP_BLOCKED",
    "APP_NOT_ACTIVATED",
    "FEATURE_NOT_AVAILABLE",
    "NOT_YET_IMPLEMENTED",
    "BODY_VALIDATION_FAILED",
    "PARAMS_VALIDATION_FAILED",
    "QUERY_VALIDATION_FAILED",
    "BAD_REQUEST",
    "INTERNAL_ERROR",
)
"""Codes that any action can meet (contract 1, head): an action's own ``errors`` are those besides.

That a wrong key is told API_KEY_NOT_FOUND everywhere, and an application of a type that lacks the action
FEATURE_NOT_AVAILABLE or NOT_YET_IMPLEMENTED, are assumptions.
"""

OF_DOCUMENT: Final = ("DOCUMENT_NOT_FOUND", "DOCUMENT_BAD_ENV")
"""Codes of whatever names one document: there is none, or it is another environment's."""

OF_SIGNER: Final = ("SIGNER_NOT_FOUND", "SIGNER_BAD_ENV")
"""Codes of whatever names one signer."""

OF_FILE: Final = ("DOCUMENT_NOT_PROVIDED", "DOCUMENT_BAD_NATURE", "FILE_TOO_LARGE", "PDF_CORRUPTED")
"""Codes of whatever takes a file."""

ANOTHER_WAY: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
"""Statuses after which a disputed path or verb is tried in its other spelling (contract 1.1, 1.2)."""

_OBJECT_UNKNOWN: Final = ("*_NOT_FOUND", "*_HAS_BEEN_REMOVED")
"""Codes that say: the route is known, the object is not."""


def _base(account: Account[IgnisignSettings]) -> str:
    return account.settings.base_url


def _names(account: Account[IgnisignSettings]) -> Mapping[str, str]:
    credentials = account.settings.credentials()
    return {"appId": credentials.app_id, "appEnv": credentials.app_env}


API: Final = Api(base=_base, names=_names, converter=CONVERTER, problem=vendor_error)


def route_unknown(error: VendorError) -> bool:
    """Whether the vendor knows no such route, rather than no such object."""
    if error.status == HTTPStatus.METHOD_NOT_ALLOWED:
        return True
    known = any(fnmatchcase(error.code or "", pattern) for pattern in _OBJECT_UNKNOWN)
    return error.status == HTTPStatus.NOT_FOUND and not known


def accepted(request: httpx.Request) -> Flow[Done]:
    """Send a request whose answer says nothing but that it was accepted; its body may be anything.

    :raises VendorError: it was not.
    """
    response = yield from http(request)
    error = vendor_error(response)
    if error is not None:
        raise error
    return Done()
