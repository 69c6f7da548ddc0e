"""Authentication, the application's context, signer profiles and the token check.

What only reads profiles is apart (`PROFILES`): not every type of application has any.
"""

from datetime import timedelta
from typing import Any

from paraph_ignisign.simulator import shapes
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.http import Call, Endpoint, get, post
from paraph_ignisign.simulator.model import Context, present, stamp
from paraph_ignisign.simulator.tables import DEFAULT_LANGUAGE
from paraph_ignisign.simulator.tenant import Tenant

_ORGANISATION = "orgId_simulated"
APP = "/v4/applications/{appId}/envs/{appEnv}"
_V3_PROFILE = "/v3/applications/{appId}/envs/{appEnv}/signature-profiles/{signatureProfileId}"


def authenticate(tenant: Tenant, call: Call) -> Any:
    """POST /v4/auth/app-api: an old secret for a token."""
    body = call.body
    token = tenant.credentials.exchange(body["appId"], body["appEnv"], body["secret"], tenant.clock.now())
    tenant.check_open()
    return {"jwtToken": token}


def application(tenant: Tenant, call: Call) -> Any:
    """GET the ApplicationContext, as far as a key of one environment can see it (appendix A)."""
    env = call.context.app_env
    owner = {"appId": call.context.app_id, "orgId": _ORGANISATION}
    return {
        "_createdAt": stamp(tenant.created_at),
        **owner,
        "appName": "Simulated application",
        "status": tenant.status,
        "appType": tenant.options.app_type,
        "ignisignApiVersion": "V4",
        "isDefaultApplication": True,
        "config": owner,
        "settings": {**owner, "defaultLanguage": DEFAULT_LANGUAGE},
        "envSettings": {env: {**owner, **_environment(tenant, call.context)}},
        "signerProfiles": {env: _profiles(tenant, call.context)},
        "signatureProfiles": {env: []},
    }


def list_profiles(tenant: Tenant, call: Call) -> Any:
    """GET SignerProfile[], not paginated."""
    return _profiles(tenant, call.context)


def get_profile(tenant: Tenant, call: Call) -> Any:
    """GET one SignerProfile, with the signers that have it (source 000; the list leaves them out)."""
    profile = tenant.profile(call.path["signerProfileId"], call.context)
    own = [one.id for one in tenant.signers.values() if one.profile is profile]
    return {**profile.json(call.context), "signerIds": own}


def inputs_needed(tenant: Tenant, call: Call) -> Any:
    """GET what a profile wants to know about a signer (v4: an object)."""
    profile = tenant.profile(call.path["signerProfileId"], call.context)
    return {
        "signerProfileId": profile.id,
        "inputsNeeded": list(profile.inputs_needed),
        "optionalInputs": list(profile.optional_inputs),
    }


def inputs_constraints(tenant: Tenant, call: Call) -> Any:
    """GET the v3 route: what a profile wants, as an array (contract 1, row 17)."""
    profile = tenant.profile(call.path["signatureProfileId"], call.context)
    return [{"inputsNeeded": list(profile.inputs_needed)}]


def missing_inputs(tenant: Tenant, call: Call) -> Any:
    """GET the v3 route: what a profile wants and the signer has not given yet."""
    profile = tenant.profile(call.path["signatureProfileId"], call.context)
    signer = tenant.signer(call.path["signerId"], call.context)
    return {"missingInputs": [name for name in profile.inputs_needed if name not in signer.inputs]}


def check_token(tenant: Tenant, call: Call) -> Any:
    """Check and consume a webhook token (contract 4.6); a bad token is no HTTP error."""
    given = [call.body[name] for name in ("token", "verificationToken") if call.body.get(name) is not None]
    if not given or len(set(given)) != 1:
        raise VendorError("BODY_VALIDATION_FAILED", "Invalid body: token", properties=["token"])
    target = Context(app_id=call.body["appId"], app_env=call.body["appEnv"])
    if target != call.context:
        # The credentials may only ask about themselves; the answer is that of a foreign token.
        target = Context(app_id="", app_env="")
    return tenant.tokens.check_and_consume(given[0], target, tenant.clock.now())


def health(_tenant: Tenant, _call: Call) -> Any:
    """GET the health of the service; the shape is an assumption."""
    return {"status": "ok"}


def _profiles(tenant: Tenant, context: Context) -> list[dict[str, Any]]:
    own = tenant.profiles.values() if context == tenant.home else ()
    return [profile.json(context) for profile in own]


def _environment(tenant: Tenant, context: Context) -> dict[str, Any]:
    active = [one.id for one in tenant.profiles.values() if one.status == "ACTIVE" and context == tenant.home]
    options, settings = tenant.options, tenant.settings
    return {
        "appEnv": context.app_env,
        "isApiKeyGenerated": True,
        **present(
            defaultSignerProfileId=active[0] if active else None,
            defaultSignatureLevel=settings.default_signature_level,
            originalFileRetentionDurationInDays=_days(options.original_retention),
            highLevelProofsRetentionDurationInDays=_days(options.proof_retention),
        ),
        "currentVersion": 1,
        "webhooks": [endpoint.json() for endpoint in tenant.hooks.of(context)],
        "languageCanBeChanged": not settings.language_fixed,
        "extendedAuthSessionEnabled": settings.extended_sessions,
        "apiKeys": [
            {
                **context.json(),
                "name": "Simulated key",
                "isRestricted": False,
                "displayableSecret": f"skv2_{context.app_env.lower()}_****",
                "status": tenant.credentials.status(context.app_env),
            }
        ],
        "ssoConfigs": [],
        "onlineProofsEnabled": True,
        "googleDrive": {"enabled": False, "userId": "", "folderName": ""},
    }


def _days(retention: timedelta | None) -> int | None:
    """Return whole days, rounded up."""
    return None if retention is None else -(-retention // timedelta(days=1))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v4/auth/app-api",
        handler=authenticate,
        body=shapes.AUTH,
        refusal="API_AUTH_BAD_REQUEST",
        public=True,
    ),
    Endpoint(method="GET", path="/v4/healthcheck", handler=health, public=True),
    get("/v4/applications/{appId}/context", application),
    post("/v4/tokens/webhook-verification/checking-consumption", check_token, shapes.TOKEN_CHECK),
)
PROFILES = (
    get(f"{APP}/signer-profiles", list_profiles),
    get(f"{APP}/signer-profiles/{{signerProfileId}}", get_profile),
    get(f"{APP}/signer-profiles/{{signerProfileId}}/inputs-needed", inputs_needed),
    get(f"{APP}/signature-profiles", list_profiles),  # deprecated, still called (contract 1, row 20)
    get(f"{_V3_PROFILE}/signer-inputs-constraints", inputs_constraints),
    get(f"{_V3_PROFILE}/signers/{{signerId}}/missing-inputs", missing_inputs),
)
