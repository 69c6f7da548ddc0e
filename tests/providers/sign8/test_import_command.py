"""``paraph sign8 import`` and ``paraph sign8 dialect show``, as an operator uses them."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from paraph.cli.app import run
from paraph_sign8.dialect import leaves, load, shipped

FOLDER = Path(__file__).parent / "collections"
REST = str(FOLDER / "rest.postman.json")
ACCOUNT = """
[accounts.signing]
provider = "sign8"
environment = "test"
organization_id = "o-1"
base_url = "https://sign8.example"
auth = { type = "none" }
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory without any configuration."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


Captured = pytest.CaptureFixture[str]


def test_import_writes_a_file_that_the_next_command_reads(folder: Path, capsys: Captured) -> None:
    """The file that was written loads, and its values are marked as configured."""
    assert 0 == run(["sign8", "import", REST])
    assert "Written to dialect.toml, which loads as a dialect." in capsys.readouterr().out
    assert "/v2/workflows" == load(folder / "dialect.toml").operations.add_workflow.path
    assert 0 == run(["sign8", "dialect", "show", "dialect.toml"])
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if line.startswith("operations.add_workflow.path")]
    assert ["operations.add_workflow.path", "/v2/workflows", "configured"] == line.split()


def test_import_prints_the_four_groups_and_what_to_do_next(capsys: Captured) -> None:
    """Placed, guessed, not found and ignored come in this order, then the next steps."""
    assert 0 == run(["sign8", "import", REST, "--output", "mine.toml"])
    out = capsys.readouterr().out
    heads = ("\nPlaced: ", "\nGuessed: ", "\nNot found: ", "\nIgnored: ", "\nWritten to ", "\nNext:\n")
    places = [out.index(head) for head in heads]
    assert sorted(places) == places
    assert 'Put dialect = "mine.toml" into the account in paraph.toml.' in out
    assert "Put base_url into the account" in out
    assert "the unit of places (formats.unit)" in out


def test_import_without_a_signer_exits_with_1_and_still_writes(folder: Path, capsys: Captured) -> None:
    """An operation without which nothing can be sent is named; the file is there to be completed."""
    file = folder / "half.json"
    item = {"name": "Add workflow", "request": {"method": "POST", "url": "https://a.example/workflows"}}
    file.write_text(json.dumps({"info": {"name": "x"}, "item": [item]}))
    assert 1 == run(["sign8", "import", str(file)])
    assert "NOT USABLE YET: no request was found for add_file, add_signer, add_signature." in (
        capsys.readouterr().out
    )
    assert not load(folder / "dialect.toml").offers("add_signer")


def test_a_wrong_file_exits_with_2_and_writes_nothing(folder: Path, capsys: Captured) -> None:
    """The error is one line on standard error, and with --json one object."""
    file = folder / "login.html"
    file.write_text("<html>")
    assert 2 == run(["sign8", "import", str(file)])
    written = capsys.readouterr()
    assert "" == written.out
    assert 1 == len(written.err.splitlines())
    assert 2 == run(["sign8", "import", str(file), "--json"])
    assert "ImportFault" == json.loads(capsys.readouterr().out)["error"]["type"]
    assert not (folder / "dialect.toml").exists()


def test_an_existing_file_is_kept_unless_forced(folder: Path, capsys: Captured) -> None:
    """A dialect that somebody completed by hand is not lost to a second import."""
    target = folder / "dialect.toml"
    target.write_text("# mine\n")
    assert 2 == run(["sign8", "import", REST])
    assert "--force" in capsys.readouterr().err
    assert "# mine\n" == target.read_text()
    assert 0 == run(["sign8", "import", REST, "--force"])
    assert "# mine" not in target.read_text()


def test_a_folder_that_cannot_be_written_is_one_error(folder: Path, capsys: Captured) -> None:
    """The output's name is in the message."""
    assert 2 == run(["sign8", "import", REST, "--output", str(folder / "nowhere" / "d.toml")])
    assert "d.toml" in capsys.readouterr().err


def test_import_as_json_has_every_leaf(capsys: Captured) -> None:
    """Programs get each verdict, its value and its reason, what was ignored, and whether it can be used."""
    assert 0 == run(["sign8", "import", REST, "--json"])
    document = json.loads(capsys.readouterr().out)["import"]
    by_path = {each["path"]: each for each in document["findings"]}
    assert {
        "path": "formats.page_base",
        "verdict": "guessed",
        "value": 0,
        "written": True,
        "reason": "an example names page 0",
    } == by_path["formats.page_base"]
    assert document["usable"]
    assert sum(document["counts"].values()) == len(document["findings"])


def test_show_needs_no_account_and_no_configuration(capsys: Captured) -> None:
    """The shipped dialect with its marks: confirmed ones name the contract's section."""
    assert 0 == run(["sign8", "dialect", "show"])
    out = capsys.readouterr().out
    assert "Dialect 'default', as shipped" == out.splitlines()[0]
    assert "confirmed (contract 2)" in out
    assert "confirmed (contract 3)" in out
    (line,) = [line for line in out.splitlines() if line.startswith("operations.status.path")]
    assert ["operations.status.path", "not", "offered"] == line.split()
    assert "not offered, for want of a path: create_interface, list_interfaces, start" in out


def test_show_counts_every_leaf_once(capsys: Captured) -> None:
    """Confirmed, assumed, configured and not set add up to all leaves."""
    assert 0 == run(["sign8", "dialect", "show", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert len(leaves(shipped("default"))) == sum(document["counts"].values())
    assert len(document["leaves"]) == sum(document["counts"].values())
    assert "status" in document["not_offered"]


@pytest.mark.parametrize("words", [["simulator"], ["--base", "simulator"]])
def test_show_knows_the_simulators_dialect(words: list[str], capsys: Captured) -> None:
    """By name or by option, and everything in it is configured."""
    assert 0 == run(["sign8", "dialect", "show", *words])
    out = capsys.readouterr().out
    assert "0 confirmed, 0 assumed, " in out
    assert "not offered" not in out


def test_unset_leaves_are_listed_on_demand(capsys: Captured) -> None:
    """Without the option a leaf that is not set is counted, with it also listed."""
    assert 0 == run(["sign8", "dialect", "show"])
    assert "servers.test" not in capsys.readouterr().out
    assert 0 == run(["sign8", "dialect", "show", "--unset"])
    assert "servers.test" in capsys.readouterr().out


def test_show_reads_an_accounts_dialect(folder: Path, capsys: Captured) -> None:
    """Unset, a file beside the configuration, and an inline table; secrets need not be there."""
    config = folder / "conf" / "paraph.toml"
    config.parent.mkdir()
    words = ["sign8", "dialect", "show", "--config", str(config), "--account", "signing"]
    assert 0 == run(["sign8", "import", REST, "--output", str(config.parent / "d.toml")])
    for line, said in (
        ("", "/AddWorkflow"),
        ('dialect = "d.toml"', "/v2/workflows"),
        ('dialect = { base = "simulator" }', "/v1/workflow/add"),
    ):
        config.write_text(f"{ACCOUNT}{line}\n")
        capsys.readouterr()
        assert 0 == run(words)
        out = capsys.readouterr().out
        assert "Dialect of the account 'signing'" == out.splitlines()[0]
        assert said in out


def test_show_says_what_is_wrong_with_its_arguments(folder: Path, capsys: Captured) -> None:
    """Two sources at once, a missing file, an unknown name and an unknown account are usage errors."""
    (folder / "paraph.toml").write_text(ACCOUNT)
    for words, said in (
        (["simulator", "--base", "simulator"], "one of FILE, --base and --account"),
        (["missing.toml"], "missing.toml"),
        (["--base", "other"], "shipped: default, simulator"),
        (["--account", "other"], "configured: signing"),
    ):
        assert 2 == run(["sign8", "dialect", "show", *words])
        assert said in capsys.readouterr().err


def test_a_terminal_gets_tables_within_its_width(folder: Path) -> None:
    """On a terminal the same rows come as tables whose lines are no longer than its width."""
    primary, secondary = pty.openpty()
    command = [sys.executable, "-m", "paraph.cli", "sign8", "import", REST]
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm"}
    with subprocess.Popen(command, stdout=secondary, cwd=folder, env=environment) as process:
        os.close(secondary)
        written = b""
        # A terminal whose other side has been closed ends with an error on Linux, not with nothing.
        while chunk := _read(primary):
            written += chunk
        assert 0 == process.wait(60)
    os.close(primary)
    lines = written.decode().replace("\r", "").splitlines()
    tables = [line for line in lines if "operations." in line]
    assert tables
    assert max(map(len, tables)) <= 140  # colour codes count, too


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
