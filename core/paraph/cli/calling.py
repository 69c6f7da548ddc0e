"""``call``: a vendor's own actions, by name.

A parameter that is a secret may be written as a reference, as in the configuration, so that it stands in no
shell history and no list of processes. What begins with none of paraph's own schemes is the secret itself:
many of them are URLs, and those begin with a scheme, too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

import attrs
import click

from paraph.cli import output
from paraph.cli.render import to_json
from paraph.cli.session import Session, common
from paraph.config import Config
from paraph.config.accounts import unknown_account
from paraph.config.file import resolver_of
from paraph.config.secrets import SCHEMES, Resolver, UnresolvedError
from paraph.config.structure import is_secret
from paraph.errors import MissingSecret, UnknownAccount
from paraph.model import Problem, Secret
from paraph.provider import Action, OffersActions
from paraph.provider.fitting import UnfitError, UnreadableFileError, declared, fitted


@click.command()
@click.argument("account")
@click.argument("action", required=False)
@click.argument("words", metavar="[KEY=VALUE]...", nargs=-1)
@click.option(
    "--params",
    metavar="JSON|-|@FILE",
    help="All parameters as one JSON object: here, in standard input (-) or in a file (@FILE).",
)
@common
@click.pass_obj
def call(
    session: Session, account: str, action: str | None, words: tuple[str, ...], params: str | None
) -> None:
    """Run one of the vendor's own ACTIONs through ACCOUNT; without ACTION, list them.

    A secret parameter may be a reference: env:NAME, file:PATH, keyring:SERVICE/NAME or vault:NAME.
    """
    if words and params:
        raise click.UsageError("give the parameters as KEY=VALUE or with --params, not both")
    config = session.config()
    actions = _actions(config, account)
    if action is None:
        _list(session, actions)
        return
    known = actions.get(action)
    found = _object(_text(params)) if params is not None else dict(_pair(word, known) for word in words)
    given = _resolved(found, known, resolver_of(config)) if known else found
    with session.open_client(config) as client:
        result = to_json(client.call(account, action, **given), personal=True)
    session.show({"result": result}, lambda: output.write_json(result))


def _actions(config: Config, account: str) -> Mapping[str, Action[Any, Any]]:
    described = config.accounts.get(account)
    if described is None:
        raise UnknownAccount("unknown account", [unknown_account(account, config.accounts)])
    provider = config.registry.provider(described.provider, where=f"accounts.{account}.provider")
    return provider.actions if isinstance(provider, OffersActions) else {}


def _list(session: Session, actions: Mapping[str, Action[Any, Any]]) -> None:
    listed = [
        (each.name, each.repeat.value, _parameters(each), each.summary) for _, each in sorted(actions.items())
    ]
    session.show(
        {
            "actions": [
                {"name": name, "repeat": repeat, "params": params, "summary": summary}
                for name, repeat, params, summary in listed
            ]
        },
        lambda: output.write_table(
            ("action", "repeat", "parameters", "summary"),
            [(name, repeat, " ".join(params), summary) for name, repeat, params, summary in listed],
        ),
    )


def _parameters(action: Action[Any, Any]) -> list[str]:
    return [field.alias or field.name for field in attrs.fields(action.params)]


def _text(params: str) -> str:
    """Return the JSON that ``--params`` holds or names."""
    try:
        if params == "-":
            return sys.stdin.buffer.read().decode()
        if params.startswith("@"):
            return Path(params[1:]).read_bytes().decode()
    except UnicodeDecodeError:
        raise click.BadParameter("this is not UTF-8 text", param_hint="--params") from None
    except (OSError, ValueError) as error:
        reason = f"{params.removeprefix('@')} cannot be read ({type(error).__name__})"
        raise click.BadParameter(reason, param_hint="--params") from None
    return params


def _resolved(given: Mapping[str, Any], action: Action[Any, Any], resolver: Resolver) -> dict[str, Any]:
    """Put secrets in the place of references to them.

    :raises MissingSecret: references lead nowhere; each is named.
    """
    kinds = declared(action.params)
    values = dict(given)
    missing: list[Problem] = []
    for name, value in given.items():
        text = value.reveal() if isinstance(value, Secret) else value
        if not is_secret(kinds.get(action.parameter(name))) or not _is_reference(text):
            continue
        try:
            values[name] = resolver.resolve(text)
        except UnresolvedError as error:
            missing.append(Problem(path=name, code="secret.missing", message=str(error), hint=error.hint))
    if missing:
        raise MissingSecret(f"action {action.name!r} lacks a secret", missing)
    return values


def _is_reference(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value.startswith(tuple(f"{scheme}:" for scheme in SCHEMES))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise click.BadParameter("this is not JSON", param_hint="--params") from None
    if not isinstance(value, dict):
        raise click.BadParameter("has to be a JSON object", param_hint="--params")
    return value


def _pair(word: str, action: Action[Any, Any] | None) -> tuple[str, Any]:
    """Read ``key=value``. The value is a text where the action takes one, otherwise JSON.

    Where it takes anything, the value is JSON if it reads as such.
    """
    key, equals, text = word.partition("=")
    if not equals or not key.isidentifier():
        raise click.UsageError("write parameters as KEY=VALUE")
    key = action.parameter(key) if action else key
    wanted = declared(action.params).get(key, str) if action else str
    wrong = f"{key} has another type"
    for read in (json.loads, str) if wanted is Any else (str, json.loads):
        try:
            return key, fitted(read(text), wanted)
        except UnreadableFileError as error:
            raise click.UsageError(f"{key}: {error}") from None
        except UnfitError as error:
            wrong = ", ".join(key + each for each in error.wrong)
        except (TypeError, ValueError):
            continue
    raise click.UsageError(f"{wrong}; see: paraph call ACCOUNT")
