"""Where things stand in answers, by the answers that a file shows: examples or schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from paraph_sign8.importing.agreeing import Offered
from paraph_sign8.importing.description import is_data, shown
from paraph_sign8.importing.findings import Board, Verdict
from paraph_sign8.importing.naming import CLEAR, NEAR, WEAK, fits, id_of, joined, names_thing
from paraph_sign8.importing.shapes import NOTHING, Kind, Look, Shape, Spot, spots
from paraph_sign8.importing.told import Candidate
from paraph_sign8.importing.vocabulary import ALONE, FIELDS, HEARD, Names, Noun

ONLY: Final = 80
"""An ``id`` that is the only one of its depth."""

UNNAMED: Final = 58
"""A value or a list that is the only one of its kind, without a name that says so."""

IDS: Final = {
    "workflow_id": ("add_workflow", Noun.WORKFLOW),
    "file_id": ("add_file", Noun.FILE),
    "signer_id": ("add_signer", Noun.SIGNER),
    "signature_id": ("add_signature", Noun.SIGNATURE),
    "annotation_id": ("add_annotation", Noun.ANNOTATION),
    "interface_id": ("create_interface", Noun.INTERFACE),
}
"""Where each id is answered."""

LISTS: Final = {
    "signers": Noun.SIGNER,
    "files": Noun.FILE,
    "signatures": Noun.SIGNATURE,
    "annotations": Noun.ANNOTATION,
}
"""Lists in a status."""

_ROW: Final = {
    "signer_id": "signers", "signer_status": "signers", "signer_signed_at": "signers",
    "signer_reason": "signers", "file_id": "files", "signature_id": "signatures",
    "annotation_id": "annotations",
}  # fmt: skip
_TOP: Final = ("status", "ended_at", "reason")


def place_answers(offered: Offered, board: Board) -> None:
    """Place all locations in answers."""
    for key, (operation, noun) in IDS.items():
        _place_id(key, operation, noun, offered, board)
    for key, operation in (("interfaces", "list_interfaces"), ("workflows", "list")):
        _place_list(key, operation, offered, board)
    _place_upload(offered, board)
    _place_content(offered, board)
    _place_link(offered, board)
    _place_status(offered, board)
    _place_interface_columns(offered, board)


def _answer(operation: str, offered: Offered) -> tuple[Shape | None, str]:
    """Return the answer that the file shows, or why there is none."""
    request = offered.request(operation)
    if request is None:
        return None, f"no request for {operation}"
    if request.answer is NOTHING or request.answer == NOTHING:
        return None, f"the file shows no answer of {operation}"
    return request.answer, ""


def _usable(shape: Shape) -> list[Spot]:
    """Return what a location can say, without names that are data."""
    return [
        spot
        for spot in spots(shape)
        if len(spot.steps) <= 8  # noqa: PLR2004 - as deep as a dialect's locations
        and not any(
            is_data(name) or set(name) & set(" .[]{}$") or not name.isprintable() for name in spot.names
        )
    ]


def _parent(spot: Spot) -> str:
    return spot.names[-2] if len(spot.names) > 1 else ""


def best(candidates: Iterable[Candidate]) -> tuple[Candidate | None, str]:
    """Return the best place: the surest, in the fewest lists, the outermost; or why there is none."""
    ranked = sorted(candidates, key=lambda each: (-each.score, each.spot.lists, len(each.spot.steps)))
    if not ranked:
        return None, ""
    first = ranked[0]
    equals = [
        each
        for each in ranked
        if (each.score, each.spot.lists, len(each.spot.steps))
        == (first.score, first.spot.lists, len(first.spot.steps))
    ]
    if len(equals) > 1:
        return None, f"equally good: {shown(' and '.join(each.spot.place for each in equals))}"
    return first, ""


def ids(shape: Shape, noun: Noun) -> tuple[Candidate | None, str]:
    """Return where the id of a thing stands in an answer about it."""
    usable = [spot for spot in _usable(shape) if spot.shape.is_scalar and not spot.shape.looks & {Look.URL}]
    found: list[Candidate] = []
    for spot in usable:
        if not spot.shape.is_a(Kind.TEXT, Kind.INTEGER):
            continue
        of = id_of(spot.name, _parent(spot))
        if of is not None and of[0] is noun:
            found.append(Candidate("", spot, of[1], f"{spot.place} in the answer"))
        elif of is None and joined(spot.name) in ALONE:
            found.append(Candidate("", spot, ONLY, f"{spot.place} in the answer"))
        elif not spot.steps and spot.shape.kinds:
            found.append(Candidate("", spot, UNNAMED, "the answer is a single value"))
    return best(found)


def _place_id(key: str, operation: str, noun: Noun, offered: Offered, board: Board) -> None:
    path = f"answers.{key}"
    shape, why = _answer(operation, offered)
    found, tie = ids(shape, noun) if shape else (None, "")
    if found:
        board.put(path, found.spot.place, found.score, f"{found.reason} of {operation}")
    else:
        board.miss(path, why or tie or f"the answer of {operation} shows no such id")


def _rows(shape: Shape) -> list[Spot]:
    return [each for each in _usable(shape) if Kind.LIST in each.shape.kinds]


def _place_list(key: str, operation: str, offered: Offered, board: Board) -> None:
    path = f"answers.{key}"
    shape, why = _answer(operation, offered)
    lists = [spot for spot in _rows(shape) if not spot.lists] if shape else []
    noun = Noun.WORKFLOW if key == "workflows" else Noun.INTERFACE
    found: list[Candidate] = []
    for spot in lists:
        thing = names_thing(spot.name)
        if not spot.steps:
            found.append(Candidate("", spot, NEAR, "the answer is a list"))
        elif (thing and thing[0] is noun) or fits(spot.name, HEARD["list"]) == CLEAR:
            found.append(Candidate("", spot, NEAR, f"the list {spot.place}"))
        elif thing is None:
            found.append(Candidate("", spot, UNNAMED, f"the list {spot.place}"))
    chosen, tie = best(found)
    if chosen:
        board.put(path, chosen.spot.place, chosen.score, f"{chosen.reason} of {operation}")
    else:
        board.miss(path, why or tie or f"the answer of {operation} shows no list")


def _named(
    shape: Shape,
    wanted: Names,
    *,
    entity: Noun | None = None,
    allowed: Callable[[Spot], bool] = lambda _: True,
) -> tuple[Candidate | None, str]:
    found = [
        Candidate("", spot, score, spot.place)
        for spot in _usable(shape)
        if spot.shape.is_scalar
        and allowed(spot)
        and (score := fits(spot.name, wanted, parent=_parent(spot), entity=entity))
    ]
    return best(found)


def _place_named(
    path: str, operation: str, key: str, offered: Offered, board: Board, *, url: bool = False
) -> Candidate | None:
    shape, why = _answer(operation, offered)
    found, tie = _named(shape, HEARD[key]) if shape else (None, "")
    if found is None and url and shape and not tie:
        urls = [each for each in _usable(shape) if Look.URL in each.shape.looks]
        found, tie = best(Candidate("", each, UNNAMED, f"{each.place}, a URL,") for each in urls)
    if found:
        board.put(path, found.spot.place, found.score, f"{found.reason} in the answer of {operation}")
    else:
        board.miss(path, why or tie or f"nothing like it in the answer of {operation}")
    return found


def _place_upload(offered: Offered, board: Board) -> None:
    _place_named("answers.upload_url", "add_file", "upload_url", offered, board)


def _place_link(offered: Offered, board: Board) -> None:
    _place_named("answers.link", "signature_link", "link", offered, board, url=True)


def _place_content(offered: Offered, board: Board) -> None:
    """Place what a download answers, and where."""
    only_report = offered.request("audit_report") and not offered.request("download")
    operation = "audit_report" if only_report else "download"
    request = offered.request(operation)
    if request is not None and request.answers and all(answer.binary for answer in request.answers):
        board.put("formats.download", "bytes", NEAR, f"the answer of {operation} is the file itself")
        board.miss("answers.content", f"the answer of {operation} is the file itself")
        return
    found = _place_named("answers.content", operation, "content", offered, board)
    if found is None:
        shape, _ = _answer(operation, offered)
        link, _ = _named(shape, HEARD["link"]) if shape else (None, "")
        if link is not None:
            reason = f"{link.reason} in the answer of {operation}"
            board.put("answers.content", link.spot.place, WEAK, reason)
            board.put("formats.download", "url", WEAK, reason)
        else:
            board.miss("formats.download", f"no answer of {operation} says it")
        return
    is_url = Look.URL in found.spot.shape.looks
    score = min(found.score, NEAR)
    board.put("formats.download", "url" if is_url else "base64", score, f"{found.spot.place} holds it")


def _place_status(offered: Offered, board: Board) -> None:
    shape, why = _answer("status", offered)
    if shape is None:
        for key in (*_TOP, *LISTS, *_ROW):
            board.miss(f"status.{key}", why)
        return
    lists = _status_lists(shape)
    outside = _outside(shape)
    for key in _TOP:
        found, tie = _named(shape, HEARD[key], entity=Noun.WORKFLOW, allowed=outside)
        if found:
            board.put(f"status.{key}", found.spot.place, found.score, f"{found.reason} in its answer")
        else:
            board.miss(f"status.{key}", tie or "nothing like it in the answer of status")
    for key in LISTS:
        each = lists.get(key)
        if each:
            board.put(f"status.{key}", each.spot.place, each.score, each.reason)
        else:
            board.miss(f"status.{key}", "no such list in the answer of status")
    for key, name in _ROW.items():
        _place_in_row(key, name, lists.get(name), board)


def _is_entity(name: str) -> bool:
    thing = names_thing(name)
    return thing is not None and thing[0] in {*LISTS.values()}


def _status_lists(shape: Shape) -> Mapping[str, Candidate]:
    """Return the lists of a status: by name, otherwise a list by what its rows hold."""
    lists = _rows(shape)
    found: dict[str, Candidate] = {}
    for key, noun in LISTS.items():
        said = [each for each in lists if (thing := names_thing(each.name)) and thing[0] is noun]
        first, _ = best(Candidate(key, each, NEAR, f"the list {each.place}") for each in said)
        if first:
            found[key] = first
    unnamed = [each for each in lists if names_thing(each.name) is None and each.shape.item is not None]
    for key, entity, field in (("signers", "signer", "email"), ("files", "file", "name")):
        if key in found:
            continue
        alike = [each for each in unnamed if each.name and _holds(each.shape.item, FIELDS[entity][field])]
        first, _ = best(Candidate(key, each, UNNAMED, f"the rows of {each.place}") for each in alike)
        if first and first.spot.steps not in {each.spot.steps for each in found.values()}:
            found[key] = first
    return found


def _holds(row: Shape | None, wanted: Names) -> bool:
    return row is not None and any(fits(name, wanted) == CLEAR for name in row.members)


def _place_in_row(key: str, name: str, within: Candidate | None, board: Board) -> None:
    path = f"status.{key}"
    row = within.spot.shape.item if within else None
    if within is None or row is None:
        board.miss(path, f"no list of {name} in the answer of status")
        return
    noun = LISTS[name]
    if key.endswith("_id"):
        found, tie = ids(row, noun)
    else:
        wanted = HEARD[key.removeprefix("signer_")]
        found, tie = _named(row, wanted, entity=noun, allowed=_flat)
    if found:
        board.put(path, found.spot.place, found.score, f"{found.spot.place} in a row of {within.spot.place}")
    else:
        board.miss(path, tie or f"nothing like it in the rows of {within.spot.place}")


def _place_interface_columns(offered: Offered, board: Board) -> None:
    """Place the columns of an interface that only answers show."""
    shapes = [
        shape for each in ("create_interface", "list_interfaces") if (shape := _answer(each, offered)[0])
    ]
    given: Sequence[Spot] = [spot for shape in shapes for spot in _usable(shape) if spot.shape.is_scalar]
    for key, wanted in FIELDS["interface"].items():
        path = f"fields.interface.{key}"
        known = board.findings.get(path)
        if known is not None and known.verdict is not Verdict.NOT_FOUND:
            continue
        clear = [spot for spot in given if fits(spot.name, wanted, entity=Noun.INTERFACE) >= NEAR]
        names = {spot.name for spot in clear}
        if len(names) == 1:
            board.put(path, clear[0].name, NEAR, f"{clear[0].name} in an answer")
    path = "fields.interface.interface_id"
    known = board.findings.get(path)
    names = {spot.name for spot in given if id_of(spot.name) == (Noun.INTERFACE, CLEAR)}
    if len(names) == 1 and (known is None or known.verdict is Verdict.NOT_FOUND):
        board.put(path, next(iter(names)), CLEAR, "an interface's id in an answer")


def unused(operation: str, offered: Offered, board: Board) -> list[str]:
    """Return the places in an operation's answer that no finding names."""
    shape, _ = _answer(operation, offered)
    if shape is None:
        return []
    values = {
        str(each.value) for path, each in board.findings.items() if path.startswith(("answers.", "status."))
    }
    names = [spot for spot in _usable(shape) if spot.shape.is_scalar and spot.steps]
    return [spot.place for spot in names if spot.place not in values and spot.name not in values]


def find_status(offered: Offered, *, in_row: bool) -> Shape | None:
    """Return the shape of the status word: of the workflow, or in a row of signers."""
    shape, _ = _answer("status", offered)
    if shape is None:
        return None
    lists = _status_lists(shape)
    if in_row:
        row = lists["signers"].spot.shape.item if "signers" in lists else None
        found, _ = _named(row, HEARD["status"], entity=Noun.SIGNER, allowed=_flat) if row else (None, "")
    else:
        found, _ = _named(shape, HEARD["status"], entity=Noun.WORKFLOW, allowed=_outside(shape))
    return found.spot.shape if found else None


def _flat(spot: Spot) -> bool:
    return not spot.lists


def _outside(shape: Shape) -> Callable[[Spot], bool]:
    """Tell what is about the workflow itself: the status in a list of one workflow, but not a signer's."""
    lists = _status_lists(shape)
    inner = {each.steps for each in _rows(shape) if _is_entity(each.name)}
    inner |= {each.spot.steps for each in lists.values()}
    return lambda spot: not any(spot.steps[: len(each)] == each for each in inner)
