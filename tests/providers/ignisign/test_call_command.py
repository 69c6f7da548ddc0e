"""``paraph call`` against a simulated Ignisign: where its parameters come from, and what it never shows."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from paraph.cli.app import run
from paraph.model import Secret
from paraph_ignisign.simulator import IgnisignSimulator, create
from paraph_ignisign.wire import WebhookEndpoint, WebhookEndpoints

PATH_SECRET = "c4n4ry-path-secret"
URL = f"http://127.0.0.1:9/hooks/hr/{PATH_SECRET}"

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IgnisignSimulator]:
    """A running simulator; the working directory has a configuration for it."""
    made = create()
    with made.running() as base_url:
        account = made.account(base_url)
        for name, value in account.environment.items():
            monkeypatch.setenv(name, value)
        keys = [f"{key} = {json.dumps(value)}" for key, value in account.table.items()]
        (tmp_path / "paraph.toml").write_text("\n".join(["[accounts.hr]", *keys]))
        monkeypatch.chdir(tmp_path)
        yield made


@pytest.fixture
def call(simulator: IgnisignSimulator, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``paraph call hr``; return its exit code and everything that it wrote."""

    def called(*words: str) -> tuple[int, str]:
        code = run(["call", "hr", *words])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return called


def registered(simulator: IgnisignSimulator) -> list[str]:
    """Return the URLs that the vendor calls."""
    with simulator.tenant.lock:
        return [each.url for each in simulator.tenant.hooks.endpoints.values()]


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_no_output_shows_the_url_of_an_endpoint(
    simulator: IgnisignSimulator, call: Run, flags: tuple[str, ...]
) -> None:
    """Listing, making, changing, ensuring and deleting show a mask, though the vendor has the whole URL."""
    said: list[tuple[int, str]] = [call("webhooks.create", f"url={URL}", *flags)]
    assert [URL] == registered(simulator)
    with simulator.tenant.lock:
        (name,) = simulator.tenant.hooks.endpoints
    said.append(call("webhooks.list", *flags))
    said.append(call("webhooks.update", f"webhook_id={name}", f"url={URL}/2", *flags))
    assert [f"{URL}/2"] == registered(simulator)
    said.append(call("webhooks.ensure", f"url={URL}/2", *flags))
    said.append(call("webhooks.create", f"url={URL}/3", *flags))
    said.append(call("webhooks.delete", f"webhook_id={name}", *flags))
    assert [0] * 6 == [code for code, _ in said]
    assert '"url": "…"' in said[1][1]
    assert '"url": "…"' in said[-1][1]  # what remains
    assert PATH_SECRET not in "".join(text for _, text in said)


def test_an_endpoint_shows_no_url_in_python() -> None:
    """Neither its repr nor that of a list of them does; two of one URL are equal all the same."""
    one, same = (WebhookEndpoint(id="w1", url=Secret(URL)) for _ in range(2))
    assert one == same
    assert PATH_SECRET not in repr(WebhookEndpoints(webhooks=(one,)))
    assert URL == one.url.reveal()


def test_a_secret_comes_by_reference(
    simulator: IgnisignSimulator, call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """env: and file: lead to the URL, also in JSON; a URL itself is not taken for a reference."""
    monkeypatch.setenv("HOOK_URL", f"{URL}/env")
    (tmp_path / "hook").write_text(f"{URL}/file\n")
    for given in (
        ("url=env:HOOK_URL",),
        ("--params", '{"url": "file:hook"}'),
        (f"url={URL}/itself",),
        ("--params", json.dumps({"url": f"{URL}/json"})),
    ):
        code, said = call("webhooks.ensure", *given)
        assert (0, False) == (code, PATH_SECRET in said)
    assert [f"{URL}/{end}" for end in ("env", "file", "itself", "json")] == registered(simulator)


def test_what_is_no_secret_is_no_reference(simulator: IgnisignSimulator, call: Run) -> None:
    """A description that begins like a reference reaches the vendor as it is."""
    code, said = call("webhooks.create", f"url={URL}", "description=env:NOBODY_SET_THIS")
    assert (0, True) == (code, "env:NOBODY_SET_THIS" in said)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("env:NOBODY_SET_THIS", "the environment variable NOBODY_SET_THIS is not set"),
        ("file:nowhere", "there is no file"),
        ("vault:hook", "the vault has no 'hook'"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named(
    simulator: IgnisignSimulator, call: Run, given: str, why: str
) -> None:
    """The error says which parameter and why, is exit code 2, and the vendor is asked nothing."""
    code, said = call("webhooks.ensure", f"url={given}")
    assert 2 == code
    assert "url: " in said
    assert why in said
    assert [] == registered(simulator)


def test_parameters_come_from_standard_input_or_a_file(
    simulator: IgnisignSimulator, call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--params -`` and ``--params @FILE`` read the same JSON that ``--params`` takes."""
    given = json.dumps({"url": URL, "description": "dès ici"})
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(given.encode())))
    assert 0 == call("webhooks.ensure", "--params", "-")[0]
    assert [URL] == registered(simulator)
    (tmp_path / "given.json").write_text(given.replace("hr", "it"))
    assert 0 == call("webhooks.ensure", "--params", "@given.json")[0]
    assert [URL, URL.replace("hr", "it")] == registered(simulator)


@pytest.mark.parametrize(
    ("params", "content", "why"),
    [
        ("@nowhere.json", None, "nowhere.json cannot be read (FileNotFoundError)"),
        ("@given.json", b"\xff", "this is not UTF-8 text"),
        ("@given.json", b"{", "this is not JSON"),
        ("", None, "this is not JSON"),
    ],
)
def test_parameters_that_cannot_be_read_are_misuse(
    call: Run, tmp_path: Path, params: str, content: bytes | None, why: str
) -> None:
    """Exit code 2 and the reason."""
    if content is not None:
        (tmp_path / "given.json").write_bytes(content)
    code, said = call("webhooks.ensure", "--params", params)
    assert (2, True) == (code, why in said)


def test_missing_parameters_are_named_all_at_once(simulator: IgnisignSimulator, call: Run) -> None:
    """Each required parameter that is not given is named; what is optional is not."""
    code, said = call("webhooks.update", "description=x")
    assert 2 == code
    assert "webhook_id is missing, url is missing" in said
    assert "description is missing" not in said
    code, said = call("webhooks.update", f"webhookId={URL}")
    assert (2, True) == (code, "'webhooks.update': url is missing;" in said)
