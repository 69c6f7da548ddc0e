"""Runs every code block of a Markdown page, from top to bottom, as a reader would.

The reader sits in a folder with two PDF files, and what the page offers for download. On a page that starts a
simulator there is nothing else; on others there is a ``paraph.toml`` whose account ``hr`` leads to a running
simulator, with its secrets in the environment. Whoever gets an e-mail from a simulator signs at once.

==============================  ==================================================================
block                           what is done with it
==============================  ==================================================================
``python``                      run in the page's one namespace
``python``, first line          written to that file, or added to it, for a later block that has to use it
``# NAME.py`` or
``# NAME.py, continued``
``toml``, first line            loaded as a configuration, beside the one that is in use; files that it names
``# paraph.toml``               are empty there
``toml``, first line            its keys are set in that file, as in an editor; its other keys stay
``# NAME.toml, edited``
``toml``, ``# envelope.toml``   written to that file and read as an envelope
``toml``, ``# pyproject.toml``  parsed
``console``                     each line after ``$`` is run by a shell and has to exit with 0; the lines
                                below it have to appear in its output, in order; ``…`` is anything
``text``, ``json``              not run
==============================  ==================================================================

A console command that serves is left running until the page ends, or another one needs its port. ``make``
is asked whether it knows the target, and ``pip install`` is compared with the extras that exist. Port 8000
stands for a free port.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx

from paraph import load_config
from paraph.cli.envelope_file import read_envelope
from paraph.testing.simulator import Person, PersonStuckError, SimulatedAccount
from paraph_simulator import documents
from support.ports import free_port

ROOT = Path(__file__).parents[2]
LANGUAGES = frozenset({"python", "toml", "console", "text", "json"})
PORT = "8000"
SERVERS = ("paraph simulator", "paraph receiver", "uvicorn ")
PATIENCE = 60.0

_BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"# (?P<name>[\w-]+\.(?:py|toml))(?P<how>, continued|, edited)?\n")
_DOWNLOAD = re.compile(r"\{download\}`(?:[^`<]*<)?(?P<name>[\w.-]+)>?`")
_INSTALL = re.compile(r"pip install '(?:paraph|\.)\[(?P<extras>[a-z,]+)\]'")


@attrs.frozen(kw_only=True)
class Block:
    """One fenced block. ``line`` is that of its first line of text, ``name`` the file it says it is."""

    language: str
    text: str
    line: int

    @property
    def name(self) -> str | None:
        found = _NAMED.match(self.text)
        return found["name"] if found else None

    @property
    def how(self) -> str:
        """What the block is to its file: all of it (empty), ``continued`` or ``edited``."""
        found = _NAMED.match(self.text)
        return (found["how"] or "").removeprefix(", ") if found else ""


def blocks(page: str) -> Iterator[Block]:
    """Yield a page's blocks. MyST's directives (``{include}`` and so on) are none."""
    for found in _BLOCK.finditer(page):
        info = found["info"].strip()
        if not info.startswith("{"):
            yield Block(language=info, text=found["text"], line=page[: found.start("text")].count("\n") + 1)


def wait_for(condition: Callable[[], bool], *, what: str, patience: float = PATIENCE) -> None:
    """Look until it holds, or fail with what was waited for."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end or condition(), f"{what} did not come within {patience:g} s"
        time.sleep(0.05)


@attrs.define(kw_only=True)
class People:
    """Everybody who gets an e-mail from the simulators of a folder's configuration; they sign at once.

    Who meets a page that is not open yet, or a vendor that does not answer, tries again. ``story`` tells what
    they did and met, for whoever wonders why a page's envelope was not signed.
    """

    folder: Path
    story: list[str] = attrs.field(factory=list)
    _signed: set[str] = attrs.field(factory=set)

    def work(self, over: threading.Event) -> None:
        """Sign until it is over."""
        began = time.monotonic()
        with httpx.Client(trust_env=False) as browser:
            while not over.wait(0.1):
                for mail in self._unsigned(browser):
                    met = self._sign(mail["link"])
                    said = f"{mail['to']} {met}"
                    if not any(each.endswith(said) for each in self.story):
                        self.story.append(f"{time.monotonic() - began:.1f} s: {said}")

    def _unsigned(self, browser: httpx.Client) -> list[dict[str, str]]:
        # Not every message has a link: a text message to a phone has a code.
        mails = outbox(browser, self.folder / "paraph.toml")
        return [mail for mail in mails if mail["link"] and mail["link"] not in self._signed]

    def _sign(self, link: str) -> str:
        try:
            Person(name="A. Reader").sign(link)
        except (PersonStuckError, httpx.TransportError) as error:
            return f"could not sign: {type(error).__name__}: {error}"
        self._signed.add(link)
        return f"signed {link.partition('?')[0]}"


@contextlib.contextmanager
def signing_people(folder: Path) -> Iterator[People]:
    """Let everybody sign who gets an e-mail from the simulators that the folder's configuration names."""
    people, over = People(folder=folder), threading.Event()
    thread = threading.Thread(target=people.work, args=(over,), name="signing-people")
    thread.start()
    try:
        yield people
    finally:
        over.set()
        thread.join()


def outbox(browser: httpx.Client, configuration: Path) -> list[dict[str, str]]:
    """Return the e-mails of a configuration's simulators; none while it, or they, are not there.

    It may be half written at any time.
    """
    mails: list[dict[str, str]] = []
    with contextlib.suppress(OSError, ValueError, KeyError, httpx.TransportError):
        for account in tomllib.loads(configuration.read_text())["accounts"].values():
            answer = browser.get(f"{account['base_url']}/_simulator/outbox")
            mails += answer.json() if answer.is_success else []
    return mails


@attrs.define(kw_only=True)
class Desk:
    """Where a reader sits: a folder, an environment, and the port that stands for 8000."""

    folder: Path
    environment: dict[str, str]
    port: int = attrs.field(factory=free_port)
    running: list[subprocess.Popen[bytes]] = attrs.field(factory=list)
    people: People | None = None
    """Those who sign here; what they did is told when a page fails."""

    def path_of(self, name: str) -> Path:
        return self.folder / name

    def shell(self, command: str) -> str:
        """Run a command and return its output; it has to exit with 0."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
        )
        assert 0 == done.returncode, f"$ {command}\n{done.stdout}"
        return done.stdout

    def serve(self, command: str) -> Path:
        """Start a command that serves and return the file of its output."""
        log = self.folder / f".server-{len(self.running)}.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self.folder,
                env={**self.environment, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.running.append(server)
        return log

    def leave(self) -> None:
        """Interrupt what still serves, as Ctrl-C does."""
        for server in self.running:
            self.interrupt(server)

    def interrupt(self, server: subprocess.Popen[bytes]) -> None:
        """Interrupt one, and wait until it is gone."""
        if server.poll() is None:
            server.send_signal(signal.SIGINT)
        try:
            server.wait(PATIENCE)
        finally:
            server.kill()


def desk(folder: Path) -> Desk:
    """Prepare a desk without a configuration."""
    here = Desk(folder=folder, environment=dict(os.environ))
    here.environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    here.environment.pop("PARAPH_CONFIG", None)
    here.path_of("contract.pdf").write_bytes(documents.contract(("Ada Lovelace", "Charles Babbage")))
    here.path_of("annex.pdf").write_bytes(documents.annex())
    return here


def configure(here: Desk, account: SimulatedAccount) -> None:
    """Give a desk an account ``hr`` at a running simulator."""
    here.environment |= account.environment
    here.environment["HOOK_SECRET"] = "a-path-secret-that-nobody-guesses"
    lines = [f"{key} = {json.dumps(value)}" for key, value in account.table.items()]
    here.path_of("paraph.toml").write_text(
        "\n".join(
            [
                'default = "hr"',
                "[accounts.hr]",
                *lines,
                'webhook_secret = "env:HOOK_SECRET"',
                "[store]",
                'url = "sqlite:///paraph.db"',
                "[webhooks]",
                f'public_url = "http://127.0.0.1:{here.port}/hooks"',
                "",
            ]
        )
    )


def run_page(page: Path, here: Desk) -> None:
    """Run a page's blocks; the working directory and the environment have to be the desk's."""
    text = page.read_text().replace(PORT, str(here.port))
    for offered in {page.parent / name for name in _DOWNLOAD.findall(text)}:
        if offered.exists() and not here.path_of(offered.name).exists():
            shutil.copy(offered, here.folder)
    found = list(blocks(text))
    namespace: dict[str, Any] = {"__name__": "__page__"}
    for position, block in enumerate(found):
        with told(page, block, here):
            run_block(page, here, found, position, namespace)


@contextlib.contextmanager
def told(page: Path, block: Block, here: Desk) -> Iterator[None]:
    """Add to what fails in a block where that is, who had signed, and what the servers said last."""
    try:
        yield
    except Exception as error:
        people = here.people.story if here.people is not None else []
        servers = [line for log in sorted(here.folder.glob(".server-*.log")) for line in last_lines(log)]
        error.add_note("\n".join([f"in the block at {page.name}:{block.line}", *people, *servers]))
        raise


def last_lines(log: Path) -> list[str]:
    """Return the end of what a server said, without the secrets in links."""
    return [line.partition("?")[0] for line in log.read_text(errors="replace").splitlines()[-12:]]


def run_block(page: Path, here: Desk, found: list[Block], position: int, namespace: dict[str, Any]) -> None:
    """Run one of a page's blocks."""
    block = found[position]
    assert block.language in LANGUAGES, f"{page.name}:{block.line}: what is {block.language!r}?"
    if block.language == "python" and block.name:
        later = "\n".join(each.text for each in found[position + 1 :] if each.name != block.name)
        assert Path(block.name).stem in later, f"{page.name}:{block.line}: nothing uses {block.name}"
        with here.path_of(block.name).open("a" if block.how else "w") as file:
            file.write(block.text)
    elif block.language == "python":
        padded = "\n" * (block.line - 1) + block.text
        exec(compile(padded, str(page), "exec"), namespace)  # noqa: S102 - running it is the test
    elif block.language == "toml":
        _read_toml(block, here)
    elif block.language == "console":
        _run_console(block, here)


def _read_toml(block: Block, here: Desk) -> None:
    match block.name:
        case str(name) if block.how == "edited":
            path = here.path_of(name)
            path.write_text(edited(path.read_text(), block.text))
            tomllib.loads(path.read_text())
        case "paraph.toml":
            aside = here.path_of("aside")
            aside.mkdir(exist_ok=True)
            for named in re.findall(r'"([\w.-]+\.(?:toml|pem))"', block.text):
                (aside / named).touch()
            path = aside / block.name
            path.write_text(block.text)
            assert () == tuple(load_config(path, environ=here.environment).problems)
        case "envelope.toml":
            here.path_of(block.name).write_text(block.text)
            read_envelope(here.path_of(block.name))
        case "pyproject.toml":
            tomllib.loads(block.text)
        case _:
            raise AssertionError(f"line {block.line}: a toml block begins with the name of its file")


def edited(text: str, changes: str) -> str:
    """Set the keys of a few tables in the text of a TOML file, each on the line where it stands."""
    lines, table = text.splitlines(), ""
    for line in changes.splitlines():
        key = line.partition("=")[0].strip()
        if line.startswith("["):
            table = line.strip()
            lines += [] if table in lines else ["", table]
        elif line and not line.startswith("#"):
            begin = lines.index(table) + 1 if table else 0
            rest = range(begin, len(lines))
            end = next((at for at in rest if lines[at].startswith("[")), len(lines))
            same = [at for at in range(begin, end) if lines[at].partition("=")[0].strip() == key]
            lines[same[0] if same else begin : same[0] + 1 if same else begin] = [line]
    return "\n".join(lines) + "\n"


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the lines that are shown below it."""
    joined = text.replace("\\\n", "")
    for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command.strip(), [line for line in shown if line.strip()]


def _run_console(block: Block, here: Desk) -> None:
    for command, shown in commands(block.text):
        if command.startswith("make "):
            subprocess.run(
                ["make", "-n", *command.split()[1:]], cwd=ROOT, stdout=subprocess.DEVNULL, check=True
            )
        elif install := _INSTALL.fullmatch(command):
            extras = importlib.metadata.metadata("paraph").get_all("Provides-Extra") or []
            assert set(install["extras"].split(",")) <= set(extras), command
        elif export := re.fullmatch(r"export (\w+)=(\S+)", command):
            here.environment[export[1]] = export[2].strip("'\"")
        elif command.startswith(SERVERS):
            _check_server(command, shown, here)
        else:
            output = here.shell(command)
            assert says(output, shown), f"$ {command}\n{output}\ndoes not show\n{shown}"


def _check_server(command: str, shown: list[str], here: Desk) -> None:
    if here.running and listens(here.port):
        here.interrupt(here.running.pop())
    log = here.serve(command)
    server = here.running[-1]
    wait_for(
        lambda: (
            server.poll() is not None
            or (says(log.read_text(errors="replace"), shown) if shown else listens(here.port))
        ),
        what=f"the output of {command!r}",
    )
    assert server.poll() is None, f"$ {command}\n{log.read_text()}"
    made = here.path_of("paraph.toml")
    made.write_text(made.read_text().replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{here.port}"))


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def says(output: str, shown: list[str]) -> bool:
    """Whether the shown lines are in the output, in order; ``…`` stands for anything."""
    lines = iter(line.rstrip() for line in output.splitlines())
    for wanted in shown:
        pattern = re.compile(".*".join(map(re.escape, wanted.rstrip().split("…"))))
        if not any(pattern.fullmatch(line) for line in lines):
            return False
    return True


def starts_simulator(page: Path) -> bool:
    """Whether a page starts its own simulator."""
    return any("$ paraph simulator" in block.text for block in blocks(page.read_text()))
