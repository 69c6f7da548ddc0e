"""Files of exported envelopes: neutral JSON with a version and a published JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, NoReturn

import attrs

from paraph.convert.schema import DIALECT, SCALARS, Schema, Writer
from paraph.convert.strict import WRONG, Reader, hints, members, must_stand, write, written_fields
from paraph.errors import InvalidExport
from paraph.exporting import FORMAT, VERSION, Export, ExportFile
from paraph.model import Document, Problem

NO_FILE = "this is no file of exported envelopes"


def dumps(envelopes: Iterable[Export], *, at: datetime) -> str:
    """Return a file's text, in ASCII.

    :param at: when it is written.
    """
    file = ExportFile(format=FORMAT, version=VERSION, exported_at=at, envelopes=tuple(envelopes))
    return json.dumps(write(file), ensure_ascii=True, indent=2, allow_nan=False) + "\n"


def loads(text: str | bytes) -> tuple[Export, ...]:
    """Read a file's text.

    :raises InvalidExport: with everything that is wrong with its shape; no value is repeated.
    """
    try:
        value = json.loads(text, parse_constant=_no_constant)
        problems = tuple(_version(value))
        reader = Reader()
        found = WRONG if problems else reader.read(value, ExportFile, "")
    except (ValueError, RecursionError) as error:
        message = "it is nested too deeply" if isinstance(error, RecursionError) else "it is no JSON in UTF-8"
        problems, reader, found = (_problem("file.unreadable", message),), Reader(), WRONG
    if found is WRONG:
        # Outside the handlers, so that no traceback carries what stands there.
        raise InvalidExport(NO_FILE, (*problems, *reader.problems))
    file: ExportFile = found
    return file.envelopes


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)


def _problem(code: str, message: str, hint: str = "", path: str = "file") -> Problem:
    return Problem(path=path, code=code, message=message, hint=hint)


def _version(value: Any) -> Iterable[Problem]:
    """Refuse what another program or a later paraph wrote before looking any further."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        yield _problem("format.unknown", f"format has to be {FORMAT!r}", "`paraph export` writes such files")
        return
    version = value.get("version")
    if type(version) is int and version > VERSION:
        message = f"it is of version {min(version, 10**6)}, and this paraph reads versions up to {VERSION}"
        yield _problem("version.newer", message, "import it with a newer paraph", "version")


def schema() -> Schema:
    """Return the JSON Schema (2020-12) of a file."""
    document = _File(ExportFile).document()
    definitions = dict(sorted(document.pop("$defs").items()))
    title = f"Envelopes exported by paraph, version {VERSION}"
    return {"$schema": DIALECT, **document, "title": title, "$defs": definitions}


class _File(Writer):
    """Writes the schema of what :mod:`paraph.convert.strict` reads."""

    @property
    def scalars(self) -> Mapping[type, Schema]:
        return SCALARS

    def of(self, wanted: Any) -> Schema:
        return self._document() if wanted is Document else super().of(wanted)

    def _document(self) -> Schema:
        """Return the schema of a document, which elsewhere is a file's path."""
        fields = written_fields(Document)
        return {
            "type": "object",
            "description": "A document, without its content.",
            "properties": {
                each.name: {**self.of(hints(Document)[each.name]), **self.default_of(each)} for each in fields
            },
            "required": [each.name for each in fields if must_stand(each)],
            "additionalProperties": False,
        }

    def fields(self, kind: type[Any]) -> Iterable[attrs.Attribute[Any]]:
        return written_fields(kind)

    def name_of(self, field: attrs.Attribute[Any]) -> str:
        return field.name

    def default_of(self, field: attrs.Attribute[Any]) -> Schema:
        default = None if must_stand(field) else field.default
        return {"default": write(default)} if isinstance(default, Enum | str | int | float) else {}

    def is_required(self, field: attrs.Attribute[Any]) -> bool:
        return must_stand(field)

    def members(self, kind: type[Enum]) -> Schema:
        return {"type": "string", "enum": list(members(kind))}

    def other(self) -> Schema:
        return {}
