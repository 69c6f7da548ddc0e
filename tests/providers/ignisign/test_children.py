"""Individualised requests: which children a parent has, what they are, and what the parent says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import NotReady
from paraph.model import Child, Document, FactType
from paraph_ignisign import IgnisignOptions, reading, sending
from paraph_ignisign.children import child_of, children_of
from paraph_ignisign.wire import CONVERTER, RequestContext
from support.hand import Talk
from support.ignisign_account import APP, PDF, account, carried, envelope, person

LIST = f"{APP}/signature-requests"
PARENT = {"_id": "r1", "status": "CHILDREN_GENERATED", "externalId": "attempt1", "signerIds": ["s1", "s2"]}
SENT = carried(
    envelope(signatories=[person("a"), person("b")], options=[IgnisignOptions(individualize=True)]),
    vendor_ref="r1",
    signatories={"a": "s1", "b": "s2"},
)


def context(**fields: object) -> RequestContext:
    """Read a context as the vendor writes it."""
    return CONVERTER.structure(fields, RequestContext)


def child(number: int, **more: object) -> dict[str, object]:
    """Make the context of the child of signer ``number``."""
    copies = [{"_id": f"d{number}", "externalId": "contract"}]
    base = {"_id": f"c{number}", "status": "IN_PROGRESS", "signerIds": [f"s{number}"], "documents": copies}
    return {**base, "externalId": "attempt1", "initialSignatureRequestId": "r1", **more}


def page(*requests: dict[str, object], total: int) -> dict[str, object]:
    """Make one page of the list."""
    return {"signatureRequests": list(requests), "paginationData": {"total": total, "page": 1}}


def read(talk: Talk, *numbers: int) -> None:
    """Answer the read of each child's context."""
    for number in numbers:
        talk.expect("GET", f"/v4/signature-requests/c{number}/context", reply=child(number))


def test_reading_a_parent_tells_its_children_and_nothing_of_what_they_did() -> None:
    """The list is read until every signer has a child, each child once; facts are the parent's own alone."""
    talk = Talk(reading.read(SENT, account()))
    talk.expect("GET", "/v4/signature-requests/r1/context", reply=PARENT)
    other = {"_id": "x", "status": "DRAFT", "initialSignatureRequestId": "r0"}
    own_name = {**PARENT, "initialSignatureRequestId": "r1"}
    talk.expect("GET", LIST, query={"page": "1"}, reply=page(child(2), other, own_name, total=90))
    talk.expect("GET", LIST, query={"page": "2"}, reply=page(child(1), total=90))
    read(talk, 2, 1)
    assert (
        Child(ref="c2", signatories=("s2",), documents=(("contract", "d2"),)),
        Child(ref="c1", signatories=("s1",), documents=(("contract", "d1"),)),
    ) == talk.result.children
    assert {("r1", FactType.ENVELOPE_CREATED)} == {
        (fact.subject.ref, fact.type) for fact in talk.result.facts
    }
    assert "attempt1" == talk.result.our_reference


def test_reading_a_child_does_not_claim_its_parents_reference() -> None:
    """A child repeats the parent's reference at the vendor; it is read as itself, and names its parent."""
    talk = Talk(reading.read(carried(vendor_ref="c1"), account()))
    talk.expect("GET", "/v4/signature-requests/c1/context", reply=child(1, signedBy=["s1"]))
    assert ("", ()) == (talk.result.our_reference, talk.result.children)
    facts = {(fact.subject.ref, fact.type, fact.target) for fact in talk.result.facts}
    assert ("r1", FactType.ENVELOPE_CHILD, "c1") in facts
    assert ("c1", FactType.SIGNATORY_SIGNED, "s1") in facts


def test_a_parent_that_is_a_child_tells_of_itself_alone() -> None:
    """Facts beside children are about the one parent, even where that names a parent of its own."""
    talk = Talk(reading.read(SENT, account()))
    grandchild = {**PARENT, "signerIds": ["s1"], "initialSignatureRequestId": "r0"}
    talk.expect("GET", "/v4/signature-requests/r1/context", reply=grandchild)
    talk.expect("GET", LIST, query={"page": "1"}, reply=page(child(1), total=1))
    read(talk, 1)
    assert {"r1"} == {fact.subject.ref for fact in talk.result.facts}


@given(data=st.data(), base=st.sampled_from([0, 1]), size=st.integers(1, 4))
def test_exactly_the_children_are_found_however_the_list_is_paged(
    data: st.DataObject, base: int, size: int
) -> None:
    """Any order, page size and page base: each child of this parent once, and no other request."""
    parents = data.draw(st.lists(st.sampled_from(["r1", "r0", None]), max_size=12))
    listed = [
        {"_id": f"q{n}", "status": "READY", "initialSignatureRequestId": parent}
        for n, parent in enumerate(parents)
    ]
    mine = {one["_id"] for one in listed if one["initialSignatureRequestId"] == "r1"}
    parent = context(**{**PARENT, "signerIds": [f"s{n}" for n in range(len(mine))]})
    talk = Talk(children_of(parent, SENT, account(), "r1"))
    reads: list[str] = []
    while not talk.over:
        request = talk._pending.request  # type: ignore[union-attr] # the flow is not over
        path = request.url.path
        if path.endswith("/context"):
            reads.append(path.split("/")[-2])
            talk.expect("GET", path, reply={"_id": reads[-1], "status": "READY"})
            continue
        number = int(request.url.params["page"]) - base
        shown = listed[max(number, 0) * size :][:size]
        talk.expect("GET", LIST, query=dict(request.url.params), reply=page(*shown, total=len(listed)))
    assert mine == {found.ref for found in talk.result}
    assert len(mine) == len(reads)


@pytest.mark.parametrize(
    ("names", "copies", "expected"),
    [
        (["a.pdf", "b.pdf"], [("b", "d1"), ("a", "d2")], {"b": "d1", "a": "d2"}),
        (["a.pdf", "b.pdf"], [(None, "d1"), ("a", "d2")], {"a": "d2"}),
        (["a.pdf", "b.pdf"], [(None, "d1"), (None, "d2")], {}),
        (["a.pdf"], [(None, "d1")], {"a": "d1"}),
        (["a.pdf"], [("stranger", "d1"), (None, "d2")], {}),
    ],
)
def test_copies_are_matched_by_our_reference(
    names: list[str], copies: list[tuple[str | None, str]], expected: dict[str, str]
) -> None:
    """A child's documents are ours by the reference that we gave; a single one is, whatever it is called."""
    documents = [Document.from_bytes(PDF, name=name) for name in names]
    written = [{"_id": ref, "externalId": local} for local, ref in copies]
    found = child_of(context(status="READY", documents=written), "c1", carried(envelope(documents=documents)))
    assert expected == dict(found.documents)


def test_a_childs_approvers_are_its_signatories_too() -> None:
    """Whoever acts in a child belongs to it, whether by signing or by approving."""
    found = child_of(context(status="READY", signerIds=["s1"], signerIdsAsApprover=["s9"]), "c1", SENT)
    assert ("s1", "s9") == found.signatories


def test_a_running_request_is_not_listed_for() -> None:
    """Only the status that tells of children causes the list to be read."""
    for status in ("DRAFT", "READY", "IN_PROGRESS", "COMPLETED", "CANCELLED"):
        talk = Talk(children_of(context(status=status), SENT, account(), "r1"))
        assert (True, ()) == (talk.over, talk.result)


def published(talk: Talk) -> None:
    """Answer publishing and the read after it."""
    talk.expect("POST", "/v4/signature-requests/r1/publish", reply={"signatureRequestId": "r1"})
    talk.expect("GET", "/v4/signature-requests/r1/context", reply=PARENT)


DONE: dict[str, Any] = {"signer:a": "s1", "signer:b": "s2", "request": "r1", "document:contract": "d0"}


def test_sending_tells_the_children_at_once() -> None:
    """The answer to publishing is read on: the children are known when the send ends."""
    journal = {**DONE, "content:contract": None, "describe": None}
    talk = Talk(sending.send(SENT, account()), journal=journal)
    published(talk)
    talk.expect("GET", LIST, query={"page": "1"}, reply=page(child(1), child(2), total=2))
    read(talk, 1, 2)
    assert ["c1", "c2"] == [found.ref for found in talk.result.children]


def test_a_failing_list_after_publishing_takes_nothing_back() -> None:
    """Children that cannot be read now are read later; the publication stands."""
    journal = {**DONE, "content:contract": None, "describe": None}
    talk = Talk(sending.send(SENT, account()), journal=journal)
    published(talk)
    while not talk.over:
        talk.expect("GET", LIST, query={"page": "1"}, status=503)
    assert () == talk.result.children
    assert {FactType.ENVELOPE_CREATED} == {fact.type for fact in talk.result.facts}


def test_a_parent_is_cancelled_by_its_children_alone() -> None:
    """Closing a parent whose children run would end nothing, so it is not tried; a draft is closed."""
    talk = Talk(reading.cancel(SENT, account(), ""))
    with pytest.raises(NotReady, match="refresh"):
        talk.expect("GET", "/v4/signature-requests/r1/context", reply=PARENT)
    draft = Talk(reading.cancel(SENT, account(), ""))
    draft.expect("GET", "/v4/signature-requests/r1/context", reply={**PARENT, "status": "DRAFT"})
    draft.expect("POST", "/v4/signature-requests/r1/close", reply={"signatureRequestId": "r1"})
    draft.expect("GET", "/v4/signature-requests/r1/context", reply={**PARENT, "status": "CANCELLED"})
    assert FactType.ENVELOPE_CANCELLED in {fact.type for fact in draft.result.facts}
