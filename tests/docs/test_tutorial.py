"""The tutorial's script runs unchanged through one vendor, the other, and both."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import attrs
import httpx
import pytest

from paraph import Registry
from paraph.testing.simulator import Person
from paraph_simulator import documents
from support.commands import Place, Running
from support.pages import ROOT, Desk, blocks, run_page

TUTORIAL = ROOT / "docs" / "tutorial"
PEOPLE = {"ada@example.org": "Ada Lovelace", "charles@example.org": "Charles Babbage"}
REASON = "It is too dear"

Act = Callable[[Person, str, str], object]
"""What a person does with a link that came to an address."""


def sign(person: Person, link: str, _address: str) -> object:
    """Sign whatever comes."""
    return person.sign(link)


def charles_refuses(person: Person, link: str, address: str) -> object:
    """Refuse, if it is Charles; nobody can act afterwards, so he comes last."""
    return person.decline(link, REASON) if address.startswith("charles") else person.sign(link)


@attrs.frozen(kw_only=True)
class Reader:
    """Somebody with the script and a configuration that leads to running simulators."""

    folder: Path
    environment: Mapping[str, str] = attrs.field(repr=False)

    def run(self, act: Act = sign) -> subprocess.CompletedProcess[str]:
        """Run the script while everybody who is asked to sign acts."""
        over = threading.Event()
        people = threading.Thread(target=self._people, args=(act, over))
        people.start()
        try:
            return subprocess.run(
                [sys.executable, "app.py"],
                cwd=self.folder,
                env=dict(self.environment),
                capture_output=True,
                text=True,
                timeout=100,
                check=False,
            )
        finally:
            over.set()
            people.join()

    def _people(self, act: Act, over: threading.Event) -> None:
        accounts = tomllib.loads((self.folder / "paraph.toml").read_text())["accounts"].values()
        waiting = {account["base_url"] for account in accounts}
        with httpx.Client(trust_env=False, timeout=60) as browser:
            while waiting and not over.wait(0.05):
                for base in sorted(waiting):
                    mails = browser.get(f"{base}/_simulator/outbox").json()
                    links = {mail["to"]: mail["link"] for mail in reversed(mails)}
                    # Nobody acts before all are invited: one who refuses leaves nothing to the others.
                    if links.keys() >= PEOPLE.keys():
                        for address, name in PEOPLE.items():
                            act(Person(name=name), links[address], address)
                        waiting.remove(base)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place for the simulators' process."""
    return Place(root=tmp_path)


@pytest.fixture
def simulators(place: Place) -> Iterator[Running]:
    """A process that simulates every vendor, and has said how to reach them."""
    with place.run("simulator", "--json") as running:
        running.wait_for("\n}\n")
        yield running
        running.process.send_signal(signal.SIGINT)
        assert 0 == running.end(), running.output


def reader(place: Place, simulators: Running, name: str, dialect: str = '{ base = "simulator" }') -> Reader:
    """Give somebody the script and one of its configurations, of which only the addresses are changed."""
    said = json.loads(simulators.output)
    simulated = tomllib.loads(said["configuration"])["accounts"]
    secrets = said["environment"]
    text = (TUTORIAL / f"{name}.toml").read_text()
    urls = "".join(f'\n{key} = "{simulated["ignisign"][key]}"' for key in ("base_url", "sign_url"))
    for written, meant in {
        'provider = "ignisign"': f'provider = "ignisign"{urls}',
        "https://sign8.example": simulated["sign8"]["base_url"],
        "your-organisation": simulated["sign8"]["organization_id"],
        '"dialect.toml"': dialect,
    }.items():
        text = text.replace(written, meant)
    folder = place.root / "reader"
    folder.mkdir()
    shutil.copy(TUTORIAL / "app.py", folder)
    (folder / "contract.pdf").write_bytes(documents.contract(tuple(PEOPLE.values())))
    (folder / "paraph.toml").write_text(text)
    environment = {
        "IGNISIGN_KEY": secrets["PARAPH_SIMULATED_IGNISIGN_KEY"],
        "SIGN8_TOKEN": secrets["PARAPH_SIMULATED_SIGN8_KEY"],
        "SIGN8_HOOK_TOKEN": secrets["PARAPH_SIMULATED_SIGN8_HOOK_TOKEN"],
        "HOOK_SECRET": "a-path-secret-that-nobody-guesses",
        "HOME": str(place.root / "home"),
    }
    return Reader(folder=folder, environment=environment)


@pytest.mark.parametrize(
    ("name", "accounts"), [("ignisign", ["hr"]), ("sign8", ["sales"]), ("both", ["hr", "sales"])]
)
def test_one_script_for_every_configuration(
    place: Place, simulators: Running, name: str, accounts: list[str]
) -> None:
    """With any of the three, everybody signs, the same events are told, and signed files are saved."""
    here = reader(place, simulators, name)
    done = here.run()
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    assert accounts == sorted(path.name for path in (here.folder / "signed").iterdir())
    for account in accounts:
        told = re.findall(rf"^{account}: (envelope\.\w+|signatory\.signed \w+)$", done.stdout, re.MULTILINE)
        story = ["envelope.sent", "signatory.signed ada", "signatory.signed charles", "envelope.completed"]
        assert story == sorted((each for each in told if each in story), key=story.index)
        assert (here.folder / "signed" / account / "contract-signed.pdf").read_bytes().startswith(b"%PDF-")
        assert (here.folder / "signed" / account / "manifest.json").exists()


def test_a_refusal_is_an_outcome(place: Place, simulators: Running) -> None:
    """The script says who refused and why, saves nothing, and ends with 1 and without a traceback."""
    here = reader(place, simulators, "sign8")
    done = here.run(charles_refuses)
    assert (1, "") == (done.returncode, done.stderr), done.stdout
    assert [f"sales: charles refused: {REASON}", "sales: declined"] == done.stdout.splitlines()[-2:]
    assert not (here.folder / "signed").exists()


def test_what_cannot_be_seen_is_not_waited_for(place: Place, simulators: Running) -> None:
    """With a dialect that knows no way to read a status, the script says so instead of waiting."""
    unseeing = '{ base = "simulator", operations = { status = { path = "" } } }'
    done = reader(place, simulators, "sign8", unseeing).run()
    assert (1, "") == (done.returncode, done.stderr), done.stdout
    assert "sales: account 'sales' never tells that an envelope is completed" in done.stdout


def test_what_is_against_it_is_told(place: Place, simulators: Running) -> None:
    """A problem of preflight is shown with its path, and nothing is sent."""
    here = reader(place, simulators, "both")
    (here.folder / "contract.pdf").write_bytes(b"no PDF at all")
    done = here.run(lambda *_: None)
    assert (1, "") == (done.returncode, done.stderr), done.stdout
    assert {"hr", "sales"} == set(re.findall(r"^(\w+): documents\[0\]", done.stdout, re.MULTILINE))
    assert "sent" not in done.stdout


def test_the_script_names_no_vendor() -> None:
    """Nothing in it is about one provider, and it fits on a page or two."""
    text = (TUTORIAL / "app.py").read_text()
    names = [each.name for each in Registry(environ={}).listing() if each.kind == "provider"]
    assert {"ignisign", "sign8"} <= set(names)
    assert [] == [name for name in names if name in text.lower()]
    assert 80 >= len(text.splitlines())


def test_both_is_the_two_together() -> None:
    """The third configuration has the accounts of the first and of the second, and says the default."""
    one, two, both = (
        tomllib.loads((TUTORIAL / f"{name}.toml").read_text()) for name in ("ignisign", "sign8", "both")
    )
    assert {**one, "default": "hr", "accounts": one["accounts"] | two["accounts"]} == both


def test_the_page_is_true(bare: Desk, tmp_path: Path) -> None:
    """Who follows the page from top to bottom sees what it shows."""
    page = (TUTORIAL / "index.md").read_text()
    shown = re.findall(r"^```\{literalinclude\} (\S+)$", page, re.MULTILINE)
    assert {"app.py", "ignisign.toml", "sign8.toml", "both.toml"} == set(shown)
    shutil.copy(TUTORIAL / "app.py", bare.folder)
    # The page's commands need the script beside them, so they are run here, not with all the other pages.
    followed = tmp_path / "followed.md"
    followed.write_text(page.replace("```text\n$ ", "```console\n$ "))
    assert 6 <= len([block for block in blocks(followed.read_text()) if block.language == "console"])
    run_page(followed, bare)
