"""What the vendor mails: links for BY_SIDE people, and the proofs for recipients."""

from collections.abc import Iterable
from urllib.parse import quote

from paraph.testing.simulator import Mail
from paraph_ignisign.simulator.model import SignatureRequest, Signer
from paraph_ignisign.simulator.tenant import Tenant


def sign_link(tenant: Tenant, request: SignatureRequest, signer: Signer) -> str:
    """Return the address mailed to a BY_SIDE person; its format is an assumption (contract 7.3)."""
    token = quote(request.tokens[signer.id])
    return f"{tenant.sign_base()}/signature-requests/{request.id}/signers/{signer.id}/sign?token={token}"


def invite(tenant: Tenant, request: SignatureRequest, people: Iterable[Signer], words: str) -> None:
    """Mail their links to the BY_SIDE among `people`; the others get theirs from the application."""
    for one in people:
        if one.profile.integration_mode == "BY_SIDE":
            subject = f"{words}: {request.fields.get('title') or request.id}"
            mail = Mail(to=one.inputs["email"], subject=subject, link=sign_link(tenant, request, one))
            tenant.outbox.append(mail)


def share(tenant: Tenant, request: SignatureRequest) -> None:
    """Mail the page of the proofs to every recipient (assumption: that is what recipients are for)."""
    link = tenant.hooks.proof_url(request, request.proof_token)
    for address in request.recipients:
        subject = f"Signed: {request.fields.get('title') or request.id}"
        tenant.outbox.append(Mail(to=address, subject=subject, link=link))
