"""What an operator does in the vendor's console: no API does it, and a test or a person has to.

The same in Python, as methods, and over HTTP: `POST /_simulator/console` with the method's name as `do` and
its parameters beside it, such as `{"do": "disable_webhook", "webhook_id": "..."}`.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_type_hints

import attrs
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from paraph_ignisign.simulator import lifecycle
from paraph_ignisign.simulator.application import InvitedUser
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.model import Document, Profile, SignatureRequest, Signer
from paraph_ignisign.simulator.options import ProfileSpec
from paraph_ignisign.simulator.tables import APP_ENVS, SIGNER_STATES
from paraph_ignisign.simulator.tenant import Tenant, make_profile

_APPLICATION_ACTIONS = ("SETTINGS_UPDATED", "MEMBERSHIP_UPDATED", "ARCHIVED")
_APPLICATION_STATES = ("ACTIVE", "BLOCKED", "ARCHIVED", "ORG_ARCHIVED")


class Console:
    """The console of one application. Every method may be called from any thread.

    Raises LookupError for an id that does not exist and ValueError for a word that is not the vendor's.
    """

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def disable_webhook(self, webhook_id: str) -> None:
        """Pause an endpoint: nothing is sent to it and no event is recorded (assumption)."""
        self._switch(webhook_id, disabled=True)

    def enable_webhook(self, webhook_id: str) -> None:
        """Resume an endpoint."""
        self._switch(webhook_id, disabled=False)

    def add_profile(self, spec: ProfileSpec) -> str:
        """Make a signer profile; returns its id and announces SIGNATURE_PROFILE/CREATED."""
        with self._tenant.lock:
            profile = make_profile(spec)
            self._tenant.profiles[profile.id] = profile
            self._tenant.hooks.profile(profile, self._tenant.home, "CREATED")
            return profile.id

    def rename_profile(self, profile_id: str, name: str) -> None:
        """Change a profile: a new version, announced in the quick start's vocabulary only."""
        with self._tenant.lock:
            profile = self._profile(profile_id)
            profile.name, profile.version = name, profile.version + 1
            self._tenant.hooks.profile(profile, self._tenant.home, "UPDATED")

    def archive_profile(self, profile_id: str) -> None:
        """Archive a profile: no signer is made with it any more; announces SIGNATURE_PROFILE/ARCHIVED."""
        with self._tenant.lock:
            profile = self._profile(profile_id)
            profile.status = "ARCHIVED"
            self._tenant.hooks.profile(profile, self._tenant.home, "ARCHIVED")

    def archive_machine(self, m2m_id: str) -> None:
        """Archive the machine that seals: its seals are refused."""
        with self._tenant.lock:
            _found(self._tenant.machines, m2m_id, "machine").status = "ARCHIVED"

    def revoke_keys(self, app_env: str) -> None:
        """Revoke the API key and the old secret of one environment."""
        _one_of(app_env, APP_ENVS)
        with self._tenant.lock:
            self._tenant.credentials.revoke(app_env)

    def set_application_status(self, status: str) -> None:
        """Block, archive or reactivate the application; archiving is announced."""
        _one_of(status, _APPLICATION_STATES)
        with self._tenant.lock:
            self._tenant.status = status
            if status == "ARCHIVED":
                self.announce("ARCHIVED")

    def announce(self, action: str, user_id: str | None = None) -> None:
        """Emit an APP event to the endpoints of PRODUCTION; `user_id` for MEMBERSHIP_UPDATED alone."""
        _one_of(action, _APPLICATION_ACTIONS)
        with self._tenant.lock:
            member = user_id if action == "MEMBERSHIP_UPDATED" else None
            self._tenant.hooks.application(self._tenant.credentials.app_id, action, member)

    def answer_invitation(self, invitation_id: str, status: str) -> None:
        """Let an invited person accept or decline; a new member is announced."""
        _one_of(status, ("ACCEPTED", "DECLINED"))
        with self._tenant.lock:
            invited: InvitedUser = _found(self._tenant.invited, invitation_id, "invitation")
            invited.status = status
            if status == "ACCEPTED":
                self.announce("MEMBERSHIP_UPDATED", invited.id)

    def make_advanced_proof(self, document_id: str) -> None:
        """Announce SIGNATURE_PROOF/ADV_GENERATED for a document whose proofs exist."""
        with self._tenant.lock:
            request, document = self._document(document_id)
            self._tenant.hooks.proof_of(request, document)

    def fail_proof(self, document_id: str) -> None:
        """Announce that the proof of a document could not be made; its request's proofs are ON_ERROR."""
        with self._tenant.lock:
            request, document = self._document(document_id)
            request.proof_status = "ON_ERROR"
            self._tenant.hooks.proof_of(request, document, error={"errorCode": "DOCUMENT_PROOF_NOT_CREATED"})

    def fail_image(self, document_id: str, signer_id: str) -> None:
        """Announce that the image of a signature could not be made; the document shows it no longer."""
        with self._tenant.lock:
            request, document = self._document(document_id)
            signer: Signer = _found(self._tenant.signers, signer_id, "signer")
            request.imaged.discard(signer.id)
            error = {"errorCode": "SIGNATURE_IMAGE_NOT_CREATED"}
            self._tenant.hooks.image(request, document, signer, error=error)

    def hold_images(self) -> None:
        """Make no image of a signature from now on; proofs that need one are WAITING_IMAGES (assumption)."""
        with self._tenant.lock:
            self._tenant.images_held = True

    def release_images(self) -> None:
        """Make images again, first those that were held back, and then the proofs that waited for them."""
        with self._tenant.lock:
            lifecycle.release_images(self._tenant)

    def fail_request(self, request_id: str) -> None:
        """End a request that is under way as FAILED, and announce it; VendorError for any other."""
        with self._tenant.lock:
            request: SignatureRequest = _found(self._tenant.requests, request_id, "signature request")
            lifecycle.fail(self._tenant, request)

    def set_signer_status(self, signer_id: str, status: str) -> None:
        """Let a signer be PENDING or CORRUPTED, say; nothing announces it (contract 4 has no such event)."""
        _one_of(status, SIGNER_STATES)
        with self._tenant.lock:
            signer: Signer = _found(self._tenant.signers, signer_id, "signer")
            signer.status = status

    def change(self, **settings: Any) -> None:
        """Change settings of the application, by the names of `ConsoleSettings`; others stay as they are.

        What was accepted stays accepted: a request meets them when it is next updated or published.
        """
        with self._tenant.lock:
            self._tenant.settings = attrs.evolve(self._tenant.settings, **settings)

    def _switch(self, webhook_id: str, *, disabled: bool) -> None:
        with self._tenant.lock:
            _found(self._tenant.hooks.endpoints, webhook_id, "webhook endpoint").disabled = disabled

    def _profile(self, profile_id: str) -> Profile:
        found: Profile = _found(self._tenant.profiles, profile_id, "signer profile")
        return found

    def _document(self, document_id: str) -> tuple[SignatureRequest, Document]:
        document: Document = _found(self._tenant.documents, document_id, "document")
        return self._tenant.requests[document.request_id], document


def routes(console: Console) -> list[Route]:
    """Return the console's HTTP route; a wrong call is 400 with `{"error": ...}`."""
    return [Route("/_simulator/console", _serve(console), methods=["POST"])]


def _serve(console: Console) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            body = json.loads(await request.body())
            result = await run_in_threadpool(_do, console, body)
        except (ValueError, LookupError, TypeError, RecursionError, VendorError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"result": result})

    return serve


def _do(console: Console, body: Any) -> Any:
    given = dict(body) if isinstance(body, dict) else {}
    name = str(given.pop("do", ""))
    known = sorted(each for each in vars(Console) if not each.startswith("_"))
    if name not in known:
        raise ValueError(f"`do` must be one of {', '.join(known)}")
    method = getattr(console, name)
    if "spec" in given and get_type_hints(method).get("spec") is ProfileSpec:
        given["spec"] = _spec(given["spec"])
    return method(**given)


def _spec(given: Any) -> ProfileSpec:
    if not isinstance(given, dict):
        raise TypeError("`spec` must be an object")
    listed: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in given.items()}
    return ProfileSpec(**listed)


def _found(table: Mapping[str, Any], key: str, what: str) -> Any:
    if key not in table:
        raise LookupError(f"no {what} with this id; GET /_simulator/state lists what exists")
    return table[key]


def _one_of(word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        raise ValueError(f"expected one of {', '.join(words)}")
