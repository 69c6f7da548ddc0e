"""Operations and the names of what they tell: from matched requests onto the board."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from paraph_sign8.dialect.leaves import CONFIRMED
from paraph_sign8.dialect.model import Fields
from paraph_sign8.importing.agreeing import Offered, agree, organizations, place_organization
from paraph_sign8.importing.calls import CORE, OPERATIONS, Matched
from paraph_sign8.importing.description import BodyForm, Request, holds_data, shown
from paraph_sign8.importing.findings import SURE, Board
from paraph_sign8.importing.naming import NEAR, WEAK
from paraph_sign8.importing.told import Named, Told, named, path_of, told

NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "add_file": ("workflow_id",),
    "add_signer": ("workflow_id",),
    "add_signature": ("workflow_id", "file_id", "signer_id"),
    "add_annotation": ("workflow_id", "file_id", "signer_id"),
    "start": ("workflow_id",),
    "status": ("workflow_id",),
    "cancel": ("workflow_id",),
    "remind": ("workflow_id", "signer_id"),
    "download": ("workflow_id", "file_id"),
    "audit_report": ("workflow_id",),
    "signature_link": ("workflow_id", "signer_id"),
}
"""Ids that operations tell."""

ENTITIES: Final = {
    "workflow": "add_workflow",
    "file": "add_file",
    "signer": "add_signer",
    "signature": "add_signature",
    "annotation": "add_annotation",
    "interface": "create_interface",
}
"""The operation whose body shows an entity's fields; those of ``call`` belong to all others."""

CALLS: Final = ("start", "status", "cancel", "remind", "download", "audit_report", "signature_link")

_GUESS: Final = SURE - 1
_BODY: Final = "the body of that call"


def place_operations(matched: Matched, board: Board) -> Offered:
    """Place paths, methods and wraps; what a dialect cannot say is left out with its reason."""
    offered = Offered()
    base = main_base(matched)
    for operation in OPERATIONS:
        match = matched.found.get(operation)
        if match is None:
            rivals = [_called(each.request) for each in matched.rivals.get(operation, ())]
            lose(operation, f"equally good: {' and '.join(rivals)}" if rivals else "no request for it", board)
            continue
        request = match.request
        path, fault, guessed = path_of(request, NEEDS.get(operation, ()))
        held = [
            key for key in ("workflow_id", "file_id", "signer_id", "organization_id") if f"{{{key}}}" in path
        ]
        tells = told(request, held)
        fault = fault or _fault(request, tells, base)
        if fault:
            lose(operation, f"{_called(request)}: {fault}", board)
            continue
        score, reason = match.score, match.reason
        if guessed:
            score, reason = min(score, _GUESS), f"{reason}; an id in its path has no clear name"
        if request.form is BodyForm.FORM or (request.form is BodyForm.MULTIPART and operation != "add_file"):
            score, reason = min(score, _GUESS), f"{reason}; the file shows a form, and paraph sends JSON"
        where = f"operations.{operation}"
        board.put(f"{where}.path", path, score, reason)
        board.put(f"{where}.method", request.method, score, "the method of that call")
        if request.form is BodyForm.NONE and not tells.spots:
            board.miss(f"{where}.wrap", "the file shows no body")
        else:
            board.put(f"{where}.wrap", tells.wrapped, score, _BODY)
        offered.matches[operation] = match
        offered.told[operation] = tells
    return offered


def _called(request: Request) -> str:
    return shown(request.title)


def main_base(matched: Matched) -> str:
    """Return what most operations have before their path."""
    counts = Counter(base for each in matched.found.values() for base in each.request.bases)
    return counts.most_common(1)[0][0] if counts else ""


def _fault(request: Request, tells: Told, base: str) -> str:
    if request.form in {BodyForm.OTHER, BodyForm.GRAPHQL}:
        return "its body is neither JSON nor a form"
    if tells.is_list:
        return "its body is a list, which no dialect can say"
    if request.bases and base not in request.bases:
        return "it is on another host than most"
    texts = [part for segment in request.segments for part in segment if isinstance(part, str)]
    if any(map(holds_data, texts)):
        return "its path holds somebody's data"
    return ""


def lose(operation: str, reason: str, board: Board) -> None:
    """Say that an operation is not offered; the five that every dialect needs are turned off aloud."""
    where = f"operations.{operation}"
    if operation in CORE:
        board.clear(f"{where}.path", reason)
    else:
        board.miss(f"{where}.path", reason)
    for key in ("method", "wrap"):
        board.miss(f"{where}.{key}", "it is not offered")


def place_fields(offered: Offered, board: Board) -> None:
    """Place the names of all fields and of the organisation's id.

    Names that several calls share come first, since they decide how much of a body is a wrap.
    """
    spelled = organizations(offered.told)
    taken = frozenset(map(id, spelled.values()))
    _place_calls(offered, taken, board)
    place_organization(offered, spelled, board)
    for entity, operation in ENTITIES.items():
        keys = _keys(entity)
        tells = offered.told.get(operation)
        if tells is None:
            for key in keys:
                board.miss(f"fields.{entity}.{key}", f"no request for {operation}")
            continue
        given = [spot for spot in tells.spots if id(spot) not in taken]
        found = _with_sense(entity, named(entity, keys, given))
        offered.named[operation] = found
        for key in keys:
            _place(entity, key, found, tells, board)
    for operation, tells in offered.told.items():
        path = f"operations.{operation}.wrap"
        if board.findings[path].written:
            board.put(path, tells.wrapped, board.findings[path].score, _BODY)
        _ignore(operation, offered, taken, board)


def _keys(entity: str) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(type(getattr(Fields(), entity))))


def _with_sense(entity: str, found: Named) -> Named:
    """Take a family name back that is merely called "name", unless there is a first name beside it."""
    family = found.found.get("family_name")
    if entity != "signer" or family is None or family.score > WEAK or "given_name" in found.found:
        return found
    rest = {key: each for key, each in found.found.items() if key != "family_name"}
    return attrs.evolve(found, found=rest, unused=(*found.unused, family.spot))


def _place(entity: str, key: str, found: Named, tells: Told, board: Board) -> None:
    path = f"fields.{entity}.{key}"
    if key in tells.in_path:
        board.put(path, "", NEAR, "it stands in the path")
    elif key in found.found:
        each = found.found[key]
        board.put(path, tells.name(each.spot), each.score, each.reason)
    elif key in found.rivals:
        rivals = " and ".join(tells.name(each.spot) for each in found.rivals[key])
        board.miss(path, f"equally good: {shown(rivals)}")
    elif not tells.spots:
        board.miss(path, "the file shows no body")
    elif tells.shown and path not in CONFIRMED:
        board.clear(path, "turned off: the body shows no such field")
    else:
        board.miss(path, "no such field in the body")


def _ignore(operation: str, offered: Offered, taken: frozenset[int], board: Board) -> None:
    tells, found = offered.told[operation], offered.named.get(operation)
    unused = found.unused if found else [spot for spot in tells.spots if id(spot) not in taken]
    rivals = (
        {id(each.spot): key for key, several in found.rivals.items() for each in several} if found else {}
    )
    for spot in unused:
        if id(spot) in rivals:
            name = shown(tells.name(spot))
            board.ignore(f"{operation}: {name}", f"another field is as good for {rivals[id(spot)]}")
    unused = [spot for spot in unused if id(spot) not in rivals]
    names = [shown(tells.name(spot)) for spot in unused]
    if names:
        board.ignore(f"{operation}: {', '.join(names)}", "no place in a dialect")
    for name, why in tells.unsayable:
        board.ignore(f"{operation}: {shown(name)}", why)


def _place_calls(offered: Offered, taken: frozenset[int], board: Board) -> None:
    """Place the ids of all other calls, which have one name each; a call that names one otherwise is lost."""
    keys = _keys("call")
    calls = [operation for operation in CALLS if operation in offered.told]
    for operation in calls:
        tells = offered.told[operation]
        given = [spot for spot in tells.spots if id(spot) not in taken]
        free = [key for key in keys if key not in tells.in_path]
        offered.named[operation] = named("call", free, given)
    for key in keys:
        _place_call(key, [each for each in calls if each in offered.told], offered, board)


def _shows_or_holds(key: str, tells: Told) -> bool:
    return key in tells.in_path or tells.shown


def _place_call(key: str, calls: Sequence[str], offered: Offered, board: Board) -> None:
    path = f"fields.call.{key}"
    hits = {each: offered.named[each].found[key] for each in calls if key in offered.named[each].found}
    if not hits:
        needing = [operation for operation in calls if key in NEEDS[operation]]
        asked = needing or [operation for operation in calls if operation == "cancel" and key == "reason"]
        if needing and all(key in offered.told[operation].in_path for operation in needing):
            board.put(path, "", NEAR, "it stands in the paths")
        elif asked and all(_shows_or_holds(key, offered.told[operation]) for operation in asked):
            board.clear(path, "turned off: the bodies of these calls show no such field")
        else:
            board.miss(path, "no call shows it" if calls else "none of these calls was found")
        return
    name, agreeing = agree(offered.told, {operation: each.spot for operation, each in hits.items()})
    offered.told.update(agreeing)
    best = max((hits[operation] for operation in agreeing), key=lambda each: each.score)
    board.put(path, name, best.score, best.reason)
    for operation in hits:
        if operation not in agreeing:
            lose(operation, f"it tells {key} by another name than other calls do", board)
            del offered.matches[operation], offered.told[operation], offered.named[operation]
