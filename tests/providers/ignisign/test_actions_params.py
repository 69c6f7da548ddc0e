"""What actions take: by the vendor's spellings, with what the account knows already, and any JSON."""

from __future__ import annotations

from typing import Any

import pytest

from paraph.errors import UsageError
from paraph.model import Secret
from paraph.ops.calling import _filled
from paraph_ignisign import params as p
from paraph_ignisign.actions import ACTIONS
from support.hand import Talk
from support.ignisign_account import APP, APP_ID, account

ACCOUNT = account()
REQUEST = "/v4/signature-requests/r"
CHECK = "/v4/tokens/webhook-verification/checking-consumption"


def asking(name: str, **given: Any) -> Talk:
    """Run an action with parameters as ``client.call`` reads them."""
    action = ACTIONS[name]
    named = {action.parameter(word): value for word, value in given.items()}
    return Talk(action.run(ACCOUNT, _filled(name, action.params, named)))


BODIES = (
    (
        "requests.update",
        {"signatureRequestId": "r"},
        {"signerProfilesSignatureMethod": [{"signerProfileId": "p", "signatureMethodRef": "SIMPLE_STD"}]},
        ("PUT", REQUEST),
    ),
    (
        "requests.update",
        {"requestId": "r"},
        {
            "statements": [
                {
                    "appId": "a",
                    "appEnv": "STAGING",
                    "signatureRequestId": "r",
                    "documentId": "d",
                    "labelMd": "Read.",
                    "_id": "i",
                }
            ]
        },
        ("PUT", REQUEST),
    ),
    (
        "requests.one_call",
        {},
        {
            "title": "T",
            "signatureMethod": "SIMPLE_STD",
            "signers": [
                {"email": "a@example.org", "firstName": "A", "lastName": "B", "signerProfileId": "p"}
            ],
            "documents": [{"originalName": "c.pdf", "mimeType": "application/pdf", "base64": "JVBERg=="}],
        },
        ("POST", "/v4/signature-requests/one-call-sign"),
    ),
)


@pytest.mark.parametrize(("name", "ids", "body", "route"), BODIES)
def test_a_body_out_of_the_contract_is_taken_as_it_stands(
    name: str, ids: dict[str, Any], body: dict[str, Any], route: tuple[str, str]
) -> None:
    """What the vendor's documents print as a body is given as parameters, and travels as that very body."""
    asking(name, **ids, **body).expect(
        *route, body=body, reply={"status": "DRAFT", "signatureRequestId": "r"}
    )


def test_a_wrong_key_inside_is_named_by_its_path() -> None:
    """A key that a part does not have, and what that part lacks, are told where they are, without values."""
    with pytest.raises(UsageError) as caught:
        asking("requests.one_call", documents=[{"fileName": "c4n4ry", "mimeType": "application/pdf"}])
    said = str(caught.value)
    assert "documents[0].fileName is no such parameter, documents[0].original_name is missing, " in said
    assert "c4n4ry" not in said


def test_a_statement_belongs_to_the_account_and_to_its_request() -> None:
    """Application, environment and request of a statement need not be given; TEST is STAGING here, too."""
    own = {"appId": APP_ID, "appEnv": "STAGING", "signatureRequestId": "r", "labelMd": "Read."}
    for given in ({}, {"app_env": "TEST"}, {"appEnv": "test", "signatureRequestId": "r"}, {"app_id": APP_ID}):
        talk = asking("requests.update", requestId="r", statements=[{"label_md": "Read.", **given}])
        talk.expect("PUT", REQUEST, body={"statements": [own]}, reply={"status": "DRAFT"})


def test_a_token_is_checked_for_the_accounts_own_application() -> None:
    """Application and environment need not be given; what is given goes along, TEST as STAGING."""
    own = {"token": "t", "appId": APP_ID, "appEnv": "STAGING"}
    for given, sent in (
        ({}, own),
        ({"appEnv": "TEST"}, own),
        ({"app_id": "other", "app_env": "PRODUCTION"}, {**own, "appId": "other", "appEnv": "PRODUCTION"}),
    ):
        asking("webhooks.check_token", token="t", **given).expect(
            "POST", CHECK, body=sent, reply={"isValid": False}
        )


@pytest.mark.parametrize("given", [{"isRecurrent": True}, {}])
def test_a_signer_is_made_recurrent(given: dict[str, bool]) -> None:
    """The other thing that an update may change goes along, and only if it is given."""
    talk = asking("signers.update", signer_id="s", external_id="x", **given)
    body = {"externalId": "x", **given}
    talk.expect("PUT", f"{APP}/signers/s", body=body, reply={"signerId": "s"})
    assert "s" == talk.result.signer_id


@pytest.mark.parametrize("content", [{"a": [1, None]}, [1, "b"], "text", 42, 1.5, True, False, "", 0])
def test_any_json_is_the_content_of_a_document(content: Any) -> None:
    """The contract's ``any``: objects, lists, texts, numbers, and true or false."""
    talk = asking("documents.provide_json", document_id="d", jsonContent=content)
    request = talk.expect(
        "POST", "/v4/documents/d/data-json-content", body={"jsonContent": content}, reply={"_id": "d"}
    )
    assert "d" == talk.result.id
    assert b"null" not in request.content or content == {"a": [1, None]}


def test_null_is_no_content() -> None:
    """The vendor refuses null (JSON_INVALID), so that it is refused before any request."""
    with pytest.raises(UsageError, match="json_content"):
        asking("documents.provide_json", document_id="d", json_content=None)


def test_no_repr_shows_the_content_of_a_document() -> None:
    """Whatever JSON it is, it may be personal."""
    assert "c4n4ry" not in repr(p.DocumentJson(document_id="d", json_content="c4n4ry"))
    assert "c4n4ry" not in repr(p.TokenToCheck(token=Secret("c4n4ry")))
