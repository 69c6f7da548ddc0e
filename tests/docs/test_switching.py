"""The published JSON Schema of exported envelopes is the one that the code has."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from paraph.convert.exchange import schema
from paraph.exporting import VERSION

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / f"envelope-export-{VERSION}.json"


def test_the_published_schema_is_current() -> None:
    """The file in the documentation is what `paraph export --schema` writes, and a schema at all."""
    published = PUBLISHED.read_text()
    assert json.dumps(schema(), ensure_ascii=False, indent=2) + "\n" == published
    Draft202012Validator.check_schema(json.loads(published))


def test_every_part_of_the_schema_refuses_what_it_does_not_know() -> None:
    """No object of a file may hold anything undeclared, so that nothing is lost without a word."""
    known = schema()
    objects = [known, *known["$defs"].values()]
    open_ = [each.get("title", "document") for each in objects if each["additionalProperties"] is not False]
    assert [] == open_
