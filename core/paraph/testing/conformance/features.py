"""What an envelope may use: each feature that is offered works, each other one is refused before any request.

A feature is an envelope that uses it, and a look at what became of it. The refusal needs the envelope alone,
so every feature has one even where no vendor offers it.
"""

# ruff: noqa: D401 - the docstring of a check states the promise, as that of a test does

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from paraph.model import (
    Anchor,
    Assurance,
    Document,
    Envelope,
    EvidenceKind,
    Field,
    Level,
    Lifecycle,
    Rect,
    SignatureKind,
    Stage,
    StageRule,
    Verb,
)
from paraph.provider import Capability
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.expectations import (
    LATER,
    SOON,
    completes,
    is_closed,
    numbers,
    refused_envelope,
    told,
    words,
)
from paraph.testing.conformance.findings import expect
from paraph.testing.conformance.samples import ANCHOR, ANNEX, CONTRACT, MARKER, changed, document

FILES: Final[Mapping[str, bytes]] = MappingProxyType(
    {
        "terms.txt": MARKER.encode(),
        "terms.xml": f"<terms>{MARKER}</terms>".encode(),
        "terms.csv": MARKER.encode(),
        "terms.json": json.dumps({"terms": MARKER}).encode(),
        "terms.docx": MARKER.encode(),
        "terms.png": MARKER.encode(),
    }
)
"""Files that are no PDF; which kinds a vendor takes is its own business."""


@attrs.frozen(kw_only=True, eq=False)
class Feature:
    """One feature: the envelope that uses it, and what has to be so once it is sent."""

    envelope: Callable[[Bench], Envelope]
    verify: Callable[[Bench, Envelope], None]


def works(bench: Bench, capability: Capability) -> None:
    """Send an envelope that uses the feature, and look what became of it."""
    feature = FEATURES[capability]
    bench.subscribe_if_offered()
    feature.verify(bench, bench.sent(feature.envelope(bench)))


def refused(bench: Bench, capability: Capability) -> None:
    """Send an envelope that uses what is not offered: a problem says so, and no request is made."""
    refused_envelope(bench, FEATURES[capability].envelope(bench), f"unsupported.{capability.value}")


# Documents.


def _two_documents(bench: Bench) -> Envelope:
    return bench.envelope(documents=(document(), document("annex.pdf", ANNEX)))


def _both_are_signed(bench: Bench, envelope: Envelope) -> None:
    completes(bench, envelope)
    if EvidenceKind.SIGNED_DOCUMENT in bench.offered.evidence:
        bench.until("both signed documents", lambda: {"contract", "annex"} <= set(_signed(bench, envelope)))


def _signed(bench: Bench, envelope: Envelope) -> Iterator[str | None]:
    for found in bench.client.evidence(envelope.id):
        if found.kind is EvidenceKind.SIGNED_DOCUMENT:
            yield found.document_id


def _attached(bench: Bench) -> Envelope:
    return bench.envelope(documents=(document(), document("annex.pdf", ANNEX, role="attachment")))


def _attachment_travels(bench: Bench, envelope: Envelope) -> None:
    told(bench, ANNEX, "the attachment's content")
    completes(bench, envelope)


def _digest(_bench: Bench) -> Document:
    return Document.from_digest(document().sha256, name="contract.pdf")


def _content_stays(bench: Bench, envelope: Envelope) -> None:
    expect(not bench.traffic.told(CONTRACT[:400]), "the content was sent, where only its digest was given")
    told(bench, bytes.fromhex(envelope.documents[0].sha256), "the digest")
    completes(bench, envelope)


def _json(bench: Bench) -> Envelope:
    return bench.envelope(documents=(Document.from_json({"terms": MARKER}, name="terms.json"),))


def _another_file(bench: Bench) -> Envelope:
    made = [bench.envelope(documents=(document(name, content),)) for name, content in FILES.items()]
    return next(
        (one for one in made if not any(found.blocking for found in bench.client.check(one))), made[0]
    )


def _content_travels(bench: Bench, envelope: Envelope) -> None:
    with envelope.documents[0].open() as stream:
        content = stream.read()
    expect(
        bench.traffic.told(content) or bench.traffic.told(MARKER.encode()),
        "the document's content was not sent",
    )
    completes(bench, envelope)


# People.


def _two_people(bench: Bench) -> Envelope:
    return bench.envelope(persons=2)


def _both_have_to_sign(bench: Bench, envelope: Envelope) -> None:
    first, second = envelope.signatories
    if Capability.DELIVERY_EMAIL in bench.offered:
        bench.settle()
        counts = [len(bench.mails(person)) for person in envelope.signatories]
        expect(counts == [1, 1], f"{counts} invitations were mailed, not one to each")
    bench.sign(envelope, first)
    expect(bench.news(envelope).lifecycle is not Lifecycle.COMPLETED, "completed after one of two signatures")
    bench.sign(envelope, second)
    if Capability.SEE_COMPLETION in bench.offered:
        bench.until("completion", lambda: bench.news(envelope).lifecycle is Lifecycle.COMPLETED)


def _in_stages(bench: Bench) -> Envelope:
    made = bench.envelope(persons=2)
    return attrs.evolve(made, signatories=changed(made.signatories, p2={"stage": 2}))


def _one_after_another(bench: Bench, envelope: Envelope) -> None:
    first, second = envelope.signatories
    if Capability.DELIVERY_EMAIL in bench.offered:
        bench.settle()
        expect(not bench.mails(second), "the second was invited before the first had signed")
    bench.sign(envelope, first)
    expect(
        bench.news(envelope).lifecycle is not Lifecycle.COMPLETED, "completed after the first of two stages"
    )
    bench.sign(envelope, second)
    if Capability.SEE_COMPLETION in bench.offered:
        bench.until("completion", lambda: bench.news(envelope).lifecycle is Lifecycle.COMPLETED)


def _any_of_two(bench: Bench) -> Envelope:
    return bench.envelope(persons=2, stages=(Stage(number=1, rule=StageRule.ANY),))


def _one_is_enough(bench: Bench, envelope: Envelope) -> None:
    bench.sign(envelope, envelope.signatories[0])
    bench.until("completion", lambda: bench.news(envelope).lifecycle is Lifecycle.COMPLETED)


def _sealed(bench: Bench) -> Envelope:
    """Ask for a seal of the first level that is not refused with it."""
    made = []
    for level in sorted(bench.offered.levels) or [Level.SES]:
        plain = bench.envelope(assurance=Assurance(level=level))
        verb = Verb.SEAL if Verb.SEAL in bench.offered.verbs else Verb.SIGN
        seal = {"kind": SignatureKind.SEAL, "verb": verb}
        made.append(attrs.evolve(plain, signatories=changed(plain.signatories, p1=seal)))
    return next(
        (one for one in made if not any(found.blocking for found in bench.client.check(one))), made[0]
    )


def _by_mail(bench: Bench) -> Envelope:
    return _delivered(bench, "email")


def _by_link(bench: Bench) -> Envelope:
    return _delivered(bench, "link")


def _delivered(bench: Bench, delivery: str) -> Envelope:
    made = bench.envelope()
    return attrs.evolve(made, signatories=changed(made.signatories, p1={"delivery": delivery}))


def _mailed_once(bench: Bench, envelope: Envelope) -> None:
    bench.link(envelope, envelope.signatories[0])
    count = len(bench.mails(envelope.signatories[0]))
    expect(count == 1, f"{count} invitations were mailed to one signatory")
    completes(bench, envelope)


# Places.


def _field(bench: Bench, **place: Any) -> Envelope:
    return bench.envelope(fields=(Field(document="contract", signatory="p1", **place),))


def _placed(bench: Bench) -> Envelope:
    return _field(bench, rect=Rect(x=100, y=200, width=150, height=50))


def _place_is_told(bench: Bench, envelope: Envelope) -> None:
    """The same place gives the same numbers, another place gives others."""
    completes(bench, envelope)
    same = numbers(bench, 0)
    marks = []
    for place in (Rect(x=100, y=200, width=150, height=50), Rect(x=231, y=417, width=163, height=57)):
        marks.append(len(bench.traffic))
        bench.sent(_field(bench, rect=place))
    again = numbers(bench, marks[0]) - numbers(bench, marks[1])
    moved = numbers(bench, marks[1]) - same
    expect(
        moved - again, "the vendor is told the same whatever the rectangle", hint="tell it the field's place"
    )


def _anchored(bench: Bench) -> Envelope:
    return _field(bench, anchor=Anchor(text=ANCHOR))


def _anchor_is_told(bench: Bench, envelope: Envelope) -> None:
    told = [one for one in bench.traffic.all() if b"%PDF-" not in one.body]
    expect(any(ANCHOR.encode() in one.body for one in told), "the vendor was not told the anchor's text")
    completes(bench, envelope)


# Terms.


def _expiring(bench: Bench) -> Envelope:
    return bench.envelope(expires_at=bench.simulator.clock.now() + SOON)


def _expires(bench: Bench, envelope: Envelope) -> None:
    bench.link(envelope, envelope.signatories[0])
    bench.simulator.clock.advance(LATER)
    is_closed(bench, envelope)
    if Capability.READ_STATUS in bench.offered:
        bench.until("expiry", lambda: bench.news(envelope).lifecycle is Lifecycle.EXPIRED)


def _scheduled(bench: Bench) -> Envelope:
    return bench.envelope(scheduled_at=bench.simulator.clock.now() + SOON)


def _is_sent_later(bench: Bench, envelope: Envelope) -> None:
    person = envelope.signatories[0]
    bench.settle()
    expect(not bench.mails(person), "somebody was invited before the time")
    expect(bench.news(envelope).lifecycle is Lifecycle.SCHEDULED, "the envelope is not seen as scheduled")
    bench.simulator.clock.advance(LATER)
    completes(bench, envelope)


def _with_message(bench: Bench) -> Envelope:
    return bench.envelope(message=f"Please read {MARKER}")


def _message_is_told(bench: Bench, envelope: Envelope) -> None:
    told(bench, MARKER.encode(), "the message")
    completes(bench, envelope)


def _in_spanish(bench: Bench) -> Envelope:
    return bench.envelope(language="es")


def _language_is_told(bench: Bench, envelope: Envelope) -> None:
    completes(bench, envelope)
    mark = len(bench.traffic)
    bench.sent(bench.envelope(language="it"))
    _languages_differ(bench, mark)


def _person_in_spanish(bench: Bench) -> Envelope:
    return _person_in(bench, "es")


def _person_in(bench: Bench, language: str) -> Envelope:
    made = bench.envelope()
    return attrs.evolve(made, signatories=changed(made.signatories, p1={"language": language}))


def _person_language_is_told(bench: Bench, envelope: Envelope) -> None:
    completes(bench, envelope)
    mark = len(bench.traffic)
    bench.sent(_person_in(bench, "it"))
    _languages_differ(bench, mark)


def _languages_differ(bench: Bench, mark: int) -> None:
    """The first envelope speaks Spanish, the one after the mark Italian."""
    second = words(bench, mark)
    expect("es" in words(bench, 0) - second and "it" in second, "the vendor was not told the language")


FEATURES: Final[Mapping[Capability, Feature]] = MappingProxyType(
    {
        Capability.SEVERAL_DOCUMENTS: Feature(envelope=_two_documents, verify=_both_are_signed),
        Capability.ATTACHMENTS: Feature(envelope=_attached, verify=_attachment_travels),
        Capability.DIGEST_DOCUMENTS: Feature(
            envelope=lambda bench: bench.envelope(documents=(_digest(bench),)), verify=_content_stays
        ),
        Capability.JSON_DOCUMENTS: Feature(envelope=_json, verify=_content_travels),
        Capability.NON_PDF_DOCUMENTS: Feature(envelope=_another_file, verify=_content_travels),
        Capability.SEVERAL_SIGNATORIES: Feature(envelope=_two_people, verify=_both_have_to_sign),
        Capability.STAGES: Feature(envelope=_in_stages, verify=_one_after_another),
        Capability.STAGE_ANY: Feature(envelope=_any_of_two, verify=_one_is_enough),
        Capability.SEALS: Feature(envelope=_sealed, verify=completes),
        Capability.DELIVERY_EMAIL: Feature(envelope=_by_mail, verify=_mailed_once),
        Capability.SIGNING_LINK: Feature(envelope=_by_link, verify=completes),
        Capability.FIELDS: Feature(envelope=_placed, verify=_place_is_told),
        Capability.ANCHORS: Feature(envelope=_anchored, verify=_anchor_is_told),
        Capability.EXPIRY: Feature(envelope=_expiring, verify=_expires),
        Capability.SCHEDULE: Feature(envelope=_scheduled, verify=_is_sent_later),
        Capability.MESSAGE: Feature(envelope=_with_message, verify=_message_is_told),
        Capability.LANGUAGE: Feature(envelope=_in_spanish, verify=_language_is_told),
        Capability.SIGNATORY_LANGUAGE: Feature(envelope=_person_in_spanish, verify=_person_language_is_told),
    }
)
"""Every capability that an envelope uses; the others are in :mod:`paraph.testing.conformance.abilities`."""
