"""One reading call of each peer's SDK, as its documentation shows it, with an answer of about 1 KB.

Each is told the canned server's address, gets the answer that its own models want, and keeps one client, as
an application would. What cannot be imported is left out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.method import peer
from benchmarks.server import Canned, canned

ID = "64f1b2c3d4e5f60718293a4b"
PEOPLE = (("Ada Lovelace", "ada@example.org"), ("Grace Hopper", "grace@example.org"))
AT = "2026-11-20T09:30:00.000Z"

SIGNNOW = {
    "id": ID,
    "user_id": ID,
    "document_name": "Employment contract",
    "page_count": "12",
    "created": 1763631000,
    "updated": 1763632000,
    "original_filename": "contract.pdf",
    "owner": "sender@example.org",
    "template": False,
    "signatures": [],
    "roles": [
        {"unique_id": ID, "signing_order": str(order), "name": name} for order, (name, _) in enumerate(PEOPLE)
    ],
    "field_invites": [
        {"id": ID, "status": "pending", "created": AT, "email": email, "role": name, "expiration_time": AT}
        for name, email in PEOPLE
    ],
    "settings": {"no_document_attachment": 0, "no_user_attachment": 0, "no_add_signature_stamp": False},
}
UNIFIED = {
    "id": ID,
    "name": "Employment contract",
    "description": "Contract and annex",
    "status": "IN_PROGRESS",
    "created_at": AT,
    "sent_at": AT,
    "updated_at": AT,
    "expires_at": "2026-12-20T09:30:00.000Z",
    "creator_id": ID,
    "metadata": [
        {"namespace": "signing", "slug": f"field_{n}", "value": email} for n, (_, email) in enumerate(PEOPLE)
    ],
    "raw": {
        "signatories": [{"id": ID, "name": name, "email": email, "status": "SENT"} for name, email in PEOPLE]
    },
}
DOCUMENSO = {
    "data": [
        {
            "id": ID,
            "name": name,
            "userId": 1,
            "teamId": 1,
            "parentId": None,
            "pinned": False,
            "createdAt": AT,
            "updatedAt": AT,
            "visibility": "EVERYONE",
            "type": "DOCUMENT",
        }
        for name, _ in PEOPLE * 2
    ],
    "count": 4,
    "currentPage": 1,
    "perPage": 10,
    "totalPages": 1,
}
DOCUSIGN = {
    "envelopeId": ID,
    "status": "sent",
    "statusChangedDateTime": AT,
    "createdDateTime": AT,
    "sentDateTime": AT,
    "emailSubject": "Employment contract",
    "emailBlurb": "Contract and annex",
    "envelopeUri": f"/envelopes/{ID}",
    "documentsUri": f"/envelopes/{ID}/documents",
    "recipientsUri": f"/envelopes/{ID}/recipients",
    "signingLocation": "online",
    "expireDateTime": "2026-12-20T09:30:00.000Z",
    "sender": {"userName": "Sender", "userId": ID, "email": "sender@example.org"},
    "recipients": {
        "signers": [
            {"recipientId": str(n), "name": name, "email": email, "status": "sent", "routingOrder": "1"}
            for n, (name, email) in enumerate(PEOPLE)
        ],
        "recipientCount": "2",
    },
}

ROUTES: Mapping[tuple[str, str], Canned] = {
    ("GET", f"/signnow/document/{ID}"): canned(SIGNNOW),
    ("GET", f"/unified/signing/c1/document/{ID}"): canned(UNIFIED),
    ("GET", "/documenso/folder"): canned(DOCUMENSO),
    ("GET", f"/docusign/v2.1/accounts/a1/envelopes/{ID}"): canned(DOCUSIGN),
}


@contextlib.contextmanager
def calls(base: str) -> Iterator[Mapping[str, Callable[[], object]]]:
    """Give one call of each SDK that is installed, by name."""
    makers = {"signnow": _signnow, "unified": _unified, "documenso": _documenso, "docusign": _docusign}
    with contextlib.ExitStack() as stack:
        yield {name: call for name, make in makers.items() if (call := make(base, stack)) is not None}


def _signnow(base: str, stack: contextlib.ExitStack) -> Callable[[], object] | None:
    client, config, request, token = (
        peer(f"signnow.{name}") for name in ("core.api_client", "core.config", "core.request", "core.token")
    )
    reading = peer("signnow.api.document.request")
    httpx = peer("httpx")
    if client is None:
        return None
    settings = config.ConfigRepository(
        {**config.ConfigDefaults.get_defaults(), "SIGNNOW_API_HOST": f"{base}/signnow"}
    )
    api = client.ApiClient(
        client=stack.enter_context(httpx.Client()),
        api_endpoint_resolver=request.ApiEndpointResolver(),
        config_repository=settings,
        basic_token=token.BasicToken("basic"),
        bearer_token=token.BearerToken("token"),
    )
    return lambda: api.send(reading.DocumentGetRequest().with_document_id(ID)).response


def _unified(base: str, stack: contextlib.ExitStack) -> Callable[[], object] | None:
    sdk, shared = peer("unified_python_sdk"), peer("unified_python_sdk.models.shared")
    if sdk is None:
        return None
    client = stack.enter_context(
        sdk.UnifiedTo(security=shared.Security(jwt="token"), server_url=f"{base}/unified")
    )
    return lambda: (
        client.signing.get_signing_document(request={"connection_id": "c1", "id": ID}).signing_document
    )


def _documenso(base: str, stack: contextlib.ExitStack) -> Callable[[], object] | None:
    sdk = peer("documenso_sdk")
    if sdk is None:
        return None
    client: Any = stack.enter_context(sdk.Documenso(api_key="key", server_url=f"{base}/documenso"))
    return lambda: client.folders.find(page=1)


def _docusign(base: str, stack: contextlib.ExitStack) -> Callable[[], object] | None:  # noqa: ARG001 - nothing to close
    sdk = peer("docusign_esign")
    if sdk is None:
        return None
    client = sdk.ApiClient(host=f"{base}/docusign")
    client.set_default_header("Authorization", "Bearer token")
    envelopes = sdk.EnvelopesApi(client)
    return lambda: envelopes.get_envelope("a1", ID)
