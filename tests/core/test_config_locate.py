"""The line of a key in TOML text."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from paraph.config.locate import KeyPath, Lines, dotted

TEXT = '''\
# a comment with [brackets] and key = 1
default = "hr"   # another

[accounts.hr]
provider = "fake"
note = """
[accounts.de]
key = 1
"""
"odd key".'b.c' = 1
labels = [
  "one",  # ]
  'two',
]
defaults = { language = "fr", deep = { level = "QES" } }
at = 2026-01-02 03:04:05Z

[[routes]]
name = "a"
when = { level = ["QES"] }
[[routes]]
name = "b"
[routes.when]
country = "DE"
'''

EXPECTED: Mapping[KeyPath, int] = {
    ("default",): 2,
    ("accounts",): 4,
    ("accounts", "hr"): 4,
    ("accounts", "hr", "provider"): 5,
    ("accounts", "hr", "note"): 6,
    ("accounts", "hr", "odd key", "b.c"): 10,
    ("accounts", "hr", "labels"): 11,
    ("accounts", "hr", "labels", 0): 12,
    ("accounts", "hr", "labels", 1): 13,
    ("accounts", "hr", "defaults", "deep", "level"): 15,
    ("accounts", "hr", "at"): 16,
    ("routes", 0, "name"): 19,
    ("routes", 0, "when", "level", 0): 20,
    ("routes", 1, "name"): 22,
    ("routes", 1, "when", "country"): 24,
}


def test_every_kind_of_key_has_its_line() -> None:
    """Headers, dotted and quoted keys, arrays, inline tables and arrays of tables are found."""
    lines = Lines(TEXT)
    assert {path: lines.of(path) for path in EXPECTED} == EXPECTED


def test_missing_key_has_the_line_of_its_table() -> None:
    """What is not there is shown where it would belong."""
    lines = Lines(TEXT)
    assert lines.of(("accounts", "hr", "api_key")) == 4
    assert lines.of(("accounts", "hr", "labels", 7)) == 11
    assert lines.of(("nowhere",)) is None


def test_paths_can_start_inside_a_table() -> None:
    """In pyproject.toml, paths are relative to [tool.paraph]."""
    lines = Lines("[tool.other]\nx = 1\n[tool.paraph]\ndefault = 1\n", inside=("tool", "paraph"))
    assert lines.of(("default",)) == 4
    assert lines.of(("missing",)) == 3


def test_paths_are_written_as_people_do() -> None:
    """Keys are joined by dots, positions stand in brackets."""
    assert dotted(("signatories", 0, "phone")) == "signatories[0].phone"


KEYS = st.text("abz_-09", min_size=1, max_size=4) | st.text("a.\"\\' #=[]\n", max_size=4)
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.integers(-99, 99), st.booleans(), st.text("a#]}[{\",'=\n\\", max_size=6)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def quoted(text: str) -> str:
    """Write a TOML basic string on one line."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{plain}"'


class Writer:
    """Writes TOML with arrays over several lines, and notes the line of everything it writes."""

    def __init__(self) -> None:
        self.text = ""
        self.lines: dict[KeyPath, int] = {}

    def note(self, path: KeyPath) -> None:
        self.lines[path] = self.text.count("\n") + 1

    def pair(self, path: KeyPath, value: Any) -> None:
        self.note(path)
        self.text += f"{quoted(str(path[-1]))} = "
        self.value(path, value)

    def value(self, path: KeyPath, value: Any) -> None:
        if isinstance(value, dict):
            self.text += "{ "
            for position, (key, each) in enumerate(value.items()):
                self.text += ", " if position else ""
                self.pair((*path, key), each)
            self.text += " }"
        elif isinstance(value, list):
            self.text += "[ # ] }\n"
            for position, each in enumerate(value):
                self.note((*path, position))
                self.value((*path, position), each)
                self.text += ' ,# [ "\n'
            self.text += "]"
        elif isinstance(value, str) and "\n" in value and "'" not in value:
            self.text += f"'''\n{value}'''"
        elif isinstance(value, str):
            self.text += quoted(value)
        else:
            self.text += str(value).lower()


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=4))
def test_lines_are_those_where_keys_were_written(values: dict[str, dict[str, Any]]) -> None:
    """For any file, each key and element is found on the line on which it was written."""
    writer = Writer()
    for name, table in values.items():
        writer.note((name,))
        writer.text += f"[{quoted(name)}] # header\n"
        for key, value in table.items():
            writer.pair((name, key), value)
            writer.text += "\n"
    assert values == tomllib.loads(writer.text)
    found = Lines(writer.text)
    assert writer.lines == {path: found.of(path) for path in writer.lines}
