"""Every row of contract 4.2 and 4.3 in every shape of 4.4: one payload each, read by one table."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.ledger import Origin, events_of, record, stream_of
from paraph.model import (
    Event,
    FactType,
    Lifecycle,
    Observation,
    Secret,
    Snapshot,
    Source,
    SubjectKind,
    Trust,
)
from paraph.ops.kernel import Kernel
from paraph.ops.send import _register
from paraph.projection import snapshot_of
from paraph.provider import Reading
from paraph.store.records import AttemptState
from paraph_ignisign import kept, vocabulary, webhooks
from paraph_ignisign.vocabulary import ACTIONS, FAILURES, TOPICS, Meaning
from support.ignisign_account import delivery
from support.tiny import envelope, tiny_kernel, utc

from .webhook_samples import ACCOUNT, FOLDER, Sample, load, told

SAMPLES = load()
NAMES = sorted(SAMPLES)

MODELS = """
SIGNATURE_REQUEST INITIALIZED UPDATED READY LAUNCHED COMPLETED CANCELLED EXPIRED FAILED
SIGNATURE_REQUEST CHILDREN_GENERATED APPROVER_STEP
SIGNATURE FINALIZED FAILED
SIGNATURE_SESSION INITIALIZED
SIGNATURE_PROOF GENERATED ADV_GENERATED
SIGNATURE_SIGNER_IMAGE GENERATED
SIGNER CREATED INPUTS_ADDED
SIGNATURE_PROFILE CREATED ARCHIVED
APP SETTINGS_UPDATED MEMBERSHIP_UPDATED ARCHIVED
"""
GUIDE = """
SIGNATURE_REQUEST INIT UPDATE PUBLISH LAUNCHED CLOSED
SIGNATURE SIGNATURE_SUCCESS SIGNATURE_FAILED
SIGNATURE_SESSION STARTED UPDATED
SIGNATURE_PROOF GENERATED FAILED
SIGNATURE_SIGNER_IMAGE GENERATED FAILED
SIGNER CREATED CLAIM_UPDATED
SIGNATURE_PROFILE CREATED UPDATED ARCHIVED
APP SETTINGS_UPDATED MEMBERSHIP_UPDATED ARCHIVED
"""
OLDER = """
SIGNATURE_REQUEST CHILDREN_GERENATED WAITING_DOCUMENTS
SIGNATURE CREATED
SIGNATURE_PROOF SIGNATURE_PROOF_GENERATED ADVANCED_PROOF_GENERATED
SIGNER CLAIMS_UPDATED
DOCUMENT_REQUEST PROVIDED DOC_PROVIDED FAILED
"""
SPELLINGS = frozenset(
    [
        "APP",
        "APPLICATION",
        "SIGNATURE",
        "SIGNATURE_REQUEST",
        "SIGNER",
        "SIGNATURE_PROFILE",
        "SIGNATURE_SESSION",
        "SIGNATURE_PROOF",
        "SIGNATURE_SIGNER_IMAGE",
        "SIGNATURE_IMAGE",
        "ID_PROOFING",
        "SIGNER_ID_PROOFING",
        "SIGNER_AUTH",
        "ALL",
        "DOCUMENT_REQUEST",
        "PDF",
        "DOCUMENT",
        "SIGNER_KEY",
    ]
)
"""Every topic of contract 4.2: those of today, their other spellings, and those that are gone."""


def words(*tables: str) -> set[tuple[str, str]]:
    """Read lines of a topic and its actions."""
    rows = [line.split() for table in tables for line in table.strip().splitlines()]
    return {(topic, action) for topic, *actions in rows for action in actions}


# The samples


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_says_what_the_index_says(name: str) -> None:
    """Facts, subject, parent, reference, signatories, kept tokens and the wish to read, of each payload."""
    sample = SAMPLES[name]
    reading = sample.reading()
    assert None is reading.rejected
    assert sample.facts == told(reading)
    assert (sample.read, sample.read_open) == (reading.read, reading.read_open)
    assert (sample.subject, sample.parent) == (reading.subject_ref, reading.parent_ref)
    assert sample.reference == reading.our_reference
    assert sample.signatories == tuple(f"{local}={ref}" for local, ref in reading.signatories)
    expected = [kept.signing_token(ref, sample.subject) for ref in sample.tokens]
    assert expected == [key for key, _ in reading.private]
    assert Secret(sample.body["verificationToken"]) == reading.proof
    assert all(secret.reveal() not in repr(reading) for _, secret in reading.private)


def test_every_row_and_every_spelling_has_a_sample_with_a_source() -> None:
    """No topic of 4.2 and no action of 4.3 is without a payload; every payload is in the index."""
    said = {(sample.body["topic"], sample.body["action"]) for sample in SAMPLES.values()}
    assert set() == words(MODELS, GUIDE, OLDER) - said
    assert set() == SPELLINGS - {topic for topic, _ in said}
    assert {path.stem for path in FOLDER.glob("*.json")} == set(SAMPLES)
    assert all(sample.source for sample in SAMPLES.values())
    assert len(SAMPLES) == len({sample.body["verificationToken"] for sample in SAMPLES.values()})


def test_every_meaning_is_also_sampled_as_a_failure() -> None:
    """Each meaning that has a failure is sampled with the nature ERROR, and none of them tells a success."""
    failed = {name: sample for name, sample in SAMPLES.items() if sample.body.get("msgNature") == "ERROR"}
    said = {ACTIONS.get((TOPICS.get(one.body["topic"], ""), one.body["action"])) for one in failed.values()}
    assert set() == set(FAILURES) - said - {Meaning.SESSION_UPDATED, Meaning.DOCUMENT_REQUEST_FAILED}
    allowed = {
        FactType.ENVELOPE_FAILED,
        FactType.SIGNATORY_FAILED,
        FactType.EVIDENCE_FAILED,
        FactType.UNKNOWN,
    }
    for name, sample in failed.items():
        assert set() == {fact.type for fact in sample.reading().facts} - allowed, name
        assert all(code_of(sample) in fact.native for fact in sample.reading().facts), name


def code_of(sample: Sample) -> str:
    """Return the error code of a payload."""
    error = sample.body["error"]
    return str(error.get("errorCode") or error["code"])


# The tables


def test_every_spelling_of_every_vocabulary_has_a_meaning() -> None:
    """The table holds the models' words, the guide's and the older ones, and nothing invented."""
    assert words(MODELS, GUIDE, OLDER) == set(ACTIONS)


def test_every_meaning_is_said_and_has_one_place() -> None:
    """Each meaning has a spelling and one place; two have no neutral word, and are told as unknown."""
    assert set(Meaning) == set(ACTIONS.values()) | {Meaning.PROOF_FAILED, Meaning.PROOF_ADVANCED_FAILED}
    places = [
        set(vocabulary.REQUEST_FACTS),
        set(vocabulary.SIGNER_FACTS),
        set(vocabulary.CONTACT_FACTS),
        set(vocabulary.EVIDENCE_FACTS),
        set(vocabulary.ACCOUNT_CHANGES),
        {Meaning.DOCUMENT_REQUEST_PROVIDED, Meaning.DOCUMENT_REQUEST_FAILED},
    ]
    assert dict.fromkeys(Meaning, 1) == {
        meaning: sum(meaning in place for place in places) for meaning in Meaning
    }


def test_both_vocabularies_mean_the_same() -> None:
    """Where guide and models differ they are two spellings of one meaning."""
    pairs = [
        ("SIGNATURE_REQUEST", "INITIALIZED", "INIT"),
        ("SIGNATURE_REQUEST", "UPDATED", "UPDATE"),
        ("SIGNATURE_REQUEST", "READY", "PUBLISH"),
        ("SIGNATURE", "FINALIZED", "SIGNATURE_SUCCESS"),
        ("SIGNATURE", "FAILED", "SIGNATURE_FAILED"),
        ("SIGNATURE_SESSION", "INITIALIZED", "STARTED"),
        ("SIGNER", "INPUTS_ADDED", "CLAIM_UPDATED"),
    ]
    for topic, models, guide in pairs:
        assert ACTIONS[topic, models] is ACTIONS[topic, guide]


def test_topics_have_their_other_spellings() -> None:
    """The three topics with two names are one topic each."""
    aliases = {("APPLICATION", "APP"), ("SIGNATURE_IMAGE", "SIGNATURE_SIGNER_IMAGE")}
    assert {*aliases, ("SIGNER_ID_PROOFING", "ID_PROOFING")} == {
        (spelling, topic) for spelling, topic in TOPICS.items() if spelling != topic
    }
    assert {topic for topic, _ in ACTIONS} <= set(TOPICS.values())


def test_an_error_never_means_success() -> None:
    """What a failed message means is a failure of the same thing, whatever its action."""
    assert all(meaning.value.endswith("failed") for meaning in FAILURES.values())
    assert Meaning.PROOF_ADVANCED_FAILED is FAILURES[Meaning.PROOF_ADVANCED]


# Mutations

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value inside a decoded one."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in items for found in places(item, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A sample of which some values are gone or something else, or whose bytes are cut or flipped."""
    body = copy.deepcopy(SAMPLES[draw(st.sampled_from(NAMES))].body)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(body)[1:] or [()]))
        if not path:
            break
        holder = body
        for key in path[:-1]:
            holder = holder[key]
        if draw(st.booleans()):
            holder[path[-1]] = draw(JSON)
        else:
            del holder[path[-1]]
    raw = bytearray(json.dumps(body).encode())
    if draw(st.integers(0, 4)) == 0:
        place = draw(st.integers(0, len(raw) - 1))
        if draw(st.booleans()):
            del raw[place:]
        else:
            raw[place] ^= 1 << draw(st.integers(0, 7))
    return bytes(raw)


@settings(max_examples=300, deadline=None)
@given(mutated())
def test_a_mutated_sample_gives_a_reading(raw: bytes) -> None:
    """Whatever is missing or wrong, the reading is refused or says something, in words that can be stored."""
    reading = webhooks.observe(delivery(raw), ACCOUNT)
    assert reading.rejected or reading.facts or reading.read
    for fact in reading.facts:
        assert 36 == len(fact.event_id("ignisign", "t"))
        assert fact.subject.ref.isascii()
        assert fact.native.isascii()
        assert fact.native.isprintable()


# One life, in any order

ORIGIN = Origin(account="a", provider="tiny", environment="test", vendor_tenant="tenant-1")
START = utc(2026, 1, 1)
LIFE = [
    "request-initialized",
    "request-updated",
    "request-ready",
    "request-launched",
    "session-initialized",
    "signature-finalized",
    "signature-finalized-annex",
    "signature-failed",
    "image-generated",
    "request-completed",
    "proof-generated",
    "proof-advanced",
]
LIFE_OF_THE_GUIDE = [
    "request-init-guide",
    "request-update-guide",
    "request-publish-guide",
    "request-launched-guide",
    "session-started-guide",
    "session-updated-guide",
    "signature-success-guide",
    "signature-failed-guide",
    "request-closed-completed-guide",
    "proof-generated-guide",
]
CANCELLED = [
    "request-initialized",
    "request-ready",
    "request-launched",
    "session-initialized",
    "request-cancelled",
]


def prepared() -> Kernel:
    """A store with one attempt whose vendor's references only the deliveries tell."""
    kernel = tiny_kernel()
    attempt = _register(kernel, envelope(id="one"), kernel.account("a"), "attempt1", START)
    documents = tuple((local, vendor_id(local)) for local in ("contract", "annex"))
    with kernel.store.begin() as tx:
        tx.put_attempt(attrs.evolve(attempt, state=AttemptState.PUBLISHED, documents=documents))
    return kernel


def vendor_id(local: str) -> str:
    """Return the vendor's id of a document in the samples."""
    found = {"contract": "signature-finalized", "annex": "signature-finalized-annex"}[local]
    return str(SAMPLES[found].body["content"]["documentId"])


def tell(kernel: Kernel, names: list[str]) -> None:
    """Record what these samples say, as the receiving side does with proven deliveries."""
    for name in names:
        reading: Reading = SAMPLES[name].reading()
        observation = Observation(
            source=Source.WEBHOOK,
            trust=Trust.VERIFIED,
            observed_at=START,
            facts=reading.facts,
            our_reference=reading.our_reference,
            signatories=reading.signatories,
        )
        with kernel.store.begin() as tx:
            record(tx, observation, ORIGIN, load=kernel.load)


def ended(kernel: Kernel) -> tuple[dict[str, Event], Snapshot]:
    """Return all events by id, and the snapshot."""
    with kernel.store.begin() as tx:
        found = events_of(tx, tx.events(), kernel.environment, kernel.load)
        stored = tx.envelope("one")
        assert stored is not None
        attempt = tx.attempts("one")[-1]
        sightings = tx.sightings(stream_of(ORIGIN, SubjectKind.ENVELOPE, attempt.vendor_ref or ""))
    seen = snapshot_of(stored, kernel.load(stored), attempt, sightings, environment="test", provider="tiny")
    return {event.id: event for event in found}, seen


@pytest.mark.parametrize(
    ("life", "state"),
    [
        (LIFE, Lifecycle.FINALIZING),
        (LIFE_OF_THE_GUIDE, Lifecycle.FINALIZING),
        (CANCELLED, Lifecycle.CANCELLED),
    ],
)
@settings(max_examples=40, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_a_life_in_any_order_with_duplicates_ends_the_same(
    life: list[str], state: Lifecycle, chance: random.Random
) -> None:
    """Doubled and shuffled deliveries of one life end in the same events, ids included, and snapshot."""
    one, other = prepared(), prepared()
    tell(one, life)
    shuffled = life + [chance.choice(life) for _ in life]
    chance.shuffle(shuffled)
    tell(other, shuffled)
    assert ended(one) == ended(other)
    events, seen = ended(one)
    assert state is seen.lifecycle
    assert {"one"} == {event.envelope_id for event in events.values()}


def test_negative_control_a_life_that_lacks_a_delivery_ends_otherwise() -> None:
    """The comparison sees a difference: without one signature there is an event less."""
    whole, partial = prepared(), prepared()
    tell(whole, LIFE)
    tell(partial, [name for name in LIFE if name != "signature-finalized-annex"])
    assert ended(whole) != ended(partial)


def test_the_same_news_with_fresh_tokens_is_the_same_event() -> None:
    """A resent delivery has another verification token and links; its facts have the ids of the first."""
    for name, sample in SAMPLES.items():
        body = json.loads(sample.raw.replace(b"?t=", b"?t=fresh"))
        body["verificationToken"] = "fresh"
        for entry in [body.get("content") or {}, *(body.get("content") or {}).get("documents", [])]:
            for key in [key for key in entry if key.lower().endswith("token")]:
                entry[key] = "fresh"
        again = webhooks.observe(delivery(json.dumps(body).encode()), ACCOUNT)
        first = sample.reading()
        assert [fact.event_id("i", "t") for fact in first.facts] == [
            fact.event_id("i", "t") for fact in again.facts
        ], name
