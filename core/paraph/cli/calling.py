"""``call``: a vendor's own actions, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs
import click

from paraph.cli import output
from paraph.cli.render import to_json
from paraph.cli.session import Session, common
from paraph.config import Config
from paraph.config.accounts import unknown_account
from paraph.errors import UnknownAccount
from paraph.provider import Action, OffersActions
from paraph.provider.fitting import UnreadableFileError, declared, fitted


@click.command()
@click.argument("account")
@click.argument("action", required=False)
@click.argument("words", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--params", metavar="JSON", help="All parameters as one JSON object.")
@common
@click.pass_obj
def call(
    session: Session, account: str, action: str | None, words: tuple[str, ...], params: str | None
) -> None:
    """Run one of the vendor's own ACTIONs through ACCOUNT; without ACTION, list them."""
    if words and params:
        raise click.UsageError("give the parameters as KEY=VALUE or with --params, not both")
    config = session.config()
    actions = _actions(config, account)
    if action is None:
        _list(session, actions)
        return
    known = actions.get(action)
    given = _object(params) if params else dict(_pair(word, known) for word in words)
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


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise click.BadParameter("this is not JSON", param_hint="--params") from None
    if not isinstance(value, dict):
        raise click.BadParameter("has to be a JSON object", param_hint="--params")
    return value


def _pair(word: str, action: Action[Any, Any] | None) -> tuple[str, Any]:
    """Read ``key=value``. The value is a text where the action takes one, otherwise JSON."""
    key, equals, text = word.partition("=")
    if not equals or not key.isidentifier():
        raise click.UsageError("write parameters as KEY=VALUE")
    key = action.parameter(key) if action else key
    wanted = declared(action.params).get(key, str) if action else str
    for read in (str, json.loads):
        try:
            return key, fitted(read(text), wanted)
        except UnreadableFileError as error:
            raise click.UsageError(f"{key}: {error}") from None
        except (TypeError, ValueError):
            continue
    raise click.UsageError(f"{key} has another type; see: paraph call ACCOUNT")
