"""The demo in this process: what it finds when something was spoiled, and what it leaves behind."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF
from pyhanko.pdf_utils.reader import PdfFileReader

from paraph import Client, Envelope, Event, EventType, Lifecycle, Registry
from paraph.cli.app import run
from paraph.errors import ConfigurationError, InvalidEnvelope, NotReady, ParaphError, Refused, UsageError
from paraph.testing import fake
from paraph.testing.simulator import CertificateAuthority, Fault, FaultKind, Simulator
from paraph_simulator import documents, found
from paraph_simulator.demo import Plan, Result, play
from paraph_simulator.folder import MARK, prepare
from paraph_simulator.found import make_simulators
from paraph_simulator.show import Show
from paraph_simulator.stopping import Stop, StoppedError
from support.post_office import eventually

Spoil = Callable[[Path], None]
DROP = Fault(kind=FaultKind.WEBHOOK_DROP)


class Watching(Show):
    """Shows into memory and acts when an event of a type is shown for the first time."""

    def __init__(self, kind: EventType | None = None, act: Callable[[], None] | None = None) -> None:
        self.stream = io.StringIO()
        super().__init__(self.stream)
        self._kind, self._act = kind, act

    def event(self, event: Event, envelope: Envelope) -> None:
        super().event(event, envelope)
        if self._act is not None and event.type is self._kind:
            act, self._act = self._act, None
            act()


def played(
    folder: Path,
    simulators: dict[str, Simulator] | None = None,
    *,
    show: Show | None = None,
    stop: Stop | None = None,
    pdf: Path | None = None,
    patience: float = 120.0,
    before_judging: Spoil = lambda _: None,
) -> Result:
    """Play with one simulator."""
    registry = Registry()
    simulators = simulators or simulator(registry)
    plan = Plan(folder=folder, pdf=pdf, patience=patience, before_judging=before_judging)
    (result,) = play(plan, simulators, registry, show or Watching(), stop or Stop())
    return result


def simulator(registry: Registry | None = None) -> dict[str, Simulator]:
    """Make the simulator of the plugin with the whole main path; it waits long for answers to webhooks."""
    return make_simulators(registry or Registry(), ["ignisign"], {"webhook_timeout": "60"})


def only(simulators: dict[str, Simulator]) -> Simulator:
    (one,) = simulators.values()
    return one


def test_a_sound_run_holds_and_leaves_no_thread(tmp_path: Path) -> None:
    """Nothing fails, the envelope is completed, and every thread and file handle is gone."""
    before = set(threading.enumerate())
    show = Watching()
    result = played(tmp_path / "demo", show=show)
    assert () == result.failures
    assert Lifecycle.COMPLETED is result.snapshot.lifecycle
    assert eventually(lambda: set(threading.enumerate()) <= before)
    assert [] == list((tmp_path / "demo").glob("demo.db-*"))
    assert "All held." in show.stream.getvalue()


def test_a_dropped_webhook_fails(tmp_path: Path) -> None:
    """Even if nothing depends on it: an expected webhook did not arrive over HTTP."""
    simulators = simulator()
    only(simulators).faults.add(DROP)
    failures = played(tmp_path / "demo", simulators).failures
    assert 1 == len(failures)
    assert failures[0].startswith("webhook 1 of ")
    assert failures[0].endswith("did not arrive over HTTP: dropped")


@pytest.mark.parametrize("after", [EventType.ENVELOPE_SENT, EventType.SIGNATORY_SIGNED])
def test_a_webhook_dropped_later_fails_as_well(tmp_path: Path, after: EventType) -> None:
    """A hole in the middle is seen although later news imply what it would have told."""
    simulators = simulator()
    show = Watching(after, lambda: only(simulators).faults.add(DROP))
    failures = played(tmp_path / "demo", simulators, show=show).failures
    assert ["did not arrive over HTTP: dropped"] == [each.partition(" of 18 ")[2] for each in failures]


def test_without_webhooks_it_says_what_did_not_become_known(tmp_path: Path) -> None:
    """If none arrives, every webhook is named, and so is every event that nobody else told."""
    simulators = simulator()
    only(simulators).faults.add(Fault(kind=FaultKind.WEBHOOK_DROP, times=100))
    failures = played(tmp_path / "demo", simulators, patience=4).failures
    assert 18 == len([each for each in failures if each.startswith("webhook ")])
    assert "the event signatory.signed of signatory 2 did not become known" in failures
    assert "the envelope is sent, not completed" in failures


def test_links_that_never_come_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo whose signatories cannot be reached says so and goes no further."""

    def not_ready(*_: object) -> None:
        raise NotReady("not yet")

    monkeypatch.setattr(Client, "signing_link", not_ready)
    assert "2 of 2 signing links never came" in played(tmp_path / "demo", patience=0.5).failures


def test_a_doubled_webhook_is_no_failure(tmp_path: Path) -> None:
    """A delivery that comes twice is one delivery and one event."""
    simulators = simulator()
    only(simulators).faults.add(Fault(kind=FaultKind.WEBHOOK_DOUBLE, times=100))
    assert () == played(tmp_path / "demo", simulators).failures


@pytest.mark.parametrize("place", [200, -40])
def test_a_flipped_byte_fails(tmp_path: Path, place: int) -> None:
    """One byte of one signed file, flipped after it was saved, is seen by digest and by signature."""

    def flip(folder: Path) -> None:
        path = folder / "contract-signed.pdf"
        content = bytearray(path.read_bytes())
        content[place] ^= 1
        path.write_bytes(content)

    failures = played(tmp_path / "demo", before_judging=flip).failures
    assert "contract-signed.pdf is not the file whose SHA-256 the manifest has" in failures
    assert [] != [each for each in failures if each.startswith("contract-signed.pdf: ")]
    assert [] == [each for each in failures if "annex" in each]


def test_a_foreign_authority_fails(tmp_path: Path) -> None:
    """Certificates of another authority than the simulator's own are refused, one by one."""
    simulators = simulator()
    only(simulators).authority = CertificateAuthority()
    failures = played(tmp_path / "demo", simulators).failures
    foreign = [each for each in failures if "that the expected authority did not issue" in each]
    assert 4 == len(foreign)


def test_a_missing_file_fails(tmp_path: Path) -> None:
    """A file that the manifest names and that is not there is a failure, not a traceback."""
    failures = played(
        tmp_path / "demo", before_judging=lambda folder: (folder / "annex-signed.pdf").unlink()
    ).failures
    assert "annex-signed.pdf, which the manifest names, is not there" in failures


@pytest.mark.parametrize("kind", [EventType.ENVELOPE_CREATED, EventType.SIGNATORY_SIGNED])
def test_stopping_in_the_middle_leaves_nothing(tmp_path: Path, kind: EventType) -> None:
    """Whenever it is told to stop, it ends in order: no thread, no journal beside a closed store."""
    before = set(threading.enumerate())
    stop = Stop()

    def wish() -> None:
        stop.signal = 2

    with pytest.raises(StoppedError) as raised:
        played(tmp_path / "demo", show=Watching(kind, wish), stop=stop)
    assert 130 == raised.value.exit_code
    assert eventually(lambda: set(threading.enumerate()) <= before)
    assert [MARK, "demo.db"] == sorted(path.name for path in (tmp_path / "demo").iterdir())


def test_a_refused_document_is_an_error_of_the_library(tmp_path: Path) -> None:
    """A broken PDF is refused before anything is sent, and the stage is taken down."""
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and nothing else")
    before = set(threading.enumerate())
    with pytest.raises((InvalidEnvelope, Refused)):
        played(tmp_path / "demo", pdf=broken)
    assert eventually(lambda: set(threading.enumerate()) <= before)


def test_a_given_file_of_many_pages_is_signed(tmp_path: Path) -> None:
    """A PDF of twelve pages with pictures is the first document, and its bytes begin the signed file."""
    book = FPDF()
    for number in range(12):
        book.add_page()
        book.set_font("Times", size=20)
        book.cell(text=f"Chapter {number}")
    given = tmp_path / "book.pdf"
    given.write_bytes(bytes(book.output()))
    assert () == played(tmp_path / "demo", pdf=given).failures
    assert (tmp_path / "demo" / "contract-signed.pdf").read_bytes().startswith(given.read_bytes())


def test_the_command_tells_by_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``paraph demo`` exits 1 and says why when an expectation did not hold."""
    simulators = simulator()
    only(simulators).faults.add(DROP)
    monkeypatch.setattr(found, "make_simulators", lambda *_: simulators)
    assert 1 == run(["demo", "--output", str(tmp_path / "demo")])
    assert "FAILED  ignisign: webhook 1 of " in capsys.readouterr().out


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """A folder with files that no demo made stays as it is."""
    (tmp_path / "paraph.db").write_text("precious")
    with pytest.raises(UsageError, match="--output"):
        prepare(tmp_path)
    with pytest.raises(UsageError, match="--output"):
        prepare(tmp_path / "paraph.db" / "inside")
    assert "precious" == (tmp_path / "paraph.db").read_text()


def test_a_folder_of_an_earlier_demo_is_used_again(tmp_path: Path) -> None:
    """What the earlier one made is gone, what a person added stays, and nothing outside is touched."""
    folder = tmp_path / "demo"
    prepare(folder)
    names = ("demo.db", "demo.db-wal", "contract-signed.pdf", "mine.txt", "kept.pdf")
    for name in names:
        (folder / name).write_text(name)
    (tmp_path / "outside.pdf").write_text("outside")
    files = ["contract-signed.pdf", "../outside.pdf", None, 7, "gone.pdf"]
    entries = ", ".join(f'{{"file": {_json(each)}}}' for each in files)
    (folder / "manifest.json").write_text(f'{{"evidence": [{entries}]}}')
    prepare(folder)
    assert [MARK, "kept.pdf", "mine.txt"] == sorted(path.name for path in folder.iterdir())
    assert "outside" == (tmp_path / "outside.pdf").read_text()


def _json(value: object) -> str:
    import json

    return json.dumps(value)


def test_simulators_are_found_through_the_registry_alone() -> None:
    """A provider without simulator is left out, named it is an error, and so is a broken name."""
    registry = Registry.empty()
    registry.register("fake", fake)
    with pytest.raises(ConfigurationError, match="no installed provider has a simulator"):
        make_simulators(registry)
    with pytest.raises(ConfigurationError, match="'fake' has no simulator"):
        make_simulators(registry, ["fake"])
    with pytest.raises(ParaphError, match="nobody"):
        make_simulators(registry, ["nobody"])
    assert ["ignisign"] == list(make_simulators(Registry(), ["ignisign"]))


def test_the_drawn_documents_are_real_and_the_same_each_time() -> None:
    """The contract has two pages, the annex one, and neither depends on when it was drawn."""
    names = ("Ada Lovelace", "Émile Ωmega")
    pages = [PdfFileReader(io.BytesIO(each)).root["/Pages"]["/Count"] for each in _drawn(names)]
    assert [2, 1] == pages
    assert _drawn(names) == _drawn(names)


def _drawn(names: tuple[str, ...]) -> tuple[bytes, bytes]:
    return documents.contract(names), documents.annex()
