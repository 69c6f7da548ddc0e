"""Describing a workflow that was made elsewhere, as far as the dialect's status shows it (contract 4).

That is little: ids of signers and files and where they stand, no names and no titles. Whoever has the
description gives it, with the ids that SIGN8 shows in place of local ones where there are several.
"""

from __future__ import annotations

from paraph.flow import Flow, now
from paraph.model import Document, Envelope, Observation, Signatory, Source, Trust
from paraph.provider import Account, Adopted, Carried
from paraph_sign8 import actions, wire
from paraph_sign8.dialect.words import WorkflowStatus
from paraph_sign8.params import WorkflowRef
from paraph_sign8.settings import Sign8Settings
from paraph_sign8.states import facts_of, meaning_of


def adopt(vendor_ref: str, account: Account[Sign8Settings]) -> Flow[Adopted]:
    """Describe a workflow as its status shows it; see ``Adopts.adopt``.

    A status word that the dialect does not know may be a draft's, so it counts as one.
    """
    wire.require(account, "status")
    status = yield from actions.WORKFLOW_STATUS.run(account, WorkflowRef(workflow_id=vendor_ref))
    signatories = tuple((f"s{n}", each.id) for n, each in enumerate(status.signers or (), start=1))
    documents = tuple((f"d{n}", each) for n, each in enumerate(status.file_ids or (), start=1))
    envelope = Envelope(
        documents=[Document(id=local, name=f"{local}.pdf", sha256="", size=0) for local, _ in documents],
        signatories=[Signatory(id=local) for local, _ in signatories],
    )
    carried = Carried(
        envelope=envelope,
        reference="",
        vendor_ref=vendor_ref,
        signatories=dict(signatories),
        documents=dict(documents),
    )
    at = yield from now()
    return Adopted(
        envelope=envelope,
        signatories=signatories,
        documents=documents,
        published=meaning_of(status, account.settings.spoken) not in {None, WorkflowStatus.DRAFT},
        observation=Observation(
            source=Source.POLL,
            trust=Trust.CONFIRMED,
            observed_at=at,
            facts=facts_of(status, carried, account),
        ),
    )
