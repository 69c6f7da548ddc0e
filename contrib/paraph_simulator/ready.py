"""Ready-made configuration for simulators that run alone: what to put where, to talk to them."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

import attrs

from paraph.errors import UsageError
from paraph.testing.simulator import SimulatedAccount

FILE = "paraph.toml"
FOLDER = ".paraph-simulator"
WEBHOOK_SECRET = "PARAPH_SIMULATED_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable, not its value
PUBLIC_URL = "http://127.0.0.1:8000"
_MARK = "# Made by `paraph simulator`; it is written anew when that runs again."


@attrs.frozen(kw_only=True)
class Ready:
    """A configuration file's text, and the secrets that it refers to, by name."""

    text: str
    environment: Mapping[str, str] = attrs.field(repr=False)


def ready(
    accounts: Iterable[SimulatedAccount], *, public_url: str = PUBLIC_URL, scheme: str = "env"
) -> Ready:
    """Write the configuration. The first of several accounts is the default.

    :param scheme: how secrets are referred to: ``env``, or ``file`` for :func:`write`.
    """
    environment: dict[str, str] = {}
    made = tuple(accounts)
    lines = [_MARK]
    if len(made) > 1:
        others = " or ".join(_value(each.name, scheme) for each in made[1:])
        lines.append(f"default = {_value(made[0].name, scheme)}  # or {others}")
    for account in made:
        environment.update(account.environment)
        lines += ["", f"[accounts.{account.name}]"]
        table = {**account.table, "webhook_secret": f"env:{WEBHOOK_SECRET}"}
        lines += [f"{key} = {_value(value, scheme)}" for key, value in table.items()]
    lines += ["", "[store]", 'url = "sqlite:///paraph.db"']
    lines += ["", "[webhooks]", f"public_url = {_value(public_url, scheme)}", ""]
    environment[WEBHOOK_SECRET] = secrets.token_urlsafe(32)
    return Ready(text="\n".join(lines), environment=environment)


def write(made: Ready, folder: Path) -> Path:
    """Write the file and its secrets into a folder, the secrets readable by their owner alone.

    :returns: the configuration file.
    :raises UsageError: there is a configuration that the simulator did not make.
    """
    path, kept = folder / FILE, folder / FOLDER
    try:
        if path.exists() and not path.read_text().startswith(_MARK):
            raise UsageError(f"{path} exists and was not made by the simulator; name another folder")
        kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, secret in made.environment.items():
            (kept / name).touch(mode=0o600)
            (kept / name).write_text(secret)
        path.write_text(made.text)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}") from None
    return path


def _value(value: object, scheme: str) -> str:
    """Write a TOML value; JSON writes text, numbers, truth values and lists of them alike."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(each, scheme)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, str) and scheme == "file" and value.startswith("env:"):
        value = f"file:{FOLDER}/{value.removeprefix('env:')}"
    return json.dumps(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)
