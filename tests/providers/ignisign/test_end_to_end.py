"""The plugin against the simulator, over real HTTP: crashes, command line, both clients."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fpdf
import pytest

from paraph import AsyncClient, Client, Config, Document, Envelope, Lifecycle, Signatory
from paraph.flow.commands import Flow
from paraph.ops.send import resume, send
from paraph.store import Store
from paraph.store.memory import MemoryStore
from paraph.testing.simulator import Person
from paraph_ignisign.simulator import create
from support.crashes import Crashed, crashing


def a_pdf(text: str) -> bytes:
    page = fpdf.FPDF()
    page.add_page()
    page.set_font("helvetica", size=12)
    page.cell(text=text)
    return bytes(page.output())


CONTRACT, ANNEX = a_pdf("Contract"), a_pdf("Annex")


def asked() -> Envelope:
    return Envelope(
        title="Contract",
        documents=[
            Document.from_bytes(CONTRACT, name="contract.pdf"),
            Document.from_bytes(ANNEX, name="annex.pdf"),
        ],
        signatories=[
            Signatory(
                id="ada", given_name="Ada", family_name="Lovelace", email="ada@example.org", delivery="link"
            ),
            Signatory(id="bob", given_name="Bob", family_name="Noyce", email="bob@example.org"),
        ],
    )


@contextmanager
def simulated(monkeypatch: pytest.MonkeyPatch, **options: Any) -> Iterator[tuple[Any, Config]]:
    simulator = create(**options)
    with simulator.running() as base:
        account = simulator.account(base)
        for name, value in account.environment.items():
            monkeypatch.setenv(name, value)
        yield (
            simulator,
            Config.from_mapping({"accounts": {"hr": account.table}, "default": "hr"}, source="test"),
        )


def run_sync(config: Config, store: Store, make: Callable[[Any], Flow[Any]]) -> Any:
    client = Client.from_config(config, store=store)
    try:
        return client._runner.run(make(client._kernel))
    finally:
        for session in client._sessions.drain():
            session.close()


def run_async(config: Config, store: Store, make: Callable[[Any], Flow[Any]]) -> Any:
    async def main() -> Any:
        client = AsyncClient.from_config(config, store=store)
        try:
            return await client._runner.run(make(client._kernel))
        finally:
            for session in client._sessions.drain():
                await session.aclose()

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("first", "second", "key_format"), [(run_sync, run_async, "v2"), (run_async, run_sync, "legacy")]
)
def test_a_crash_anywhere_is_resumed_to_exactly_one_publication(
    monkeypatch: pytest.MonkeyPatch, first: Callable[..., Any], second: Callable[..., Any], key_format: str
) -> None:
    """Crash at each command of a send to the simulator, resume in the other runner: one publication."""

    def crash(config: Config, at: int) -> bool:
        """Crash at one command and resume; return whether the send was over before."""
        store, envelope = MemoryStore(), asked()
        try:
            first(config, store, lambda k: crashing(send(k, envelope), at=at, before=at % 2 == 0))
        except Crashed:
            with store.begin() as tx:
                known = tx.envelope(envelope.id) is not None
            again = second(config, store, lambda k: resume(k, envelope.id) if known else send(k, envelope))
            assert Lifecycle.SENT is again.lifecycle
            return False
        return True

    with simulated(monkeypatch, key_format=key_format) as (simulator, config):
        at, over = 0, False
        while not over:
            over = crash(config, at)
            at += 1
            assert at == len(simulator.effects.of("published")), f"crash at command {at - 1}"
        assert at > 40


def test_send_in_one_process_events_in_the_next(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command line sends in one process, and lists events, status and evidence in the next ones."""
    with simulated(monkeypatch) as (simulator, _):
        account = simulator.account(simulator.base_url)
        lines = [f"{key} = {json.dumps(value)}" for key, value in account.table.items()]
        text = 'default = "hr"\n[store]\nurl = "sqlite:///paraph.db"\n[accounts.hr]\n' + "\n".join(lines)
        (tmp_path / "paraph.toml").write_text(text)
        (tmp_path / "contract.pdf").write_bytes(CONTRACT)
        environment = {**os.environ, **account.environment}

        def paraph(*arguments: str, code: int = 0) -> Any:
            done = subprocess.run(
                [sys.executable, "-m", "paraph.cli", "--json", *arguments],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert code == done.returncode, done.stdout + done.stderr
            return json.loads(done.stdout)

        sent = paraph("send", "contract.pdf", "--to", "Ada Lovelace <ada@example.org>", "--title", "Contract")
        known = sent["envelope"]["id"]
        assert "envelope.sent" in {event["type"] for event in paraph("events", known)["events"]}
        (mail,) = simulator.outbox
        assert "done" == Person(name="Ada Lovelace").sign(mail.link)
        simulator.clock.beat()
        assert "completed" == paraph("status", known)["envelope"]["lifecycle"]
        paraph("evidence", known, "--save", "out")
        assert (tmp_path / "out" / "manifest.json").exists()
        (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 rubbish %%EOF")
        before = len(simulator.effects.all())
        refused = paraph("send", "broken.pdf", "--to", "Ada Lovelace <ada@example.org>", code=3)
        assert "pdf.broken" in json.dumps(refused)
        assert before == len(simulator.effects.all())
        assert 0o600 == (tmp_path / "paraph.db").stat().st_mode & 0o777
