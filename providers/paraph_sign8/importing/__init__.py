"""Reading a customer's own description of SIGN8's API into a dialect.

A Postman collection or an OpenAPI file becomes one neutral description (:mod:`.postman`, :mod:`.openapi`);
its requests are matched with operations (:mod:`.calls`), what they tell and answer with the leaves of a
dialect (:mod:`.placing`, :mod:`.heard`, :mod:`.wording`, :mod:`.surroundings`). Every leaf ends with one
verdict and its reason on a board (:mod:`.findings`), and the board becomes a file that loads
(:mod:`.assembling`). Matching is by tables and scores alone, so the same file always gives the same dialect,
and every value can be explained.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from paraph_sign8.importing.assembling import Imported
from paraph_sign8.importing.findings import Finding, Ignored, Verdict
from paraph_sign8.importing.source import ImportFault, read_bytes, read_file

if TYPE_CHECKING:
    from paraph_sign8.importing.description import Description

__all__ = [
    "Finding",
    "Ignored",
    "ImportFault",
    "Imported",
    "Verdict",
    "import_bytes",
    "import_file",
    "import_value",
]


def import_file(path: Path) -> Imported:
    """Read a Postman collection (v2.0, v2.1) or an OpenAPI file (3.0, 3.1; JSON or YAML).

    :raises ImportFault: it is something else, too large, broken, or refers to another file.
    """
    value = read_file(path)
    try:
        return import_value(value)
    except ImportFault as fault:
        raise ImportFault(f"{path}: {fault.headline}") from None


def import_bytes(raw: bytes) -> Imported:
    """Read the bytes of such a file. :raises ImportFault: as :func:`import_file`."""
    return import_value(read_bytes(raw))


def import_value(value: Any) -> Imported:
    """Read what such a file holds. :raises ImportFault: as :func:`import_file`."""
    from paraph_sign8.importing.assembling import assemble
    from paraph_sign8.importing.calls import match
    from paraph_sign8.importing.findings import Board
    from paraph_sign8.importing.heard import place_answers
    from paraph_sign8.importing.leftovers import place_leftovers
    from paraph_sign8.importing.placing import place_fields, place_operations
    from paraph_sign8.importing.surroundings import place_auth, place_servers, place_webhooks
    from paraph_sign8.importing.wording import place_formats, place_words

    description = _described(value)
    board = Board()
    matched = match(description.requests)
    offered = place_operations(matched, board)
    place_fields(offered, board)
    place_answers(offered, board)
    place_words(offered, board)
    place_formats(offered, board)
    place_servers(description, matched, board)
    place_auth(matched, board)
    place_webhooks(description.requests, board)
    place_leftovers(description, matched, offered, board)
    return assemble(description.kind, board)


def _described(value: Any) -> Description:
    from paraph_sign8.importing.openapi import is_openapi, read_openapi
    from paraph_sign8.importing.postman import is_collection, read_collection
    from paraph_sign8.importing.shapes import Budget

    wanted = "a Postman collection (v2.1) or an OpenAPI description (3.0 or 3.1) is expected"
    if not isinstance(value, dict):
        raise ImportFault(f"{wanted}, not {_kind(value)}")
    if is_collection(value):
        return read_collection(value, Budget())
    if is_openapi(value):
        return read_openapi(value, Budget())
    if "requests" in value and "order" in value:
        raise ImportFault("this is a Postman collection v1; export it as v2.1")
    if "values" in value and "_postman_variable_scope" in value:
        raise ImportFault("this is a Postman environment; export the collection")
    raise ImportFault(f"{wanted}; this is some other object")


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a single value"
