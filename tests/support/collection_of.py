"""A Postman collection out of a dialect: what a customer would have if SIGN8 spoke that dialect.

:func:`collection_of` renders any dialect; requests have clear names, ids in paths are variables, and every
answer that the dialect can read is saved as an example. :func:`clear_dialects` draws dialects whose names
a person would understand, so that importing their collection has to find them; :func:`effective` says what
must be found, whatever of a body is its wrap and whatever is part of a name. An organisation's id that is
nowhere told cannot be found, so these dialects tell it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from hypothesis import strategies as st

from paraph_sign8.dialect import Dialect, parse
from paraph_sign8.dialect.words import Place, Transfer
from support.dialects import IDS

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

NAMES = {
    "add_workflow": "Add workflow", "add_file": "Add file", "add_signer": "Add signer",
    "add_signature": "Add signature", "add_annotation": "Add annotation",
    "create_interface": "Create interface", "list_interfaces": "List interfaces", "start": "Start workflow",
    "status": "Get workflow", "list": "List workflows", "cancel": "Cancel workflow",
    "remind": "Remind signer", "download": "Download file", "audit_report": "Get audit report",
    "signature_link": "Get signature link",
}  # fmt: skip
"""Clear names of requests, by operation."""

ENTITY = {
    "add_workflow": "workflow", "add_file": "file", "add_signer": "signer", "add_signature": "signature",
    "add_annotation": "annotation", "create_interface": "interface",
}  # fmt: skip

_QUERY = {"GET", "HEAD", "DELETE"}
_EXAMPLES: Mapping[str, Any] = {
    "email": "ada@example.org", "phone": "+4915112345678", "expires_at": "2030-01-31T12:00:00Z",
    "position": 1, "page": 1, "x": 10, "y": 20, "width": 30, "height": 40,
    "content": "JVBERi0xLjcKJcTl8uXrp/Og0MTGCjMgMCBvYmoKPDwgL0Zp",
}  # fmt: skip


def collection_of(dialect: Dialect) -> dict[str, Any]:
    """Return the collection of everything that a dialect offers."""
    offered = [name for name in NAMES if dialect.offers(name)]
    return {
        "info": {"name": "SIGN8", "schema": SCHEMA},
        "item": [_item(dialect, name) for name in offered],
        "variable": [{"key": "test_url", "value": "https://test.sign8.example"}],
    }


def told_by(dialect: Dialect, operation: str) -> dict[str, str]:
    """Return what an operation tells beside its path: its keys and names, without the wrap."""
    path = dialect.operation(operation).path
    entity = ENTITY.get(operation)
    if entity is not None:
        names = attrs.asdict(getattr(dialect.fields, entity))
    else:
        calls = attrs.asdict(dialect.fields.call)
        names = {key: calls[key] for key in IDS[operation]}
        if operation == "cancel":
            names["reason"] = calls["reason"]
    told = {key: name for key, name in names.items() if name and f"{{{key}}}" not in path}
    if dialect.organization.place is Place.BODY and "{organization_id}" not in path:
        told["organization"] = dialect.organization.name
    return told


def effective(dialect: Dialect) -> dict[str, Any]:
    """Return what a collection shows: paths, methods, full names of fields, and places in answers."""
    found: dict[str, Any] = {}
    for operation in NAMES:
        if not dialect.offers(operation):
            continue
        said = dialect.operation(operation)
        wrap = f"{said.wrap}." if said.wrap and _has_body(dialect, operation) else ""
        names = {key: f"{wrap}{name}" for key, name in told_by(dialect, operation).items()}
        found[operation] = (said.method, said.path, names)
    found["answers"] = attrs.asdict(dialect.answers)
    found["status"] = attrs.asdict(dialect.status)
    return found


def _has_body(dialect: Dialect, operation: str) -> bool:
    multipart = operation == "add_file" and dialect.formats.transfer is Transfer.MULTIPART
    return dialect.operation(operation).method not in _QUERY and not multipart


def _item(dialect: Dialect, operation: str) -> dict[str, Any]:
    said = dialect.operation(operation)
    path = re.sub(r"\{(\w+)\}", lambda match: f":{_camel(match[1])}", said.path)
    told = told_by(dialect, operation)
    if operation == "add_file" and dialect.formats.transfer is Transfer.URL:
        told.pop("content", None)
    header = []
    if dialect.organization.place is Place.HEADER:
        header.append({"key": dialect.organization.name, "value": "{{organization}}"})
    request: dict[str, Any] = {
        "method": said.method,
        "header": header,
        "url": {"raw": f"{{{{test_url}}}}{path}"},
    }
    if told and said.method in _QUERY:
        request["url"]["raw"] += "?" + "&".join(f"{name}=x" for name in told.values())
    elif told and not _has_body(dialect, operation):
        rows = [{"key": name, "type": "file" if key == "content" else "text"} for key, name in told.items()]
        request["body"] = {"mode": "formdata", "formdata": rows}
    elif told:
        body: dict[str, Any] = {}
        for key, name in told.items():
            full = f"{said.wrap}.{name}" if said.wrap else name
            put(body, full, _example(dialect, key))
        request["body"] = {"mode": "raw", "raw": json.dumps(body)}
    return {"name": NAMES[operation], "request": request, "response": _saved(dialect, operation)}


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _example(dialect: Dialect, key: str) -> Any:
    if key == "dispatch":
        return dialect.words.dispatch.get("sequential", "x")
    if key == "signature_type":
        return dialect.words.signature_types.get("advanced", "x")
    return _EXAMPLES.get(key, "x")


def _saved(dialect: Dialect, operation: str) -> list[dict[str, Any]]:
    answers = attrs.asdict(dialect.answers)
    shown = {
        "add_workflow": {"workflow_id": "w-1"},
        "add_file": {"file_id": "f-1"},
        "add_signer": {"signer_id": "s-1"},
        "add_signature": {"signature_id": "p-1"},
        "add_annotation": {"annotation_id": "a-1"},
        "create_interface": {"interface_id": "i-1"},
        "list_interfaces": {"interfaces": [{"primary_color": "#000000"}]},
        "list": {"workflows": [{"name": "x"}]},
        "signature_link": {"link": "https://sign.example/1"},
    }.get(operation)
    if shown is not None:
        return [_response(built({answers[key]: value for key, value in shown.items()}))]
    return [_response(built(_status(dialect)))] if operation == "status" else []


def _status(dialect: Dialect) -> dict[str, Any]:
    said = attrs.asdict(dialect.status)
    rows = {
        "signers": ("signer_id", "signer_status", "signer_signed_at", "signer_reason"),
        "files": ("file_id",),
        "signatures": ("signature_id",),
        "annotations": ("annotation_id",),
    }
    found: dict[str, Any] = {said[key]: "x" for key in ("status", "ended_at", "reason")}
    for name, keys in rows.items():
        found[said[name]] = [built({said[key]: "x" for key in keys})]
    return found


def built(values: Mapping[str, Any]) -> Any:
    """Return an answer with these values at these locations; an empty location is nowhere."""
    root: dict[str, Any] = {}
    for place, value in values.items():
        if place:
            put(root, f"root.{place}" if place != "$" else "root", value)
    return root.get("root", {}) if not _starts_with_list(values) else root["root"]


def _starts_with_list(places: Iterable[str]) -> bool:
    return any(place.startswith("[") for place in places)


def put(root: Any, place: str, value: Any) -> None:
    """Put a value at a location, making objects and lists on the way."""
    steps: list[str | int] = [
        int(step[1:-1]) if step.startswith("[") else step for step in re.findall(r"\[\d+\]|[^.\[\]]+", place)
    ]
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int):
            while len(root) <= step:
                root.append({} if not isinstance(following, int) else [])
        elif step not in root:
            root[step] = [] if isinstance(following, int) else {}
        if following is None:
            root[step] = value
        root = root[step]


def _response(body: Any) -> dict[str, Any]:
    return {"name": "OK", "code": 200, "header": [], "body": json.dumps(body)}


_SAID: Mapping[str, tuple[str, ...]] = {
    "workflow.name": ("name", "title", "titel", "bezeichnung"),
    "workflow.description": ("description", "beschreibung", "message"),
    "workflow.expires_at": ("expires_at", "expiryDate", "ablaufdatum", "validUntil"),
    "workflow.dispatch": ("is_sequential", "sequential", "istSequentiell"),
    "workflow.password": ("password", "passwort", "kennwort"),
    "workflow.team_id": ("team_id", "teamId"),
    "workflow.interface_id": ("interface_id", "interfaceId", "brandingId"),
    "workflow.reference": ("reference", "externalReference", "aktenzeichen"),
    "file.name": ("file_name", "fileName", "dateiname"),
    "file.content": ("content", "inhalt", "base64"),
    "file.media_type": ("media_type", "mimeType", "content-type"),
    "signer.given_name": ("first_name", "givenName", "vorname"),
    "signer.family_name": ("last_name", "familyName", "nachname"),
    "signer.email": ("email", "e-mail", "emailAddress"),
    "signer.phone": ("phone", "mobileNumber", "mobilnummer"),
    "signer.position": ("position", "signing_order", "reihenfolge"),
    "signer.signature_type": ("signature_type", "signatureLevel", "signaturart"),
    "place.page": ("page", "pageNumber", "seite"),
    "place.x": ("x", "pos_x", "left"),
    "place.y": ("y", "pos_y", "top"),
    "place.width": ("width", "w", "breite"),
    "place.height": ("height", "h", "höhe"),
    "annotation.text": ("text", "annotationType"),
    "interface.primary_color": ("primary_color", "farbe"),
    "interface.icon_file_id": ("icon_file_id", "icon"),
    "interface.logo_file_id": ("logo_file_id", "logo"),
    "interface.created_at": ("created_at", "createdAt"),
    "interface.updated_at": ("updated_at", "updatedAt"),
    "call.reason": ("reason", "grund"),
    "workflow_id": ("workflow_id", "workflowId", "vorgangsId", "envelopeUUID"),
    "file_id": ("file_id", "documentId", "dateiId"),
    "signer_id": ("signer_id", "recipientId", "unterzeichnerId"),
    "signature_id": ("signature_id", "signatureId", "unterschriftsId"),
    "annotation_id": ("annotation_id", "anmerkungsId"),
    "interface_id": ("interface_id", "interfaceId"),
    "organization": ("organization_id", "organisation_id", "organisationsId", "orgId"),
    "signers": ("signers", "recipients", "unterzeichner"),
    "files": ("files", "documents", "dateien"),
    "signatures": ("signatures", "unterschriften"),
    "annotations": ("annotations", "anmerkungen"),
    "status": ("status", "state", "zustand"),
    "ended_at": ("ended_at", "completedAt", "abgeschlossenAm"),
    "reason": ("reason", "rejectionReason", "ablehnungsgrund"),
    "signed_at": ("signed_at", "signedOn", "unterschriebenAm"),
    "list": ("data", "items", "eintraege"),
    "link": ("link", "url", "signingUrl"),
}
"""Names that say what they mean, by field, id or place."""

_REST: Mapping[str, str] = {
    "add_workflow": "/workflows", "add_file": "/workflows/{workflow_id}/files",
    "add_signer": "/workflows/{workflow_id}/signers",
    "add_signature": "/workflows/{workflow_id}/files/{file_id}/signatures",
    "add_annotation": "/workflows/{workflow_id}/files/{file_id}/annotations",
    "create_interface": "/interfaces", "list_interfaces": "/interfaces",
    "start": "/workflows/{workflow_id}/start", "status": "/workflows/{workflow_id}", "list": "/workflows",
    "cancel": "/workflows/{workflow_id}/cancel",
    "remind": "/workflows/{workflow_id}/signers/{signer_id}/remind",
    "download": "/workflows/{workflow_id}/files/{file_id}/download",
    "audit_report": "/workflows/{workflow_id}/audit-report",
    "signature_link": "/workflows/{workflow_id}/signers/{signer_id}/link",
}  # fmt: skip
_READS = {"list_interfaces", "status", "list", "download", "audit_report", "signature_link"}


@st.composite
def clear_dialects(draw: st.DrawFn) -> Dialect:
    """Draw a dialect of clear names: in English or German, flat or nested, REST or not."""

    def said(key: str) -> str:
        return draw(st.sampled_from(_SAID[key]))

    def around(*objects: str) -> str:
        return draw(st.sampled_from(("", *objects)))

    rest = draw(st.booleans())
    wrap = around("data", "input.object")
    operations: dict[str, dict[str, str]] = {}
    for key, name in NAMES.items():
        path = _REST[key] if rest else f"/api/{name.title().replace(' ', '')}"
        method = "GET" if key in _READS and (rest or draw(st.booleans())) else "POST"
        operations[key] = {"path": path, "method": method, "wrap": wrap}
    ids = {key: said(key) for key in ("workflow_id", "file_id", "signer_id")}
    fields: dict[str, dict[str, str]] = {}
    for entity in ("workflow", "file", "signer", "signature", "annotation", "interface", "call"):
        inner = around("details.") if entity in {"workflow", "signer", "signature", "annotation"} else ""
        fields[entity] = {}
        for field in attrs.fields(type(getattr(Dialect().fields, entity))):
            place = f"place.{field.name}" if f"place.{field.name}" in _SAID else f"{entity}.{field.name}"
            if field.name in ids:
                fields[entity][field.name] = ids[field.name]
            else:
                fields[entity][field.name] = inner + said(place if place in _SAID else field.name)
    outer = around("data.", "[0].", "result.rows[0].")
    row_id = {key: said(key) for key in ("signer_id", "file_id", "signature_id", "annotation_id")}
    return parse(
        {
            "organization": {
                "name": said("organization"),
                "place": draw(st.sampled_from(["body", "header"])),
            },
            "operations": operations,
            "fields": fields,
            "answers": {
                **{key: outer + said(key) for key in ("workflow_id", "file_id", "signer_id", "signature_id")},
                **{key: outer + said(key) for key in ("annotation_id", "interface_id")},
                "interfaces": draw(st.sampled_from(("$", said("list")))),
                "workflows": draw(st.sampled_from(("$", said("list")))),
                "link": outer + said("link"),
            },
            "status": {
                **{key: outer + said(key) for key in ("status", "ended_at", "reason")},
                **{key: outer + said(key) for key in ("signers", "files", "signatures", "annotations")},
                **row_id,
                "signer_status": said("status"),
                "signer_signed_at": said("signed_at"),
                "signer_reason": said("reason"),
            },
            "formats": {"transfer": draw(st.sampled_from(["base64", "multipart"]))},
        }
    )
