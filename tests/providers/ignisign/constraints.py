"""A constraint as a row: how it is violated, how the same call respects it, and what the vendor says.

Every row is tried both ways against the simulator: the violation has to get its status and code, and the
other call has to be accepted, else the row would prove nothing but a broken call.
"""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import attrs
import httpx
import pytest

from paraph.testing.simulator import Person
from paraph_ignisign.simulator import IgnisignSimulator
from providers.ignisign.simulator_driver import Driver

Value = Any
"""A JSON value in which a callable of (driver, request id) stands for what it returns."""

Attempt = Callable[[Driver], httpx.Response]

EITHER = "CANNOT_UPDATE_OR_PUBLISH_SIGNATURE_REQUEST__"
PUBLISH = "CANNOT_PUBLISH_SIGNATURE_REQUEST__"
UPDATE = "CANNOT_UPDATE_SIGNATURE_REQUEST__"
NO_LABEL = "AT_LEAST_ONE_DOCUMENT_IS_IN_FULL_PRIVACY_MODE_OR_HAVE_A_DOCUMENT_REQUEST_BUT_HAVE_NO_LABEL"
MISMATCH = "SIGNATURE_REQUEST_DTO_NOT_MATCH_WITH_SIGNATURE_PROFILE__"
BODY = (400, "BODY_VALIDATION_FAILED")
FAR = "2090-01-01T00:00:00Z"


@attrs.frozen
class Row:
    """One constraint of the contract: where it stands, who violates it, who respects it, what comes."""

    name: str
    place: str
    refused: tuple[int, str]
    bad: Attempt
    good: Attempt

    def prove(self, vendor: Driver) -> None:
        """Try the violation and its twin."""
        answer = self.bad(vendor)
        assert self.refused == (answer.status_code, answer.json().get("code")), answer.text
        twin = self.good(vendor)
        assert 200 == twin.status_code, twin.text


def table(*rows: Row) -> pytest.MarkDecorator:
    """Return the parametrisation over `rows`; two rows of one name are an error."""
    assert len(rows) == len({row.name for row in rows})
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


def call(method: str, path: str, body: Any = None) -> Attempt:
    """Return an attempt that needs no preparation."""
    return lambda vendor: vendor.raw(method, path, body)


def resolved(value: Value, vendor: Driver, request_id: str) -> Any:
    """Return `value` with its callables called."""
    if callable(value):
        return value(vendor, request_id)
    if isinstance(value, dict):
        return {name: resolved(one, vendor, request_id) for name, one in value.items()}
    return [resolved(one, vendor, request_id) for one in value] if isinstance(value, list) else value


def updating(fields: Value) -> Attempt:
    """Return an attempt to update a fresh draft."""

    def attempt(vendor: Driver) -> httpx.Response:
        request_id = vendor.draft()
        before = vendor.context(request_id)["status"], vendor.context(request_id).get("title")
        body = resolved(fields, vendor, request_id)
        answer = vendor.raw("PUT", f"/v4/signature-requests/{request_id}", body)
        if answer.status_code != 200:
            after = vendor.context(request_id)
            assert before == (after["status"], after.get("title")), "a refused update changes nothing"
        return answer

    return attempt


def publishing(fields: Value) -> Attempt:
    """Return an attempt to publish a request that lacks nothing, after `fields` were put over it."""

    def attempt(vendor: Driver) -> httpx.Response:
        request_id = vendor.ready([vendor.signer()["signerId"]])
        path = f"/v4/signature-requests/{request_id}"
        if body := resolved(fields, vendor, request_id):
            vendor.ok("PUT", path, body)
        answer = vendor.raw("POST", f"{path}/publish", {})
        status = vendor.context(request_id)["status"]
        assert (answer.status_code == 200) == (status != "DRAFT"), "a refused request stays a draft"
        return answer

    return attempt


def on_request(method: str, suffix: str, body: Any = None, *, given: Callable[[Driver], str]) -> Attempt:
    """Return an attempt on the request that `given` makes."""
    return lambda vendor: vendor.raw(method, f"/v4/signature-requests/{given(vendor)}{suffix}", body)


def on_document(method: str, suffix: str, body: Any = None, *, given: Callable[[Driver], str]) -> Attempt:
    """Return an attempt on the document that `given` makes."""
    return lambda vendor: vendor.raw(method, f"/v4/documents/{given(vendor)}{suffix}", body)


def elsewhere(make: Callable[[Driver], str]) -> Callable[[Driver], str]:
    """Return a maker of the same thing in another environment."""

    def made(vendor: Driver) -> str:
        with Driver(vendor.simulator, vendor.base_url, "PRODUCTION") as other:
            return make(other)

    return made


def completed(vendor: Driver) -> str:
    """Return the id of a request that its only signer signed."""
    request_id, link = vendor.published()
    Person(name="Ada Lovelace").sign(link)
    return request_id


def published(vendor: Driver) -> str:
    """Return the id of a request that can be signed now."""
    return vendor.published()[0]


def closed(vendor: Driver) -> str:
    """Return the id of a request that was cancelled while it could be signed."""
    request_id = published(vendor)
    vendor.ok("POST", f"/v4/signature-requests/{request_id}/close", {})
    return request_id


def once(make: Callable[[Driver], str]) -> Callable[[Driver], str]:
    """Return `make`, but the same thing again for the same simulator: for rows that only read it."""
    made: WeakKeyDictionary[IgnisignSimulator, str] = WeakKeyDictionary()

    def found(vendor: Driver) -> str:
        if vendor.simulator not in made:
            made[vendor.simulator] = make(vendor)
        return made[vendor.simulator]

    return found


def first_document(make: Callable[[Driver], str]) -> Callable[[Driver], str]:
    """Return a maker of the first document of the request that `make` makes."""
    return lambda vendor: str(vendor.context(make(vendor))["documentIds"][0])


def profile(name: str) -> Any:
    """Return what stands for the id of the profile `name`."""

    def found(vendor: Driver, _request_id: str) -> str:
        profiles = vendor.ok("GET", "APP/signer-profiles")
        return next(one["_id"] for one in profiles if one["name"] == name)

    return found


def method(name: str, of_profile: str = "Customers embedded") -> dict[str, Any]:
    """Return the fields that choose a method for one profile."""
    chosen = {"signerProfileId": profile(of_profile), "signatureMethodRef": name}
    return {"signerProfilesSignatureMethod": [chosen]}
