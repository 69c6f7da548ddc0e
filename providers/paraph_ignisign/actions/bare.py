"""Bare signatures: a person signs hashes on the vendor's page, as in OAuth 2 with a code (contract 7.7).

``bare.authorize_url`` says where to send the browser; it comes back with a code and the same state;
``bare.token`` exchanges the code once, and ``bare.proofs`` fetches what was made.

PKCE is done by RFC 7636: the challenge is base64url of the verifier's SHA-256 without padding, the verifier
has at most 128 characters. The vendor's own client writes plain base64 and 171 characters instead, which
``vendor_pkce`` does as well.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import secrets
import uuid
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx

from paraph.errors import UsageError
from paraph.flow import Flow, http, new_id, retrying
from paraph.model import Secret
from paraph.provider import Account, Action, NoParams, Repeat, endpoint
from paraph_ignisign.actions.base import API, APP
from paraph_ignisign.params._fields import AppRef
from paraph_ignisign.params.sealing import BareAccess, BareAuthorize, BareCode
from paraph_ignisign.wire.sealing import BareAuthorization, BareConfiguration, BareProofs, BareToken

_AUTHORIZE: Final = "/envs/{appEnv}/oauth2/authorize"
_TOKEN: Final = "/v4/envs/{appEnv}/oauth2/proofs-token"  # noqa: S105 - a path
_PROOFS: Final = "/v4/envs/{appEnv}/bare-signatures/proofs"

VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""A code verifier by RFC 7636, 4.1."""
RANDOM_BYTES: Final = {False: 96, True: 128}
"""Random bytes of a verifier: 128 characters by the RFC, 171 as the vendor's client makes."""
DIGEST_BYTES: Final = 32
BASE64_DIGEST: Final = 44
"""Characters of a SHA-256 in base64."""

BARE_CONFIGURATION: Final[Action[NoParams, BareConfiguration]] = endpoint(
    API,
    "bare.configuration",
    "GET",
    APP + "/bare-signatures-configuration",
    params=AppRef,
    result=BareConfiguration,
    repeat=Repeat.READ,
    summary="Read where bare signatures may begin and come back to.",
    description="Applications of type BARE_SIGNATURE only. Set in the console.",
    source="contract 2, Bare signature config",
)


def is_digest(text: str) -> bool:
    """Whether a text is a SHA-256 in base64: exactly 44 characters."""
    try:
        return len(text) == BASE64_DIGEST and len(base64.b64decode(text, validate=True)) == DIGEST_BYTES
    except (binascii.Error, ValueError):
        return False


def challenge(verifier: Secret, *, vendor_pkce: bool = False) -> str:
    """Return the challenge (S256) of a verifier.

    :param vendor_pkce: plain base64 with padding instead of base64url without.
    """
    digest = hashlib.sha256(verifier.reveal().encode("ascii")).digest()
    if vendor_pkce:
        return base64.b64encode(digest).decode("ascii")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _authorize(account: Account[Any], given: BareAuthorize) -> Flow[BareAuthorization]:
    if not given.hashes or not all(map(is_digest, given.hashes)):
        raise UsageError(f"hashes: at least one SHA-256 in base64 is needed, {BASE64_DIGEST} characters each")
    verifier = given.code_verifier or Secret(secrets.token_urlsafe(RANDOM_BYTES[given.vendor_pkce]))
    if not given.vendor_pkce and not VERIFIER.fullmatch(verifier.reveal()):
        raise UsageError("code_verifier: RFC 7636 wants 43 to 128 of the characters A-Z a-z 0-9 - . _ ~")
    if not verifier.reveal().isascii():
        raise UsageError("code_verifier: only ASCII characters can be hashed as the vendor does")
    nonce = given.nonce or str(uuid.UUID(hex=(yield from new_id()), version=4))
    session = {
        "hashes": given.hashes,
        "nonce": nonce,
        "externalId": given.external_id,
        "title": given.title,
        "language": given.language.upper() if given.language else None,
    }
    state = json.dumps(
        {key: value for key, value in session.items() if value is not None}, separators=(",", ":")
    )
    query = {
        "redirect_uri": given.redirect_uri,
        "response_type": "code",
        "client_id": account.settings.credentials().app_id,
        "code_challenge": challenge(verifier, vendor_pkce=given.vendor_pkce),
        "code_challenge_method": "S256",
        "state": state,
    }
    # Only the path is of use here: the page lives on another host than the API.
    path = API.url(account, _AUTHORIZE, _env(given)).removeprefix(account.settings.base_url)
    url = f"{account.settings.sign_url}{path}?{urlencode(query, quote_via=quote, safe='')}"
    return BareAuthorization(url=Secret(url), state=Secret(state), code_verifier=verifier)


def _env(given: AppRef) -> dict[str, str | None]:
    return {"appId": given.app_id, "appEnv": given.app_env}


AUTHORIZE_BARE: Final = Action(
    name="bare.authorize_url",
    summary="Write the address of the page where a person makes a bare signature. No request is made.",
    description=(
        "Keep state and code verifier on the server; the browser comes back with code and state, or with an "
        "error. Each call makes a new nonce and verifier unless they are given."
    ),
    source="contract 2, Bare signature authorize; 7.7",
    repeat=Repeat.READ,
    params=BareAuthorize,
    result=BareAuthorization,
    run=_authorize,
    path=_AUTHORIZE,
    errors=(
        "OAUTH2_CHALLENGE_METHOD_NOT_SUPPORTED",
        "OAUTH2_CLIENT_NOT_FOUND",
        "OAUTH2_INVALID_ORIGIN",
        "OAUTH2_INVALID_REDIRECT_URI",
        "OAUTH2_INVALID_STATE",
        "OAUTH2_RESPONSE_TYPE_NOT_SUPPORTED",
    ),
)


def _token(account: Account[Any], given: BareCode) -> Flow[BareToken]:
    """Exchange the code: JSON, not a form, and without the account's bearer."""
    credentials = account.settings.credentials()
    body = {
        "client_id": credentials.app_id,
        "client_secret": credentials.secret.reveal(),
        "code_verifier": given.code_verifier.reveal(),
        "redirect_uri": given.redirect_uri,
        "grant_type": "authorization_code",
        "code": given.code.reveal(),
    }
    url = API.url(account, _TOKEN, _env(given))
    request = httpx.Request("POST", url, json=body, headers={"Accept": "application/json"})
    response = yield from http(request, credentials=False)
    return API.answer(response, BareToken)


BARE_TOKEN: Final = Action(
    name="bare.token",
    summary="Exchange the code of a bare signature for an access token.",
    description="A code is used up by that, so it is never repeated.",
    source="contract 2, Bare signature token; 7.7",
    repeat=Repeat.NEVER,
    params=BareCode,
    result=BareToken,
    run=_token,
    method="POST",
    path=_TOKEN,
    errors=(
        "AUTHENTICATION_FAILED",
        "OAUTH2_CLIENT_NOT_FOUND",
        "OAUTH2_INVALID_CODE_CHALLENGE",
        "OAUTH2_INVALID_GRANT_TYPE",
        "OAUTH2_INVALID_REDIRECT_URI",
        "TOKEN_NOT_FOUND",
        "TOKEN_ALREADY_CONSUMED",
        "TOKEN_EXPIRED",
    ),
)


def _proofs(account: Account[Any], given: BareAccess) -> Flow[BareProofs]:
    url = API.url(account, _PROOFS, _env(given))

    def once() -> Flow[BareProofs]:
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {given.access_token.reveal()}",
        }
        response = yield from http(httpx.Request("GET", url, headers=headers), credentials=False)
        return API.answer(response, BareProofs)

    return retrying(once)


BARE_PROOFS: Final = Action(
    name="bare.proofs",
    summary="Fetch the proofs of a bare signature with its access token.",
    description=(
        "One proof per hash, PKCS7 or CADES in base64, to be put into the document by you. The account's own "
        "credentials are not sent."
    ),
    source="contract 2, Bare signature proofs; 7.7",
    repeat=Repeat.READ,
    params=BareAccess,
    result=BareProofs,
    run=_proofs,
    method="GET",
    path=_PROOFS,
    errors=("INVALID_TOKEN", "TOKEN_EXPIRED", "SIGNATURE_NOT_FOUND"),
)

ACTIONS: Final = (
    BARE_CONFIGURATION,
    AUTHORIZE_BARE,
    BARE_TOKEN,
    BARE_PROOFS,
)
"""The subject's actions, in the order in which they are listed."""
