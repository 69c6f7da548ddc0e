import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.model import FactType, Secret, SubjectKind
from paraph.provider import Account, Delivery, Malformed, Reading, Verdict
from paraph_sign8 import webhooks
from paraph_sign8.settings import Sign8Settings
from support.dialects import tables
from support.hand import answer_of
from support.sign8_account import ORGANIZATION, TENANT, account, delivery, dialect, without

BLIND = account(without("status"))
SEEING = account()
REFUSED = "api/workflow/workflowRefused"
TOKEN = "canary-token"
SPELLINGS = ["organisation_id", "organization_id", "organisation-id", "organization-id"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["workflow_id", "id", "data", "reason"]) | st.text(max_size=5), inner
        )
    ),
    max_leaves=8,
)
bodies = (
    st.binary(max_size=200)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from(["workflow_id", "reason", "x"]), st.text(max_size=9)).map(
        lambda table: urlencode(table, errors="replace").encode()
    )
)
paths = st.sampled_from([REFUSED, "api/workflow/workflowExpired", "api/x", ""]) | st.text(max_size=300)


def told(reading: Reading) -> list[tuple[str, str, str]]:
    """Return subject, type and target of what was read."""
    return [(fact.subject.ref, fact.type.value, fact.target) for fact in reading.facts]


def verdict(one: Delivery, by: Account[Sign8Settings]) -> Verdict:
    """Verify a delivery by hand."""
    found = answer_of(webhooks.verify(webhooks.observe(one, by), one, by))
    assert isinstance(found, Verdict)
    return found


@given(
    tables(),
    paths,
    bodies,
    st.dictionaries(st.sampled_from([*SPELLINGS, "content-type", "x-a"]), st.text()),
    st.booleans(),
)
def test_whatever_arrives_is_read(
    table: dict[str, Any],
    path: str,
    body: bytes,
    headers: dict[str, str],
    blind: bool,
) -> None:
    """Any bytes, headers and path give a storable reading in any dialect, which asks for one read at most."""
    if blind:
        table["operations"]["status"]["path"] = ""
    by = account(table, webhook_token=Secret(TOKEN))
    one = delivery(path, body, headers)
    reading = webhooks.observe(one, by)
    assert reading == webhooks.observe(one, by), "pure"
    assert not (reading.read and reading.read_open)
    assert blind <= (not reading.read and not reading.read_open)
    for fact in reading.facts:
        json.dumps([fact.target, fact.native, fact.reason]).encode("ascii")
        assert len(fact.native) <= webhooks.LONGEST_PATH
        assert fact.native.isprintable()
        assert fact.native.isascii()
    assert verdict(one, by) in Verdict


@given(paths, bodies, st.sampled_from(["header", "path"]), st.booleans())
def test_no_token_is_told(path: str, body: bytes, place: str, blind: bool) -> None:
    """Wherever it stands, and also where it should not stand, the secret is in no fact and no repr."""
    by = account(
        dialect(webhooks__token=place, **({"operations__status__path": ""} if blind else {})),
        webhook_token=Secret(TOKEN),
    )
    one = delivery(f"{TOKEN}/{path}", body, {"x-webhook-token": TOKEN})
    reading = webhooks.observe(one, by)
    assert TOKEN not in repr(reading)
    assert TOKEN not in str([attrs.asdict(fact) for fact in reading.facts])
    assert TOKEN not in repr(webhooks.arrived(one, by))


FORMS = [
    (b'{"workflow_id": "w1", "signer_id": "s1", "reason": "no"}', "JSON"),
    (b'{"data": {"workflow_id": "w1", "signer_id": "s1", "reason": "no"}}', "nested JSON"),
    (b"workflow_id=w1&signer_id=s1&reason=no&workflow_id=w2", "form"),
    (b"data.workflow_id=w1&data.signer_id=s1&data.reason=no", "flat form"),
]


@pytest.mark.parametrize("body", [body for body, _ in FORMS], ids=[name for _, name in FORMS])
def test_the_refusal_is_understood_in_every_form(body: bytes) -> None:
    """JSON or a form, plain or nested: workflow, signer and reason are found."""
    reading = webhooks.observe(delivery(REFUSED, body), BLIND)
    assert [("w1", "envelope.declined", ""), ("w1", "signatory.declined", "s1")] == told(reading)
    assert {"no"} == {fact.reason for fact in reading.facts}
    assert ("w1", False, False, None) == (
        reading.subject_ref,
        reading.read,
        reading.read_open,
        reading.rejected,
    )


def test_with_a_status_path_a_delivery_is_only_a_hint() -> None:
    """Where the state can be read nothing is taken from the delivery but what to read."""
    reading = webhooks.observe(delivery(REFUSED, b'{"workflow_id": "w1"}'), SEEING)
    assert Reading(subject_ref="w1", read=True) == reading


@pytest.mark.parametrize(
    ("word", "signer", "facts"),
    [
        ("refused", False, [("envelope.declined", "")]),
        ("expired", False, [("envelope.expired", "")]),
        ("expired", True, [("envelope.expired", "")]),
        ("completed", False, [("envelope.completed", "")]),
        ("cancelled", False, [("envelope.cancelled", "")]),
        ("signed", True, [("signatory.signed", "s1")]),
        ("opened", True, [("signatory.opened", "s1")]),
        ("signed", False, [("unknown", "hook/x")]),
        ("opened", False, [("unknown", "hook/x")]),
    ],
)
def test_what_each_event_states(word: str, facts: list[tuple[str, str]], *, signer: bool) -> None:
    """The path decides; an event about a signer that it does not name is kept as unknown."""
    by = account(without("status", webhooks__events={"hook/x": word}))
    body = {"workflow_id": "w1", "reason": "why", **({"signer_id": "s1"} if signer else {})}
    reading = webhooks.observe(delivery("hook/x/", json.dumps(body).encode()), by)
    assert [("w1", *fact) for fact in facts] == told(reading)
    reasons = {fact.reason for fact in reading.facts}
    assert ({"why"} if word == "refused" else {None}) == reasons, "only a refusal has a person's reason"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"hello", b'{"workflow_id": ""}', b"\xff\xfe"])
@pytest.mark.parametrize("by", [BLIND, SEEING], ids=["blind", "seeing"])
def test_news_without_a_workflow_are_the_accounts(by: Account[Sign8Settings], body: bytes) -> None:
    """They are kept as an event of the account, and open envelopes are read where that is possible."""
    reading = webhooks.observe(delivery(REFUSED, body), by)
    (fact,) = reading.facts
    assert (SubjectKind.ACCOUNT, TENANT) == (fact.subject.kind, fact.subject.ref)
    assert (FactType.UNKNOWN, REFUSED) == (fact.type, fact.target)
    assert ("", False, by is SEEING) == (reading.subject_ref, reading.read, reading.read_open)


def test_each_delivery_without_a_workflow_is_an_event_of_its_own() -> None:
    """Two refusals of two unnamed workflows are two events; one that is read twice is one."""
    first = delivery()
    later = attrs.evolve(first, received_at=first.received_at + timedelta(seconds=1))
    ids = {webhooks.observe(each, BLIND).facts[0].event_id("sign8", TENANT) for each in (first, later, first)}
    assert 2 == len(ids)


@pytest.mark.parametrize("by", [BLIND, SEEING], ids=["blind", "seeing"])
def test_unknown_paths_are_kept(by: Account[Sign8Settings]) -> None:
    """An event that nobody documented is kept in a printable form, and asks for a read where one can be."""
    reading = webhooks.observe(delivery("api/workflow/ünknown\n", b'{"workflow_id": 7}'), by)
    assert [("7", "unknown", r"api/workflow/\xfcnknown\n")] == told(reading)
    assert (by is SEEING) == reading.read
    long = webhooks.observe(delivery("ö" * 500, b""), by)
    assert webhooks.LONGEST_PATH == len(long.facts[0].target)


@pytest.mark.parametrize(
    "value", ['"x y\\n"', '""', "true", "1.5", "{}", "[]", f'"{"x" * 500}"', "1" + "0" * 300, '".."']
)
def test_what_cannot_be_an_id_is_none(value: str) -> None:
    """Only short printable texts and whole numbers name a workflow."""
    reading = webhooks.observe(delivery(REFUSED, f'{{"workflow_id": {value}}}'.encode()), BLIND)
    assert "" == reading.subject_ref


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"1" * 250_000,
        b"&=" * 120_000,
        b'{"workflow_id": "' + b"x" * 250_000,
    ],
)
def test_deep_and_huge_bodies_are_read_as_empty(body: bytes) -> None:
    """Nesting and size that no vendor sends do no harm: the path still says what happened."""
    assert [(TENANT, "unknown", REFUSED)] == told(webhooks.observe(delivery(REFUSED, body), BLIND))


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_delivery_for_another_organisation_is_refused(name: str) -> None:
    """In each spelling of the header; our own, in any case, or none at all is fine."""
    rejected = [
        webhooks.observe(delivery(headers=headers), SEEING).rejected
        for headers in ({name: "org-2"}, {name: f" {ORGANIZATION.upper()} "}, {name: ""}, {})
    ]
    assert [Malformed.OTHER_TENANT, None, None, None] == rejected


def test_two_spellings_have_to_agree() -> None:
    """A delivery that names two organisations is not ours, even if one is."""
    headers = {"organisation_id": ORGANIZATION, "organization_id": "org-2"}
    assert Malformed.OTHER_TENANT is webhooks.observe(delivery(headers=headers), SEEING).rejected


@pytest.mark.parametrize("trusting", [False, True])
@pytest.mark.parametrize("place", ["header", "path"])
def test_the_token_proves_a_delivery(place: str, *, trusting: bool) -> None:
    """The right one proves, a wrong one is foreign even where bare requests are trusted, and none is bare."""
    by = account(dialect(webhooks__token=place), webhook_token=Secret(TOKEN), trust_webhooks=trusting)

    def carrying(token: str) -> Delivery:
        if place == "header":
            return delivery(headers={"x-webhook-token": token} if token else {})
        return delivery(f"{token}/{REFUSED}" if token else REFUSED)

    bare = Verdict.PROVEN if trusting else Verdict.UNPROVEN
    found = [verdict(carrying(token), by) for token in (TOKEN, "wrong", TOKEN + "x", "")]
    assert [Verdict.PROVEN, Verdict.FOREIGN, Verdict.FOREIGN, bare] == found


@pytest.mark.parametrize(("trusting", "expected"), [(False, Verdict.UNPROVEN), (True, Verdict.PROVEN)])
def test_without_a_token_the_configuration_decides(expected: Verdict, *, trusting: bool) -> None:
    """A bare request is a claim, unless the account says that the URL's secret is enough."""
    by = account(trust_webhooks=trusting)
    assert expected is verdict(delivery(headers={"x-webhook-token": "anything"}), by)


def test_the_token_in_the_path_is_taken_off_before_the_path_is_read() -> None:
    """The event behind the token is found, also without slashes or anything at all behind it."""
    by = account(without("status", webhooks__token="path"), webhook_token=Secret(TOKEN))
    for path, event in ((f"{TOKEN}/{REFUSED}", REFUSED), (f"/{TOKEN}//{REFUSED}/", REFUSED), (TOKEN, "")):
        reading = webhooks.observe(delivery(path, b""), by)
        assert event == reading.facts[0].target


def test_the_reason_is_personal() -> None:
    """What a person wrote is kept within bounds and never printed."""
    body = json.dumps({"workflow_id": "w1", "reason": "canary " * 1000}).encode()
    reading = webhooks.observe(delivery(REFUSED, body), BLIND)
    assert webhooks.LONGEST_REASON == len(reading.facts[0].reason or "")
    assert "canary" not in repr(reading)


def test_environments_are_tenants_of_their_own() -> None:
    """The test system's workflow 1 is not the production system's."""
    live = account(environment="production", accept_assumptions=True)
    assert [TENANT, f"{ORGANIZATION}/production"] == [webhooks.tenant_of(each) for each in (SEEING, live)]
