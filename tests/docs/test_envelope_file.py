"""The table of an envelope file's keys is what the command line reads."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from paraph import Level
from paraph.cli.envelope_file import read_envelope
from paraph.config.table import Table

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()
EVERYTHING = """
[[documents]]
name = "a"
sha256 = "00"
[[signatories]]
id = "ada"
[[fields]]
document = "a"
signatory = "ada"
anchor = { text = "Signature" }
[[stages]]
number = 1
"""


def rows() -> dict[str, str]:
    """Return the forms by key, as the table tells them; a row may be about several keys."""
    section = PAGE.split("## An envelope as a file")[1].split("\n## ")[0]
    found = re.findall(r"^\| ((?:`[\w.\[\]]+`(?:, )?)+) \| (.*?) \| ", section, re.MULTILINE)
    return {key: form for keys, form in found for key in re.findall(r"`([^`]+)`", keys)}


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return each key that the reader asks a file for, with the type that it wants."""
    asked: dict[str, Any] = {}
    raw, take = Table.raw, Table.take

    def key_of(table: Table, key: str) -> str:
        parts = ["[]" if isinstance(each, int) else f".{each}" for each in (*table.path, key)]
        return "".join(parts).removeprefix(".")

    def noting_raw(self: Table, key: str, *, required: str = "") -> Any:
        asked.setdefault(key_of(self, key), None)
        return raw(self, key, required=required)

    def noting_take(self: Table, key: str, wanted: Any, *, required: str = "") -> Any:
        asked[key_of(self, key)] = wanted
        return take(self, key, wanted, required=required)

    monkeypatch.setattr(Table, "raw", noting_raw)
    monkeypatch.setattr(Table, "take", noting_take)
    path = tmp_path / "envelope.toml"
    path.write_text(EVERYTHING)
    read_envelope(path)
    return asked


def test_every_key_has_a_row(read: dict[str, Any]) -> None:
    """No key is missing from the table, and none is there that nobody reads."""
    assert set(read) == set(rows())
    assert {"title", "documents[].path", "fields[].anchor.dx"} <= set(read)


def test_every_word_of_a_closed_list_is_told(read: dict[str, Any]) -> None:
    """A key that takes one of a few words names all of them, and no others."""
    told = rows()
    lists = {
        key: {f'"{each.value}"' for each in wanted}
        for key, wanted in read.items()
        if isinstance(wanted, type) and issubclass(wanted, Enum) and key != "signatories[].regime"
    }
    assert lists
    assert lists == {key: set(re.findall(r'"[^"]*"', told[key])) for key in lists}
    assert {f'"{each.name}"' for each in Level} == set(re.findall(r'"[^"]*"', told["level"]))
