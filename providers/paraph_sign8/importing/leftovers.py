"""What of a file was not used: requests that are no operation, and places in answers that nobody asks for."""

from __future__ import annotations

from paraph_sign8.importing.agreeing import Offered
from paraph_sign8.importing.calls import Matched
from paraph_sign8.importing.description import BodyForm, Description, shown
from paraph_sign8.importing.findings import Board
from paraph_sign8.importing.heard import unused


def place_leftovers(description: Description, matched: Matched, offered: Offered, board: Board) -> None:
    """List everything that was not used, with the reason."""
    rivals = {
        id(each.request): operation for operation, several in matched.rivals.items() for each in several
    }
    used = {id(each.request) for each in offered.matches.values()}
    for request in description.requests:
        if request.webhook or id(request) in used:
            continue
        operation = rivals.get(id(request))
        name = shown(request.name)
        what = f"{shown(request.title)} ({name})" if name else shown(request.title)
        if operation:
            board.ignore(what, f"another one is as good for {operation}")
        elif request in matched.unused:
            board.ignore(what, "no operation of paraph")
        else:
            board.ignore(what, "it cannot be offered; see its operation")
    for operation in offered.matches:
        places = unused(operation, offered, board)
        if places:
            more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
            board.ignore(
                f"answer of {operation}: {', '.join(map(shown, places[:_SHOWN]))}{more}", "not needed"
            )
    _place_headers(description, board)
    bodies = {each.form for each in description.requests if not each.webhook} - {BodyForm.NONE}
    if bodies == {BodyForm.GRAPHQL}:
        board.note("all bodies of the file are GraphQL; paraph speaks REST over JSON and cannot use them")
    for what, why in description.skipped:
        board.ignore(what, why)


def _place_headers(description: Description, board: Board) -> None:
    """List the headers of requests that are neither the authentication nor the organisation's id."""
    used = {
        str(found.value).lower()
        for leaf in ("auth.header", "organization.name")
        if (found := board.findings.get(leaf)) and found.written
    }
    calls = [each for each in description.requests if not each.webhook]
    names = dict.fromkeys(header for call in calls for header in call.headers)
    for name in names:
        if name.lower() not in used:
            board.ignore(f"header {shown(name)}", "paraph does not send it")


_SHOWN = 12
