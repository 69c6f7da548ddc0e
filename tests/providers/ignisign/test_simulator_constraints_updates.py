"""Every constraint that the contract states about updating a request, violated once and respected once."""

from collections.abc import Iterator
from typing import Any

import pytest

from paraph_ignisign.simulator import DEFAULT_PROFILES, ProfileSpec, create
from providers.ignisign.constraints import (
    BODY,
    EITHER,
    FAR,
    MISMATCH,
    NO_LABEL,
    UPDATE,
    Row,
    completed,
    elsewhere,
    method,
    profile,
    table,
    updating,
)
from providers.ignisign.simulator_driver import FOREIGN_ID, Driver

PROFILES = (
    *DEFAULT_PROFILES,
    ProfileSpec(name="By phone", integration_mode="EMBEDDED", methods=("ADVANCED_SMS",), inputs_needed=()),
    ProfileSpec(name="Nameless", inputs_needed=()),
)
FOR_ALL = "FOR_ALL_SIGNERS_FOR_THE_SIGNATURE_PROFILE_REQUESTED"
NAMES = "FIRSTNAME_AND_LASTNAME_ARE_MANDARYTORY_FOR_ALL_SIGNER_WITH_THE_SIGNATURE_PROFILE_REQUESTED"
INVALID = (400, f"{EITHER}AT_LEAST_ONE_DOCUMENT_ARE_NOT_CREATED_OR_IS_INVALID")
EMPTY = (400, f"{EITHER}AT_LEAST_ONE_DOCUMENT_HAVE_NO_CONTENT")
UPDATED = "appendix A, SignatureRequestUpdate"
LIMITS = "5, update limits"
CONDITIONS = "5, publish preconditions"
UNKNOWN = (404, "SIGNATURE_REQUEST_NOT_FOUND")


@pytest.fixture(scope="module")
def vendor() -> Iterator[Driver]:
    """Serve one simulator for the whole table; the rows do not touch each other's objects."""
    simulator = create(profiles=PROFILES)
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def person(name: str = "Customers embedded", **inputs: str) -> Any:
    """Return what stands for a new signer of the profile `name`; a person has a full name by default."""
    known = inputs or {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}

    def made(vendor: Driver, request_id: str) -> str:
        body = {"signerProfileId": profile(name)(vendor, request_id), **known}
        return str(vendor.ok("POST", "APP/signers", body)["signerId"])

    return made


def revoked(vendor: Driver, request_id: str) -> str:
    """Return a signer who was revoked."""
    signer_id = person()(vendor, request_id)
    vendor.ok("DELETE", f"APP/signers/{signer_id}/revoke")
    return str(signer_id)


def foreign_signer(vendor: Driver, _request_id: str) -> str:
    """Return a signer of another environment (made inside: no profile exists there)."""
    signer_id = vendor.signer()["signerId"]
    signer = vendor.simulator.tenant.signers[signer_id]
    signer.context = type(signer.context)(app_id=vendor.app_id, app_env="PRODUCTION")
    return str(signer_id)


def own_document(vendor: Driver, request_id: str) -> str:
    """Return a document of this request, with content."""
    return vendor.pdf_document(request_id)


def private_document(**details: str) -> Any:
    """Return what stands for a document of this request of which the hash alone is given."""

    def made(vendor: Driver, request_id: str) -> str:
        document_id = vendor.document(request_id, **details)
        vendor.ok("POST", f"/v4/documents/{document_id}/private-content", {"documentHash": "ab" * 32})
        return document_id

    return made


def other_document(vendor: Driver, _request_id: str) -> str:
    """Return a document of another request."""
    return vendor.pdf_document(vendor.draft())


def signed_document(vendor: Driver, _request_id: str) -> str:
    """Return a document that somebody signed."""
    return str(vendor.context(completed(vendor))["documentIds"][0])


def statement(**changed: Any) -> dict[str, Any]:
    """Return a statement of this request in the vendor's shape, with `changed` keys."""
    plain = {
        "appId": lambda vendor, _request_id: vendor.app_id,
        "appEnv": "STAGING",
        "signatureRequestId": lambda _vendor, request_id: request_id,
        "labelMd": "I am of age",
    }
    return {"statements": [{name: one for name, one in {**plain, **changed}.items() if one is not None}]}


def update(name: str, bad: Any, good: Any, refused: tuple[int, str] = BODY, *, place: str = UPDATED) -> Row:
    """Return a row about one update."""
    return Row(f"update {name}", place, refused, updating(bad), updating(good))


def same_profile_twice() -> dict[str, Any]:
    """Return two methods for one profile."""
    (one,) = method("SIMPLE_STD")["signerProfilesSignatureMethod"]
    return {"signerProfilesSignatureMethod": [one, one]}


@table(
    update("of an unknown field", {"name": "x"}, {"title": "x"}),
    update("that is no object", [], {}),
    update("title is a text", {"title": 1}, {"title": "1"}),
    update("title up to 1024", {"title": "x" * 1025}, {"title": "x" * 1024}, place=LIMITS),
    update("description is a text", {"description": []}, {"description": ""}),
    update("description up to 4096", {"description": "x" * 4097}, {"description": "x" * 4096}, place=LIMITS),
    update("externalId is a text", {"externalId": 7}, {"externalId": "7"}),
    update("expirationDate is ISO", {"expirationDate": "tomorrow"}, {"expirationDate": FAR}),
    update("expirationDate is a text", {"expirationDate": 1}, {"expirationDate": "2090-01-01"}),
    update(
        "expirationDateIsActivated is a flag",
        {"expirationDateIsActivated": "true", "expirationDate": FAR},
        {"expirationDateIsActivated": True, "expirationDate": FAR},
    ),
    update(
        "expiring without a date (assumption: here, too)",
        {"expirationDateIsActivated": True},
        {"expirationDateIsActivated": True, "expirationDate": FAR},
        (400, f"{EITHER}EXPIRATION_DATE_IS_ACTIVATED_BUT_NOT_PROVIDED"),
        place="appendix B, request update",
    ),
    update(
        "diffusionMode",
        {"diffusionMode": "NOW", "diffusionDate": FAR},
        {"diffusionMode": "SCHEDULED", "diffusionDate": FAR},
        place="5, diffusion",
    ),
    update(
        "scheduled without a date (assumption: here, too)",
        {"diffusionMode": "SCHEDULED"},
        {"diffusionMode": "SCHEDULED", "diffusionDate": FAR},
        (400, f"{EITHER}DIFFUSION_MODE_SCHEDULED_BUT_NO_DATE_PROVIDED"),
        place="appendix B, request update",
    ),
    update("diffusionDate is ISO", {"diffusionDate": "1.2.2090"}, {"diffusionDate": FAR}),
    update("language", {"language": "XX"}, {"language": "HE"}, place="5, languages; 9, row 24"),
    update("language in capitals", {"language": "fr"}, {"language": "FR"}, place="5, languages"),
    update("documentIds is an array", {"documentIds": "x"}, {"documentIds": []}),
    update("documentIds are ids", {"documentIds": ["x"]}, {"documentIds": [own_document]}),
    update("documentIds exist", {"documentIds": [FOREIGN_ID]}, {"documentIds": [own_document]}, INVALID),
    update("documentIds are its own", {"documentIds": [other_document]}, {"documentIds": []}, INVALID),
    update(
        "documentIds have content",
        {"documentIds": [lambda vendor, request_id: vendor.document(request_id)]},
        {"documentIds": [own_document]},
        EMPTY,
        place="appendix B, request update",
    ),
    update(
        "documentIds are not signed",
        {"documentIds": [signed_document]},
        {"documentIds": [own_document]},
        (400, f"{EITHER}AT_LEAST_ONE_DOCUMENT_HAVE_ALREADY_A_SIGNATURE"),
        place=CONDITIONS,
    ),
    update(
        "private documentIds have a label (assumption: here, too)",
        {"documentIds": [private_document()]},
        {"documentIds": [private_document(label="Kept")]},
        (400, EITHER + NO_LABEL),
        place="appendix B, request update",
    ),
    update("signerIds are ids", {"signerIds": ["x"]}, {"signerIds": [person()]}),
    update("signerIds differ", {"signerIds": [FOREIGN_ID] * 2}, {"signerIds": [person(), person()]}),
    update("signerIds exist", {"signerIds": [FOREIGN_ID]}, {"signerIds": []}, (404, "SIGNER_NOT_FOUND")),
    update(
        "signerIds are of the environment",
        {"signerIds": [foreign_signer]},
        {"signerIds": [person()]},
        (403, "SIGNER_BAD_ENV"),
        place="5, application",
    ),
    update(
        "signerIds are not revoked",
        {"signerIds": [revoked]},
        {"signerIds": [person()]},
        (400, "SIGNER_BAD_STATUS"),
        place="1, row 8",
    ),
    update("approvers are ids", {"signerIdsAsApprover": [1]}, {"signerIdsAsApprover": [person()]}),
    update(
        "approvers exist",
        {"signerIdsAsApprover": [FOREIGN_ID]},
        {"signerIdsAsApprover": []},
        (404, "SIGNER_NOT_FOUND"),
    ),
    update(
        "approvers are of the environment",
        {"signerIdsAsApprover": [foreign_signer]},
        {"signerIdsAsApprover": [person()]},
        (403, "SIGNER_BAD_ENV"),
        place="5, application",
    ),
    update(
        "approvers are not revoked",
        {"signerIdsAsApprover": [revoked]},
        {"signerIdsAsApprover": [person()]},
        (400, "SIGNER_BAD_STATUS"),
        place="1, row 8",
    ),
    update(
        "approvers can be reached",
        {"signerIdsAsApprover": [person("Nameless", firstName="Ada")]},
        {"signerIdsAsApprover": [person("Nameless", email="ada@example.org")]},
        (400, f"{UPDATE}EMAIL_IS_MANDATORY_{FOR_ALL}"),
        place="7.3, BY_SIDE",
    ),
    update("recipients are addresses", {"recipients": ["bob"]}, {"recipients": ["bob@example.org"]}),
    update("recipients are an array", {"recipients": "bob@example.org"}, {"recipients": []}),
    update("individualizeRequests", {"individualizeRequests": 1}, {"individualizeRequests": True}),
    update("fullPrivacy is a flag", {"fullPrivacy": "no"}, {"fullPrivacy": False}),
    update("sessions flag", {"extendedAuthSessionEnabled": 0}, {"extendedAuthSessionEnabled": False}),
    update(
        "no extended sessions here",
        {"extendedAuthSessionEnabled": True},
        {"extendedAuthSessionEnabled": False},
        (400, f"{MISMATCH}EXTENDED_AUTH_SESSION_NOT_ALLOWED"),
        place="appendix A, EnvSettings",
    ),
    update(
        "the initial request is an id",
        {"initialSignatureRequestId": "x"},
        {"initialSignatureRequestId": lambda vendor, _request_id: vendor.draft()},
    ),
    update(
        "the initial request exists",
        {"initialSignatureRequestId": FOREIGN_ID},
        {"initialSignatureRequestId": lambda vendor, _request_id: vendor.draft()},
        UNKNOWN,
    ),
    update(
        "the initial request is of the environment",
        {"initialSignatureRequestId": lambda vendor, _request_id: elsewhere(Driver.draft)(vendor)},
        {"initialSignatureRequestId": lambda vendor, _request_id: vendor.draft()},
        (403, "INVALID_CONTEXT"),
        place="5, application",
    ),
    update("method", {"defaultSignatureMethod": "DRAW"}, {"defaultSignatureMethod": "ADVANCED_SMS"}),
    update(
        "method of the signer's profile",
        {"signerIds": [person()], "defaultSignatureMethod": "QUALIFIED_STD"},
        {"signerIds": [person()], "defaultSignatureMethod": "ADVANCED_STD"},
        (400, f"{UPDATE}SIGNATURE_METHODS_NOT_ACTIVATED"),
        place="5, signer profile",
    ),
    update(
        "methods per profile are complete",
        {"signerProfilesSignatureMethod": [{"signerProfileId": FOREIGN_ID}]},
        method("SIMPLE_STD"),
    ),
    update("methods per profile are methods", method("DRAW"), method("ADVANCED_STD")),
    update("one method per profile", same_profile_twice(), method("SIMPLE_STD")),
    update(
        "methods per known profile",
        {
            "signerProfilesSignatureMethod": [
                {"signerProfileId": FOREIGN_ID, "signatureMethodRef": "SIMPLE_STD"}
            ]
        },
        method("SIMPLE_STD"),
        (404, "SIGNER_PROFILE_NOT_FOUND"),
    ),
    update(
        "methods that the profile has",
        method("QUALIFIED_STD"),
        method("ADVANCED_SMS", "By phone"),
        (400, f"{UPDATE}SIGNATURE_METHODS_NOT_ACTIVATED"),
        place="5, signer profile",
    ),
    update(
        "a method that needs a telephone",
        {"signerIds": [person("By phone")], "defaultSignatureMethod": "ADVANCED_SMS"},
        {
            "signerIds": [
                person(
                    "By phone", firstName="A", lastName="L", email="a@example.org", phoneNumber="+33612345678"
                )
            ],
            "defaultSignatureMethod": "ADVANCED_SMS",
        },
        (400, f"{UPDATE}PHONE_NUMBER_IS_MANDATORY_{FOR_ALL}"),
        place=CONDITIONS,
    ),
    update(
        "a method that needs names",
        {"signerIds": [person("Nameless", email="a@example.org")], "defaultSignatureMethod": "ADVANCED_STD"},
        {"signerIds": [person("Nameless", email="a@example.org")], "defaultSignatureMethod": "SIMPLE_STD"},
        (400, f"{UPDATE}{NAMES}"),
        place=CONDITIONS,
    ),
    update(
        "a link that needs an e-mail",
        {"signerIds": [person("Nameless", firstName="Ada")]},
        {"signerIds": [person("Nameless", email="a@example.org")]},
        (400, f"{UPDATE}EMAIL_IS_MANDATORY_{FOR_ALL}"),
        place="7.3, BY_SIDE",
    ),
    update("statements are objects", {"statements": ["I am of age"]}, statement()),
    update("statements have a text", statement(labelMd=None), statement(labelMd="x")),
    update("statements have texts", statement(labelMd=7), statement(labelMd="7")),
    update("statements know the application", statement(appId=None), statement()),
    update("statements know the environment", statement(appEnv=None), statement()),
    update("statements know the request", statement(signatureRequestId=None), statement()),
    update("statements know nothing else", statement(required=True), statement(_id=FOREIGN_ID)),
    update("statements are of the request", statement(signatureRequestId=FOREIGN_ID), statement()),
    update(
        "statements are of the environment",
        statement(appEnv="PRODUCTION"),
        statement(),
        (403, "INVALID_CONTEXT"),
    ),
    update(
        "statements are about a document",
        statement(documentId=FOREIGN_ID),
        statement(documentId=own_document),
        (404, "DOCUMENT_NOT_FOUND"),
    ),
    update(
        "statements are about an own document",
        statement(documentId=other_document),
        statement(documentId=own_document),
        (404, "DOCUMENT_NOT_FOUND"),
    ),
)
def test_updates(vendor: Driver, row: Row) -> None:
    """An update is refused that violates the row's constraint, and accepted without the violation."""
    row.prove(vendor)
