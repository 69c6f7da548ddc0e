"""Every code block of README and documentation is run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from support.pages import LANGUAGES, ROOT, Desk, blocks, commands, edited, run_page, says, starts_simulator

PAGES = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if not {"_generated", "_build"} & set(page.parts)),
]
WITH_BLOCKS = [page for page in PAGES if list(blocks(page.read_text()))]


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=named)
def test_every_block_runs(page: Path, request: pytest.FixtureRequest) -> None:
    """The page's examples, configuration files and commands work as they are printed, in order."""
    reader: Desk = request.getfixturevalue("bare" if starts_simulator(page) else "here")
    run_page(page, reader)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_block_escapes(page: Path) -> None:
    """Each fence is at the left margin and of a language that is run, or that is only shown."""
    text = page.read_text()
    fences = re.findall(r"^[ >]*(?:```|~~~).*$", text, re.MULTILINE)
    inside = [
        line for block in blocks(text) for line in re.findall(r"^[ >]*```.*$", block.text, re.MULTILINE)
    ]
    assert [] == [fence for fence in fences if fence.startswith((" ", ">", "~"))]
    assert [] == inside
    assert set() == {block.language for block in blocks(text)} - LANGUAGES


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_relative_links_lead_somewhere(page: Path) -> None:
    """A link to a file of the repository names a file that exists."""
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text())
    assert [] == [target for target in targets if not (page.parent / target).exists()]


def test_a_wrong_block_is_noticed(tmp_path: Path, here: Desk) -> None:
    """What raises, is wrong or shows something else than the page says makes the page's test fail."""
    wrong = {
        "raises": "```python\nfrom paraph import Envelop\n```\n",
        "configuration": '```toml\n# paraph.toml\n[accounts.hr]\nprovidr = "ignisign"\n```\n',
        "command": "```console\n$ paraph no-such-command\n```\n",
        "output": "```console\n$ paraph accounts\nno such line\n```\n",
        "unused": "```python\n# later.py\nprint('never run')\n```\n",
        "target": "```console\n$ make coffee\n```\n",
        "extra": "```console\n$ pip install 'paraph[postscript]'\n```\n",
        "language": "```ruby\nputs 1\n```\n",
    }
    for name, text in wrong.items():
        page = tmp_path / f"{name}.md"
        page.write_text(text)
        with pytest.raises(Exception) as failed:  # noqa: PT011 - each is wrong in its own way
            run_page(page, here)
        assert f"in the block at {name}.md:2" in failed.value.__notes__[0]


def test_shown_output_is_compared_in_order() -> None:
    """Shown lines come in their order, others may stand between; an ellipsis stands for any text."""
    output = "account  hr\nstate  completed\nevidence  proof, signed_document\n"
    assert (True, True, False, False) == (
        says(output, ["account…", "evidence  …signed_document"]),
        says(output, []),
        says(output, ["evidence…", "account…"]),
        says(output, ["state"]),
    )


def test_commands_of_a_console_block() -> None:
    """A command is what follows the prompt, over continued lines; the rest is its output."""
    text = "$ paraph send a.pdf \\\n    --to 'Ada <a@example.org>'\nstate  sent\n\n$ paraph accounts\n"
    expected = [
        ("paraph send a.pdf     --to 'Ada <a@example.org>'", ["state  sent"]),
        ("paraph accounts", []),
    ]
    assert expected == list(commands(text))


def test_an_edit_sets_keys_and_leaves_the_rest() -> None:
    """A key is set on its own line within its table; what is new is added to the table, or with it."""
    before = "a = 1\n\n[one]\nb = 2  # kept\nc = 3\n\n[two]\nb = 4\n"
    changes = "# x.toml, edited\n[two]\nb = 5\n[one]\nc = 6\nd = 7\n\n[three.four]\ne = 8\n"
    after = tomllib.loads(edited(before, changes))
    expected = {"a": 1, "one": {"b": 2, "c": 6, "d": 7}, "two": {"b": 5}, "three": {"four": {"e": 8}}}
    assert expected == after
    assert "b = 2  # kept" in edited(before, changes)
