"""``route explain`` and ``config check``: what the configuration says, and what it would do."""

from __future__ import annotations

from pathlib import Path

import click

from paraph.cli import output
from paraph.cli.envelope_file import read_envelope
from paraph.cli.naming import unnamed
from paraph.cli.render import problem_json
from paraph.cli.session import Session, common
from paraph.model import Problem, summed_up
from paraph.ops.route import Option, Routing
from paraph.routing import RuleReport


@click.group()
@common
def route() -> None:
    """Explain which account carries which envelope."""


@route.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--live", is_flag=True, help="Also ask the vendors; nothing is changed there.")
@common
@click.pass_context
def explain(ctx: click.Context, *, file: Path, live: bool) -> None:
    """Say for every rule and every account why, or why not, it would carry the envelope in FILE."""
    session = ctx.ensure_object(Session)
    with session.client() as client:
        routing = client.route(read_envelope(file, session.resolver), live=live)
    problems = (*unnamed(file, routing), *(routing.pinned.problems(None) if routing.pinned else ()))
    session.show(_document(routing, problems), lambda: _write(routing, problems))
    if routing.account is None:
        ctx.exit(3)


def _document(routing: Routing, problems: tuple[Problem, ...]) -> dict[str, object]:
    return {
        "account": routing.account,
        "pinned": routing.pinned is not None,
        "problems": [problem_json(problem) for problem in problems],
        "route": routing.decision.route,
        "candidates": list(routing.decision.candidates),
        "rules": [
            {
                "name": rule.name,
                "holds": rule.holds,
                "reached": rule.reached,
                "use": list(rule.use),
                "conditions": [
                    {
                        "condition": each.condition,
                        "wanted": each.wanted,
                        "found": each.found,
                        "holds": each.holds,
                    }
                    for each in rule.conditions
                ],
            }
            for rule in routing.decision.rules
        ],
        "accounts": [
            {
                "name": option.account,
                "provider": option.provider,
                "environment": option.environment,
                "candidate": option.candidate,
                "possible": option.possible,
                "problems": [problem_json(problem) for problem in option.problems],
            }
            for option in routing.options
        ],
    }


def _write(routing: Routing, problems: tuple[Problem, ...]) -> None:
    if routing.decision.rules:
        output.write_table(
            ("rule", "condition", "wanted", "found", "holds"),
            [row for rule in routing.decision.rules for row in _rule(rule, routing.decision.route)],
        )
    output.write_table(
        ("account", "provider", "environment", "candidate", "verdict"),
        [_account(option, routing) for option in routing.options],
    )
    for option in routing.options:
        for problem in summed_up(option.problems):
            output.write(f"{option.account}: {problem.severity.value}: {problem}")
    for problem in problems:
        output.write(f"{problem.severity.value}: {problem}")
    if routing.pinned is not None:
        output.write(f"account {routing.pinned.account!r} carries it, whatever the rules say")
    elif routing.account is None:
        output.write("no candidate can carry it")
    else:
        why = f"route {routing.decision.route!r}" if routing.decision.route else "the default"
        output.write(f"it would go through {routing.account!r} ({why})")


def _rule(rule: RuleReport, decided: str | None) -> list[tuple[str, ...]]:
    verdict = "decides" if rule.name == decided else "not reached" if not rule.reached else "no"
    rows: list[tuple[str, ...]] = [(rule.name, "", "", f"use {', '.join(rule.use)}", verdict)]
    rows += [
        ("", each.condition, each.wanted, each.found, "yes" if each.holds else "no")
        for each in rule.conditions
    ]
    return rows


def _account(option: Option, routing: Routing) -> tuple[str, ...]:
    if option.account == routing.account:
        verdict = "carries it"
    elif option.possible:
        verdict = "could" if option.candidate else "could, but no rule names it"
    else:
        verdict = "cannot"
    candidate = str(option.candidate or "")
    return (option.account, option.provider, option.environment, candidate, verdict)


@click.group()
@common
def config() -> None:
    """Look at the configuration file."""


@config.command("check")
@common
@click.pass_context
def check(ctx: click.Context) -> None:
    """Read the whole configuration and tell everything that is wrong. No secret is read, nobody is asked."""
    session = ctx.ensure_object(Session)
    found = session.config()
    problems = found.problems
    document = {
        "file": found.source.name,
        "accounts": sorted(found.accounts),
        "routes": [each.name for each in found.routes],
        "problems": [problem_json(problem) for problem in problems],
        "warnings": [problem_json(warning) for warning in found.warnings],
    }

    def text() -> None:
        for problem in problems:
            output.write(str(problem))
        for warning in found.warnings:
            output.write(f"warning: {warning}")
        counted = f"{len(found.accounts)} account(s), {len(found.routes)} route(s)"
        output.write(f"{found.source.name}: {counted}, {len(problems) or 'no'} problem(s)")

    session.show(document, text)
    if problems:
        ctx.exit(2)
