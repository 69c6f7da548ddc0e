"""Webhooks as the vendor emits them (contract 4): one event record per endpoint, one fresh token per attempt.

Contents follow the models (4.4). With the quick start's vocabulary the action names change, and so do the
contents of SIGNATURE and SIGNATURE_PROOF, and the nature INFO, which the quick start does not know.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from threading import RLock
from typing import Any

from paraph.testing.simulator import Attempt, SimulatedClock, WebhookQueue
from paraph_ignisign.simulator.credentials import TechnicalTokens, new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.model import Context, Document, Profile, SignatureRequest, Signer, present
from paraph_ignisign.simulator.subscriptions import WebhookEndpoint, WebhookEvent
from paraph_ignisign.simulator.tables import QUICKSTART_ACTIONS, QUICKSTART_FAILURES


class Hooks:
    """The endpoints of the application and the events sent to them; `lock` is the simulator's."""

    def __init__(
        self,
        *,
        queue: WebhookQueue,
        clock: SimulatedClock,
        tokens: TechnicalTokens,
        lock: RLock,
        quickstart: bool,
        sign_base: Callable[[], str],
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._tokens = tokens
        self._lock = lock
        self._quickstart = quickstart
        self._sign_base = sign_base
        self.endpoints: dict[str, WebhookEndpoint] = {}

    def add(self, context: Context, url: str, description: str | None = None) -> WebhookEndpoint:
        """Register an endpoint; the same URL twice makes two (contract 1, row 5)."""
        endpoint = WebhookEndpoint(
            id=new_id(), context=context, url=url, description=description, created_at=self._clock.now()
        )
        self.endpoints[endpoint.id] = endpoint
        return endpoint

    def of(self, context: Context) -> list[WebhookEndpoint]:
        """Return the endpoints of one environment, oldest first."""
        return [endpoint for endpoint in self.endpoints.values() if endpoint.context == context]

    def endpoint(self, webhook_id: str, context: Context) -> WebhookEndpoint:
        """Return one endpoint; WEBHOOK_NOT_FOUND for an unknown or foreign one."""
        endpoint = self.endpoints.get(webhook_id)
        if endpoint is None or endpoint.context != context:
            raise VendorError("WEBHOOK_NOT_FOUND")
        return endpoint

    def send(self, event: WebhookEvent, endpoint: WebhookEndpoint) -> None:
        """Queue one attempt of `event`, the first or a resent one."""
        event.status = "PENDING"
        self._queue.submit(
            endpoint.url, lambda: self._body(event), lambda attempt: self._answered(event, attempt)
        )

    def signer(self, signer: Signer, action: str, inputs_added: list[str] | None = None) -> None:
        """Emit SIGNER/CREATED or SIGNER/INPUTS_ADDED."""
        content = present(
            **signer.context.json(),
            signerId=signer.id,
            signerExternalId=signer.external_id,
            inputsAdded=inputs_added,
        )
        self._emit(signer.context, "SIGNER", action, "INFO", content)

    def request(
        self,
        request: SignatureRequest,
        action: str,
        *,
        signers: list[Signer] | None = None,
        nature: str = "INFO",
        error: dict[str, Any] | None = None,
    ) -> None:
        """Emit an event about a request; `signers` are those who may act now, with their tokens.

        `error` makes it a failure, whatever `nature` says: `{"errorCode": ..., "message"?, "context"?}`.
        """
        content = present(
            signatureRequestId=request.id,
            status=request.status,
            signatureRequestExternalId=request.external_id,
            signers=None if signers is None else invitations(request, signers),
            initialSignatureRequestId=request.parent_id,
        )
        self._emit(
            request.context, "SIGNATURE_REQUEST", action, "ERROR" if error else nature, content, error=error
        )

    def session(self, request: SignatureRequest, signer: Signer, *, again: bool = False) -> None:
        """Emit SIGNATURE_SESSION/INITIALIZED (source 002), or `again` the quick start's UPDATED."""
        if again and not self._quickstart:
            return
        content = present(
            signatureRequestId=request.id,
            signatureRequestExternalId=request.external_id,
            signerId=signer.id,
            signerExternalId=signer.external_id,
        )
        action = "UPDATED" if again else "INITIALIZED"
        self._emit(request.context, "SIGNATURE_SESSION", action, "INFO", content)

    def signature(
        self, request: SignatureRequest, document: Document, signer: Signer, signature_id: str | None
    ) -> None:
        """Emit SIGNATURE/FINALIZED for one signer and one document; without an id, SIGNATURE/FAILED."""
        if signature_id is None:
            error = {"errorCode": "DOCUMENT_SIGNATURE_FAILED", "context": {"documentId": document.id}}
            self._emit(request.context, "SIGNATURE", "FAILED", "ERROR", error=error)
            return
        content = present(
            signatureRequestId=request.id,
            signatureRequestExternalId=request.external_id,
            signerId=signer.id,
        )
        if self._quickstart:
            content["signatureMethod"] = "DRAW"
        else:
            content |= present(
                **request.context.json(),
                documentNature=document.nature,
                signerExternalId=signer.external_id,
                documentId=document.id,
                documentExternalId=document.details.get("externalId"),
                signatureId=signature_id,
            )
        self._emit(request.context, "SIGNATURE", "FINALIZED", "SUCCESS", content)

    def proof(self, request: SignatureRequest, documents: list[Document]) -> None:
        """Emit SIGNATURE_PROOF/GENERATED: a token per document and one for the whole request."""
        content = present(
            signatureRequestId=request.id,
            signatureRequestExternalId=request.external_id,
            signatureProofToken=request.proof_token,
            signatureProofUrl=self.proof_url(request, request.proof_token),
        )
        if self._quickstart:
            content["documents"] = [
                {
                    "documentId": one.id,
                    "name": one.label,
                    "contentType": one.mime_type or "application/json",
                    "documentProofToken": one.proof_token,
                    "documentProofUrl": self.proof_url(request, one.proof_token),
                }
                for one in documents
            ]
        else:
            content |= request.context.json()
            content["documents"] = [
                present(
                    documentId=one.id,
                    documentExternalId=one.details.get("externalId"),
                    token=one.proof_token,
                    url=self.proof_url(request, one.proof_token),
                )
                for one in documents
            ]
        self._emit(request.context, "SIGNATURE_PROOF", "GENERATED", "SUCCESS", content)

    def proof_of(
        self, request: SignatureRequest, document: Document, *, error: dict[str, Any] | None = None
    ) -> None:
        """Emit what concerns one document: SIGNATURE_PROOF/ADV_GENERATED, or GENERATED that failed."""
        content = present(
            **self._about(request, document),
            signatureProofToken=request.proof_token,
            signatureProofUrl=self.proof_url(request, request.proof_token) if request.proof_token else None,
        )
        action, nature = ("GENERATED", "ERROR") if error else ("ADV_GENERATED", "SUCCESS")
        self._emit(request.context, "SIGNATURE_PROOF", action, nature, content, error=error)

    def image(
        self,
        request: SignatureRequest,
        document: Document,
        signer: Signer,
        *,
        error: dict[str, Any] | None = None,
    ) -> None:
        """Emit SIGNATURE_SIGNER_IMAGE/GENERATED for one signer and document; with an `error`, a failure."""
        content = present(
            **self._about(request, document), signerId=signer.id, signerExternalId=signer.external_id
        )
        nature = "ERROR" if error else "SUCCESS"
        self._emit(request.context, "SIGNATURE_SIGNER_IMAGE", "GENERATED", nature, content, error=error)

    def profile(self, profile: Profile, context: Context, action: str) -> None:
        """Emit SIGNATURE_PROFILE/CREATED or ARCHIVED; UPDATED is known to the quick start alone."""
        if action != "UPDATED" or self._quickstart:
            self._emit(context, "SIGNATURE_PROFILE", action, "INFO", {"signatureProfileId": profile.id})

    def application(self, app_id: str, action: str, user_id: str | None = None) -> None:
        """Emit an APP event: only endpoints registered in PRODUCTION get it (contract 4.1)."""
        context = Context(app_id=app_id, app_env="PRODUCTION")
        self._emit(context, "APP", action, "INFO", present(userId=user_id))

    def _about(self, request: SignatureRequest, document: Document) -> dict[str, Any]:
        return present(
            **request.context.json(),
            documentId=document.id,
            documentExternalId=document.details.get("externalId"),
            signatureRequestId=request.id,
            signatureRequestExternalId=request.external_id,
        )

    def proof_url(self, request: SignatureRequest, token: str | None) -> str:
        """Return the address of a proof page (contract 4.4)."""
        return f"{self._sign_base()}/signature-requests/{request.id}/proofs?t={token}"

    def _emit(
        self,
        context: Context,
        topic: str,
        action: str,
        nature: str,
        content: dict[str, Any] | None = None,
        *,
        error: dict[str, Any] | None = None,
    ) -> None:
        if self._quickstart:
            failed = nature == "ERROR" and topic in QUICKSTART_FAILURES
            renamed = "FAILED" if failed else QUICKSTART_ACTIONS.get((topic, action), action)
            if renamed is None:
                return
            action, nature = renamed, "SUCCESS" if nature == "INFO" else nature
        for endpoint in self.of(context):
            if not endpoint.disabled and topic not in endpoint.disabled_topics:
                event = WebhookEvent(
                    id=new_id(),
                    context=context,
                    webhook_id=endpoint.id,
                    topic=topic,
                    action=action,
                    nature=nature,
                    content=content,
                    error=error,
                    created_at=self._clock.now(),
                )
                endpoint.events.append(event)
                self.send(event, endpoint)

    def _body(self, event: WebhookEvent) -> bytes:
        with self._lock:
            token = self._tokens.mint(TechnicalTokens.WEBHOOK, event.context, self._clock.now())
            return json.dumps(event.payload(token)).encode()

    def _answered(self, event: WebhookEvent, attempt: Attempt) -> None:
        with self._lock:
            event.status = "SUCCESS" if attempt.status_code == HTTPStatus.OK else "FAILED"
            event.response = present(status=attempt.status_code, statusText=attempt.reason)


def invitations(request: SignatureRequest, signers: list[Signer]) -> dict[str, Any]:
    """Return signersBySide and signersEmbedded; only the latter get a token (contract 4.4, 7.1 step 10)."""
    return {
        "signersBySide": [
            present(signerId=one.id, signerExternalId=one.external_id) for one in signers if not one.embedded
        ],
        "signersEmbedded": [
            present(signerId=one.id, signerExternalId=one.external_id, token=request.tokens[one.id])
            for one in signers
            if one.embedded
        ],
    }
