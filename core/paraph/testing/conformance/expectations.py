"""What checks expect of a vendor and of those who sign: an outcome, or words that were told."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from paraph.errors import Refused, UnsupportedCapability
from paraph.model import Envelope, Lifecycle
from paraph.provider import Capability
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.findings import expect, fail
from paraph.testing.simulator import PersonStuckError

SOON: Final = timedelta(days=3)
LATER: Final = timedelta(days=6)
"""Of simulated time: longer than any vendor's granularity of a day, shorter than usual limits of weeks."""


def refused_envelope(bench: Bench, envelope: Envelope, code: str) -> None:
    """Expect that an envelope is refused with a code, by the check and by the send, without any request."""
    before = len(bench.simulator.effects.all())
    codes = {problem.code for problem in bench.client.check(envelope) if problem.blocking}
    expect(code in codes, f"check() finds {sorted(codes) or 'nothing'} where {code!r} is due")
    try:
        bench.client.send(envelope)
    except Refused as error:
        expect(all(problem.code for problem in error.problems), "a problem without a code")
    except UnsupportedCapability:
        pass
    else:
        fail("unexpected success: what is not offered was sent", hint="declare the capability, or refuse it")
    expect(not bench.traffic, f"{len(bench.traffic)} requests were made for what is not offered")
    expect(
        before == len(bench.simulator.effects.all()), "what is not offered changed something at the vendor"
    )


def completes(bench: Bench, envelope: Envelope) -> None:
    """Let everybody sign; the vendor has to be done then, and to say so where that can be seen."""
    bench.sign(envelope)
    if Capability.SEE_COMPLETION in bench.offered:
        bench.until("completion", lambda: bench.news(envelope).lifecycle is Lifecycle.COMPLETED)


def is_closed(bench: Bench, envelope: Envelope) -> None:
    """Expect that nobody can sign any more."""
    for person in envelope.signers:
        try:
            bench.visitor(person).sign(bench.link(envelope, person))
        except PersonStuckError:
            continue
        fail(f"{person.id} could still sign")


def told(bench: Bench, content: bytes, what: str) -> None:
    """Expect that a vendor was told something; ``what`` names it."""
    expect(
        bench.traffic.told(content), f"the vendor was not told {what}", hint="send it, or do not declare it"
    )


def numbers(bench: Bench, since: int) -> frozenset[str]:
    """Return the numbers that a vendor was told in texts."""
    texts = (one.body.decode("latin-1") for one in bench.traffic.all()[since:] if b"%PDF-" not in one.body)
    return frozenset(
        number for text in texts for number in re.findall(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w.])", text)
    )


def words(bench: Bench, since: int) -> frozenset[str]:
    """Return the words of addresses, texts and forms, in lower case."""
    told = (str(one.url).encode() + b" " + one.body for one in bench.traffic.all()[since:])
    return frozenset(
        word.lower() for text in told for word in re.findall(r"[A-Za-z]+", text.decode("latin-1"))
    )
