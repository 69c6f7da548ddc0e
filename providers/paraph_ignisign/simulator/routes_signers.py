"""Signers: create or update, read, search, revoke.

Assumptions, where the contract is silent: an existing signer is matched by `externalId` alone; creating it
again only adds inputs and silently keeps a value that differs, while the update route refuses a differing
value; a revoked signer is BLOCKED and is never matched again; an input that the profile neither needs nor
offers is refused; without a profile the first active one is taken.
"""

import re
from collections.abc import Mapping
from typing import Any

from paraph_ignisign.simulator import drafts, shapes
from paraph_ignisign.simulator.credentials import base62, new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.http import Call, Endpoint, delete, get, post, put
from paraph_ignisign.simulator.model import Profile, Signer
from paraph_ignisign.simulator.routes_account import APP
from paraph_ignisign.simulator.tables import CLAIMS, SIGNER_INPUTS
from paraph_ignisign.simulator.tenant import Tenant

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164, contract 1, row 4
_CREATION = "SIGNER_CREATION__INPUT_FIELD_"


def create(tenant: Tenant, call: Call) -> Any:
    """POST: create a signer, or add inputs to the one with this `externalId`."""
    inputs = _inputs(call.body)
    profile = _profile(tenant, call)
    _check_allowed(tenant, profile, inputs)
    existing = tenant.signer_called(call.body.get("externalId"), call.context)
    if existing is not None:
        _add(tenant, existing, inputs)
        return _reply(existing, already_exists=True)
    _check_complete(profile, call.body)
    signer = Signer(
        id=new_id(),
        context=call.context,
        profile=profile,
        created_at=tenant.clock.now(),
        auth_secret=base62(32),
        inputs=inputs,
        is_recurrent=profile.is_recurrent,
    )
    tenant.signers[signer.id] = signer
    tenant.call(signer, call.body.get("externalId"))
    tenant.effects.add("signer_created", signer.id, signer.external_id)
    tenant.hooks.signer(signer, "CREATED")
    return {**_reply(signer, already_exists=False), "authSecret": signer.auth_secret}


def update(tenant: Tenant, call: Call) -> Any:
    """PUT: add inputs; what is set cannot be changed, except `externalId` (contract 1, row 31).

    `isRecurrent` goes one way: a one-off signer becomes recurrent and stays it.
    """
    signer = _active(tenant, call)
    if call.body.get("signerId") not in {None, signer.id}:
        raise VendorError("BODY_VALIDATION_FAILED", "Invalid body: signerId", properties=["signerId"])
    inputs = _inputs(call.body)
    profile = signer.profile
    if any(call.body.get(name) is not None for name in ("signerProfileId", "signatureProfileId")):
        profile = _profile(tenant, call)
        _check_complete(profile, {**signer.inputs, **inputs})
    _check_allowed(tenant, profile, inputs)
    changed = [name for name, value in inputs.items() if signer.inputs.get(name, value) != value]
    if changed:
        raise VendorError(
            _CREATION + "VALUE_INVALID", "An input that is set cannot be changed", inputs=changed
        )
    if call.body.get("isRecurrent") is False and signer.is_recurrent:
        raise VendorError(_CREATION + "VALUE_INVALID", "A recurrent signer stays it", inputs=["isRecurrent"])
    if call.body.get("externalId"):
        if tenant.signer_called(call.body["externalId"], call.context) not in {None, signer}:
            raise VendorError("SIGNER_CREATION__SIGNER_ALREADY_EXISTS")
        tenant.call(signer, call.body["externalId"])
    signer.profile = profile
    signer.is_recurrent = signer.is_recurrent or bool(call.body.get("isRecurrent"))
    _add(tenant, signer, inputs)
    return _reply(signer, already_exists=True)


def get_one(tenant: Tenant, call: Call) -> Any:
    """GET a SignerSummary."""
    return tenant.signer(call.path["signerId"], call.context).summary()


def details(tenant: Tenant, call: Call) -> Any:
    """GET a SignerContext: the summary, claims and the latest requests."""
    signer = tenant.signer(call.path["signerId"], call.context)
    latest = [request.id for request in tenant.requests.values() if signer.id in request.signer_ids]
    claims = [{"claimRef": CLAIMS[name], "status": "DECLARED"} for name in signer.inputs if name in CLAIMS]
    return {**signer.summary(), "claims": claims, "latestSignatureRequests": latest[::-1]}


def regenerate(tenant: Tenant, call: Call) -> Any:
    """PUT: a new secret; the old one stops working."""
    signer = _active(tenant, call)
    signer.auth_secret = base62(32)
    tenant.effects.add("signer_secret_regenerated", signer.id, signer.external_id)
    return {"authSecret": signer.auth_secret}


def revoke(tenant: Tenant, call: Call) -> Any:
    """DELETE: idempotent (source 000)."""
    signer = tenant.signer(call.path["signerId"], call.context)
    if signer.status != "BLOCKED":
        signer.status = "BLOCKED"
        tenant.effects.add("signer_revoked", signer.id, signer.external_id)
    return {"signerId": signer.id}


def setup(tenant: Tenant, call: Call) -> Any:
    """POST: a request of the type SIGNER_SETUP (contract 2)."""
    return {"signatureRequestId": drafts.open_request(tenant, call.context, kind="SIGNER_SETUP").id}


def prove_identity(tenant: Tenant, call: Call) -> Any:
    """POST: the vendor announces it and does not have it (contract 2 and 4.2)."""
    tenant.signer(call.path["signerId"], call.context)
    raise VendorError("NOT_YET_IMPLEMENTED")


def search(tenant: Tenant, call: Call) -> Any:
    """GET or POST: `filter` from the query or the body; `*` matches all (contract 1.2)."""
    wanted = call.query.get("filter") or call.body.get("filter") or ""
    if not wanted.strip():
        raise VendorError("SEARCH_APPLICATION_SIGNERS_INVALID_FILTER")
    needle = wanted.casefold()
    found = [one for one in _all(tenant, call) if wanted == "*" or needle in _searchable(one)]
    return _page(tenant, call, found)


def paginate(tenant: Tenant, call: Call) -> Any:
    """GET: pages count from 0 here, or from 1 by option (contract 9, row 11)."""
    return _page(tenant, call, _all(tenant, call))


def _all(tenant: Tenant, call: Call) -> list[Signer]:
    return [one for one in tenant.signers.values() if one.context == call.context]


def _page(tenant: Tenant, call: Call, found: list[Signer]) -> dict[str, Any]:
    size = call.page_size(tenant.options.page_size)
    start = call.page(first=tenant.options.signers_first_page) * size
    return {"signers": [one.summary() for one in found[start : start + size]], "total": len(found)}


def _searchable(signer: Signer) -> str:
    fields = (
        signer.id,
        signer.external_id,
        *(signer.inputs.get(n) for n in ("firstName", "lastName", "email")),
    )
    return "\n".join(field for field in fields if field).casefold()


def _profile(tenant: Tenant, call: Call) -> Profile:
    wanted = call.body.get("signerProfileId") or call.body.get("signatureProfileId")
    if wanted is not None:
        profile = tenant.profile(wanted, call.context)
        if profile.status != "ACTIVE":
            raise VendorError("SIGNER_CREATION__SIGNATURE_PROFILE_ARCHIVED")
        return profile
    return tenant.default_profile(call.context)


def _inputs(body: Mapping[str, Any]) -> dict[str, str]:
    given = {name: body[name] for name in SIGNER_INPUTS if body.get(name) is not None}
    for name, value in given.items():
        if not value.strip():
            raise VendorError(_CREATION + "VALUE_MISSING", inputs=[name])
    if "email" in given and not shapes.email(given["email"]):
        raise VendorError("EMAIL_INVALID")
    if "phoneNumber" in given and not _PHONE.fullmatch(given["phoneNumber"]):
        raise VendorError(_CREATION + "VALUE_INVALID", inputs=["phoneNumber"])
    return given


def _check_complete(profile: Profile, given: Mapping[str, Any]) -> None:
    missing = [name for name in profile.inputs_needed if given.get(name) is None]
    if missing:
        raise VendorError(_CREATION + "MISSING", inputs=missing)


def _check_allowed(tenant: Tenant, profile: Profile, inputs: Mapping[str, str]) -> None:
    offered = {*profile.inputs_needed, *profile.optional_inputs}
    if refused := [name for name in inputs if name not in offered]:
        raise VendorError(
            _CREATION + "VALUE_INVALID", "The profile does not ask for this input", inputs=refused
        )
    domain = inputs.get("email", "").rpartition("@")[2].casefold()
    others = (one for one in tenant.profiles.values() if one is not profile)
    if any(domain == one.casefold() for other in others for one in other.email_domains):
        raise VendorError("EMAIL_DOMAIN_ALREADY_USED_IN_ANOTHER_SIGNER_PROFILE")


def _active(tenant: Tenant, call: Call) -> Signer:
    signer = tenant.signer(call.path["signerId"], call.context)
    if signer.status == "BLOCKED":
        raise VendorError("SIGNER_BAD_STATUS")
    return signer


def _add(tenant: Tenant, signer: Signer, inputs: Mapping[str, str]) -> None:
    added = [name for name in inputs if name not in signer.inputs]
    if added:
        signer.inputs.update({name: inputs[name] for name in added})
        tenant.effects.add("signer_inputs_added", signer.id, signer.external_id)
        tenant.hooks.signer(signer, "INPUTS_ADDED", added)


def _reply(signer: Signer, *, already_exists: bool) -> dict[str, Any]:
    return {
        "signerId": signer.id,
        "entityType": "NATURAL",
        "success": True,
        "alreadyExists": already_exists,
    }


_UPDATE = {**shapes.SIGNER_UPDATE, "isRecurrent": shapes.Key(shapes.flag)}


def _as_v3(dto: Mapping[str, shapes.Key]) -> dict[str, shapes.Key]:
    others = {name: key for name, key in dto.items() if name != "signerProfileId"}
    return {**others, "signatureProfileId": shapes.Key(shapes.mongo_id)}


_V3_UPDATE = {**_as_v3(_UPDATE), "signerId": shapes.Key(shapes.mongo_id, required=True)}
_V3 = APP.replace("/v4/", "/v3/")

ENDPOINTS: tuple[Endpoint, ...] = (
    post(f"{APP}/signers", create, shapes.SIGNER_CREATE),
    post(f"{_V3}/signers", create, _as_v3(shapes.SIGNER_CREATE)),
    get(f"{APP}/signers/{{signerId}}", get_one),
    put(f"{APP}/signers/{{signerId}}", update, _UPDATE),
    put(f"{_V3}/signers/{{signerId}}", update, _V3_UPDATE),
    get(f"{APP}/signers/{{signerId}}/details", details),
    put(f"{APP}/signers/{{signerId}}/regenerate-auth-secret", regenerate),
    delete(f"{APP}/signers/{{signerId}}/revoke", revoke),
    post(f"{APP}/signers/{{signerId}}/id-proofing", prove_identity),
    post(f"{APP}/signer-setup", setup),
    get(f"{APP}/signers-search", search),
    post(f"{APP}/signers-search", search, shapes.SEARCH),
    get(f"{APP}/signers-paginate", paginate),
)
