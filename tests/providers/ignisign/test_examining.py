"""``paraph doctor`` and ``paraph webhooks`` with Ignisign: real commands, and no effects at the vendor."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from paraph import AsyncClient, Client, Config, open_store
from paraph.provider import Finding
from paraph.testing.simulator import Fault, FaultKind, serve
from paraph_ignisign.simulator import IgnisignSimulator, ProfileSpec, create
from paraph_web import Receiver

SECRET = "a-path-secret-that-nobody-guesses"
MAIL = ProfileSpec(name="Mail", methods=("SIMPLE_STD",))
LINK = ProfileSpec(name="Link", integration_mode="EMBEDDED", methods=("SIMPLE_STD", "QUALIFIED_STD"))
PROFILES = ("profile (email)", "levels (email)", "profile (link)", "levels (link)")


@attrs.frozen(kw_only=True)
class Surgery:
    """A configuration, the simulator that it leads to, and where our receiver is."""

    simulator: IgnisignSimulator
    folder: Path
    table: Mapping[str, object]
    environ: Mapping[str, str]
    public: str

    def configure(self, text: str = "", **more: object) -> None:
        """Write the configuration, with further options of the account and more text after it."""
        options = {**self.table, "webhook_secret": "env:HOOK", **more}
        lines = ["[accounts.hr]", *(f"{key} = {json.dumps(value)}" for key, value in options.items())]
        lines += ["[store]", 'url = "sqlite:///paraph.db"']
        lines += ["[webhooks]", f'public_url = "{self.public}"'] if self.public else []
        (self.folder / "paraph.toml").write_text("\n".join([*lines, text, ""]))

    def run(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run ``paraph`` in a process of its own; neither secret may be in what it writes."""
        done = subprocess.run(
            [sys.executable, "-m", "paraph.cli", *words],
            cwd=self.folder,
            env={**os.environ, **self.environ, **environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert [] == [each for each in self.environ.values() if each in done.stdout + done.stderr]
        return done

    def find(self, kind: str = "sync") -> dict[str, Finding]:
        """Look by one of the clients; return what was found, by check."""
        config = Config.from_mapping(
            {"accounts": {"hr": {**self.table, "webhook_secret": "env:HOOK"}}}, environ=self.environ
        )
        with closing(open_store("memory:")) as store:
            if kind == "sync":
                with Client(config, registry=config.registry, store=store) as client:
                    found = client.doctor()
            else:

                async def awaited() -> tuple[Finding, ...]:
                    async with AsyncClient(config, registry=config.registry, store=store) as waiting:
                        return await waiting.doctor()

                found = asyncio.run(awaited())
        return {each.check: each for each in found}


@contextmanager
def surgery(folder: Path, public: str = "", **options: Any) -> Iterator[Surgery]:
    """Serve a simulator for a configuration."""
    simulator = create(**options)
    with simulator.running() as base_url:
        made = simulator.account(base_url)
        environ = {**made.environment, "HOOK": SECRET}
        here = Surgery(simulator=simulator, folder=folder, table=made.table, environ=environ, public=public)
        here.configure()
        yield here


@contextmanager
def with_receiver(folder: Path) -> Iterator[Surgery]:
    """The same with a receiver that knows the account's secret."""
    table = {
        "provider": "ignisign",
        "environment": "test",
        "api_key": "env:KEY",
        "webhook_secret": "env:HOOK",
    }
    mapping = {"accounts": {"hr": table}, "webhooks": {"public_url": "http://127.0.0.1/hooks"}}
    key = "skv2_staging_1b4e28ba-2fa1-41d2-883f-0016d3cca427_secret"
    config = Config.from_mapping(mapping, environ={"KEY": key, "HOOK": SECRET})
    with (
        closing(open_store("memory:")) as store,
        Client(config, registry=config.registry, store=store) as client,
        serve(Receiver(client)) as url,
        surgery(folder, f"{url}/hooks") as here,
    ):
        yield here
        with store.begin() as tx:
            assert (0, 0) == tx.count_unprocessed("hr")


def by_check(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Return the states that a command with ``--json`` wrote, by check."""
    return {each["check"]: each["state"] for each in json.loads(done.stdout)["findings"]}


def test_the_whole_way_of_an_operator(tmp_path: Path) -> None:
    """Not registered is exit 1; ``webhooks ensure`` mends it; then doctor ends with 0 and says so."""
    with with_receiver(tmp_path) as here:
        before = here.run("doctor", "--json")
        assert (1, "fail") == (before.returncode, by_check(before)["webhook registered"])
        empty = here.run("webhooks", "list")
        assert (0, "none\n") == (empty.returncode, empty.stdout)
        done = here.run("webhooks", "ensure", "--json")
        (made,) = json.loads(done.stdout)["accounts"]
        assert (0, "ok") == (done.returncode, made["state"])
        again = here.run("webhooks", "ensure", "--account", "hr")
        assert 0 == again.returncode
        assert 1 == len(here.simulator.effects.of("webhook_created"))
        (listed,) = json.loads(here.run("webhooks", "list", "--json").stdout)["webhooks"]
        expected = {"id": made["endpoint"], "url": f"{here.public}/hr/…", "ours": True, "enabled": True}
        assert expected == {key: listed[key] for key in expected}
        after = here.run("doctor", "--json")
        assert (0, True) == (after.returncode, json.loads(after.stdout)["healthy"])
        assert set() == {"fail"} & set(by_check(after).values())
        assert "ok" == by_check(after)["webhook reachable"]
        table = here.run("doctor", "--account", "hr")
        assert (0, True) == (table.returncode, table.stdout.startswith("account  check"))


def test_a_disabled_endpoint_needs_a_person(tmp_path: Path) -> None:
    """Doctor fails with the step in the console; ``ensure`` fails with the same and makes no second one."""
    with surgery(tmp_path, "http://127.0.0.1:9/hooks") as here:
        made = json.loads(here.run("webhooks", "ensure", "--json").stdout)["accounts"][0]["endpoint"]
        here.simulator.console.disable_webhook(made)
        found = json.loads(here.run("doctor", "--json").stdout)["findings"]
        (registered,) = [each for each in found if each["check"] == "webhook registered"]
        assert ("fail", True) == (registered["state"], "console.ignisign.io" in registered["hint"])
        refused = here.run("webhooks", "ensure", "--json")
        (told,) = json.loads(refused.stdout)["accounts"]
        assert (1, "failed", True) == (refused.returncode, told["state"], "is disabled" in told["reason"])
        assert 2 == here.run("webhooks", "ensure", "--account", "hr").returncode
        assert 1 == len(here.simulator.effects.of("webhook_created"))


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("key_format", ["v2", "legacy"])
def test_nothing_is_written_at_the_vendor(tmp_path: Path, kind: str, key_format: str) -> None:
    """Neither its effects nor its objects are others afterwards; sending, by contrast, would show in both."""
    with surgery(tmp_path, key_format=key_format) as here:
        here.simulator.subscribe("https://app.example/hooks/x")
        before = here.simulator.effects.all(), here.simulator.state(), list(here.simulator.outbox)
        found = here.find(kind)
        assert {"ok"} == {found[check].state.value for check in ("server", "clock", "credentials", *PROFILES)}
        after = here.simulator.effects.all(), here.simulator.state(), list(here.simulator.outbox)
        assert before == after
        here.configure('[webhooks]\npublic_url = "https://app.example/hooks"')
        assert 0 == here.run("webhooks", "ensure").returncode
        assert before[:2] != (here.simulator.effects.all(), here.simulator.state())


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_refused_credentials(tmp_path: Path, kind: str) -> None:
    """A revoked key fails, and the vendor's error says so; the server itself answers."""
    with surgery(tmp_path) as here:
        here.simulator.console.revoke_keys("STAGING")
        found = here.find(kind)
        assert ("ok", "fail") == (found["server"].state.value, found["credentials"].state.value)
        assert "not asked" == found["profiles"].state.value
        done = here.run("doctor", "--json")
        assert (1, "fail") == (done.returncode, by_check(done)["credentials"])


def test_credentials_of_another_environment(tmp_path: Path) -> None:
    """A production account with credentials of another environment fails before anybody is asked.

    Where the file alone shows it, no command goes on; where only the secret does, doctor tells.
    """
    with surgery(tmp_path) as here:
        here.configure(environment="production")
        refused = here.run("doctor", "--json")
        (problem,) = json.loads(refused.stdout)["error"]["problems"]
        assert (2, "accounts.hr.app_env") == (refused.returncode, problem["path"])
        here.configure(environment="production", app_env="PRODUCTION")
        found = by_check(here.run("doctor", "--json"))
        assert ("fail", "not asked", "not asked") == (
            found["settings"],
            found["server"],
            found["credentials"],
        )


@pytest.mark.parametrize(
    ("profiles", "options", "expected"),
    [
        ((MAIL, LINK), {}, ["ok", "ok", "ok", "ok"]),
        ((MAIL,), {}, ["ok", "ok", "warn", ""]),
        ((MAIL,), {"profile_link": "Link"}, ["ok", "ok", "fail", ""]),
        ((MAIL, LINK), {"profile_email": "Nobody"}, ["fail", "", "ok", "ok"]),
        ((MAIL, LINK), {"defaults": {"level": "QES"}}, ["ok", "fail", "ok", "ok"]),
        ((MAIL, attrs.evolve(LINK, status="ARCHIVED")), {}, ["ok", "ok", "warn", ""]),
        ((MAIL, attrs.evolve(LINK, methods=("ADVANCED_SMS",))), {}, ["ok", "ok", "ok", "fail"]),
    ],
)
def test_profiles_and_levels(
    tmp_path: Path, profiles: tuple[ProfileSpec, ...], options: dict[str, Any], expected: list[str]
) -> None:
    """A configured profile has to be there; one that nobody asked for is missed only; levels need methods."""
    with surgery(tmp_path, profiles=profiles) as here:
        found = attrs.evolve(here, table={**here.table, **options}).find()
    assert expected == [found[check].state.value if check in found else "" for check in PROFILES]


def test_levels_are_told(tmp_path: Path) -> None:
    """What can be asked for is told by way of delivery, with the vendor's methods."""
    with surgery(tmp_path, profiles=(MAIL, LINK)) as here:
        found = here.find()
    assert "SES (SIMPLE_STD); not AES (ADVANCED_STD), QES (QUALIFIED_STD)" == found["levels (email)"].found
    assert "SES (SIMPLE_STD), QES (QUALIFIED_STD); not AES (ADVANCED_STD)" == found["levels (link)"].found


def test_an_application_without_profiles(tmp_path: Path) -> None:
    """An application that seals accepts the credentials and can carry no envelope."""
    with surgery(tmp_path, app_type="SEAL") as here:
        found = here.find()
    assert "ok" == found["credentials"].state.value
    assert "SEAL" in found["credentials"].found


def test_a_vendor_in_trouble(tmp_path: Path) -> None:
    """While the vendor answers 503 the account fails, and all that is ours is looked at all the same."""
    with surgery(tmp_path) as here:
        here.simulator.faults.add(Fault(kind=FaultKind.STATUS, status=503, times=100))
        found = here.find()
    assert ("warn", "fail") == (found["server"].state.value, found["credentials"].state.value)
    assert ("ok", "ok") == (found["secrets"].state.value, found["settings"].state.value)


def test_exit_codes_of_the_command(tmp_path: Path) -> None:
    """1 if anything fails, 2 without a configuration that can be read, and for an account that is unknown."""
    with surgery(tmp_path) as here:
        codes = {
            "sound": here.run("doctor").returncode,
            "unknown account": here.run("doctor", "--account", "nobody").returncode,
            "no such option": here.run("doctor", "--fast").returncode,
            "no secret": here.run("doctor", HOOK="").returncode,
        }
        (here.folder / "paraph.db").write_bytes(b"no database at all" * 100)
        broken = here.run("doctor", "--json")
        codes["broken store"] = broken.returncode
        assert ("fail", "ok") == (by_check(broken)["store"], by_check(broken)["credentials"])
        here.configure("wrong = 1")
        codes["wrong configuration"] = here.run("doctor").returncode
        (here.folder / "paraph.toml").unlink()
        codes["no configuration"] = here.run("doctor").returncode
    expected = {
        "sound": 0,
        "unknown account": 2,
        "no such option": 2,
        "no secret": 1,
        "broken store": 1,
        "wrong configuration": 2,
        "no configuration": 2,
    }
    assert expected == codes


def test_accounts_that_cannot_say_why(tmp_path: Path) -> None:
    """Without a public URL, or without a secret, nothing is registered, and both commands say why."""
    with surgery(tmp_path) as here:
        done = here.run("webhooks", "ensure")
        assert (0, True) == (done.returncode, "set webhooks.public_url" in done.stdout)
        assert 2 == here.run("webhooks", "ensure", "--account", "hr").returncode
        here.configure('[webhooks]\npublic_url = "https://app.example/hooks"')
        here.simulator.console.revoke_keys("STAGING")
        for command in ("ensure", "list"):
            failed = here.run("webhooks", command, "--json")
            (told,) = json.loads(failed.stdout)["accounts"]
            assert (1, "failed") == (failed.returncode, told["state"])
            assert 1 == here.run("webhooks", command, "--account", "hr").returncode
        assert () == here.simulator.effects.of("webhook_created")


def test_other_endpoints_are_shown_without_their_secrets(tmp_path: Path) -> None:
    """An endpoint of another program is listed by its host."""
    with surgery(tmp_path, "https://app.example/hooks") as here:
        here.simulator.subscribe(str(httpx.URL("https://other.example/canary/secret?x=canary")))
        done = here.run("webhooks", "list")
        assert (0, True, False) == (
            done.returncode,
            "https://other.example/…" in done.stdout,
            "canary" in done.stdout,
        )
