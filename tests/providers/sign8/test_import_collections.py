"""Descriptions in several plausible shapes, and what has to be found in each: leaf by leaf."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from paraph_sign8.dialect import leaves, load, shipped
from paraph_sign8.importing import Finding, Imported, Verdict, import_bytes, import_file
from paraph_sign8.importing.report import as_json, as_text

FOLDER = Path(__file__).parent / "collections"
FILES = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".expected.toml"))
BY_NAME = {path.name.split(".")[0]: path for path in FILES}
NAMES = sorted(BY_NAME)


def expected(name: str) -> dict[str, Any]:
    """What a person found in a file."""
    return tomllib.loads((FOLDER / f"{name}.expected.toml").read_text(encoding="utf-8"))


def of(imported: Imported, verdict: Verdict) -> dict[str, Any]:
    """The values of one verdict."""
    return {each.path: each.value for each in imported.findings if each.verdict is verdict}


@pytest.mark.parametrize("name", NAMES)
def test_every_leaf_has_the_expected_verdict_and_value(name: str) -> None:
    """What is placed, guessed, turned off and ignored is what a person found; all the rest is not found."""
    wanted, imported = expected(name), import_file(BY_NAME[name])
    assert wanted["placed"] == of(imported, Verdict.PLACED)
    assert wanted["guessed"] == of(imported, Verdict.GUESSED)
    lost = [each for each in imported.findings if each.verdict is Verdict.NOT_FOUND]
    assert wanted["turned_off"] == [each.path for each in lost if each.written]
    assert wanted["ignored"] == [each.what for each in imported.ignored]
    assert wanted["notes"] == list(imported.notes)
    assert wanted["missing"] == list(imported.missing)
    assert wanted["kind"] == imported.kind


@pytest.mark.parametrize("name", NAMES)
def test_every_leaf_has_one_verdict_with_a_reason(name: str) -> None:
    """No leaf of a dialect is without a verdict, none has two, and every verdict says why."""
    imported = import_file(BY_NAME[name])
    paths = [each.path for each in imported.findings]
    assert len(set(paths)) == len(paths)
    words = ("words.", "webhooks.events.")
    fixed = {leaf.path for leaf in leaves(shipped("default")) if not leaf.path.startswith(words)}
    assert fixed <= set(paths)
    assert [] == [each.path for each in imported.findings if not each.reason]


@pytest.mark.parametrize("name", NAMES)
def test_the_file_loads_and_every_guess_is_marked(name: str, tmp_path: Path) -> None:
    """The written file reads as a dialect that has what was found, and each guess has its comment."""
    imported = import_file(BY_NAME[name])
    path = tmp_path / "dialect.toml"
    path.write_text(imported.text, encoding="utf-8")
    dialect = load(path)
    found = {each.path: each.value for each in imported.findings if each.written}
    assert dialect.configured == set(found)
    read = {leaf.path: leaf.value for leaf in leaves(dialect) if leaf.path in found}
    assert {key: _plain(value) for key, value in read.items()} == found
    assert imported.count(Verdict.GUESSED) == imported.text.count("# guessed: ")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("name", NAMES)
def test_nothing_secret_or_personal_is_written_or_shown(name: str) -> None:
    """Tokens, passwords, ids, people and links of the examples are neither in the file nor shown."""
    raw = BY_NAME[name].read_text(encoding="utf-8")
    imported = import_file(BY_NAME[name])
    shown = [imported.text, json.dumps(as_json(imported, Path("dialect.toml")), ensure_ascii=False)]
    shown += [str(part) for part in as_text(imported, Path("dialect.toml"))]
    held = [word for word in SECRETS if word in raw]
    assert held or name == "openapi"  # a file of schemas alone has no examples
    assert [] == [word for word in held for text in shown if word in text]


SECRETS = (
    "canary", "Canaria", "Grete", "grete.canaria", "+4915112345678", "-1111-4222-8333-", "JVBERi0",
    "Falscher Betrag",
)  # fmt: skip


def test_the_strange_file_shares_nothing_with_the_shipped_dialects() -> None:
    """One of the files has no path, field name or place in common with what is shipped."""
    imported = import_file(BY_NAME["stranger"])
    groups = ("operations", "fields", "answers", "status")
    mine = {
        each.value
        for each in imported.findings
        if each.written and each.value and each.path.startswith(groups) and not each.path.endswith("method")
    }
    assert mine
    for base in ("default", "simulator"):
        theirs = {leaf.value for leaf in leaves(shipped(base)) if leaf.path.startswith(groups)}
        assert set() == mine & theirs


def test_names_without_separators_and_with_others_say_the_same() -> None:
    """A collection gives the same dialect if its names are written in another style."""
    raw = BY_NAME["verb_paths"].read_text(encoding="utf-8")
    styled = raw
    for one, other in (
        ("first_name", "FirstName"),
        ("workflow_id", "WORKFLOW-ID"),
        ("file_name", "filename"),
    ):
        styled = styled.replace(one, other)
    assert styled != raw
    before = import_bytes(raw.encode())
    after = {each.path: each for each in import_bytes(styled.encode()).findings}

    def verdicts(findings: dict[str, Finding]) -> dict[str, Verdict]:
        return {path: each.verdict for path, each in findings.items()}

    assert verdicts({each.path: each for each in before.findings}) == verdicts(after)
    assert "FirstName" == after["fields.signer.given_name"].value
    assert "WORKFLOW-ID" == after["answers.workflow_id"].value
