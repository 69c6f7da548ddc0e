"""Actions that end in the same state and are refused the second time: what a lost answer makes of them.

Over real HTTP against the simulated vendor, which refuses whatever is gone, and by hand where somebody else
has to come between two attempts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest

from paraph import errors
from paraph.flow import Flow
from paraph.model import Document
from paraph.testing.simulator import FaultKind
from paraph_ignisign import params as p
from paraph_ignisign.actions import ACTIONS
from paraph_ignisign.actions.repeating import GONE
from support.hand import Talk
from support.ignisign_account import APP, APP_ID, account
from support.ignisign_stage import ACCOUNT, PDF, Stage, staged

Given = Mapping[str, Any]
NOWHERE = "http://127.0.0.1:9/hook"
NOBODY: dict[str, list[str]] = {"DEVELOPMENT": [], "STAGING": [], "PRODUCTION": []}

BROKEN = (FaultKind.LOST, FaultKind.CUT, FaultKind.RESET, FaultKind.STATUS)
"""Of the first two the effect happened, of the others it did not; a client cannot tell."""


def act(stage: Stage, name: str, **given: Any) -> Any:
    return stage.call("call", ACCOUNT, name, **given)


def document(stage: Stage) -> Given:
    request = act(stage, "requests.init").signature_request_id
    made = act(stage, "documents.init", signature_request_id=request).document_id
    given = Document.from_bytes(PDF, name="contract.pdf")
    act(stage, "documents.upload", document_id=made, document=given)
    return {"document_id": made}


def request(stage: Stage) -> Given:
    return {"signature_request_id": act(stage, "requests.init").signature_request_id}


def endpoint(stage: Stage) -> Given:
    return {"webhook_id": act(stage, "webhooks.ensure", url=NOWHERE).webhook_id}


def invitation(stage: Stage) -> Given:
    (made,) = act(stage, "invitations.create", email="eve@example.org", roles=NOBODY).invitations
    return {"user_invitation_id": made.id}


def shown(result: Any) -> Any:
    """Return what of a result is the same for all objects of its kind."""
    return type(result).__name__, getattr(result, "status", None), getattr(result, "webhooks", None)


REFUSED: dict[str, tuple[Callable[[Stage], Given], str, str]] = {
    "documents.delete": (document, "/v4/documents/[^/]+", "DOCUMENT_NOT_FOUND"),
    "documents.remove_content": (document, "/v4/documents/[^/]+/content", "DOCUMENT_BAD_STATUS"),
    "requests.delete": (request, "/v4/signature-requests/[^/]+", "SIGNATURE_REQUEST_NOT_FOUND"),
    "webhooks.delete": (endpoint, "/v4/webhooks/[^/]+", "WEBHOOK_NOT_FOUND"),
    "invitations.delete": (invitation, "/.*/users-invitations/[^/]+", "NO_PENDING_USER_INVITATION"),
}
"""By action: what it needs, its path, and what a second call is refused with."""


@pytest.fixture(scope="module")
def stages() -> Iterator[Callable[[str], Stage]]:
    """One vendor for each kind of client."""
    with ExitStack() as stack:
        yield cache(lambda runner: stack.enter_context(staged(runner)))


@pytest.mark.parametrize("runner", ["sync", "async"])
@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("name", REFUSED)
def test_what_was_done_before_the_answer_was_lost_is_a_success(
    stages: Callable[[str], Stage], name: str, kind: FaultKind, runner: str
) -> None:
    """The result is that of a call whose answer came; without a fault a second call is refused."""
    stage = stages(runner)
    make, path, code = REFUSED[name]
    expected = shown(act(stage, name, **make(stage)))
    given = make(stage)
    stage.suffer(kind, ("DELETE", path))
    assert expected == shown(act(stage, name, **given))
    assert () == stage.simulator.faults.waiting(), "the fault was met"
    with pytest.raises(errors.VendorError) as control:
        act(stage, name, **given)
    assert (code, "none") == (control.value.code, control.value.effect)


def half_signed(stage: Stage, name: str) -> str:
    """Return a request of two people one of whom has signed: closing it completes it."""
    reference = stage.sent(name)
    stage.sign(name, ("ada",))
    return reference


@pytest.mark.parametrize("runner", ["sync", "async"])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_close_that_completed_is_an_unknown_effect(
    stages: Callable[[str], Stage], kind: FaultKind, runner: str
) -> None:
    """After a lost answer "already completed" may be the close's doing or the last signature's: look."""
    stage = stages(runner)
    reference = half_signed(stage, f"closed-{runner}-{kind.value}")
    stage.suffer(kind, ("POST", "/v4/signature-requests/[^/]+/close"))
    if kind in {FaultKind.LOST, FaultKind.CUT}:
        with pytest.raises(errors.ConnectionLost) as caught:
            act(stage, "requests.close", signature_request_id=reference)
        assert isinstance(caught.value.__cause__, errors.VendorRefused)
        assert "SIGNATURE_REQUEST_ALREADY_COMPLETED" == caught.value.__cause__.code
    else:
        assert reference == act(stage, "requests.close", requestId=reference).signature_request_id
    assert () == stage.simulator.faults.waiting()
    assert "COMPLETED" == act(stage, "requests.context", requestId=reference).status
    with pytest.raises(errors.VendorRefused, match="ALREADY_COMPLETED"):
        act(stage, "requests.close", signature_request_id=reference)


@pytest.mark.parametrize("runner", ["sync", "async"])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_close_that_cancelled_is_a_success(
    stages: Callable[[str], Stage], kind: FaultKind, runner: str
) -> None:
    """One that was cancelled already is closed, whichever attempt did it."""
    stage = stages(runner)
    given = request(stage)
    stage.suffer(kind, ("POST", "/v4/signature-requests/[^/]+/close"))
    assert given["signature_request_id"] == act(stage, "requests.close", **given).signature_request_id
    assert "CANCELLED" == act(stage, "requests.context", **given).status


def test_a_vendor_that_refuses_what_is_cancelled_says_that_it_is() -> None:
    """Should the vendor refuse a second close of a cancelled request, the first had succeeded."""
    talk = doubted("requests.close", p.RequestRef(signature_request_id="r"))
    close = ("POST", "/v4/signature-requests/r/close")
    talk.expect(*close, status=400, reply={"code": "SIGNATURE_REQUEST_CANCELLED"})
    assert "r" == talk.result.signature_request_id


def test_every_action_that_is_refused_the_second_time_is_tried() -> None:
    """The table above has all actions whose repetition may be refused, and the codes are among theirs."""
    assert set(GONE) == {*REFUSED, "requests.close"}
    for name, codes in GONE.items():
        assert codes <= set(ACTIONS[name].errors)
    assert all(code in GONE[name] for name, (_, _, code) in REFUSED.items())


# By hand


DOCUMENT, DELETED = p.DocumentRef(document_id="d"), ("DELETE", "/v4/documents/d")
EMPTIED = ("DELETE", "/v4/documents/d/content")
HOOK, UNHOOKED = p.WebhookRef(webhook_id="w"), ("DELETE", "/v4/webhooks/w")
HOOKS = ("GET", f"{APP}/webhooks")
INVITED = f"/v4/applications/{APP_ID}/users-invitations"
INVITATION, UNINVITED = p.InvitationRef(user_invitation_id="i"), ("DELETE", f"{INVITED}/i")


def running(name: str, given: Any) -> Flow[Any]:
    return ACTIONS[name].run(account(), given)


def doubted(name: str, given: Any) -> Talk:
    """Begin an action and lose its first answer."""
    talk = Talk(running(name, given))
    talk.fail(errors.ConnectionLost("the connection broke"))
    return talk


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "DOCUMENT_NOT_OWNED_BY_APP"),
        (400, "DOCUMENT_LOCKED"),
        (401, "OUTDATED_AUTH_JWT_TOKEN"),
        (404, ""),
    ],
)
def test_another_refusal_of_a_repetition_leaves_the_effect_unknown(status: int, code: str) -> None:
    """It says nothing of the first attempt, whose error is raised, with the refusal as its cause."""
    talk = doubted("documents.delete", DOCUMENT)
    with pytest.raises(errors.ConnectionLost) as caught:
        talk.expect(*DELETED, status=status, reply={"code": code})
    assert "unknown" == caught.value.effect
    assert isinstance(caught.value.__cause__, errors.VendorError)
    assert (status, "none") == (caught.value.__cause__.status, caught.value.__cause__.effect)


@pytest.mark.parametrize("status", [404, 400])
def test_a_refusal_of_the_first_attempt_is_a_refusal(status: int) -> None:
    """Nothing had happened before it; nor had it where nothing was sent, or the vendor asked for a pause."""
    for before in (None, errors.ConnectFailed("nobody listens"), errors.RateLimited("later")):
        talk = Talk(running("documents.delete", DOCUMENT))
        if before is not None:
            talk.fail(before)
        with pytest.raises(errors.VendorError, match="DOCUMENT_NOT_FOUND") as caught:
            talk.expect(*DELETED, status=status, reply={"code": "DOCUMENT_NOT_FOUND"})
        assert "none" == caught.value.effect


def test_a_vendor_that_stays_away_is_an_unknown_effect() -> None:
    """Also where the last of all attempts was never sent: the first may have been heard."""
    talk = doubted("documents.delete", DOCUMENT)
    for _ in range(2):
        talk.fail(errors.ConnectFailed("nobody listens"))
    with pytest.raises(errors.ConnectionLost):
        talk.fail(errors.ConnectFailed("nobody listens"))


def test_content_that_is_there_was_not_taken_out() -> None:
    """A document that still has content after the refusal was refused for another reason."""
    for status in ("PROVIDED", "CLEANED"):
        talk = doubted("documents.remove_content", DOCUMENT)
        talk.expect(*EMPTIED, status=400, reply={"code": "DOCUMENT_BAD_STATUS"})
        with pytest.raises(errors.ConnectionLost):
            talk.expect("GET", "/v4/documents/d", reply={"_id": "d", "status": status})


def test_an_endpoint_that_is_still_listed_was_not_deleted() -> None:
    """The list that is the result has to lack it; a list that cannot be read proves nothing either."""
    answers: list[dict[str, Any]] = [
        {"reply": [{"_id": "w", "url": NOWHERE}]},
        {"reply": {}, "status": 403},
    ]
    for answer in answers:
        talk = doubted("webhooks.delete", HOOK)
        talk.expect(*UNHOOKED, status=404, reply={"code": "WEBHOOK_NOT_FOUND"})
        with pytest.raises(errors.ConnectionLost):
            talk.expect(*HOOKS, **answer)


@pytest.mark.parametrize("status", ["ACCEPTED", "DECLINED", "PENDING", "CANCELED", None])
def test_an_invitation_that_was_answered_meanwhile_was_not_taken_back(status: str | None) -> None:
    """Nothing is pending after an answer, too: the list tells which it was."""
    talk = doubted("invitations.delete", INVITATION)
    talk.expect(*UNINVITED, status=400, reply={"code": "NO_PENDING_USER_INVITATION"})
    listed = [{"_id": "i", "email": "eve@example.org", "status": status}] if status else []
    if status in {"CANCELED", None}:
        talk.expect("GET", INVITED, reply=listed)
        assert talk.over
    else:
        with pytest.raises(errors.ConnectionLost):
            talk.expect("GET", INVITED, reply=listed)


def test_a_route_that_is_unknown_is_no_object_that_is_gone() -> None:
    """A 404 without a code of the vendor's proves no deletion, and no missing route after a lost answer."""
    given = p.RequestRef(signature_request_id="r")
    talk = doubted("requests.delete", given)
    with pytest.raises(errors.ConnectionLost):
        talk.expect("DELETE", "/v4/signature-requests/r", status=404, reply=b"Cannot DELETE")
