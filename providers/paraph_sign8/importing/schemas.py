"""The shape of an OpenAPI schema.

References lead within the file only: another file or host is never opened. A schema within itself ends where
it repeats. ``allOf`` adds up; of ``oneOf`` and ``anyOf`` every branch is shown, since each is a body that may
be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from paraph_sign8.importing.shapes import (
    DEEPEST,
    NOTHING,
    WORDS,
    Budget,
    Kind,
    Shape,
    look_of_format,
    merged,
    of_value,
)
from paraph_sign8.importing.source import ImportFault

CHAIN: Final = 20
"""References, and schemas within schemas, that may follow each other."""

_KINDS: Final[Mapping[str, Kind]] = {
    "object": Kind.OBJECT,
    "array": Kind.LIST,
    "string": Kind.TEXT,
    "integer": Kind.INTEGER,
    "number": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
}


@attrs.frozen(kw_only=True)
class Schemas:
    """Reads schemas of one file.

    :ivar document: the whole file, in which references lead.
    """

    document: Mapping[str, Any]
    budget: Budget

    def resolved(self, value: Any) -> Any:
        """Follow references.

        :raises ImportFault: one leads out of the file, to nothing, or in a circle.
        """
        for _ in range(CHAIN):
            reference = value.get("$ref") if isinstance(value, dict) else None
            if not isinstance(reference, str):
                return value
            value = self._target(reference)
        raise ImportFault("a $ref leads in a circle")

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise ImportFault("a $ref leads to another file; bundle the description into one file first")
        found: Any = self.document
        for step in reference[1:].removeprefix("/").split("/") if reference != "#" else ():
            name = step.replace("%7B", "{").replace("%7D", "}").replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdecimal() and len(name) < 6 and int(name) < len(found):  # noqa: PLR2004 - no list is longer
                found = found[int(name)]
            else:
                raise ImportFault("a $ref leads to nothing in the file")
        return found

    def shape(self, schema: Any, depth: int = 0, within: tuple[int, ...] = ()) -> Shape:
        """Return a schema's shape.

        :param within: the schemas around it, to end where one repeats.
        :raises ImportFault: a reference cannot be followed, or the file is too large.
        """
        self.budget.spend()
        table = self.resolved(schema)
        if not isinstance(table, dict) or depth > DEEPEST or id(table) in within or len(within) > CHAIN:
            return NOTHING
        around = (*within, id(table))
        found = self._own(table, depth, around)
        for key in ("allOf", "oneOf", "anyOf"):
            branches = table.get(key)
            for branch in branches if isinstance(branches, list) else ():
                found = merged(found, self.shape(branch, depth, around))
        return found

    def _own(self, table: Mapping[str, Any], depth: int, around: tuple[int, ...]) -> Shape:
        properties, items = table.get("properties"), table.get("items")
        members: dict[str, Shape] = {}
        for name, each in properties.items() if isinstance(properties, dict) else ():
            members[str(name)] = self.shape(each, depth + 1, around)
        kinds = set(self._kinds(table.get("type")))
        if members:
            kinds.add(Kind.OBJECT)
        item = None
        if isinstance(items, dict):
            kinds.add(Kind.LIST)
            item = self.shape(items, depth + 1, around)
        words = self._words(table)
        binary = table.get("format") == "binary" or "contentMediaType" in table
        encoded = table.get("contentEncoding") == "base64"
        own = Shape(
            kinds=frozenset({Kind.FILE} if binary and not encoded else kinds),
            looks=look_of_format("base64" if encoded else table.get("format")),
            members=members,
            item=item,
            words=words,
            closed=bool(words),
            about=self._about(table),
        )
        for example in self._examples(table):
            own = merged(own, of_value(example, self.budget, depth))
        return own

    @staticmethod
    def _kinds(value: Any) -> list[Kind]:
        names = value if isinstance(value, list) else [value]
        return [_KINDS[name] for name in names if isinstance(name, str) and name in _KINDS]

    @staticmethod
    def _words(table: Mapping[str, Any]) -> tuple[str | int | bool, ...]:
        listed = table.get("enum")
        words = list(listed) if isinstance(listed, list) else []
        if "const" in table:
            words.append(table["const"])
        return tuple(
            word[:200] if isinstance(word, str) else word
            for word in words[:WORDS]
            if isinstance(word, str | int)
        )

    @staticmethod
    def _about(table: Mapping[str, Any]) -> str:
        said = [table.get("title"), table.get("description")]
        text = " ".join(each for each in said if isinstance(each, str))[:1000]
        for key in ("minimum", "maximum"):
            limit = table.get(key)
            if isinstance(limit, int | float) and not isinstance(limit, bool):
                text += f" [{key} {limit}]"
        return text

    @staticmethod
    def _examples(table: Mapping[str, Any]) -> list[Any]:
        listed = table.get("examples")
        found = [*listed[:5]] if isinstance(listed, list) else []
        return [*found, table["example"]] if "example" in table else found
