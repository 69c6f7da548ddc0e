"""Names that several calls share: a dialect has one name for each of them.

Calls agree on the name that most of them can tell. How much of a body is a wrap and how much is part of a
name is open where every field lies in the same objects, so a call may agree by a shorter wrap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import attrs

from paraph_sign8.importing.calls import Match
from paraph_sign8.importing.description import Request, shown
from paraph_sign8.importing.findings import Board
from paraph_sign8.importing.naming import NEAR, WEAK
from paraph_sign8.importing.shapes import NOTHING, Spot
from paraph_sign8.importing.told import Named, Told, organization


@attrs.define
class Offered:
    """The operations that a dialect will offer, with what each tells."""

    matches: dict[str, Match] = attrs.field(factory=dict)
    told: dict[str, Told] = attrs.field(factory=dict)
    named: dict[str, Named] = attrs.field(factory=dict)

    def request(self, operation: str) -> Request | None:
        """Return the request of an operation, if it is offered."""
        found = self.matches.get(operation)
        return found.request if found else None


def agree(told: Mapping[str, Told], spots: Mapping[str, Spot]) -> tuple[str, dict[str, Told]]:
    """Return the name that most calls can tell, and how each of those tells it.

    :param spots: the field of each call, by operation; at least one.
    """
    votes = Counter(told[operation].name(spot) for operation, spot in spots.items())

    def telling(name: str) -> dict[str, Told]:
        each = ((operation, told[operation].naming(spot, name)) for operation, spot in spots.items())
        return {operation: attrs.evolve(tells, fixed=True) for operation, tells in each if tells is not None}

    name = max(votes, key=lambda each: (len(telling(each)), votes[each]))
    return name, telling(name)


def organizations(told: Mapping[str, Told]) -> dict[str, Spot]:
    """Return the field of each call that tells the organisation's id."""
    best = {operation: max(tells.spots, key=organization, default=None) for operation, tells in told.items()}
    return {operation: spot for operation, spot in best.items() if spot and organization(spot) >= WEAK}


def organization_name(header: str) -> int:
    """Say how well a header's name is that of the organisation's id."""
    bare = header[2:] if header.lower().startswith("x-") else header
    return max(organization(Spot(steps=(name,), shape=NOTHING)) for name in (header, bare))


def place_organization(offered: Offered, spelled: Mapping[str, Spot], board: Board) -> None:
    """Place how the organisation's id is told: as most calls do.

    :param spelled: the fields that :func:`organizations` found.
    """
    fields = {operation: spot for operation, spot in spelled.items() if operation in offered.told}
    headers = Counter(
        header
        for match in offered.matches.values()
        for header in match.request.headers
        if organization_name(header) >= WEAK
    )
    paths = sum("organization_id" in tells.in_path for tells in offered.told.values())
    name, agreeing = agree(offered.told, fields) if fields else ("", {})
    header, in_header = headers.most_common(1)[0] if headers else ("", 0)
    votes = {"body": len(agreeing), "header": in_header, "none": paths}
    most = max(votes.values())
    places = [place for place, count in votes.items() if count == most]
    if not most or len(places) > 1:
        reason = f"equally often: {' and '.join(places)}" if most else "no request tells an organisation's id"
        for key in ("name", "place"):
            board.miss(f"organization.{key}", reason)
        return
    (place,) = places
    why = f"so do {most} of {len(offered.told)} calls"
    if place == "body":
        offered.told.update(agreeing)
        score = max(organization(fields[operation]) for operation in agreeing)
        board.put("organization.name", name, score, f"the field {name}")
    elif place == "header":
        score = organization_name(header)
        board.put("organization.name", header, score, f"the header {header}")
    else:
        score = NEAR
        board.miss("organization.name", "it stands in the paths")
    board.put("organization.place", place, score, why)
    others = {offered.told[operation].name(spot) for operation, spot in fields.items()} | set(headers)
    others -= {name if place == "body" else header}
    if others:
        listed = ", ".join(sorted(map(shown, others)))
        board.note(f"the organisation's id is also told as {listed}; a dialect has one name for it")
