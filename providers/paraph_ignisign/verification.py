"""Asking Ignisign whether a delivery is its own (contract 4.6).

The token of a delivery is checked and used up by one call, which is therefore never repeated by itself; the
receiving side counts the calls (:mod:`paraph.ops.believe`). Only an answer about the token is a verdict.
Everything else, refusals of our own credentials included, is raised: a vendor that cannot be asked forges
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import attrs

from paraph.errors import VendorError
from paraph.flow import Flow
from paraph.provider import Account, Reading, Verdict
from paraph_ignisign.actions import CHECK_TOKEN
from paraph_ignisign.errors import VALIDATION
from paraph_ignisign.params import TokenToCheck
from paraph_ignisign.settings import IgnisignSettings
from paraph_ignisign.wire import TokenCheck

VERDICT_OF_CODE: Final[Mapping[str, Verdict]] = {
    "TOKEN_NOT_FOUND": Verdict.FOREIGN,
    "TOKEN_INVALID": Verdict.FOREIGN,
    "TOKEN_ALREADY_CONSUMED": Verdict.USED,
    "TOKEN_EXPIRED": Verdict.EXPIRED,
}
"""What an error answer says of a token; the vendor has these codes without saying where it uses them."""

_OF_BEARERS: Final = frozenset({"TOKEN_INVALID", "TOKEN_EXPIRED"})
"""Codes that an answer 401 may say of our own bearer."""


def verify(reading: Reading, account: Account[IgnisignSettings]) -> Flow[Verdict]:
    """Let the vendor check, and use up, the token of a delivery. Never repeated.

    :raises VendorError: it cannot be checked now.
    """
    if reading.proof is None:
        return Verdict.FOREIGN
    credentials = account.settings.credentials()
    asked = TokenToCheck(token=reading.proof, app_id=credentials.app_id, app_env=credentials.app_env)
    try:
        try:
            answer = yield from CHECK_TOKEN.run(account, asked)
        except VendorError as error:
            if error.code not in VALIDATION:
                raise
            answer = yield from CHECK_TOKEN.run(account, attrs.evolve(asked, spelled_again=reading.proof))
    except VendorError as error:
        verdict = verdict_of_error(error)
        if verdict is None:
            raise
        return verdict
    return verdict_of(answer)


def verdict_of(answer: TokenCheck) -> Verdict:
    """Read the answer of a token check: nothing but ``isValid`` being true is a proof."""
    if answer.is_valid is True:
        return Verdict.PROVEN
    if answer.not_found or answer.bad_target or answer.bad_related_id:
        return Verdict.FOREIGN
    if answer.already_consumed:
        return Verdict.USED
    return Verdict.EXPIRED if answer.is_expired else Verdict.FOREIGN


def verdict_of_error(error: VendorError) -> Verdict | None:
    """Read what an error answer says of the token; ``None`` if it says nothing of it.

    A server that fails, gave up waiting or asks for patience has not looked, whatever its body says.
    """
    status = error.status or 0
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}:
        return None
    code = error.code or ""
    if status == HTTPStatus.UNAUTHORIZED and code in _OF_BEARERS:
        return None
    return VERDICT_OF_CODE.get(code)
