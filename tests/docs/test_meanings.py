"""The tables about Ignisign's words hold all of them, and the page about it keeps its promises."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from paraph.testing.simulator import FaultKind
from paraph_ignisign import IgnisignOptions, mapping, vocabulary
from paraph_ignisign.actions import ACTIONS
from paraph_ignisign.errors import BY_CODE
from paraph_ignisign.simulator.tables import QUICKSTART_ACTIONS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "providers" / "ignisign.md").read_text()
CONTRADICTIONS = 30
"""Rows of the contract's section 9."""


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def meanings() -> ModuleType:
    """The module that writes the tables."""
    return module("meanings")


def test_every_word_is_in_its_table(meanings: ModuleType) -> None:
    """Statuses, spellings of topics and actions, patterns of codes: none is missing."""
    webhooks = meanings.webhooks_table().splitlines()
    assert [] == [
        words
        for words, meaning in vocabulary.ACTIONS.items()
        if not any(all(f"`{each}`" in row for each in (*words, meaning.value)) for row in webhooks)
    ]
    assert [] == [each for each in vocabulary.TOPICS if f"`{each}`" not in meanings.topics_table()]
    assert [] == [each for each in mapping.STATUSES if f"| `{each}` | " not in meanings.statuses_table()]
    assert [] == [pattern for pattern, _ in BY_CODE if f"`{pattern}`" not in meanings.errors_table()]


def test_words_are_marked_by_their_vocabulary(meanings: ModuleType) -> None:
    """A marked word is one of the plugin's, none has two marks, and the guide's are marked as the guide's."""
    known = {form for topic, action in vocabulary.ACTIONS for form in (action, f"{topic} {action}")}
    assert set() == (meanings.GUIDE | meanings.OLDER) - known
    assert set() == meanings.GUIDE & meanings.OLDER
    assert {guide for guide in QUICKSTART_ACTIONS.values() if guide} <= meanings.GUIDE
    models = {words for words in QUICKSTART_ACTIONS if words in vocabulary.ACTIONS}
    assert [] == [words for words in models if meanings._vocabulary(*words)]


def test_a_delivery_becomes_what_the_plugin_makes_of_it(meanings: ModuleType) -> None:
    """The table tells events, what they are about, and reads."""
    rows = {row.split(" | ")[2]: row.split(" | ")[3:] for row in meanings.webhooks_table().splitlines()[2:]}
    failed = "`signatory.failed` (signatory) |"
    assert ["`signatory.document_signed` (signatory, document)", failed] == rows["`signature.finalized`"]
    assert ["a read alone", "`evidence.failed` (signed document, document) |"] == rows["`proof.generated`"]
    assert ["`envelope.closed` (envelope); a read", "`unknown` (envelope); a read |"] == rows[
        "`request.completed`"
    ]
    assert "`account.changed` (account)" == rows["`app.archived`"][0]


def test_every_action_is_listed() -> None:
    """The page of actions has a row for each, with the catalogue's name where it has one."""
    generate = module("generate")
    (info,) = (each for each in generate.providers() if each.name == "ignisign")
    rows = generate.actions_table(info).splitlines()[2:]
    assert len(ACTIONS) == len(rows)
    assert [] == [
        action.name
        for action in ACTIONS.values()
        if not any(
            row.startswith(f"| `{action.name}` | ") and (not action.slug or f"`{action.slug}`" in row)
            for row in rows
        )
    ]


def test_every_contradiction_has_its_row() -> None:
    """The page says of each row of the contract's section 9 what the plugin does, with a mark."""
    rows = re.findall(r"^\| (\d+) \| .* \| (both|assumed|confirmed|configured) \|$", PAGE, re.MULTILINE)
    assert [str(number) for number in range(1, CONTRADICTIONS + 1)] == [number for number, _ in rows]


def test_every_option_and_fault_is_named() -> None:
    """The page tells each option of an envelope, and each fault of the simulator."""
    options = [f"| `{field.name}` | " for field in attrs.fields(IgnisignOptions)]
    assert [] == [row for row in options if row not in PAGE]
    assert [] == [kind for kind in FaultKind if f"`{kind.value}`" not in PAGE]


def test_every_table_is_shown(meanings: ModuleType) -> None:
    """No table is made for nobody."""
    assert [] == [name for name in meanings.PAGES if f"_generated/ignisign-{name}.md" not in PAGE]
