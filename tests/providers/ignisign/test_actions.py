"""Each action against literals from the contract, without a server."""

import inspect
import json
import re
from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paraph.errors import (
    MalformedResponse,
    NotReady,
    UnsupportedCapability,
    UsageError,
    VendorError,
    VendorNotFound,
    VendorRefused,
)
from paraph.model import Secret
from paraph.provider import NoParams, Repeat
from paraph_ignisign import actions
from paraph_ignisign import params as p
from support.hand import Talk
from support.ignisign_account import APP, APP_ID, account
from support.ignisign_calls import CASES, ELSEWHERE, REQUEST, Case

ACCOUNT = account()

SLUGS = [
    "API_AUTHENTICATION",
    "CANCEL_SIGNATURE_REQUEST",
    "CREATE_DOCUMENT",
    "CREATE_SIGNER",
    "CREATE_WEBHOOK_ENDPOINT",
    "DELETE_DOCUMENT",
    "DELETE_SIGNATURE_REQUEST",
    "DELETE_SIGNER",
    "DELETE_WEBHOOK_ENDPOINT",
    "GET_APPLICATION_CONTEXT",
    "GET_DOCUMENT_INFORMATION",
    "GET_MISSING_SIGNER_INPUTS",
    "GET_SIGNATURE_REQUEST_DETAILS",
    "GET_SIGNATURE_REQUEST_DOCUMENT",
    "GET_SIGNATURE_REQUESTS",
    "GET_SIGNED_DOCUMENT",
    "GET_SIGNER_INPUT_CONSTRAINTS",
    "GET_SIGNER_INPUTS",
    "GET_SIGNER_PROFILE",
    "GET_SIGNER_PROFILES",
    "GET_WEBHOOKS",
    "INIT_SIGNATURE_REQUEST",
    "LIST_DOCUMENTS",
    "PROVIDE_DOCUMENT_CONTENT_DATA_JSON",
    "PROVIDE_DOCUMENT_CONTENT_FILE",
    "PROVIDE_DOCUMENT_CONTENT_PRIVATE_FILE",
    "PUBLISH_SIGNATURE_REQUEST",
    "SEARCH_SIGNERS",
    "UPDATE_DOCUMENT_INFORMATION",
    "UPDATE_SIGNATURE_REQUEST",
    "UPDATE_SIGNER",
    "UPDATE_WEBHOOK_ENDPOINT",
]
"""The 32 actions of source 000, as the rows of the contract's section 1 name them."""

BEYOND: dict[str, str | tuple[str, ...]] = {
    "List webhook events": "webhooks.events",
    "Get webhook event": "webhooks.event",
    "Resend webhook event": "webhooks.resend",
    "Check webhook token": "webhooks.check_token",
    "Disable webhook topics": "webhooks.disable_topics",
    "One-call sign": "requests.one_call",
    "Batch status": "requests.statuses",
    "Signer summary": "signers.get",
    "Signer details": "signers.details",
    "Paginate signers": "signers.list",
    "Regenerate signer secret": "signers.regenerate_secret",
    "Signer setup request": "signers.setup",
    "Document context": "documents.context",
    "Remove document content": "documents.remove_content",
    "Document signatures": ("documents.signatures", "documents.signature"),
    "Signature images": "documents.images",
    "Authenticity check": "documents.check_authenticity",
    "Low-level proof": "documents.signer_proof",
    "M2M seal": "seals.sign",
    "Bare signature config": "bare.configuration",
    "Bare signature authorize": "bare.authorize_url",
    "Bare signature token": "bare.token",
    "Bare signature proofs": "bare.proofs",
    "Log capsule": "capsules.create",
    "User invitations": tuple(
        f"invitations.{verb}" for verb in ("list", "create", "update", "delete", "resend")
    ),
    "Health": "application.health",
}
"""The rows of the contract's section 2 that are built."""

NOT_BUILT = {
    "Id-proofing-only session": "its verb and shapes are unknown: a URL constant is all there is",
    "Document request": "left the vendor's models in 2024; the contract says not to build it",
    "Private file info": "no route of Ignisign but one of the integrator's own",
    "Current user": "wants a person's OAuth token, which an API key is not",
    "v3/early-v4 proofs, removed": "removed; the contract says not to build them",
}
"""The other rows, with the reason."""

OWN = frozenset({"documents.original", "documents.proof", "webhooks.ensure"})
"""Actions that are rows of neither table: single parts of composites, and one made of two."""


def named(value: object) -> str:
    return value.name if isinstance(value, Case) else ""


def played(case: Case) -> Talk:
    """Run an action and answer its requests as the table says."""
    talk = Talk(actions.ACTIONS[case.name].run(ACCOUNT, case.given))
    for ask in case.asks:
        request = talk.expect(
            ask.method,
            ask.path,
            query=dict(ask.query),
            body=ask.body,
            reply=ask.reply,
            headers=ask.headers,
        )
        if ask.method in {"GET", "DELETE"}:
            assert b"" == request.content
    return talk


@pytest.mark.parametrize("case", CASES, ids=named)
def test_each_action_makes_the_documented_requests(case: Case) -> None:
    """Method, path, query and body are the vendor's, and the answer becomes the declared result."""
    talk = played(case)
    assert talk.over
    result = actions.ACTIONS[case.name].result
    if inspect.isclass(result):
        assert isinstance(talk.result, result)
    else:
        assert isinstance(talk.result, tuple)


def test_every_action_is_called_in_some_test() -> None:
    """The table and the few tests of their own cover all actions, each once."""
    assert Counter(dict.fromkeys(actions.ACTIONS, 1)) == Counter(case.name for case in CASES) + Counter(
        ELSEWHERE
    )


def test_every_action_of_source_000_is_there() -> None:
    """Each of the 32 rows of the contract's section 1 is exactly one action."""
    assert 32 == len(SLUGS)
    assert Counter(f"IGNISIGN_{slug}" for slug in SLUGS) == Counter(
        action.slug for action in actions.ACTIONS.values() if action.slug
    )


def test_every_row_of_section_2_is_there_or_has_its_reason() -> None:
    """What is neither in source 000 nor a row of section 2 is one of three actions made of their parts."""
    built = {name for row in BEYOND.values() for name in ([row] if isinstance(row, str) else row)}
    slugged = {name for name, action in actions.ACTIONS.items() if action.slug}
    assert set(actions.ACTIONS) == built | slugged | OWN
    assert not BEYOND.keys() & NOT_BUILT.keys()
    for row, reached in BEYOND.items():
        names = [reached] if isinstance(reached, str) else reached
        for name in names:
            assert actions.ACTIONS[name].source.startswith("contract "), row


def test_every_action_says_what_it_is() -> None:
    """Name, summary, prose, source and error codes are there, and parameters are frozen attrs classes."""
    for name, action in actions.ACTIONS.items():
        assert name == action.name
        assert attrs.has(action.params)
        assert action.summary.endswith(".")
        assert action.description.endswith(".")
        assert len(action.errors) == len(set(action.errors))
        assert all(re.fullmatch(r"[A-Z0-9_]+\*?", code) for code in action.errors), name
        assert (action.params.__doc__ or "").strip()


def test_only_what_may_be_repeated_says_so() -> None:
    """Whatever makes something new, reaches people or uses something up is never repeated."""
    assert {
        "signers.create",
        "signers.regenerate_secret",
        "signers.setup",
        "requests.init",
        "requests.publish",
        "requests.one_call",
        "documents.init",
        "documents.upload",
        "documents.provide_json",
        "documents.provide_digest",
        "webhooks.create",
        "webhooks.check_token",
        "webhooks.resend",
        "seals.sign",
        "bare.token",
        "capsules.create",
        "invitations.create",
        "invitations.resend",
    } == {name for name, action in actions.ACTIONS.items() if action.repeat is Repeat.NEVER}


@pytest.mark.parametrize("case", [case for case in CASES if len(case.asks) == 1], ids=named)
def test_what_may_not_be_repeated_is_not(case: Case) -> None:
    """A server's failure repeats reads and idempotent actions alone."""
    action = actions.ACTIONS[case.name]
    (ask,) = case.asks
    talk = Talk(action.run(ACCOUNT, case.given))
    failed: VendorError | None = None
    try:
        talk.expect(ask.method, ask.path, query=dict(ask.query), status=503, reply={})
    except VendorError as error:
        failed = error
    assert (action.repeat is Repeat.NEVER) == (failed is not None)


def test_undocumented_routes_are_marked() -> None:
    """What no document of the vendor promises says so."""
    assert {
        "application.health",
        "requests.delete",
        "webhooks.disable_topics",
        *(name for name in actions.ACTIONS if name.startswith("invitations.")),
    } == {name for name, action in actions.ACTIONS.items() if not action.documented}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "_id",
                    "url",
                    "email",
                    "result",
                    "constraints",
                    "signers",
                    "total",
                    "documents",
                    "webhooks",
                    "events",
                    "status",
                    "signerId",
                    "envSettings",
                    "settings",
                    "signerProfiles",
                    "signatures",
                    "roles",
                    "proofs",
                    "isValid",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(case=st.sampled_from(CASES), answer=JSON, status=st.sampled_from([200, 200, 200, 400, 404, 418]))
def test_any_json_becomes_a_result_or_one_of_our_errors(case: Case, answer: Any, status: int) -> None:
    """Whatever JSON comes, an action gives a result, asks again, or raises an error that is documented."""
    talk = Talk(actions.ACTIONS[case.name].run(ACCOUNT, case.given))
    content = json.dumps(answer).encode()
    try:
        for ask in case.asks:
            talk.expect(ask.method, ask.path, query=dict(ask.query), reply=content, status=status)
            if talk.over or status != 200:
                break
    except (VendorError, NotReady, UnsupportedCapability):
        return
    except UsageError:
        # Composites say what is not in a context that can be read.
        assert not actions.ACTIONS[case.name].method


SENSITIVE = "canary"


PERSONAL = (
    ("signers.get", {"signerId": "s", "firstName": "x", "lastName": "x", "email": "x"}),
    ("requests.context", {"status": "s", "title": "x", "description": "x", "recipients": ["x"]}),
    ("documents.get", {"_id": "d", "label": "x", "fileName": "x", "dataJsonContent": "x"}),
    ("documents.images", {"signatures": [{"signerId": "s", "imgB64": "x"}]}),
    ("documents.signature", {"_id": "g", "signingIp": "x", "signerNameLabel": "x"}),
    ("signers.regenerate_secret", {"authSecret": "x"}),
    ("signers.create", {"signerId": "s", "authSecret": "x"}),
    ("bare.proofs", {"signerInformation": {"fullName": "x"}, "proofs": [{"proofB64": "x"}]}),
    ("bare.token", {"access_token": "x"}),
    ("application.context", {"settings": {"customerSupportEmail": "x"}, "envSettings": {"E": {}}}),
    ("webhooks.event", {"_id": "e", "content": {"token": "x"}, "error": {"message": "x"}}),
    ("webhooks.list", [{"_id": "w", "url": "x"}]),
    ("invitations.list", [{"_id": "w", "email": "x"}]),
)


@pytest.mark.parametrize(("name", "answer"), PERSONAL, ids=[name for name, _ in PERSONAL])
def test_no_repr_shows_personal_data_or_secrets(name: str, answer: Any) -> None:
    """Names, addresses, contents and tokens of an answer stay out of its repr; the ids stay in."""
    marked = json.loads(json.dumps(answer).replace('"x"', f'"{SENSITIVE}"'))
    case = next(case for case in CASES if case.name == name)
    (ask,) = case.asks
    talk = Talk(actions.ACTIONS[name].run(ACCOUNT, case.given))
    talk.expect(ask.method, ask.path, reply=marked)
    assert SENSITIVE in json.dumps(marked)
    assert SENSITIVE not in repr(talk.result)


def test_no_repr_of_parameters_shows_personal_data_or_secrets() -> None:
    """What a person is called, how they are reached, and every secret stay out of reprs."""
    for given_ in (
        p.NewSigner(first_name=SENSITIVE, email=SENSITIVE, phone_number=SENSITIVE, birth_place=SENSITIVE),
        p.SignerSearch(filter=SENSITIVE),
        p.OneCallSigner(email=SENSITIVE, last_name=SENSITIVE),
        p.OneCallDocument(original_name=SENSITIVE, mime_type="a/b", base64=SENSITIVE),
        p.NewInvitation(email=SENSITIVE, roles={}),
        p.BareAccess(access_token=Secret(SENSITIVE)),
        p.Exchange(secret=Secret(SENSITIVE)),
        p.RequestUpdate(signature_request_id="r", title=SENSITIVE, recipients=(SENSITIVE,)),
        p.DocumentJson(document_id="d", json_content={"a": SENSITIVE}),
    ):
        assert SENSITIVE not in repr(given_)


# Parameters


@pytest.mark.parametrize("ref", ["", ".", ".."])
def test_an_id_that_is_no_path_segment_makes_no_request(ref: str) -> None:
    """An id can neither vanish from the path nor climb out of it."""
    with pytest.raises(UsageError, match="signatureRequestId"):
        Talk(actions.PUBLISH_REQUEST.run(ACCOUNT, p.RequestRef(signature_request_id=ref)))


def test_application_and_environment_may_be_given_but_not_be_others() -> None:
    """Both are the account's own: given, they change nothing; others make no request."""
    for given_ in (p.AppRef(app_id=APP_ID), p.AppRef(app_env="STAGING"), p.AppRef(app_env="test")):
        Talk(actions.LIST_PROFILES.run(ACCOUNT, given_)).expect("GET", f"{APP}/signer-profiles", reply=[])
    for given_ in (p.AppRef(app_id="appId_other"), p.AppRef(app_env="PRODUCTION")):
        with pytest.raises(UsageError, match="leave it out"):
            Talk(actions.LIST_PROFILES.run(ACCOUNT, given_))


@pytest.mark.parametrize(
    ("name", "word", "parameter"),
    [
        ("requests.close", "requestId", "signature_request_id"),
        ("requests.close", "signatureRequestId", "signature_request_id"),
        ("requests.close", "signature_request_id", "signature_request_id"),
        ("documents.signed_of_request", "requestId", "signature_request_id"),
        ("signers.missing_inputs", "signatureProfileId", "signer_profile_id"),
        ("signers.update", "appEnv", "app_env"),
        ("signers.search", "pageSize", "page_size"),
        ("capsules.create", "hashSha256_b64", "hash_sha256"),
        ("requests.close", "nonsense", "nonsense"),
    ],
)
def test_parameters_go_by_the_vendors_spellings_too(name: str, word: str, parameter: str) -> None:
    """The catalogue spells parameters in two ways; both name ours."""
    assert parameter == actions.ACTIONS[name].parameter(word)


# Disputed routes


def test_the_search_falls_back_to_get_only_where_post_is_unknown() -> None:
    """404 and 405 try the other verb; another refusal is the answer."""
    talk = Talk(actions.SEARCH_SIGNERS.run(ACCOUNT, p.SignerSearch(filter="a b")))
    talk.expect("POST", f"{APP}/signers-search", query={"filter": "a b"}, status=405, reply=None)
    talk.expect("GET", f"{APP}/signers-search", query={"filter": "a b"}, reply={"signers": [{"_id": "s"}]})
    assert "s" == talk.result.signers[0].signer_id
    talk = Talk(actions.SEARCH_SIGNERS.run(ACCOUNT, p.SignerSearch(filter="a")))
    with pytest.raises(VendorRefused):
        talk.expect("POST", f"{APP}/signers-search", query={"filter": "a"}, status=400, reply={})


@pytest.mark.parametrize(("status", "reply"), [(405, {}), (404, {}), (404, b"Cannot DELETE")])
def test_a_vendor_that_cannot_delete_requests_suggests_closing(status: int, reply: Any) -> None:
    """No document promises the route: where it is unknown, the error names the way that there is."""
    talk = Talk(actions.DELETE_REQUEST.run(ACCOUNT, p.RequestRef(signature_request_id="r")))
    with pytest.raises(UnsupportedCapability, match=r"requests\.close"):
        talk.expect("DELETE", REQUEST, status=status, reply=reply)


def test_a_request_that_is_not_there_is_not_an_unknown_route() -> None:
    """The vendor's code tells an unknown object from an unknown route."""
    talk = Talk(actions.DELETE_REQUEST.run(ACCOUNT, p.RequestRef(signature_request_id="r")))
    with pytest.raises(VendorNotFound):
        talk.expect("DELETE", REQUEST, status=404, reply={"code": "SIGNATURE_REQUEST_NOT_FOUND"})


def test_an_answer_without_the_id_is_malformed() -> None:
    """The one thing that an answer is for has to be there."""
    talk = Talk(actions.INIT_REQUEST.run(ACCOUNT, NoParams()))
    with pytest.raises(MalformedResponse):
        talk.expect("POST", f"{APP}/signature-requests", reply={"status": "DRAFT"})
