"""Hypothesis strategies for dialects of SIGN8: names, nesting, words and places that no person would choose.

:func:`dialects` draws the table of a dialect and reads it as a customer's file is read, so everything that it
yields passed the checks of a real file. With ``complete`` a client can go the whole way through it: every
operation has a path, every id is told, every word and every place in an answer is known. Without, anything
that may be empty may be.

What a strategy is made of is made once and kept: hypothesis looks through each strategy object before its
first draw, and one dialect takes some three hundred draws.

>>> @given(dialects(fixed={"formats": {"transfer": "multipart"}}))
... def test_files_travel_as_forms(dialect): ...
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from paraph_sign8.dialect import Dialect, parse
from paraph_sign8.dialect import words as w
from paraph_sign8.dialect.model import Answers, Fields, Operations, StatusShape

IDS: Mapping[str, tuple[str, ...]] = {
    "add_workflow": (),
    "add_file": ("workflow_id",),
    "add_signer": ("workflow_id",),
    "add_signature": ("workflow_id", "file_id", "signer_id"),
    "add_annotation": ("workflow_id", "file_id", "signer_id"),
    "create_interface": (),
    "list_interfaces": (),
    "start": ("workflow_id",),
    "status": ("workflow_id",),
    "list": (),
    "cancel": ("workflow_id",),
    "remind": ("workflow_id", "signer_id"),
    "download": ("workflow_id", "file_id"),
    "audit_report": ("workflow_id",),
    "signature_link": ("workflow_id", "signer_id"),
}
"""The ids that each operation tells, in its path or as fields."""

ENTITIES: Mapping[str, tuple[str, ...]] = {
    "file": ("add_file",),
    "signer": ("add_signer",),
    "signature": ("add_signature",),
    "annotation": ("add_annotation",),
    "call": ("start", "status", "cancel", "remind", "download", "audit_report", "signature_link"),
}
"""Whose names tell the ids of which operations."""

READS = frozenset({"list_interfaces", "status", "list", "download", "audit_report", "signature_link"})

_PLAUSIBLE = (
    "id", "uuid", "name", "title", "titel", "email", "emailAddress", "first_name", "Nachname", "type", "page",
    "seite", "x", "y", "posX", "left", "w", "h", "text", "workflow", "workflowId", "file-id", "größe",
)  # fmt: skip
_ODD = "abcxyzABCXYZ0123_-äß@:/?&=+%#~'(),;!*<>|^`"
_OUTER = ("outer", "person.contact", "maß.in.pt", "meta-data")
"""Objects in which fields and rows lie; none is among the names of fields."""

names: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(_PLAUSIBLE), st.text(_ODD, min_size=1, max_size=8)
).filter(lambda name: not any(outer.split(".")[0] == name for outer in _OUTER))
"""Flat names of fields."""

words: st.SearchStrategy[str | int | bool] = st.one_of(
    st.sampled_from(("simple", "AES", "Fortgeschritten", "true", "1")),
    st.booleans(),
    st.integers(-3, 99),
    st.text(_ODD + " ", min_size=1, max_size=8),
)
"""Words that a client says, of every type that JSON has for them."""

heard: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(("ACTIVE", "in Bearbeitung", "done", "3", "Ended")),
    st.text(_ODD + " .", min_size=1, max_size=8),
)
"""Words that a vendor says."""

_segments = st.one_of(
    st.sampled_from(("workflow", "AddFile", "v2", "vorgang", "unterzeichner")),
    st.text("abcXYZ019_-~:@!$&'()*+,;=", min_size=0, max_size=6).map(lambda rest: f"p{rest}"),
)


_own_segments = _segments.filter(lambda each: each not in {"v1", "api"})
_plain_names = names.filter(lambda name: not name.startswith(("data", "rows", "result")))
_webhook_paths = st.lists(_segments, min_size=1, max_size=3).map("/".join)


@functools.cache
def _choice(*options: Any) -> st.SearchStrategy[Any]:
    """One of these."""
    return st.sampled_from(options)


@functools.cache
def _some(options: tuple[Any, ...], *, unique: bool, most: int | None = None) -> st.SearchStrategy[list[Any]]:
    """Several of these."""
    return st.lists(st.sampled_from(options), unique=unique, max_size=most)


@functools.cache
def _distinct(what: st.SearchStrategy[Any], count: int) -> st.SearchStrategy[list[Any]]:
    """So many different ones; 1 and true are different."""
    return st.lists(what, min_size=count, max_size=count, unique_by=lambda each: (type(each), each))


@functools.cache
def _names_but(taken: str) -> st.SearchStrategy[str]:
    """Names of fields, except for one."""
    return names.filter(lambda name: name != taken)


@functools.cache
def _rests(*ids: str) -> st.SearchStrategy[str]:
    return _rest(ids)


@functools.cache
def _located(*keys: str) -> st.SearchStrategy[dict[str, str]]:
    return locations(keys)


@st.composite
def dialects(
    draw: st.DrawFn, *, complete: bool = True, fixed: Mapping[str, Mapping[str, Any]] | None = None
) -> Dialect:
    """Draw a dialect.

    :param complete: nothing that an operation needs is missing, and no two operations can be confused.
    :param fixed: a partial table that wins over what is drawn, such as ``{"formats": {"unit": "percent"}}``.
    """
    table = draw(tables())
    for group, values in (fixed or {}).items():
        table[group] = _merged(table[group], values)
    if not complete:
        table = _with_gaps(draw, table)
    return parse(table, what="a drawn dialect")


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the complete table of a dialect, as a file would hold it."""
    operations = draw(_operations())
    organization = draw(_organization())
    return {
        "servers": {"production": "", "test": ""},
        "auth": draw(_auths()),
        "organization": organization,
        "operations": operations,
        "fields": draw(_fields(operations, organization)),
        "answers": draw(_answers()),
        "status": draw(_status()),
        "words": draw(_words()),
        "formats": draw(_formats()),
        "webhooks": draw(_webhooks()),
    }


@st.composite
def locations(draw: st.DrawFn, keys: Sequence[str]) -> dict[str, str]:
    """Draw places for several things in one answer, none within another."""
    alone = len(keys) == 1
    if alone and draw(st.integers(0, 5)) == 0:
        return {keys[0]: "$"}
    found: dict[str, str] = {}
    around = draw(_choice("", "", "data.", "rows[0].", "[0].", "result.items[1].node."))
    for key, name in zip(keys, draw(_distinct(_plain_names, len(keys))), strict=True):
        inner = draw(_choice("", "", "", ".value", "[0]", "[1].id"))
        found[key] = f"{around}{name}{inner}"
    return found


@st.composite
def _operations(draw: st.DrawFn) -> dict[str, Any]:
    keys = [field.name for field in attrs.fields(Operations)]
    version = draw(_choice("", "/v1", "/api/rest"))
    # A first segment of its own keeps an operation apart from all others, whatever its ids are.
    own = draw(_distinct(_own_segments, len(keys)))
    made = {}
    for key, segment in zip(keys, own, strict=True):
        methods = ["POST", "PUT", "PATCH"]
        if key in READS:
            methods = ["GET", "POST"]
        elif key == "cancel":
            methods = ["POST", "DELETE", "PATCH"]
        made[key] = {
            "path": f"{version}/{segment}{draw(_rests(*IDS[key]))}",
            "method": draw(_choice(*methods)),
            "wrap": draw(_choice("", "", "input", "variables.object", "a-ä.0")),
        }
    return made


@st.composite
def _rest(draw: st.DrawFn, ids: Sequence[str]) -> str:
    """Draw what follows the first segment of a path: some of the ids, each at most once."""
    told = draw(_some((*ids, "organization_id"), unique=True, most=3))
    forms = ("/{%s}", "/{%s}/x", "/of-{%s}.json", "/by/{%s}")
    end = draw(_choice("", "", "/", "/go"))
    return "".join(draw(_choice(*forms)) % each for each in told) + end


@st.composite
def _organization(draw: st.DrawFn) -> dict[str, Any]:
    place = draw(_choice(*w.Place))
    plausible = ["organization_id", "organisation_id", "organization-id", "OrgID"]
    if place is not w.Place.HEADER:
        plausible.append("outer.tenant")
    return {"name": draw(_choice(*plausible)), "place": place.value}


@st.composite
def _auths(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(_choice(w.AuthType.NONE, w.AuthType.HEADER, w.AuthType.BEARER, w.AuthType.OAUTH2))
    auth = {"type": kind.value, "header": "Authorization", "template": "Bearer {secret}"}
    if kind is w.AuthType.HEADER:
        auth["header"] = draw(_choice("Authorization", "X-API-Key", "apikey"))
        auth["template"] = draw(_choice("{secret}", "Key {secret}", "sign8 key={secret};v=1"))
    auth["token_url"] = draw(_choice("/oauth2/token", "/pauth/t")) if kind == "oauth2" else ""
    auth["scope"] = draw(_choice("", "workflow", "read write")) if kind == "oauth2" else ""
    return auth


@st.composite
def _fields(
    draw: st.DrawFn, operations: Mapping[str, Any], organization: Mapping[str, str]
) -> dict[str, Any]:
    in_body = organization["place"] == w.Place.BODY
    free = _names_but(organization["name"]) if in_body else names
    found: dict[str, dict[str, str]] = {}
    for entity in attrs.fields(Fields):
        keys = [field.name for field in attrs.fields(type(getattr(Fields(), entity.name)))]
        flat = draw(_distinct(free, len(keys)))
        told = {
            key: draw(_choice("", "", *(f"{outer}." for outer in _OUTER))) + name
            for key, name in zip(keys, flat, strict=True)
        }
        for key in told:
            if key.endswith("_id") and _only_in_paths(entity.name, key, operations) and draw(st.booleans()):
                told[key] = ""
        found[entity.name] = told
    return found


def _only_in_paths(entity: str, key: str, operations: Mapping[str, Any]) -> bool:
    """Whether every operation of this entity that tells the id has it in its path."""
    telling = [each for each in ENTITIES.get(entity, ()) if key in IDS[each]]
    return bool(telling) and all(f"{{{key}}}" in operations[each]["path"] for each in telling)


@st.composite
def _answers(draw: st.DrawFn) -> dict[str, str]:
    found: dict[str, str] = {}
    # The answer of AddFile holds two things; every other one is alone in its answer.
    found |= draw(_located("file_id", "upload_url"))
    for field in attrs.fields(Answers):
        if field.name not in found:
            found |= draw(_located(field.name))
    for key in ("signature_id", "annotation_id"):
        if draw(st.integers(0, 4)) == 0:
            found[key] = ""
    return found


@st.composite
def _status(draw: st.DrawFn) -> dict[str, str]:
    rows = {
        "signers": ["signer_id", "signer_status", "signer_signed_at", "signer_reason"],
        "files": ["file_id"],
        "signatures": ["signature_id"],
        "annotations": ["annotation_id"],
    }
    within = {key for keys in rows.values() for key in keys}
    top = [field.name for field in attrs.fields(StatusShape) if field.name not in within]
    found = draw(_located(*top))
    for keys in rows.values():
        found |= draw(_located(*keys))
    return found


@st.composite
def _words(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, neutral in (
        ("signature_types", list(w.SignatureType)),
        ("dispatch", list(w.Dispatch)),
        ("annotations", ["date", "text", "initials"]),
    ):
        said = draw(_distinct(words, len(neutral)))
        found[key] = dict(zip(map(str, neutral), said, strict=True))
    for key, kind in (("workflow_statuses", w.WorkflowStatus), ("signer_statuses", w.SignerStatus)):
        meanings = [str(each) for each in kind]
        meanings += draw(_some(tuple(meanings), unique=False, most=3))  # several words, one meaning
        found[key] = dict(zip(draw(_distinct(heard, len(meanings))), meanings, strict=True))
    return found


@st.composite
def _formats(draw: st.DrawFn) -> dict[str, Any]:
    kinds = {
        "transfer": w.Transfer, "download": w.DownloadForm, "instant": w.Instant, "origin": w.Origin,
        "unit": w.Unit, "frame": w.Frame,
    }  # fmt: skip
    drawn: dict[str, Any] = {key: draw(_choice(*kind)).value for key, kind in kinds.items()}
    return {**drawn, "page_base": draw(_choice(0, 1))}


@st.composite
def _webhooks(draw: st.DrawFn) -> dict[str, Any]:
    further = draw(_some(tuple(w.WebhookEvent), unique=True))
    kinds = [w.WebhookEvent.REFUSED, w.WebhookEvent.EXPIRED, *further]
    paths = draw(_distinct(_webhook_paths, len(kinds)))
    placed = draw(_located("workflow_id", "signer_id", "reason"))
    return {
        "events": dict(zip(paths, map(str, kinds), strict=True)),
        **{key: [place, f"nowhere.{key}"] for key, place in placed.items()},
        "token": draw(_choice(*w.Token)).value,
        "token_header": draw(_choice("X-Webhook-Token", "sign8-secret")),
    }


def _merged(table: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(table)
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(old, value) if both and old else value
    return merged


def _with_gaps(draw: st.DrawFn, table: dict[str, Any]) -> dict[str, Any]:
    """Empty some of what may be empty."""
    able = list(_able(table))
    gaps = draw(st.lists(st.sampled_from(able), unique=True, max_size=len(able)))
    for *way, last in gaps:
        place = table
        for key in way:
            place = place[key]
        if way[0] == "words" or way[:2] == ["webhooks", "events"]:
            del place[last]
        else:
            place[last] = [] if isinstance(place[last], list) else ""
    return table


def _able(table: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for key in table["operations"]:
        yield "operations", key, "path"
    for group in ("fields", "words"):
        for inner, values in table[group].items():
            yield from ((group, inner, key) for key in values)
    for group in ("answers", "status"):
        yield from ((group, key) for key in table[group])
    yield from (("webhooks", key) for key in ("workflow_id", "signer_id", "reason"))
    yield from (("webhooks", "events", path) for path in table["webhooks"]["events"])
