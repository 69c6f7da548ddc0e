"""``paraph demo`` and ``paraph simulator`` as real processes."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from fpdf import FPDF

from paraph import Client, DeliveryBy, Document, Envelope, Lifecycle, Signatory, load_config
from paraph.testing.simulator import Person, serve
from support.asgi import Application
from support.commands import Place, Running
from support.ports import free_port
from support.post_office import eventually

MADE = ("manifest.json", "contract-signed.pdf", "annex-signed.pdf")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place for one command."""
    return Place(root=tmp_path)


def test_the_demo_runs_from_nothing(place: Place) -> None:
    """With a PDF of several pages: exit 0, plain lines, true digests, and only one new folder."""
    book = FPDF()
    for _ in range(5):
        book.add_page()
    place.work.mkdir()
    (place.work / "book.pdf").write_bytes(bytes(book.output()))
    with place.run("demo", "--pdf", "book.pdf") as running:
        assert 0 == running.end(), running.output
    assert ["work/book.pdf", "work/paraph-demo"] == place.traces()
    assert "\x1b" not in running.output
    assert "All held." in running.output
    demo = place.work / "paraph-demo"
    assert {".paraph-demo", "demo.db", "ignisign", "sign8"} == {path.name for path in demo.iterdir()}
    for folder in (demo / "ignisign", demo / "sign8"):
        assert set(MADE) <= {path.name for path in folder.iterdir()}
        manifest = json.loads((folder / "manifest.json").read_text())
        for entry in manifest["evidence"]:
            assert entry["sha256"] == hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest()
        digests = {each["document"]: each["sha256"] for each in manifest["originals"]}
        assert hashlib.sha256((place.work / "book.pdf").read_bytes()).hexdigest() == digests["contract"]


def test_one_vendor_needs_no_folders(place: Place) -> None:
    """With a single envelope, the evidence lies in the demo's folder itself."""
    with place.run("demo", "--provider", "ignisign") as running:
        assert 0 == running.end(), running.output
    made = {path.name for path in (place.work / "paraph-demo").iterdir()}
    assert {*MADE, "demo.db"} <= made


@pytest.mark.parametrize(
    ("arguments", "moment", "number"),
    [
        ((), "Everything here is simulated", signal.SIGINT),
        ((), "Sending one envelope", signal.SIGTERM),
        ((), "signatory.opened", signal.SIGINT),
        ((), "Waiting for the vendor", signal.SIGTERM),
        ((), "Charles Babbage refuses", signal.SIGINT),
        (("--open",), "Waiting until everybody", signal.SIGINT),
        (("--open",), "Waiting until everybody", signal.SIGTERM),
    ],
)
def test_an_interrupted_demo_leaves_nothing(
    tmp_path: Path, arguments: tuple[str, ...], moment: str, number: signal.Signals
) -> None:
    """Exit 128 plus the signal; no process, no half-written file, nothing outside the folder.

    From the last of these moments to the end is a tenth of a second: what was over before is played again.
    """
    for attempt in range(20):
        (place := Place(root=tmp_path / str(attempt))).root.mkdir()
        with place.run("demo", *arguments) as running:
            running.wait_for(moment)
            running.process.send_signal(number)
            code = running.end()
        if "All held." not in running.output:
            break
    assert 128 + number == code, running.output
    assert ["work/paraph-demo"] == place.traces()
    left = {path.name for path in (place.work / "paraph-demo").iterdir()}
    assert set() == {name for name in left if name.endswith((".part", "-wal", "-shm"))}
    assert "Traceback" not in running.output


def links_in(running: Running) -> list[str]:
    """Find the signing links in the output."""
    return re.findall(r"^  (http://\S+)$", running.output, re.MULTILINE)


def phone(running: Running) -> Callable[[], str]:
    """Return what reads the next text message that the demo shows."""
    read = 0

    def next_message() -> str:
        nonlocal read
        read += 1
        assert eventually(lambda: running.output.count("text message to ") >= read, seconds=60)
        return running.output.split("text message to ")[read]

    return next_message


def waits(running: Running, act: int) -> bool:
    """Whether that many acts have come to the point where people act."""
    return running.output.count("Waiting until ") == act


def test_people_can_sign_by_hand(place: Place) -> None:
    """``--open`` prints links and text messages, waits until people have acted, and goes on to the end."""
    with place.run("demo", "--open", "--json") as running:
        person = Person(name="A Person", phone=phone(running))
        for act in (1, 2, 3):
            assert eventually(partial(waits, running, act), seconds=60), running.output
            first, last = links_in(running)[-2:]
            assert "done" == person.sign(first)
            assert person.sign(last) if act < 3 else person.decline(last, "no")
        assert 0 == running.end(), running.output
    document = json.loads(running.output[running.output.index("{\n") :])
    found = [(each["account"], each["lifecycle"], each["failures"]) for each in document["demo"]]
    assert [("ignisign", "completed", []), ("sign8", "completed", []), ("sign8", "declined", [])] == found
    assert {"decision": "declined", "reason": "no"}.items() <= document["demo"][2]["signatories"][1].items()


def test_a_folder_of_somebody_else_is_a_usage_error(place: Place) -> None:
    """Exit 2 with one sentence, and nothing is changed."""
    (place.work / "mine").mkdir(parents=True)
    (place.work / "mine" / "paraph.db").write_text("precious")
    with place.run("demo", "--output", "mine") as running:
        assert 2 == running.end()
    assert "name another with --output" in running.output
    assert ["paraph.db"] == [path.name for path in (place.work / "mine").iterdir()]


def sent_and_signed(config: Path, account: str = "ignisign") -> Lifecycle:
    """Send an envelope by e-mail with a written configuration, sign at the simulator, and look."""
    contract = FPDF()
    contract.add_page()
    envelope = Envelope(
        title="By a newcomer",
        documents=[Document.from_bytes(bytes(contract.output()), name="contract.pdf")],
        signatories=[
            Signatory(
                given_name="Ada", family_name="Lovelace", email="ada@example.org", delivery=DeliveryBy.EMAIL
            )
        ],
    )
    with Client.from_config(config) as client:
        client.send(envelope, account=account)
        base = client.config.accounts[account].options["base_url"]
        for mail in httpx.get(f"{base}/_simulator/outbox", trust_env=False).json():
            Person(name="Ada Lovelace").sign(mail["link"])
        return client.wait(envelope.id, timeout=120).lifecycle


def test_a_newcomer_can_use_the_printed_configuration(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ``paraph simulator`` prints is a configuration that works, and its e-mails are shown."""
    with place.run("simulator") as running:
        output = running.wait_for("e-mails appear here")
        text = output[output.index("# Made by") : output.index("Environment")]
        for name, value in re.findall(r"^export (\w+)=(\S+)$", output, re.MULTILINE):
            monkeypatch.setenv(name, value)
        config = tmp_path / "paraph.toml"
        config.write_text(text)
        for account in ("ignisign", "sign8"):
            assert Lifecycle.COMPLETED is sent_and_signed(config, account)
            running.wait_for(f"{account}: mail to ada@example.org")
        assert "ignisign" == load_config(config).default
        running.process.send_signal(signal.SIGINT)
        assert 0 == running.end(), running.output
    assert [] == place.traces()


@pytest.mark.parametrize(("account", "secrets"), [("ignisign", 2), ("sign8", 3)])
def test_a_written_configuration_needs_no_exports(place: Place, account: str, secrets: int) -> None:
    """``--write`` makes a folder that is ready to use; the secrets beside it are their owner's alone."""
    with place.run("simulator", "--provider", account, "--write", ".") as running:
        running.wait_for("e-mails appear here")
        assert Lifecycle.COMPLETED is sent_and_signed(place.work / "paraph.toml", account)
        running.process.send_signal(signal.SIGTERM)
        assert 0 == running.end(), running.output
    kept = list((place.work / ".paraph-simulator").iterdir())
    assert {0o600} == {path.stat().st_mode & 0o777 for path in kept}
    assert secrets == len(kept)
    assert "export PARAPH_SIMULATED" not in running.output


def test_a_configuration_of_somebody_else_is_not_overwritten(place: Place) -> None:
    """Exit 2, and the file is as before."""
    place.work.mkdir()
    (place.work / "paraph.toml").write_text("mine")
    with place.run("simulator", "--write", ".") as running:
        assert 2 == running.end()
    assert "mine" == (place.work / "paraph.toml").read_text()


def test_ports_can_be_chosen(place: Place) -> None:
    """``--port`` is the first simulator's; the next one takes the next port."""
    port = free_port(2)
    with place.run("simulator", "--port", str(port), "--json") as running:
        running.wait_for("\n}\n")
        bases = json.loads(running.output)["simulators"]
        expected = {name: f"http://127.0.0.1:{port + at}" for at, name in enumerate(("ignisign", "sign8"))}
        assert expected == bases
        running.process.send_signal(signal.SIGINT)
        assert 0 == running.end(), running.output


def test_a_port_that_is_taken_is_a_usage_error(place: Place) -> None:
    """Exit 2 with the port's number, also if it is the second simulator's."""
    port = free_port(2)
    with (
        socket.create_server(("127.0.0.1", port + 1)),
        place.run("simulator", "--port", str(port)) as running,
    ):
        assert 2 == running.end(), running.output
    assert f"port {port + 1} cannot be used" in running.output


def test_a_console_is_not_forgotten(place: Place) -> None:
    """A vendor whose API registers no endpoints knows the receiver's URL from the start; others do not."""
    with place.run("simulator", "--json") as running:
        running.wait_for("\n}\n")
        bases = json.loads(running.output)["simulators"]
        states = {
            name: httpx.get(f"{base}/_simulator/state", trust_env=False).json()["webhooks"]
            for name, base in bases.items()
        }
        assert {"ignisign": [], "sign8": 1} == states
        running.process.send_signal(signal.SIGINT)
        assert 0 == running.end(), running.output


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[bytes]]]:
    """An endpoint somewhere that answers 200 and remembers what it was posted."""
    posted: list[bytes] = []

    async def remember(_scope: object, receive: object, send: object) -> None:
        message = await receive()  # type: ignore[operator]  # an ASGI callable
        posted.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]  # as above
        await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]  # as above

    application: Application = remember
    with serve(application) as base:
        yield f"{base}/hooks/here", posted


def test_webhooks_go_where_they_are_told(place: Place, endpoint: tuple[str, list[bytes]]) -> None:
    """``--webhook`` registers an endpoint without a client; ``--json`` says it all in one document."""
    url, posted = endpoint
    with place.run(
        "simulator", "--provider", "ignisign", "--write", ".", "--webhook", url, "--json"
    ) as running:
        running.wait_for("\n}\n")
        base = json.loads(running.output)["simulators"]["ignisign"]
        assert 200 == httpx.get(f"{base}/_simulator/state", trust_env=False).status_code
        assert Lifecycle.COMPLETED is sent_and_signed(place.work / "paraph.toml")
        running.process.send_signal(signal.SIGINT)
        assert 0 == running.end(), running.output
    assert 3 < len(posted)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("simulator", "--provider", "ignisgn"), "ignisign"),
        (("simulator", "--port", "70000"), "70000"),
        (("demo", "--pdf", "missing.pdf"), "missing.pdf"),
    ],
)
def test_misuse_is_exit_2_with_a_hint(place: Place, arguments: tuple[str, ...], words: str) -> None:
    """A wrong name, port or file is said in a sentence that names it."""
    with place.run(*arguments) as running:
        assert 2 == running.end(), running.output
    assert words in running.output
    assert "Traceback" not in running.output
