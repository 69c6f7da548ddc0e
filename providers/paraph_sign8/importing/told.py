"""Names of what a call tells: the fields of its body, query and path.

Only single values count: a dialect can name a field within objects, not one within a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import attrs

from paraph_sign8.importing.description import WITHHELD, BodyForm, Request, Variable, is_data
from paraph_sign8.importing.naming import NEAR, fits, id_of, joined
from paraph_sign8.importing.shapes import Kind, Look, Shape, Spot, spots
from paraph_sign8.importing.vocabulary import ALONE, FIELDS, ORDERS, ORGANIZATION, WORDS, Names, Noun

IDS: Final[Mapping[str, Noun]] = {
    "workflow_id": Noun.WORKFLOW,
    "file_id": Noun.FILE,
    "signer_id": Noun.SIGNER,
    "interface_id": Noun.INTERFACE,
    "organization_id": Noun.ORGANIZATION,
}
"""Ids that calls tell."""

LOOKED: Final = 58
WORDED: Final = 82
LONELY: Final = 50
"""Scores of a value's look, of words that say what a field means, and of an id without a thing."""

_SEGMENT: Final = re.compile(r'[^\s.\[\]{}$"\\]{1,80}')
_DEEPEST: Final = 8
_NUMBERS: Final = frozenset({"page", "x", "y", "width", "height", "position"})
_LOOKS: Final[Mapping[str, frozenset[Look]]] = {
    "email": frozenset({Look.EMAIL}),
    "phone": frozenset({Look.PHONE}),
    "expires_at": frozenset({Look.DATE, Look.TIME}),
    "content": frozenset({Look.BASE64}),
}
_WORDED: Final = {"signature_type": "signature_types", "dispatch": "dispatch", "text": "annotations"}
"""Fields whose words say what they are."""


@attrs.frozen(kw_only=True)
class Told:
    """What one call can tell.

    :ivar wrap: the objects that hold all fields of the body, the outermost first. ``spots``: single values in
        the innermost of them, or in the query.
    :ivar named_from: how many of these objects are a wrap; the rest is part of every name.
    :ivar fixed: whether others rely on that number.
    :ivar shown: whether the file shows the body, or the query of a call that has none.
    :ivar in_path: ids that the path holds. ``unsayable``: names that no dialect can say, with the reason.
    """

    wrap: tuple[str, ...] = ()
    spots: tuple[Spot, ...] = ()
    named_from: int = attrs.field(default=attrs.Factory(lambda self: len(self.wrap), takes_self=True))
    fixed: bool = False
    shown: bool = False
    in_path: frozenset[str] = frozenset()
    unsayable: tuple[tuple[str, str], ...] = ()
    is_list: bool = False

    @property
    def wrapped(self) -> str:
        """The wrap as a dialect writes it."""
        return ".".join(self.wrap[: self.named_from])

    def name(self, spot: Spot) -> str:
        """Return the name of a field as a dialect writes it."""
        return ".".join((*self.wrap[self.named_from :], *spot.names))

    def naming(self, spot: Spot, name: str) -> Told | None:
        """Return the same with a wrap so short that a field has this name; ``None`` if it cannot have it."""
        for start in range(self.named_from, -1 if not self.fixed else self.named_from - 1, -1):
            shorter = attrs.evolve(self, named_from=start)
            if shorter.name(spot) == name:
                return shorter
        return None


def told(request: Request, in_path: Iterable[str]) -> Told:
    """Return what a request tells."""
    asked = [Spot(steps=tuple(name.split(".")), shape=shape) for name, shape in request.query.items()]
    asked = [spot for spot in asked if _sayable(spot)]
    if request.method in {"GET", "HEAD", "DELETE"} and asked:
        return Told(spots=tuple(asked), shown=True, in_path=frozenset(in_path))
    shape = request.body
    wrap: list[str] = []
    if request.form is BodyForm.JSON:
        while len(shape.members) == 1 and len(wrap) < _DEEPEST:
            ((name, inner),) = shape.members.items()
            if Kind.OBJECT not in inner.kinds or not _SEGMENT.fullmatch(name) or is_data(name):
                break
            wrap.append(name)
            shape = inner
    usable: list[Spot] = []
    unsayable: list[tuple[str, str]] = []
    for spot in spots(shape):
        if not spot.shape.is_scalar or not spot.steps:
            continue
        place = ".".join("…" if is_data(name) else name for name in spot.names)
        if spot.lists:
            unsayable.append((place or "a list", "it stands in a list"))
        elif not _sayable(spot):
            unsayable.append((place, "no dialect can write this name"))
        else:
            usable.append(spot)
    return Told(
        wrap=tuple(wrap),
        spots=tuple(usable or asked),
        shown=bool(usable),
        in_path=frozenset(in_path),
        unsayable=tuple(unsayable),
        is_list=Kind.LIST in shape.kinds,
    )


def _sayable(spot: Spot) -> bool:
    return len(spot.steps) <= _DEEPEST and all(
        _SEGMENT.fullmatch(name) and name.isprintable() and not is_data(name) for name in spot.names
    )


def path_of(request: Request, need: Sequence[str]) -> tuple[str, str, bool]:
    """Return a request's path in a dialect's words, what is wrong with it, and whether an id was guessed.

    :param need: ids that the operation tells, the likeliest first, for a variable that says nothing.
    """
    parts: list[str] = []
    guessed, before = False, ""
    for segment in request.segments:
        text = ""
        for part in segment:
            if isinstance(part, str):
                text += part
                continue
            if part == WITHHELD:
                return "", "its path holds somebody's data", False
            key, sure = _placeholder(part, before, need, parts)
            if not key:
                return "", f"its path holds {{{_safe(part.name)}}}, which no dialect can fill", False
            guessed = guessed or not sure
            text += f"{{{key}}}"
        parts.append(text)
        before = "".join(part for part in segment if isinstance(part, str)) or before
    path = "".join(f"/{part}" for part in parts) or "/"
    return path, "", guessed


def _safe(name: str) -> str:
    return "…" if not name or is_data(name) or not name.isprintable() else name


def _placeholder(part: Variable, before: str, need: Sequence[str], parts: Sequence[str]) -> tuple[str, bool]:
    """Return the id that a variable stands for, and whether its name or the thing before it says so."""
    found = id_of(part.name or "id", before)
    if found is None and joined(part.name) not in ALONE and part.name:
        return "", False
    keys = {noun: key for key, noun in IDS.items() if key != "interface_id"}
    if found is not None:
        return keys.get(found[0], ""), True
    free = [key for key in need if f"{{{key}}}" not in "/".join(parts)]
    return (free[0], False) if free else ("", False)


@attrs.frozen
class Candidate:
    """A field for a key, with how sure it is and why."""

    key: str
    spot: Spot
    score: int
    reason: str


def names_of(entity: str, key: str) -> Names:
    """Return what a field is called; an annotation has its place like a signature."""
    return FIELDS[entity].get(key) or FIELDS["signature"][key]


def organization(spot: Spot) -> int:
    """Say how well a field's name is that of the organisation's id."""
    found = id_of(spot.name)
    if found is not None and found[0] is Noun.ORGANIZATION:
        return found[1]
    return fits(spot.name, ORGANIZATION)


def field_candidates(entity: str, key: str, spot: Spot) -> Candidate | None:
    """Say how well a field is what an entity's key means; ``None`` if it is not."""
    parent = spot.names[-2] if len(spot.names) > 1 else ""
    where = ".".join(spot.names)
    if key in IDS:
        return _id_candidate(key, spot, parent, where)
    if not _plausible(key, spot.shape):
        return None
    noun = Noun(entity) if entity in set(Noun) else None
    score = fits(spot.name, names_of(entity, key), parent=parent, entity=noun)
    reason = f"the field {where}"
    if key == "dispatch" and any(stem in joined(spot.name) for stem in ORDERS):
        score = max(score, NEAR)
    if key in _WORDED:
        known = [word for word in spot.shape.words if _knows(_WORDED[key], word)]
        if len(known) > 1 or (known and score):
            score, reason = max(score + 1, WORDED), f"the words of the field {where}"
    looks = _LOOKS.get(key, frozenset())
    if looks & spot.shape.looks or (key == "content" and Kind.FILE in spot.shape.kinds):
        score, reason = (score + 2, reason) if score else (LOOKED, f"what stands in the field {where}")
    return Candidate(key, spot, score, reason) if score else None


def _id_candidate(key: str, spot: Spot, parent: str, where: str) -> Candidate | None:
    found = id_of(spot.name, parent)
    if found is not None:
        score = found[1] if found[0] is IDS[key] else 0
        return Candidate(key, spot, score, f"the field {where}") if score else None
    if key == "workflow_id" and joined(spot.name) in ALONE and not parent:
        return Candidate(key, spot, LONELY, f"the field {where}, which does not say whose id it is")
    return None


def _plausible(key: str, shape: Shape) -> bool:
    if key in _NUMBERS:
        return shape.is_a(Kind.INTEGER, Kind.NUMBER, Kind.TEXT)
    if key == "dispatch":
        return shape.is_a(Kind.BOOLEAN, Kind.TEXT, Kind.INTEGER)
    if key == "content":
        return shape.is_a(Kind.TEXT, Kind.FILE)
    return Kind.FILE not in shape.kinds and shape.is_a(Kind.TEXT, Kind.INTEGER)


def _knows(table: str, word: object) -> bool:
    return isinstance(word, str) and any(joined(word) in names for names in WORDS[table].values())


@attrs.frozen(kw_only=True)
class Named:
    """Fields of one entity: the best for every key, and those between which nothing decides."""

    found: Mapping[str, Candidate]
    rivals: Mapping[str, tuple[Candidate, ...]]
    unused: tuple[Spot, ...]


def named(
    entity: str,
    keys: Sequence[str],
    given: Sequence[Spot],
    judge: Callable[[str, str, Spot], Candidate | None] = field_candidates,
) -> Named:
    """Give every key the field that fits best; one field is given once."""
    every = [each for key in keys for spot in given if (each := judge(entity, key, spot))]
    every.sort(key=lambda each: (-each.score, len(each.spot.steps), keys.index(each.key)))
    found: dict[str, Candidate] = {}
    rivals: dict[str, tuple[Candidate, ...]] = {}
    taken: set[int] = set()
    for each in every:
        if each.key in found or each.key in rivals or id(each.spot) in taken:
            continue
        equals = [
            other
            for other in every
            if other.key == each.key
            and other.score == each.score
            and id(other.spot) not in taken
            and len(other.spot.steps) == len(each.spot.steps)
        ]
        if len(equals) > 1:
            rivals[each.key] = tuple(equals)
        else:
            found[each.key] = each
            taken.add(id(each.spot))
    return Named(found=found, rivals=rivals, unused=tuple(spot for spot in given if id(spot) not in taken))
