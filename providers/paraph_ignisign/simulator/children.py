"""One request per signer out of an individualised one (contract 5).

A child has copies of the parent's documents, its one signer, the parent's id and everything else as the
parent has it, the `externalId` too; it is published from its first moment.
"""

from typing import Any

import attrs

from paraph_ignisign.simulator.credentials import new_id
from paraph_ignisign.simulator.model import Document, SignatureRequest
from paraph_ignisign.simulator.tenant import Tenant


def make_children(tenant: Tenant, parent: SignatureRequest) -> list[SignatureRequest]:
    """Return the children of `parent`, in the order of its signers."""
    return [_child(tenant, parent, signer_id) for signer_id in parent.signer_ids]


def _child(tenant: Tenant, parent: SignatureRequest, signer_id: str) -> SignatureRequest:
    child = SignatureRequest(
        id=new_id(),
        context=parent.context,
        created_at=tenant.clock.now(),
        kind=parent.kind,
        published=True,
        default_method=parent.default_method,
        profiles_used=[
            {**one, "signerIds": [signer_id]} for one in parent.profiles_used if signer_id in one["signerIds"]
        ],
    )
    copies = {one.id: _copy(child, one) for one in tenant.documents_of(parent)}
    child.made = {copy.id: copy for copy in copies.values()}
    tenant.documents |= child.made
    child.fields = {
        **parent.fields,
        "individualizeRequests": False,
        "initialSignatureRequestId": parent.id,
        "signerIds": [signer_id],
        "documentIds": list(child.made),
        "statements": [_statement(child, one, copies) for one in parent.statements],
    }
    tenant.requests[child.id] = child
    return child


def _copy(child: SignatureRequest, document: Document) -> Document:
    return attrs.evolve(
        document, id=new_id(), request_id=child.id, details=dict(document.details), signatures=[]
    )


def _statement(
    child: SignatureRequest, statement: dict[str, Any], copies: dict[str, Document]
) -> dict[str, Any]:
    about = statement.get("documentId")
    moved = {"documentId": copies[about].id} if about in copies else {}
    return {**statement, "_id": new_id(), "signatureRequestId": child.id, **moved}
