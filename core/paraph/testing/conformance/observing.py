"""Webhooks: reading one is pure and total, says the same each time, agrees with a read, and proves itself."""

# ruff: noqa: D401 - the docstring of a check states the promise, as that of a test does

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from paraph.errors import ParaphError
from paraph.model import Envelope, Event, FactType, Lifecycle, SubjectKind
from paraph.provider import Capability, Delivery, Reading
from paraph.store import Store
from paraph.store.memory import MemoryStore
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.findings import expect, fail, offline
from paraph.testing.conformance.ground import Arrived
from paraph.testing.conformance.stories import Story, possible
from paraph.testing.conformance.subject import ACCOUNT

EXAMPLES: Final = 120
"""Hostile deliveries that are tried."""


def pure_and_total(bench: Bench) -> None:
    """Any bytes, headers and path give a Reading, the same one twice, without a request.

    Needs hypothesis. Besides rubbish it tries what the simulator really sent, with parts of it changed.
    """
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    genuine = _genuine(bench)
    names = sorted(
        {"content-type", *bench.info.webhook_headers, *(name for one in genuine for name in one.headers)}
    )
    texts = st.text(max_size=20)
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
    values = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    )
    rubbish = st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode())
    if genuine:
        bodies = [one.body for one in genuine]
        rubbish |= st.builds(_changed_at, st.sampled_from(bodies), st.integers(0), values) | st.builds(
            _cut_at, st.sampled_from(bodies), st.integers(0), st.binary(max_size=3)
        )
    paths = st.sampled_from(sorted({"", *(one.path for one in genuine)})) | texts
    headers = st.dictionaries(st.sampled_from(names), texts, max_size=4)
    if genuine:
        headers |= st.sampled_from([dict(one.headers) for one in genuine])

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    )
    @given(body=rubbish, header=headers, path=paths)
    def read(body: bytes, header: dict[str, str], path: str) -> None:
        one = Delivery(
            account=ACCOUNT,
            headers=dict(header),
            body=body,
            path=path,
            received_at=bench.simulator.clock.now(),
        )
        _read_twice(bench, one)
        expect(one.headers == header, "observe() changed the delivery's headers")

    with offline("observe()"):
        read()


def _read_twice(bench: Bench, one: Delivery) -> Reading:
    try:
        first, second = bench.provider.observe(one, bench.account), bench.provider.observe(one, bench.account)
    except Exception as error:  # noqa: BLE001 - that is the finding
        fail(
            f"observe() raised {type(error).__name__} at a delivery of {len(one.body)} bytes",
            hint="return Reading(rejected=Malformed.NOT_READABLE)",
        )
    expect(isinstance(first, Reading), f"observe() returned a {type(first).__name__}, not a Reading")
    expect(
        first == second,
        "observe() reads the same delivery in two ways",
        hint="it may use its arguments alone",
    )
    bench.watch.hear("a reading", first)
    return first


def _genuine(bench: Bench) -> tuple[Delivery, ...]:
    """Return what the simulator sends about envelopes, from the send to each end."""
    if Capability.WEBHOOKS not in bench.offered:
        return ()
    bench.subscribe()
    for story in possible(bench):
        story.end(bench, bench.sent(story.begin(bench)))
    bench.until("a webhook", bench.mailbox.all)
    bench.settle()
    return tuple(bench.delivery(arrived) for arrived in bench.mailbox.all())


def arrive(bench: Bench) -> None:
    """The vendor's webhooks are understood and believed, and the same ones again are no news."""
    for story in possible(bench):
        envelope = bench.sent(story.begin(bench))
        story.end(bench, envelope)
        bench.settle()
        outcomes = bench.ingest_new()
        rejected = [one.reason for one in outcomes if one.kind == "rejected"]
        expect(not rejected, f"webhooks of the simulator are rejected: {rejected}")
        before = bench.client.events(envelope.id)
        for arrived in bench.mailbox.all():
            bench.ingest(arrived)
        milestones = {event.id for event in bench.client.events(envelope.id) if not event.occurrence}
        expect(
            milestones == {one.id for one in before if not one.occurrence}, "the same webhooks again are news"
        )
        if story.ending is Lifecycle.COMPLETED and Capability.SEE_COMPLETION in bench.offered:
            bench.until("completion", partial(_is, bench, envelope, Lifecycle.COMPLETED))
    expect(bench.mailbox.all(), "no webhook came, whatever happened to envelopes")


def _is(bench: Bench, envelope: Envelope, lifecycle: Lifecycle) -> bool:
    return bench.news(envelope).lifecycle is lifecycle


def _changed_at(body: bytes, place: int, value: Any) -> bytes:
    """Replace one value of a JSON body."""
    try:
        decoded = json.loads(body)
    except ValueError:
        return _cut_at(body, place, b"")
    spots = list(_spots(decoded))
    if spots:
        holder, key = spots[place % len(spots)]
        holder[key] = value
    return json.dumps(decoded).encode()


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _spots(value[key])


def _cut_at(body: bytes, place: int, given: bytes) -> bytes:
    at = place % (len(body) + 1)
    return body[:at] + given + body[at + len(given) :] if given else body[:at]


def stable(bench: Bench) -> None:
    """The same news, delivered again with fresh proofs, give the same facts."""
    _genuine(bench)
    for sent in tuple(bench.simulator.webhooks.history):
        first, again = (_read_twice(bench, one) for one in (_made(bench, sent), _made(bench, sent)))
        keys = [(fact.type, fact.subject, fact.target, fact.occurrence) for fact in first.facts]
        same = keys == [(fact.type, fact.subject, fact.target, fact.occurrence) for fact in again.facts]
        expect(
            same,
            "a delivery that is repeated tells other facts",
            hint="no token, time or counter in a fact's key",
        )
        expect(
            first.subject_ref == again.subject_ref, "a delivery that is repeated is about another envelope"
        )


def _made(bench: Bench, sent: Any) -> Delivery:
    """Let the simulator write a delivery once more."""
    body = sent.make_body()
    headers = dict(sent.make_headers(body)) if sent.make_headers else {}
    path = next((one.path for one in bench.mailbox.all() if sent.url.endswith(one.path)), "")
    headers = {"content-type": "application/json", **headers}
    return bench.delivery(Arrived(headers=headers, body=body, path=path))


def ways_agree(bench: Bench) -> None:
    """Who heard of an envelope by webhooks and who read it know the same events, with the same ids.

    What is heard has to be known to whoever reads. The other way round holds where hearing told the end: a
    vendor may call for some endings only.
    """
    bench.subscribe()
    told = [_compared(bench, story) for story in possible(bench)]
    expect(
        any(told),
        "no webhook told anything about an envelope",
        hint="does subscribe() of the simulator work?",
    )


def _compared(bench: Bench, story: Story) -> bool:
    """Compare one story; return whether webhooks told anything of it."""
    before = len(bench.mailbox.all())
    envelope = bench.sent(story.begin(bench))
    reader = bench.connect(twin(bench.store, envelope), bench.style)
    bench.settle()
    reader.refresh(envelope.id)
    story.end(bench, envelope)
    bench.settle()
    if len(bench.mailbox.all()) == before:
        return False
    bench.ingest_new()
    bench.until("the end, by reading", lambda: reader.refresh(envelope.id).ended)
    reader.refresh(envelope.id)
    heard = {event.id: event for event in bench.client.events(envelope.id) if _comparable(event)}
    read = {event.id: event for event in reader.events(envelope.id) if _comparable(event)}
    differ = [f"{event.type.value} by webhook only" for key, event in heard.items() if key not in read]
    if bench.client.get(envelope.id).ended:
        differ += [f"{event.type.value} by reading only" for key, event in read.items() if key not in heard]
    expect(
        not differ,
        f"webhooks and reads of a {story.ending.value} envelope tell different events: {', '.join(differ)}",
        hint="use the same targets",
    )
    return bool(heard)


def _comparable(event: Event) -> bool:
    """Return whether it is a milestone of the envelope: what repeats may be told by one way alone."""
    kinds = ("envelope.", "signatory.")
    one_way = {FactType.ENVELOPE_CLAIMED, FactType.ENVELOPE_CHILD}
    milestone = not event.occurrence and event.type not in one_way
    return event.subject_kind is SubjectKind.ENVELOPE and milestone and event.type.value.startswith(kinds)


def twin(store: Store, envelope: Envelope) -> Store:
    """Make a store that knows of an envelope what another one knew when it was sent."""
    made = MemoryStore()
    with store.begin() as tx:
        record, attempts = tx.envelope(envelope.id), tx.attempts(envelope.id)
    with made.begin() as tx:
        if record is not None:
            tx.add_envelope(record)
        for attempt in attempts:
            tx.put_attempt(attempt)
    return made


def claims_move_nothing(bench: Bench) -> None:
    """A stranger who repeats the vendor's words about other envelopes, without proof, moves nothing."""
    bench.subscribe()
    heard: list[tuple[Envelope, Arrived]] = []
    for story in possible(bench):
        told, before = bench.sent(story.begin(bench)), len(bench.mailbox.all())
        story.end(bench, told)
        bench.settle()
        heard += [(told, arrived) for arrived in bench.mailbox.all()[before:]]
    expect(heard, "no webhook came, whatever happened to envelopes")
    bench.ingest_new()
    bench.mailbox.open("/nowhere")
    victim = bench.sent(bench.envelope())
    before_it = bench.client.get(victim.id)
    forged = [one for told, arrived in heard for one in _forgeries(bench, arrived, told, victim)]
    named = [bench.provider.observe(bench.delivery(one), bench.account).subject_ref for one in forged]
    _expect_a_threat(bench, named, victim)
    for one in forged:
        try:
            bench.ingest(one)
        except ParaphError as error:
            fail(f"a forged webhook raised {type(error).__name__}")
    after = bench.client.get(victim.id)
    expect(
        after.lifecycle is before_it.lifecycle and not after.ended,
        f"a forged webhook moved an envelope from {before_it.lifecycle.value!r} to {after.lifecycle.value!r}",
        hint="verify() has to say PROVEN of nothing that a stranger could have written",
    )
    same = [one.decision for one in before_it.signatories] == [one.decision for one in after.signatories]
    expect(same, "a forged webhook changed what is known of a signatory's decision")


def _expect_a_threat(bench: Bench, named: list[str], victim: Envelope) -> None:
    """The forgeries have to name the victim, wherever genuine deliveries name their envelope at all."""
    ref = bench.carried(victim).vendor_ref
    expect(ref in named or not any(named), "the forged webhooks name no envelope: this check checks nothing")


def _forgeries(bench: Bench, arrived: Arrived, told: Envelope, victim: Envelope) -> Iterator[Arrived]:
    """Yield a genuine delivery with the victim's references: with an invented proof, none, a used one.

    Headers are never kept as they came: one may hold a secret that vendor and account share, and whoever
    knows that is believed.
    """
    ours, theirs = bench.carried(told), bench.carried(victim)
    pairs = [(ours.vendor_ref, theirs.vendor_ref), (ours.reference, theirs.reference), (told.id, victim.id)]
    pairs += [(ref, theirs.signatories.get(local, ref)) for local, ref in ours.signatories.items()]
    pairs += [(ref, theirs.documents.get(local, ref)) for local, ref in ours.documents.items()]
    body = arrived.body
    for known, other in pairs:
        body = body.replace(known.encode(), other.encode()) if known else body
    bare = {name: value for name, value in arrived.headers.items() if name.lower() == "content-type"}
    invented = {name: _other(value) for name, value in arrived.headers.items()} | bare
    path = _other_path(arrived.path)
    proof = bench.provider.observe(bench.delivery(arrived), bench.account).proof
    if proof is not None:
        yield Arrived(headers=invented, body=body, path=path)
        body = body.replace(proof.reveal().encode(), _other(proof.reveal()).encode())
    yield Arrived(headers=invented, body=body, path=path)
    yield Arrived(headers=bare, body=body, path=path)


def _other(text: str) -> str:
    """Invent a text of the same form."""
    swapped = text.translate(str.maketrans("abcdef0123456789ABCDEF", "bcdefa1234567890BCDEFA"))
    return swapped if swapped != text else text + "0"


def _other_path(path: str) -> str:
    """Invent whatever may be a secret at the beginning of a path; its last part says what happened."""
    head, slash, tail = path.rpartition("/")
    return f"{_other(head)}{slash}{tail}" if head else path
