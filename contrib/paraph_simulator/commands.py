"""``paraph demo`` and ``paraph simulator``."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from paraph import Capability, Registry
from paraph.cli.session import Session, common
from paraph.errors import MissingExtra
from paraph_simulator.stopping import StoppedError, noticing_signals

if TYPE_CHECKING:
    from paraph_simulator.demo import Result

_PDF = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option("--provider", "names", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option("--pdf", type=_PDF, metavar="FILE", help="The first document; one is drawn by default.")
@click.option("--open", "by_hand", is_flag=True, help="Stop at the signing links and wait for people.")
@click.option("--output", "folder", type=_FOLDER, default="paraph-demo", show_default=True, metavar="DIR")
@common
@click.pass_context
def demo(
    ctx: click.Context, *, names: tuple[str, ...], pdf: Path | None, by_hand: bool, folder: Path
) -> None:
    """Send the same envelope through every simulated vendor and check everything.

    Where a vendor's refusals can be seen, a further one is refused by its last signatory. Exit code 0 only
    if all that was expected held.
    """
    session = ctx.ensure_object(Session)
    with noticing_signals() as stop:
        with _extra("paraph demo"):
            from paraph_simulator.demo import Plan, play
            from paraph_simulator.found import make_simulators
            from paraph_simulator.show import Show

        _quieten()
        show = Show(sys.stderr if session.json else sys.stdout)
        try:
            registry = Registry()
            plan = Plan(folder=folder, pdf=pdf, by_hand=by_hand)
            results = play(plan, make_simulators(registry, names), registry, show, stop)
        except StoppedError as stopped:
            show.line(f"{stopped}; everything is taken down", style="dim")
            ctx.exit(stopped.exit_code)
    session.show(
        {"demo": [_json(each) for each in results]}, lambda: show.line(f"Everything is in {folder}/")
    )
    ctx.exit(1 if any(each.failures for each in results) else 0)


@click.command()
@click.option("--provider", "names", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option(
    "--port",
    type=click.IntRange(0, 65000),
    default=0,
    help="Of the first simulator; the others take the next ones. By default any free ones.",
)
@click.option("--webhook", metavar="URL", help="Post webhooks there, as if registered at the vendor.")
@click.option(
    "--write", "folder", type=_FOLDER, metavar="DIR", help="Write the configuration and its secrets."
)
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="For those simulators that take it, such as vocabulary=quickstart; JSON or text. May be repeated.",
)
@common
@click.pass_context
def simulator(
    ctx: click.Context,
    *,
    names: tuple[str, ...],
    port: int,
    webhook: str | None,
    folder: Path | None,
    options: tuple[str, ...],
) -> None:
    """Run simulated vendors on this machine until Ctrl-C, and print how to configure paraph for them."""
    with _extra("paraph simulator"):
        from paraph_simulator.alone import run_alone
        from paraph_simulator.found import make_simulators
        from paraph_simulator.show import Show

    session = ctx.ensure_object(Session)
    registry = Registry()
    made = make_simulators(registry, names, dict(_option(each) for each in options))
    consoles = [name for name in made if Capability.MANAGE_WEBHOOKS not in registry.info(name).capabilities]
    with noticing_signals() as stop, contextlib.suppress(StoppedError):
        run_alone(
            made,
            Show(),
            stop,
            port=port,
            consoles=consoles,
            webhook=webhook,
            folder=folder,
            as_json=session.json,
        )


def _option(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (equals and key):
        raise click.BadParameter("write KEY=VALUE", param_hint="--option")
    return key, value


@contextlib.contextmanager
def _extra(feature: str) -> Iterator[None]:
    """Say which extra is missing if an import fails."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise MissingExtra("simulator", feature=feature) from missing


def _quieten() -> None:
    """Keep the PDF library's own remarks from the terminal; what they mean is in the findings."""
    for name in ("pyhanko", "pyhanko_certvalidator", "fontTools"):
        logging.getLogger(name).addHandler(logging.NullHandler())


def _json(result: Result) -> dict[str, object]:
    snapshot = result.snapshot
    files = [
        {"file": each.path, "sha256": each.sha256, "kind": each.evidence.kind.value} for each in result.saved
    ]
    people = [
        {
            "id": each.id,
            "decision": each.decision.value,
            "at": result.decided[each.id].isoformat() if each.id in result.decided else None,
            "reason": each.reason,
        }
        for each in snapshot.signatories
    ]
    return {
        "account": result.part.account,
        "vendor": result.part.vendor,
        "envelope_id": result.envelope.id,
        "expected": result.part.ending.value,
        "lifecycle": snapshot.lifecycle.value,
        "signatories": people,
        "webhooks": {
            "sent": len(result.posts),
            "received": len([each for each in result.posts if each.record is not None]),
        },
        "reads": result.reads,
        "confirmed": result.confirmed,
        "evidence": files,
        "failures": list(result.failures),
    }
