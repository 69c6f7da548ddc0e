"""How long the vendor keeps files of a request that has ended, and its proofs (contract 5, CLEANED)."""

from paraph_ignisign.simulator.drafts import while_kept
from paraph_ignisign.simulator.model import SignatureRequest
from paraph_ignisign.simulator.tenant import Tenant


def keep_originals(tenant: Tenant, request: SignatureRequest) -> None:
    """Plan the end of an ended request's files, by the days that the application has set, if any."""
    if tenant.options.original_retention is not None:
        due = tenant.clock.now() + tenant.options.original_retention
        tenant.agenda.at(due, while_kept(tenant, request, _clean_originals))


def keep_proofs(tenant: Tenant, request: SignatureRequest) -> None:
    """Plan the end of proofs that were just made (assumption: the days count from then)."""
    if tenant.options.proof_retention is not None:
        due = tenant.clock.now() + tenant.options.proof_retention
        tenant.agenda.at(due, while_kept(tenant, request, _clean_proofs))


def _clean_originals(tenant: Tenant, request: SignatureRequest) -> None:
    request.originals_cleaned = True
    for document in tenant.documents_of(request):
        document.status, document.content = "CLEANED", None


def _clean_proofs(tenant: Tenant, request: SignatureRequest) -> None:
    if request.proof_status == "CREATED":
        request.proofs_cleaned, request.proof_status = True, "CLEANED"
        for document in tenant.documents_of(request):
            document.signed = None
