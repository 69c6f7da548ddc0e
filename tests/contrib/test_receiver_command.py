"""``paraph receiver`` as a real process: what it says of deliveries, and of a port that it cannot have."""

from __future__ import annotations

import re
import signal
import socket
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from paraph import Outcome, OutcomeKind
from paraph.model import Event, EventType, SubjectKind
from paraph_web.commands import _tell, _tell_stored
from support.commands import Place
from support.ports import free_port

SECRET = "a-path-secret-of-the-receiver"
CONFIG = """
[accounts.one]
provider = "ignisign"
environment = "test"
app_env = "STAGING"
app_id = "an-app"
app_secret = "file:app_secret"
webhook_secret = "file:hook"
base_url = "http://127.0.0.1:9"

[store]
url = "sqlite:///receiver.db"

[webhooks]
public_url = "https://app.example/hooks"
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place with a configuration."""
    place = Place(root=tmp_path)
    place.work.mkdir()
    (place.work / "paraph.toml").write_text(CONFIG)
    (place.work / "app_secret").write_text("s" * 40)
    (place.work / "hook").write_text(SECRET)
    return place


def test_a_delivery_is_stored_first_and_judged_after(place: Place) -> None:
    """Its first line says ``stored``, its second what came of it; the same bytes again are a duplicate."""
    port = free_port()
    with place.run("receiver", "--port", str(port)) as running:
        running.wait_for(f"receiving on http://127.0.0.1:{port}")
        url = f"http://127.0.0.1:{port}/hooks/one/{SECRET}"
        assert 200 == httpx.post(url, content=b"not of a vendor", trust_env=False).status_code
        running.wait_for("rejected")
        running.process.send_signal(signal.SIGINT)
        assert 0 == running.end(), running.output
    lines = re.findall(r"^delivery (\S+): (\w+)", running.output, re.MULTILINE)
    assert ["stored", "rejected"] == [word for _, word in lines]
    assert 1 == len({name for name, _ in lines})
    assert SECRET not in running.output
    assert not (place.work / "receiver.db-wal").exists()


def test_a_port_in_use_is_one_sentence(place: Place) -> None:
    """Exit code 1, one line that names the port, and no store is opened."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with place.run("receiver", "--port", str(port)) as running:
            assert 1 == running.end()
    assert f"paraph: port {port} of 127.0.0.1 is in use; choose another with --port\n" == running.output
    assert not (place.work / "receiver.db").exists()


def test_an_address_of_another_machine_is_one_sentence(place: Place) -> None:
    """Exit code 1 and one line, too."""
    with place.run("receiver", "--host", "192.0.2.1") as running:
        assert 1 == running.end()
    assert running.output.startswith("paraph: cannot listen on 192.0.2.1, port 8000: ")
    assert 1 == running.output.count("\n")


def test_the_lines_about_a_delivery(capsys: pytest.CaptureFixture[str]) -> None:
    """Only the first line says ``stored``; what is not stored says why, and events follow the second."""
    accepted = Outcome(kind=OutcomeKind.ACCEPTED, status=200, delivery_id="d1")
    _tell_stored(accepted)
    _tell_stored(Outcome(kind=OutcomeKind.DUPLICATE, status=200, delivery_id="d1"))
    _tell_stored(Outcome(kind=OutcomeKind.UNAVAILABLE, status=503, reason="store"))
    event = Event(
        id="x",
        type=EventType.SIGNATORY_DECLINED,
        account="one",
        provider="ignisign",
        environment="test",
        subject_kind=SubjectKind.ENVELOPE,
        vendor_ref="v",
        envelope_id="e1",
        recorded_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    _tell(Outcome(kind=OutcomeKind.ACCEPTED, status=200, delivery_id="d1", events=(event,)))
    expected = [
        "delivery d1: stored",
        "delivery d1: duplicate",
        "delivery (not stored): unavailable, store",
        "delivery d1: accepted",
        "  signatory.declined  e1",
    ]
    assert expected == capsys.readouterr().err.splitlines()
