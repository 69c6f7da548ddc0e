"""What a bare signature is asked for with, and what a consent to it makes (contract 7.7).

A code challenge is right in two spellings: base64url without padding (RFC 7636) and the plain base64 that the
vendor's own client sends; its verifier is longer than the RFC allows, so no length is checked.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from paraph_ignisign.simulator import contents, drafts, javascript, lifecycle, shapes
from paraph_ignisign.simulator.application import BareGrant, BareWish
from paraph_ignisign.simulator.credentials import base62, new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.model import SignatureRequest, Signer, present, stamp
from paraph_ignisign.simulator.options import BareSettings
from paraph_ignisign.simulator.routes_capsules import sha256_b64
from paraph_ignisign.simulator.shapes import Key
from paraph_ignisign.simulator.tables import EIDAS_LEVELS, METHODS
from paraph_ignisign.simulator.tenant import Tenant

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_UUID_VERSION = 4


def _nonce(value: Any) -> bool:
    try:
        found = UUID(value) if isinstance(value, str) else None
    except ValueError:
        return False
    # Python also reads UUIDs in braces and without hyphens.
    return found is not None and found.version == _UUID_VERSION and str(found) == value.lower()


_STATE = {
    "hashes": Key(shapes.each(sha256_b64), required=True),
    "nonce": Key(_nonce, required=True),
    "externalId": Key(shapes.text),
    "title": Key(shapes.text),
    "language": Key(shapes.one_of("EN", "FR", "DE")),
}


def check_client(tenant: Tenant, client_id: str | None, redirect_uri: str | None) -> str:
    """Return the address to go back to; raise if the client or the address is not known."""
    if client_id != tenant.home.app_id:
        raise VendorError("OAUTH2_CLIENT_NOT_FOUND")
    if redirect_uri is None or not _registered(tenant.options.bare, redirect_uri):
        raise VendorError("OAUTH2_INVALID_REDIRECT_URI")
    return redirect_uri


def read_wish(tenant: Tenant, redirect_uri: str, query: Mapping[str, str]) -> BareWish:
    """Return what the query asks for; raise the first thing wrong with it."""
    if query.get("response_type") != "code":
        raise VendorError("OAUTH2_RESPONSE_TYPE_NOT_SUPPORTED")
    if query.get("code_challenge_method") != "S256":
        raise VendorError("OAUTH2_CHALLENGE_METHOD_NOT_SUPPORTED")
    challenge = query.get("code_challenge", "")
    if not _challenge(challenge):
        raise VendorError("OAUTH2_INVALID_CODE_CHALLENGE")
    state = _read_state(query.get("state", ""))
    if state["nonce"] in tenant.bare.nonces:
        raise VendorError("OAUTH2_INVALID_STATE", "The nonce was used before")
    return BareWish(
        redirect_uri=redirect_uri,
        challenge=challenge,
        state=query["state"],
        nonce=state["nonce"],
        hashes=tuple(state["hashes"]),
        external_id=state.get("externalId"),
        title=state.get("title") or "Signature",
        language=state.get("language") or "EN",
    )


def grant(tenant: Tenant, wish: BareWish, full_name: str) -> str:
    """Sign every hash for a person called `full_name`; return the code for the integrator."""
    request, signer = _draft(tenant, wish, full_name)
    tenant.bare.nonces.add(wish.nonce)
    lifecycle.sealed(tenant, request, signer)
    code = base62(48)
    tenant.bare.by_code[code] = BareGrant(
        wish=wish, granted_at=tenant.clock.now(), proof=_proof(tenant, request, signer)
    )
    tenant.effects.add("bare_signature_granted", request.id, wish.external_id)
    return code


def fits(verifier: str, challenge: str) -> bool:
    """Whether `challenge` is the SHA-256 of `verifier`, in either spelling."""
    digest = base64.b64encode(hashlib.sha256(verifier.encode()).digest()).decode("ascii")
    spellings = (digest, digest.translate(str.maketrans("+/", "-_")).rstrip("="))
    return any(secrets.compare_digest(challenge.encode(), one.encode()) for one in spellings)


def _registered(settings: BareSettings, redirect_uri: str) -> bool:
    if settings.redirect_uris:
        return redirect_uri in settings.redirect_uris
    # The answer is put into the query, which a fragment would swallow.
    return (
        shapes.url(redirect_uri) and "#" not in redirect_uri and urlsplit(redirect_uri).hostname in _LOOPBACK
    )


def _challenge(value: str) -> bool:
    padded = value if value.endswith("=") else value + "="
    return sha256_b64(padded.translate(str.maketrans("-_", "+/")))


def _read_state(text: str) -> dict[str, Any]:
    try:
        given = javascript.parse(text.encode())
    except ValueError as error:
        raise VendorError("OAUTH2_INVALID_STATE", "The state is not JSON") from error
    state = shapes.checked(given, _STATE, "OAUTH2_INVALID_STATE")
    if not state["hashes"]:
        raise VendorError("OAUTH2_INVALID_STATE", "There is nothing to sign")
    return state


def _draft(tenant: Tenant, wish: BareWish, full_name: str) -> tuple[SignatureRequest, Signer]:
    first, _space, last = full_name.strip().rpartition(" ")
    signer = Signer(
        id=new_id(),
        context=tenant.home,
        profile=tenant.default_profile(tenant.home),
        created_at=tenant.clock.now(),
        auth_secret=base62(32),
        inputs={**({"firstName": first} if first else {}), "lastName": last},
        is_recurrent=False,
    )
    tenant.signers[signer.id] = signer
    fields = present(
        title=wish.title,
        externalId=wish.external_id,
        language=wish.language,
        signerIds=[signer.id],
        # The simplest method of the level that was set up (assumption: the contract has no methods here).
        defaultSignatureMethod=next(
            one for one in METHODS if EIDAS_LEVELS[one] == tenant.options.bare.eidas_level
        ),
    )
    request = drafts.open_request(tenant, tenant.home, kind="BARE_SIGNATURE", fields=fields)
    documents = [drafts.add_document(tenant, request, {"label": wish.title}) for _hash in wish.hashes]
    for document, digest in zip(documents, wish.hashes, strict=True):
        drafts.provide(tenant, document, contents.of_digest(digest))
    request.fields["documentIds"] = [one.id for one in documents]
    return request, signer


def _proof(tenant: Tenant, request: SignatureRequest, signer: Signer) -> dict[str, Any]:
    """Return a BareSignatureProof: one detached signature per hash, by the person's certificate.

    A CADES proof has the number of its time-stamp (assumption: they count from 1), a PKCS7 proof has -1.
    """
    signed = [(document, document.signatures[0]) for document in tenant.documents_of(request)]
    proofs = [
        {
            "documentId": document.id,
            "type": signature.detached_kind,
            "documentHash": document.hash,
            "proofB64": base64.b64encode(signature.detached).decode("ascii"),
            "timestampSequence": -1 if signature.detached_kind == "PKCS7" else number,
            "signingTime": stamp(signature.at),
        }
        for number, (document, signature) in enumerate(signed, 1)
    ]
    return present(
        **request.context.json(),
        signatureRequestId=request.id,
        externalId=request.external_id,
        signerId=signer.id,
        proofs=proofs,
        signerInformation=present(
            fullName=signer.full_name,
            lastName=signer.inputs.get("lastName"),
            firstName=signer.inputs.get("firstName"),
        ),
    )
