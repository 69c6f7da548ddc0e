"""What a person is told at the end: all envelopes side by side, and what their truth rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from paraph import SavedEvidence, Signatory
from paraph.model import Decision
from paraph_simulator.expect import CLAIMED, is_signed
from paraph_simulator.plan import Result

SHORTENED = 16
"""Characters of an envelope's id, or a SHA-256, that are shown."""


def side_by_side(results: Sequence[Result]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return head and rows of a table with one column for each envelope; cells may have several lines."""
    people = results[0].envelope.signers
    rows = [
        ("vendor", *(each.part.vendor for each in results)),
        ("envelope", *(each.envelope.id[:SHORTENED] for each in results)),
        ("ended as", *(_ended_as(each) for each in results)),
        *((person.full_name, *(_decision(each, person) for each in results)) for person in people),
        ("known by", *(_known_by(each) for each in results)),
        ("webhooks", *(_webhooks(each) for each in results)),
        ("evidence", *(_evidence(each) for each in results)),
        (
            "expectations",
            *("all held" if not each.failures else f"{len(each.failures)} failed" for each in results),
        ),
    ]
    return ("account", *(each.part.account for each in results)), rows


def _ended_as(result: Result) -> str:
    word = result.snapshot.lifecycle.value
    return word if result.snapshot.ended else f"{word}, not ended"


def _decision(result: Result, person: Signatory) -> str:
    state, at = result.snapshot.signatory(person.id), result.decided.get(person.id)
    lines = [
        "" if state.decision is Decision.NONE else state.decision.value,
        f"{at:%H:%M:%S} UTC" if at else "",
        f'"{state.reason}"' if state.reason else "",
    ]
    return "\n".join(line for line in lines if line) or "-"


def _known_by(result: Result) -> str:
    if not result.snapshot.ended:
        return "-"
    if result.reads:
        return "reading"
    return "webhook and reading" if result.confirmed else "webhook"


def _webhooks(result: Result) -> str:
    arrived = [each for each in result.posts if each.record is not None]
    return f"{len(result.posts)} sent\n{len(arrived)} received" if result.posts else "none sent"


def _evidence(result: Result) -> str:
    kinds = Counter(each.evidence.kind.value.replace("_", " ") for each in result.saved)
    return "\n".join(_count(number, kind) for kind, number in kinds.items()) or "none"


def files(results: Sequence[Result], folder: Path) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return head and rows of a table of all saved files."""
    rows = [_file(each, folder) for result in results for each in result.saved]
    return ("file", "what", "bytes", "SHA-256"), rows


def _file(saved: SavedEvidence, folder: Path) -> tuple[str, ...]:
    name = Path(saved.path).relative_to(folder).as_posix() if saved.path else ""
    return name, saved.evidence.kind.value.replace("_", " "), str(saved.size), saved.sha256[:SHORTENED]


def held(result: Result) -> Iterator[str]:
    """Yield what one envelope's truth rests on, in sentences; only for one whose expectations all held."""
    if result.posts:
        yield f"{_count(len(result.posts), 'webhook')} arrived over HTTP, stored {_trust(result)}"
    yield _ending(result)
    signed = sum(map(is_signed, result.saved))
    if signed:
        yield f"{_count(signed, 'signed file')} with one signature of each signatory, the last one over the"
        yield "whole file, with certificates that the simulator's own authority issued."


def _trust(result: Result) -> str:
    records = [each.record for each in result.posts if each.record is not None]
    if any(each.outcome == CLAIMED for each in records):
        return "as claims: they carry no proof, so the vendor was asked, and its answer counts."
    if all(each.proof for each in records):
        return "and verified: the vendor confirmed the one-time proof of each."
    return "and trusted for the secret that came along, as the account's configuration asks for."


def _ending(result: Result) -> str:
    word = result.snapshot.lifecycle.value
    if result.reads:
        asked = "once" if result.reads == 1 else f"{result.reads} times"
        return f"That it is {word} was read, asking {asked}: this vendor sends no webhook for it."
    if result.confirmed:
        return f"A webhook brought the news, and reading confirmed that it is {word}."
    return f"A webhook told that it is {word}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
