"""What is generated is current, complete and built without a warning."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from paraph import errors, lifecycle
from paraph.model import FactType, Lifecycle
from paraph.provider import Capability
from paraph.provider.loading import NEUTRAL

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))  # as if it were run: the modules that it uses lie beside it
        spec.loader.exec_module(module)
    return module


def test_readme_is_current(generate: ModuleType) -> None:
    """README says of the plugins what they say of themselves today."""
    text = (ROOT / "README.md").read_text()
    assert {"providers", "assumptions"} == set(re.findall(r"<!-- generated: ([a-z]+) -->", text))
    assert text == generate.renewed(text)


def test_a_stale_table_is_noticed(generate: ModuleType) -> None:
    """A generated part that was edited by hand is written anew."""
    text = (ROOT / "README.md").read_text().replace("| `ignisign` |", "| `ignisign2` |")
    assert text != generate.renewed(text)


def test_assumptions_in_readme_are_those_of_the_settings(generate: ModuleType) -> None:
    """Each option whose default is a guess is told to readers of README."""
    text = (ROOT / "README.md").read_text()
    guessed = [setting for info in generate.providers() for setting, _ in generate.assumptions(info)]
    assert guessed
    assert [] == [setting for setting in guessed if setting not in text]


def test_providers_that_never_ran_live_say_so(generate: ModuleType) -> None:
    """README names each vendor that no plugin was ever run against."""
    text = (ROOT / "README.md").read_text()
    unseen = [info.title for info in generate.providers() if not info.seen_live]
    assert [] == [title for title in unseen if f"never been run against the live {title}" not in text]


def test_tables_hold_every_word_of_their_vocabulary(generate: ModuleType) -> None:
    """No event, capability, ending or error is missing from the reference, and each has a sentence."""
    events, capabilities = generate.events_table(), generate.capability_table()
    assert [] == [each for each in FactType if f"| `{each.value}` | " not in events]
    assert [] == [each for each in Capability if f"| `{each.value}` | " not in capabilities]
    assert "|  |  |" not in events.replace("| \n", "|\n")
    endings = {state for _, state, _ in lifecycle.ENDINGS}
    assert endings == {state for state in Lifecycle if state.ended}
    public = [
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)
    ]
    tree = generate.error_tree()
    assert [] == [name for name in public if not name.startswith("_") and f"errors.{name}`: " not in tree]


def test_configuration_page_names_every_neutral_key() -> None:
    """The page about configuration explains each key that an account has whatever its provider."""
    page = (DOCS / "configuration.md").read_text()
    assert [] == [key for key in NEUTRAL if f"| `{key}` |" not in page]


def test_every_provider_has_a_page(generate: ModuleType) -> None:
    """The documentation has a page for each installed provider, with its options and what it offers."""
    for info in generate.providers():
        page = (DOCS / "providers" / f"{info.name}.md").read_text()
        assert f"_generated/settings-{info.name}.md" in page
        assert f"_generated/offers-{info.name}.md" in page


def test_tables_within_settings_are_shown(generate: ModuleType) -> None:
    """Each form of a nested table has a row, and each of its keys one below it, under its whole path."""
    (info,) = (each for each in generate.providers() if each.name == "sign8")
    rows = [row.split(" | ")[0] for row in generate.settings_table(info).splitlines()]
    oauth2 = ["client_id", "client_secret", "token_url", "scope"]
    expected = ['| `auth.type = "oauth2"`', *(f"| `auth.{key}`" for key in oauth2)]
    begin = rows.index(expected[0])
    assert expected == rows[begin : begin + len(expected)]
    assert [] == [row for row in rows if "_read" in row]


def test_commands_within_groups_are_shown(generate: ModuleType) -> None:
    """The reference descends into groups, those of plugins too."""
    headings = re.findall(r"^## (.*)$", generate.commands(), re.MULTILINE)
    assert {"send", "settle", "demo", "sign8 import", "sign8 dialect show"} <= set(headings)


@pytest.mark.timeout(600)
def test_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    """Sphinx reads every page, resolves every reference and has nothing to complain about."""
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-q", "-E"]
    command += ["-d", str(tmp_path / "doctrees"), "-b", "html", str(DOCS), str(tmp_path / "html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    assert (tmp_path / "html" / "index.html").exists()
