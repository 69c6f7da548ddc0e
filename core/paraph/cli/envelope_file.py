"""``envelope.toml``: an envelope as a file, in neutral words.

::

    title = "Employment contract"
    level = "AES"                     # also floor and regime; here or per signatory
    expires_at = 2026-06-30T18:00:00+02:00

    [[documents]]
    path = "contract.pdf"             # relative to this file; or sha256 and name; or json and name

    [[signatories]]
    id = "ada"
    given_name = "Ada"
    family_name = "Lovelace"
    email = "ada@example.org"

    [[fields]]
    document = "contract"
    signatory = "ada"
    page = -1
    rect = [72, 700, 180, 48]         # x, y, width, height in points from the top-left corner

    [[stages]]
    number = 1
    rule = "any"

    [options.PROVIDER]                # what only one provider knows, in the words of its options class
    individualize = true

Secrets among a provider's options are references as in the configuration (:mod:`paraph.config.secrets`);
their relative paths, and those of options, start at this file, too.

Everything wrong is found at once, with its key and line, and without repeating a value:
most of them are personal data.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import attrs

from paraph.config.file import vault_of
from paraph.config.locate import Lines
from paraph.config.secrets import Resolver, UnresolvedError, fault_of
from paraph.config.settings import read_class
from paraph.config.structure import MismatchError, read_level
from paraph.config.table import Findings, Table
from paraph.errors import ConfigurationError, InvalidEnvelope, UsageError
from paraph.model import (
    Anchor,
    Assurance,
    DeliveryBy,
    Document,
    DocumentRole,
    Envelope,
    Field,
    FieldKind,
    Level,
    Rect,
    Regime,
    Secret,
    Signatory,
    SignatureKind,
    Stage,
    StageRule,
    Verb,
)
from paraph.provider.registry import Registry

_ENVELOPE_WORDS = ("id", "title", "message", "reference", "language", "country", "tenant")
_SIGNATORY_WORDS = (
    "id",
    "given_name",
    "family_name",
    "email",
    "phone",
    "language",
    "nationality",
    "birth_place",
    "birth_country",
)
_CONTENTS = ("path", "sha256", "json")
_CORNERS = 4


def _without_configuration() -> Resolver:
    return Resolver(environ=os.environ, directory=Path(), registry=Registry(), vault=vault_of(None))


def read_envelope(path: Path, resolver: Callable[[], Resolver] = _without_configuration) -> Envelope:
    """Read an envelope file.

    :param resolver: makes what knows the plugins and finds secrets; asked only if a file has ``[options]``.
        By default the installed plugins, and the vault of the working directory.
    :raises UsageError: the file cannot be read or is not TOML.
    :raises InvalidEnvelope: with everything that is wrong in it.
    """
    try:
        text = path.read_bytes().decode()
        values = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({type(error).__name__})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    findings = Findings(path.name, Lines(text))
    envelope = _envelope(Table(values, (), findings), path.resolve().parent, resolver)
    if findings:
        raise InvalidEnvelope(f"{path.name} describes no envelope that can be sent", findings.problems)
    return envelope


def _envelope(root: Table, directory: Path, resolver: Callable[[], Resolver]) -> Envelope:
    given = _texts(root, _ENVELOPE_WORDS)
    given["expires_at"] = _moment(root, "expires_at")
    given["scheduled_at"] = _moment(root, "scheduled_at")
    given["tags"] = root.texts("tags")
    documents = [_document(table, directory) for _, table in root.tables("documents")]
    envelope = Envelope(
        documents=[document for document in documents if document],
        signatories=[_signatory(table) for _, table in root.tables("signatories")],
        fields=[_field(table) for _, table in root.tables("fields")],
        stages=[_stage(table) for _, table in root.tables("stages")],
        assurance=_assurance(root) or Assurance(),
        options=_options(root, directory, resolver),
        **_present(given),
    )
    root.done()
    return envelope


def _options(root: Table, directory: Path, resolver: Callable[[], Resolver]) -> list[object]:
    """Read what only single providers know, each by its own class."""
    tables = list(root.named("options"))
    if not tables:
        return []
    plugins = attrs.evolve(resolver(), directory=directory)
    return [option for name, table in tables if (option := _option(name, table, plugins)) is not None]


def _option(name: str, table: Table, plugins: Resolver) -> object | None:
    try:
        kind = plugins.registry.info(name).envelope_options
    except ConfigurationError as error:
        table.findings.take(table.path, error)
        return None
    if kind is None:
        message = f"the envelopes of provider {name!r} have no options of their own"
        table.findings.add(table.path, "options.unsupported", message, "leave them out")
        return None

    def secret(inner: Table, key: str, value: object) -> Secret | None:
        fault = fault_of(value, registry=plugins.registry)
        if fault:
            inner.problem(key, "secret.inline", *fault)
            return None
        try:
            return plugins.resolve(str(value))
        except UnresolvedError as error:
            inner.problem(key, "secret.missing", str(error), error.hint)
            return None

    return read_class(kind, table, secret=secret, directory=plugins.directory)


def _document(table: Table, directory: Path) -> Document | None:
    """Read one document; ``None`` if its content is not said, or not readable."""
    common = _texts(table, ("id", "name", "media_type"))
    role = table.take("role", DocumentRole)
    path = table.take("path", str)
    digest = table.take("sha256", str)
    values = table.take("json", dict[str, Any])
    table.done()
    if sum(content in table.values for content in _CONTENTS) != 1:
        table.findings.add(
            table.path, "document.content", f"a document needs exactly one of {', '.join(_CONTENTS)}"
        )
        return None
    if path is not None:
        document = Document.from_path(directory / path, **_present({**common, "role": role}))
        if document.fault:
            table.problem("path", f"document.{document.fault}", f"the file is {document.fault}")
        return document
    if "name" not in common and "path" not in table.values:
        table.findings.add((*table.path, "name"), "key.missing", "missing: the name that people see")
        return None
    if digest is not None:
        return Document.from_digest(digest, **_present({**common, "role": role}))
    if values is not None:
        try:
            return Document.from_json(values, **_only(common, "id", "name"))
        except (TypeError, ValueError):
            table.problem("json", "json.value", "has a value that JSON cannot say", "write times as texts")
    return None


def _signatory(table: Table) -> Signatory:
    given = _texts(table, _SIGNATORY_WORDS)
    given["birth_date"] = table.take("birth_date", date)
    given["verb"] = table.take("verb", Verb)
    given["stage"] = table.take("stage", int)
    given["kind"] = table.take("kind", SignatureKind)
    given["delivery"] = table.take("delivery", DeliveryBy)
    given["assurance"] = _assurance(table)
    table.done()
    return Signatory(**_present(given))


def _field(table: Table) -> Field:
    document = table.take("document", str, required="the id of a document")
    signatory = table.take("signatory", str, required="the id of a signatory")
    given = {
        "page": table.take("page", int),
        "kind": table.take("kind", FieldKind),
        "required": table.take("required", bool),
        "rect": _rect(table),
        "anchor": _anchor(table),
    }
    table.done()
    return Field(document=document or "", signatory=signatory or "", **_present(given))


def _rect(table: Table) -> Rect | None:
    numbers = table.take("rect", tuple[float, ...])
    if numbers is None:
        return None
    if len(numbers) != _CORNERS:
        table.problem("rect", "rect.form", "has to be [x, y, width, height] in points")
        return None
    x, y, width, height = numbers
    return Rect(x=x, y=y, width=width, height=height)


def _anchor(table: Table) -> Anchor | None:
    inner = table.table("anchor")
    if inner is None:
        return None
    text = inner.take("text", str, required="the text to look for")
    offsets = {"dx": inner.take("dx", float), "dy": inner.take("dy", float)}
    inner.done()
    return Anchor(text=text or "", **_present(offsets))


def _stage(table: Table) -> Stage:
    number = table.take("number", int, required="the number that signatories name in stage")
    given = {"rule": table.take("rule", StageRule), "name": table.take("name", str)}
    table.done()
    return Stage(number=number or 0, **_present(given))


def _assurance(table: Table) -> Assurance | None:
    given = {
        "level": _level(table, "level"),
        "floor": _level(table, "floor"),
        "regime": table.take("regime", Regime),
    }
    present = _present(given)
    return Assurance(**present) if present else None


def _level(table: Table, key: str) -> Level | None:
    word = table.take(key, str)
    if word is None:
        return None
    try:
        return read_level(word)
    except MismatchError as mismatch:
        table.problem(key, "level.unknown", str(mismatch), mismatch.hint)
        return None


def _moment(table: Table, key: str) -> datetime | None:
    found: datetime | None = table.take(key, datetime)
    if found is not None and found.tzinfo is None:
        table.problem(key, "datetime.naive", "has no time zone", "write 2026-06-30T18:00:00+02:00, or Z")
    return found


def _texts(table: Table, keys: tuple[str, ...]) -> dict[str, Any]:
    return _present({key: table.take(key, str) for key in keys})


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _only(values: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: values[key] for key in keys if key in values}
