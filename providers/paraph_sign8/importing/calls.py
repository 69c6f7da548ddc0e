"""Which request of a file is which operation.

Every request is scored for every operation by what its name, its path and method, other words about it and
the shapes of its body and answer say; the reasons are kept. The best pair is taken first, one request per
operation. Two requests that are equally good for an operation leave it open, and both are named: the person
who reads the report decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import attrs

from paraph_sign8.dialect.model import Operations
from paraph_sign8.importing.description import BodyForm, Request, Segment, Variable, shown
from paraph_sign8.importing.naming import WEAK, fits, id_of, joined, names_thing
from paraph_sign8.importing.phrases import ADDS, Phrase, meaning, phrase
from paraph_sign8.importing.shapes import Kind, Look, Shape, spots
from paraph_sign8.importing.vocabulary import FIELDS, Noun, Verb

OPERATIONS: Final = tuple(field.name for field in attrs.fields(Operations))
REQUIRED: Final = ("add_workflow", "add_file", "add_signer", "add_signature")
"""Without these nothing can be sent."""

CORE: Final = (*REQUIRED, "add_annotation")
"""The published ones. The shipped dialect offers them, so one that was not found is turned off."""

READS: Final = ("list_interfaces", "status", "list", "download", "audit_report", "signature_link")

EXACT: Final = 100
NAMED: Final = 90
ROUTED: Final = 88
HINTED: Final = 85
REST: Final = 80
SHAPED: Final = 50
VAGUE: Final = 55
AGREEING: Final = 4
"""What another reason for the same operation adds."""

EQUAL: Final = 3
"""A lead up to which two requests count as equally good."""

_MUTATING: Final = frozenset({"POST", "PUT", "PATCH"})
_PUBLISHED: Final = {
    **{joined(name): name for name in OPERATIONS},
    "addsignatur": "add_signature",  # as the German page of the vendor prints it (contract 2)
    "startworkflow": "start",
    "cancelworkflow": "cancel",
    "getworkflow": "status",
    "listworkflows": "list",
}
for _common in ("list", "status", "start", "cancel", "remind", "download"):
    del _PUBLISHED[_common]  # words that other things have, too


@attrs.frozen(kw_only=True)
class Match:
    """A request as an operation, with why."""

    operation: str
    request: Request
    score: int
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """All reasons in one line."""
        return "; ".join(self.reasons)


@attrs.frozen(kw_only=True)
class Matched:
    """The outcome: matches by operation, rivals that left one open, and requests that are none."""

    found: Mapping[str, Match]
    rivals: Mapping[str, tuple[Match, ...]]
    unused: tuple[Request, ...]


def match(requests: Sequence[Request]) -> Matched:
    """Find the request of every operation."""
    pairs = [pair for request in requests if not request.webhook for pair in candidates(request)]
    pairs.sort(key=lambda pair: (-pair.score, OPERATIONS.index(pair.operation)))
    found: dict[str, Match] = {}
    rivals: dict[str, tuple[Match, ...]] = {}
    taken: set[int] = set()
    for pair in pairs:
        if pair.operation in found or pair.operation in rivals or id(pair.request) in taken:
            continue
        equals = [
            other
            for other in pairs
            if other.operation == pair.operation
            and id(other.request) not in taken
            and pair.score - other.score <= EQUAL
        ]
        if len(equals) > 1:
            rivals[pair.operation] = tuple(equals)
            taken.update(id(each.request) for each in equals)
        else:
            found[pair.operation] = pair
            taken.add(id(pair.request))
    used = {id(each.request) for each in found.values()}
    unused = tuple(each for each in requests if not each.webhook and id(each) not in used)
    return Matched(found=found, rivals=rivals, unused=unused)


def candidates(request: Request) -> tuple[Match, ...]:
    """Return every operation that a request may be, each with its score and reasons."""
    said: dict[str, list[tuple[int, str]]] = {}
    for operation, score, reason in _said(request):
        if _possible(operation, request, score):
            said.setdefault(operation, []).append((score, reason))
    return tuple(
        Match(
            operation=operation,
            request=request,
            score=max(score for score, _ in reasons) + AGREEING * (len(reasons) - 1),
            reasons=tuple(reason for _, reason in reasons),
        )
        for operation, reasons in said.items()
    )


def _possible(operation: str, request: Request, score: int) -> bool:
    if score == EXACT:
        return True
    if operation in ADDS.values():
        return request.method in _MUTATING
    return request.method in {"GET", "POST"} if operation in READS else request.method != "GET"


def _said(request: Request) -> Iterator[tuple[str, int, str]]:
    has_id = tells_workflow(request)
    name, folders = phrase([request.name]), request.folders[::-1]
    foreign = _foreign(name)
    yield from _exactly(request)
    if joined(request.name) not in _PUBLISHED:
        operation, clear = meaning(name, has_id=has_id)
        if not operation and not name.nouns:
            around = next((each for each in map(_nouns_of, folders) if each.nouns), Phrase())
            whole = Phrase(name.verbs, around.nouns, frozenset())
            operation, clear = meaning(whole, has_id=has_id)
            if operation:
                yield operation, REST, f'"{shown(request.name)}" in "{shown(folders[0])}" says so'
        elif operation:
            yield operation, NAMED if clear else VAGUE, f'its name "{shown(request.name)}" says so'
    for hint in request.hints:
        operation, clear = meaning(phrase([hint]), has_id=has_id)
        if operation and clear:
            yield operation, HINTED, f'"{shown(hint)}" says so'
            break
    yield from _routed(request, has_id=has_id)
    if not foreign:
        yield from _shaped(request)
        yield from _answered(request)


def _nouns_of(folder: str) -> Phrase:
    return phrase([folder])


def _foreign(said: Phrase) -> bool:
    return Noun.OTHER in said.nouns or Verb.CHANGE in said.verbs


def _exactly(request: Request) -> Iterator[tuple[str, int, str]]:
    literal = [text for segment in request.segments if (text := _literal(segment))]
    for name, what in ((request.name, "name"), (literal[-1] if literal else "", "path")):
        operation = _PUBLISHED.get(joined(name))
        if operation:
            yield operation, EXACT, f"its {what} is {shown(name)}"


def _literal(segment: Segment) -> str:
    return "".join(part for part in segment if isinstance(part, str)).strip(":")


def _routed(request: Request, *, has_id: bool) -> Iterator[tuple[str, int, str]]:
    """Read the path: a verb in it, or a thing and the method."""
    literals = [(index, text) for index, each in enumerate(request.segments) if (text := _literal(each))]
    if not literals or joined(literals[-1][1]) in _PUBLISHED:
        return
    (last, text), before = literals[-1], [each for _, each in literals[:-1]]
    said = phrase([text])
    if _foreign(said):
        return
    reason = "its method and path say so"
    if said.verbs or set(said.nouns) & {Noun.AUDIT, Noun.LINK, Noun.STATE}:
        around = said if said.nouns and Noun.LINK not in said.nouns else phrase([*before[-1:], text])
        operation, clear = meaning(around, has_id=has_id)
        if not operation:
            operation, clear = meaning(phrase([*before, text]), has_id=has_id)
        if operation:
            yield operation, ROUTED if clear else VAGUE, reason
        return
    whole = phrase([*before, text])
    if whole.verbs and said.nouns:
        operation, clear = meaning(whole, has_id=has_id)
        if operation and clear:
            yield operation, ROUTED, reason
            return
    trailing = last < len(request.segments) - 1
    yield from _rest(request, said, reason, trailing=trailing, has_id=has_id)


def _rest(
    request: Request, said: Phrase, reason: str, *, trailing: bool, has_id: bool
) -> Iterator[tuple[str, int, str]]:
    """Read a thing and a method, as REST means them; ``trailing``: an id follows."""
    noun = said.nouns[-1] if said.nouns else None
    if noun is None:
        return
    if request.method == "POST" and not trailing and noun in ADDS:
        yield ADDS[noun], REST, reason
    elif request.method == "GET" and noun is Noun.WORKFLOW:
        yield ("status" if trailing or has_id else "list"), REST, reason
    elif request.method == "GET" and noun is Noun.INTERFACE and not trailing:
        yield "list_interfaces", REST, reason
    elif request.method == "GET" and noun is Noun.FILE and trailing:
        binary = any(answer.binary for answer in request.answers)
        yield "download", REST if binary else VAGUE, reason


def tells_workflow(request: Request) -> bool:
    """Whether a call tells the id of a workflow, in its path, query or body."""
    before = ""
    for segment in request.segments:
        for part in segment:
            if isinstance(part, Variable) and _is_workflow(part.name, before):
                return True
        before = _literal(segment) or before
    if any(_is_workflow(name, "") for name in request.query):
        return True
    told = (spot for spot in spots(request.body) if spot.shape.is_scalar and not spot.lists)
    return any(_is_workflow(spot.name, spot.names[-2] if len(spot.names) > 1 else "") for spot in told)


def _is_workflow(name: str, parent: str) -> bool:
    found = id_of(name or "id", parent)
    return found is not None and found[0] is Noun.WORKFLOW and (found[1] > WEAK or bool(parent))


def _shaped(request: Request) -> Iterator[tuple[str, int, str]]:
    """Read the body: what it tells is typical of one operation."""
    if request.method not in _MUTATING or request.form in {BodyForm.NONE, BodyForm.GRAPHQL, BodyForm.OTHER}:
        return
    told = [spot for spot in spots(request.body) if spot.shape.is_scalar and spot.name and not spot.lists]

    def has(entity: str, *keys: str) -> bool:
        return all(
            any(fits(spot.name, FIELDS[entity][key], entity=Noun(entity)) > WEAK for spot in told)
            for key in keys
        )

    email = any(Look.EMAIL in spot.shape.looks for spot in told) or has("signer", "email")
    if email and (has("signer", "given_name") or has("signer", "family_name")):
        yield "add_signer", SHAPED, "its body has an e-mail address and a person's names"
    elif has("signature", "page", "x", "y"):
        if has("annotation", "text"):
            yield "add_annotation", SHAPED, "its body has a page, a place on it and a text"
        else:
            yield "add_signature", SHAPED, "its body has a page and a place on it"
    elif any(_is_file(spot.shape) for spot in told):
        yield "add_file", SHAPED, "its body has a file's content"
    elif has("workflow", "name") and (has("workflow", "expires_at") or has("workflow", "dispatch")):
        yield "add_workflow", SHAPED, "its body has a name and an expiry or an order"


def _answered(request: Request) -> Iterator[tuple[str, int, str]]:
    """Read the answer: of several that show a workflow, the one with its signers shows more."""
    if request.method in {"GET", "POST"} and tells_workflow(request):
        listed = {each.name for each in spots(request.answer) if Kind.LIST in each.shape.kinds}
        if any((thing := names_thing(name)) and thing[0] is Noun.SIGNER for name in listed):
            yield "status", SHAPED, "its answer lists signers"


def _is_file(shape: Shape) -> bool:
    return Kind.FILE in shape.kinds or Look.BASE64 in shape.looks
