"""Every constraint that the contract states about publishing, reading, closing and deleting requests."""

from collections.abc import Iterator
from typing import Any

import pytest

from paraph_ignisign.simulator import create
from providers.ignisign.constraints import (
    BODY,
    EITHER,
    FAR,
    NO_LABEL,
    PUBLISH,
    Row,
    call,
    closed,
    completed,
    elsewhere,
    method,
    on_request,
    published,
    publishing,
    table,
)
from providers.ignisign.simulator_driver import FOREIGN_ID, Driver

CONDITIONS = "5, publish preconditions"
UNKNOWN = (404, "SIGNATURE_REQUEST_NOT_FOUND")


@pytest.fixture(scope="module")
def vendor() -> Iterator[Driver]:
    """Serve one simulator for the whole table; the rows do not touch each other's objects."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def publish(name: str, bad: Any, good: Any, code: str, *, place: str = CONDITIONS) -> Row:
    """Return a row about publishing a request with these fields."""
    return Row(f"publish {name}", place, (400, code), publishing(bad), publishing(good))


def content_removed(vendor: Driver, request_id: str) -> None:
    """Take the content of the request's document away; sets no field."""
    document_id = vendor.context(request_id)["documentIds"][0]
    vendor.ok("DELETE", f"/v4/documents/{document_id}/content")


def signer_revoked(vendor: Driver, request_id: str) -> None:
    """Revoke the request's signer; sets no field."""
    vendor.ok("DELETE", f"APP/signers/{vendor.context(request_id)['signerIds'][0]}/revoke")


def private(label: str) -> Any:
    """Return work that makes the request's document a private one, labelled `label` in the end."""

    def work(vendor: Driver, request_id: str) -> None:
        document_id = vendor.document(request_id, label="Kept")
        vendor.ok("POST", f"/v4/documents/{document_id}/private-content", {"documentHash": "ab" * 32})
        vendor.ok("PUT", f"/v4/signature-requests/{request_id}", {"documentIds": [document_id]})
        vendor.ok("PUT", f"/v4/documents/{document_id}", {"label": label})

    return work


def after(work: Any) -> Any:
    """Return fields that change nothing, after `work` was done."""

    def done(vendor: Driver, request_id: str) -> dict[str, Any]:
        work(vendor, request_id)
        return {}

    return done


EXPIRING = {"expirationDateIsActivated": True, "expirationDate": FAR}
SCHEDULED = {"diffusionMode": "SCHEDULED", "diffusionDate": FAR}
PAST = "2001-01-01T00:00:00Z"


@table(
    publish("without a title", {"title": None}, {"title": "x"}, f"{PUBLISH}NO_TITLE"),
    publish("with a blank title", {"title": "  "}, {"title": " x"}, f"{PUBLISH}NO_TITLE"),
    publish("without documents", {"documentIds": []}, {}, f"{PUBLISH}NO_DOCUMENTS"),
    publish("with documents never set", {"documentIds": None}, {}, f"{PUBLISH}NO_DOCUMENTS"),
    publish("without signers", {"signerIds": []}, {}, f"{PUBLISH}NO_SIGNERS"),
    publish("with signers never set", {"signerIds": None}, {}, f"{PUBLISH}NO_SIGNERS"),
    publish(
        "without a method",
        {"defaultSignatureMethod": None},
        {"defaultSignatureMethod": None, **method("SIMPLE_STD")},
        f"{PUBLISH}NO_DEFAULT_SIGNATURE_METHOD",
    ),
    publish(
        "without a diffusion mode",
        {"diffusionMode": None},
        {"diffusionMode": "WHEN_READY"},
        f"{PUBLISH}NO_DIFFUSION_MODE",
    ),
    publish(
        "scheduled without a date",
        {**SCHEDULED, "diffusionDate": None},
        SCHEDULED,
        f"{PUBLISH}DIFFUSION_MODE_IS_SCHEDULED_BUT_DIFFUSION_DATE_IS_MISSING",
    ),
    publish(
        "scheduled in the past",
        {**SCHEDULED, "diffusionDate": PAST},
        {"diffusionDate": PAST},
        f"{PUBLISH}DIFFUSION_DATE_IN_THE_PAST",
    ),
    publish(
        "expiring without a date",
        {**EXPIRING, "expirationDate": None},
        EXPIRING,
        f"{PUBLISH}EXPIRATION_DATE_IS_ACTIVATED_BUT_EXPIRATION_DATE_IS_MISSING",
    ),
    publish(
        "expiring in the past",
        {**EXPIRING, "expirationDate": PAST},
        {"expirationDateIsActivated": False, "expirationDate": PAST},
        f"{PUBLISH}EXPIRATION_DATE_IN_THE_PAST",
    ),
    publish(
        "expiring before it starts",
        {**EXPIRING, **SCHEDULED, "diffusionDate": "2095-01-01T00:00:00Z"},
        {**EXPIRING, **SCHEDULED, "diffusionDate": "2085-01-01T00:00:00Z"},
        f"{PUBLISH}EXPIRATION_DATE_BEFORE_DIFFUSION_DATE",
    ),
    publish("without content", after(content_removed), {}, f"{EITHER}AT_LEAST_ONE_DOCUMENT_HAVE_NO_CONTENT"),
    publish("with a revoked signer", after(signer_revoked), {}, "SIGNER_BAD_STATUS"),
    publish(
        "a private document without a label",
        after(private(label="")),
        after(private(label="Kept")),
        EITHER + NO_LABEL,
    ),
)
def test_publications(vendor: Driver, row: Row) -> None:
    """A request is not published that lacks what the row names, and stays a draft; with it, it is."""
    row.prove(vendor)


def parent(vendor: Driver) -> str:
    """Return an individualised request after its publication."""
    request_id = vendor.ready([vendor.signer()["signerId"]], individualizeRequests=True)
    vendor.publish(request_id)
    return request_id


def child(vendor: Driver) -> str:
    """Return the child of an individualised request."""
    parent_id = parent(vendor)
    listed = vendor.ok("GET", "APP/signature-requests")["signatureRequests"]
    return next(one["_id"] for one in listed if one.get("initialSignatureRequestId") == parent_id)


def ready(vendor: Driver) -> str:
    """Return a draft that can be published."""
    return vendor.ready([vendor.signer()["signerId"]])


def one(
    name: str, refused: tuple[int, str], *attempts: Any, place: str, suffix: str = "", body: Any = None
) -> Row:
    """Return a row of one route whose bad and good attempts differ in the request: (method, bad, good)."""
    verb, bad, good = attempts
    return Row(
        name,
        place,
        refused,
        on_request(verb, suffix, body, given=bad),
        on_request(verb, suffix, body, given=good),
    )


def known(verb: str, suffix: str, body: Any = None, *, good: Any = Driver.draft) -> list[Row]:
    """Return the rows that every route of a request has: its id is one, exists, and is of here."""
    label = f"{verb} request{suffix}"
    here = on_request(verb, suffix, body, given=good)
    path = f"/v4/signature-requests/{{}}{suffix}"
    strange = on_request(verb, suffix, body, given=elsewhere(Driver.draft))
    return [
        Row(
            f"{label} an id",
            "1, head",
            (400, "PARAMS_VALIDATION_FAILED"),
            call(verb, path.format(123), body),
            here,
        ),
        Row(f"{label} known", "1, codes", UNKNOWN, call(verb, path.format(FOREIGN_ID), body), here),
        Row(f"{label} of here", "5, application", (403, "INVALID_CONTEXT"), strange, here),
    ]


CREATE = "APP/signature-requests"
STATUS = "APP/signature-requests/status"
BAD_STATUS = (400, "SIGNATURE_REQUEST_BAD_STATUS")
QUERY = (400, "QUERY_VALIDATION_FAILED")


@table(
    *known("GET", "/context"),
    *known("PUT", "", {}),
    *known("POST", "/publish", {}, good=ready),
    *known("POST", "/close", {}),
    *known("DELETE", ""),
    Row(
        "init takes nothing", "1, row 22", BODY,
        call("POST", CREATE, {"title": "x"}), call("POST", CREATE, {}),
    ),
    Row("init is an object", "1, row 22", BODY, call("POST", CREATE, []), call("POST", CREATE, {})),
    Row(
        "init with an old profile's id", "9, row 16", BODY,
        call("POST", CREATE, {"signatureProfileId": 7}),
        call("POST", CREATE, {"signatureProfileId": FOREIGN_ID}),
    ),
    Row(
        "pages from one", "9, row 11", QUERY,
        call("GET", f"{CREATE}?page=0"), call("GET", f"{CREATE}?page=1"),
    ),
    Row("pages are numbers", "1, row 15", QUERY, call("GET", f"{CREATE}?page=x"), call("GET", CREATE)),
    Row(
        "pages have a size", "9, row 12", QUERY,
        call("GET", f"{CREATE}?pageSize=0"), call("GET", f"{CREATE}?pageSize=1"),
    ),
    Row(
        "states of ids", "2, batch status", BODY,
        call("POST", STATUS, {"signatureRequestIds": ["x"]}),
        call("POST", STATUS, {"signatureRequestIds": [FOREIGN_ID]}),
    ),
    Row(
        "states of an array", "2, batch status", BODY,
        call("POST", STATUS, {}), call("POST", STATUS, {"signatureRequestIds": []}),
    ),
    one("update a draft", BAD_STATUS, "PUT", published, ready, place="1, row 30", body={}),
    one("update what is not cancelled", BAD_STATUS, "PUT", closed, ready, place="1, row 30", body={}),
    one(
        "publish once", (400, f"{PUBLISH}REQUEST_ALREADY_PUBLISHED"), "POST", published, ready,
        place="1, row 27", suffix="/publish", body={},
    ),
    one(
        "publish what is not cancelled", (400, f"{PUBLISH}REQUEST_ALREADY_PUBLISHED"), "POST", closed, ready,
        place="1, row 27", suffix="/publish", body={},
    ),
    one(
        "publish no child again", (400, f"{PUBLISH}REQUEST_ALREADY_PUBLISHED"), "POST", child, ready,
        place="5, transitions", suffix="/publish", body={},
    ),
    Row(
        "publish takes nothing", "1, row 27", BODY,
        on_request("POST", "/publish", {"now": True}, given=ready),
        on_request("POST", "/publish", {}, given=ready),
    ),
    Row(
        "close takes nothing", "1, row 2", BODY,
        on_request("POST", "/close", {"now": True}, given=ready),
        on_request("POST", "/close", {}, given=ready),
    ),
    one(
        "close what goes on", (400, "SIGNATURE_REQUEST_ALREADY_COMPLETED"), "POST", completed, published,
        place="1, row 2", suffix="/close", body={},
    ),
    one(
        "close a child, not its parent", BAD_STATUS, "POST", parent, child,
        place="5, states", suffix="/close", body={},
    ),
    one("delete what does not go on", BAD_STATUS, "DELETE", published, closed, place="1, row 7"),
    one("delete no parent", BAD_STATUS, "DELETE", parent, Driver.draft, place="1, row 7"),
)  # fmt: skip
def test_requests(vendor: Driver, row: Row) -> None:
    """A call about a request is refused that violates the row's constraint, and accepted without."""
    row.prove(vendor)
