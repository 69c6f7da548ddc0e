"""``paraph actions``: what a provider can call, without an account."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from paraph import Registry
from paraph.provider import OffersActions
from support.plugins import install

NAMES = [each.name for each in Registry(environ={}).listing() if each.kind == "provider"]


def paraph(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real command where nothing is configured, and without any variable of ours."""
    environment |= {"HOME": str(folder), "PYTHONPATH": str(folder / "site")}
    command = [sys.executable, "-m", "paraph.cli", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module", params=NAMES)
def listed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the command says of one provider, as JSON."""
    done = paraph(tmp_path_factory.mktemp("nothing"), "actions", request.param, "--json")
    assert (0, "") == (done.returncode, done.stderr)
    return json.loads(done.stdout)


def test_every_action_is_listed_as_it_is(listed: Any) -> None:
    """The list holds all actions of the plugin, sorted, with the facts that the plugin declares."""
    provider = Registry(environ={}).provider(listed["provider"])
    assert isinstance(provider, OffersActions)
    assert sorted(provider.actions) == [each["name"] for each in listed["actions"]]
    for each in listed["actions"]:
        action = provider.actions[each["name"]]
        facts = (action.slug, action.summary, action.source, action.documented, action.repeat.value)
        assert facts == tuple(each[key] for key in ("slug", "summary", "source", "documented", "repeat"))
        assert (action.method, list(action.errors)) == (each["method"], each["errors"])
        assert (action.description, action.told_in) == (each["description"], each["told_in"])


def test_each_action_is_one_request_or_a_composite(listed: Any) -> None:
    """An action has a path, or a key of the settings that says it, or is a composite: never two of these."""
    for each in listed["actions"]:
        assert 1 == bool(each["path"]) + bool(each["told_in"]) + each["composite"], each["name"]


def test_schemas_stand_by_themselves(listed: Any) -> None:
    """Parameters and result of each action are schemas that can be taken out and used."""
    for each in listed["actions"]:
        for schema in (each["params"], each["result"]):
            Draft202012Validator.check_schema(schema)
            assert "https://json-schema.org/draft/2020-12/schema" == schema["$schema"]
        assert "object" == each["params"]["type"]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_for_people(tmp_path: Path, name: str) -> None:
    """Without --json there is one line for each action, with what it asks of the vendor."""
    done = paraph(tmp_path, "actions", name)
    head, *rows = done.stdout.splitlines()
    provider = Registry(environ={}).provider(name)
    assert isinstance(provider, OffersActions)
    assert ["action", "slug", "request", "repeat", "summary"] == head.split()
    assert sorted(provider.actions) == [row.split()[0] for row in rows]
    for row in rows:
        action = provider.actions[row.split()[0]]
        assert (action.told_in or f"{action.method} {action.path}".strip() or "composite") in row
        assert action.summary in row


@pytest.mark.parametrize("name", NAMES)
def test_one_action_tells_of_itself(tmp_path: Path, name: str) -> None:
    """With an action there is its text alone, as ``help`` has it, or with --json its description."""
    provider = Registry(environ={}).provider(name)
    assert isinstance(provider, OffersActions)
    action = next(iter(provider.actions.values()))
    assert f"{action.told()}\n" == paraph(tmp_path, "actions", name, action.name).stdout
    (one,) = json.loads(paraph(tmp_path, "actions", name, action.name, "--json").stdout)["actions"]
    assert (action.name, action.summary) == (one["name"], one["summary"])
    misspelt = paraph(tmp_path, "actions", name, action.name + "x")
    assert (2, "") == (misspelt.returncode, misspelt.stdout)
    assert f"did you mean {action.name!r}?" in misspelt.stderr


def test_an_unknown_provider_is_a_sentence(tmp_path: Path) -> None:
    """A misspelt provider is exit code 2 and names the nearest one, as text and as JSON."""
    done = paraph(tmp_path, "actions", "ignisgn")
    assert (2, "") == (done.returncode, done.stdout)
    assert "did you mean 'ignisign'?" in done.stderr
    error = json.loads(paraph(tmp_path, "actions", "ignisgn", "--json").stdout)["error"]
    assert ("ProviderNotInstalled", 2) == (error["type"], error["exit"])


def test_a_provider_without_actions_lists_none(tmp_path: Path) -> None:
    """Who offers no single actions has an empty list."""
    install(tmp_path / "site", "fake-dist", providers={"fake": "paraph.testing.fake"})
    assert "none\n" == paraph(tmp_path, "actions", "fake").stdout
    assert [] == json.loads(paraph(tmp_path, "actions", "fake", "--json").stdout)["actions"]


def test_a_disabled_provider_is_told(tmp_path: Path) -> None:
    """A provider that is switched off is not loaded for its list either."""
    done = paraph(tmp_path, "actions", "ignisign", PARAPH_DISABLE_PLUGINS="ignisign")
    assert 2 == done.returncode
    assert "PARAPH_DISABLE_PLUGINS" in done.stderr
