"""``actions``: what a provider's plugin can call at its vendor. No account, no secret, no network."""

from __future__ import annotations

from typing import Any

import click

from paraph._hints import suggestion
from paraph.cli import output
from paraph.cli.session import Session, common
from paraph.provider import Action, OffersActions
from paraph.provider.action import COMPOSITE


@click.command()
@click.argument("provider")
@click.argument("action", required=False)
@common
@click.pass_obj
def actions(session: Session, provider: str, action: str | None) -> None:
    """List the actions of PROVIDER, which `paraph call` runs; with --json with the schemas of each.

    With ACTION, tell of that one alone: what it means, what repeating it does, and what goes wrong.
    """
    found = session.registry().provider(provider, where="PROVIDER")
    offered = (
        [action for _, action in sorted(found.actions.items())] if isinstance(found, OffersActions) else []
    )
    if action is not None:
        known = [each.name for each in offered]
        if action not in known:
            raise click.BadParameter(f"no such action; {suggestion(action, known)}", param_hint="ACTION")
        offered = [offered[known.index(action)]]
    if session.json:
        output.write_json({"provider": provider, "actions": [_described(each) for each in offered]})
    elif action is not None:
        output.write(offered[0].told())
    else:
        output.write_table(
            ("action", "slug", "request", "repeat", "summary"),
            [(each.name, each.slug, each.request, each.repeat.value, each.summary) for each in offered],
        )


def _described(action: Action[Any, Any]) -> dict[str, Any]:
    from paraph.convert.schema import params_schema, result_schema

    return {
        "name": action.name,
        "slug": action.slug,
        "summary": action.summary,
        "description": action.description,
        "source": action.source,
        "documented": action.documented,
        "repeat": action.repeat.value,
        **_told(action),
        "errors": list(action.errors),
        "params": params_schema(action.params),
        "result": result_schema(action.result),
    }


def _told(action: Action[Any, Any]) -> dict[str, Any]:
    """Say what goes over the wire; of a composite, and of what settings say, there is no one path."""
    if action.told_in:
        return {"method": action.method, "path": "", "told_in": action.told_in, COMPOSITE: False}
    return {"method": action.method, "path": action.path, "told_in": "", COMPOSITE: not action.path}
