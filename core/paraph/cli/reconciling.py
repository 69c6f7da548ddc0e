"""``reconcile``: read what no delivery told."""

from __future__ import annotations

import click

from paraph.cli import output
from paraph.cli.render import to_json
from paraph.cli.session import Session, account_option, common
from paraph.ops.reconcile import Reconciled


@click.command()
@account_option("Only this account; all by default.")
@click.option(
    "--budget",
    metavar="NUMBER",
    type=click.IntRange(min=0),
    default=None,
    help="Envelopes and requests for the list, at most, of each account; limits.polls_per_minute, or 100.",
)
@common
@click.pass_context
def reconcile(ctx: click.Context, *, account: str | None, budget: int | None) -> None:
    """Read open envelopes that are due, and the vendors' lists of deliveries. Run it from time to time."""
    session = ctx.ensure_object(Session)
    with session.client() as client:
        turns = client.reconcile(account=account, budget=budget)
    session.show({"accounts": to_json(turns)}, lambda: _write(turns))
    if any(each.failure or each.unfinished for each in turns):
        ctx.exit(1)


def _write(turns: tuple[Reconciled, ...]) -> None:
    output.write_table(
        ("account", "read", "listed", "events", "ended", "unfinished", "left over", "failure"),
        [
            (
                each.account,
                str(each.read),
                str(each.listed),
                str(each.events),
                str(each.ended),
                str(len(each.unfinished) or ""),
                "yes" if each.left else "",
                each.failure,
            )
            for each in turns
        ],
    )
    for each in turns:
        for envelope_id in each.unfinished:
            output.write(
                f"envelope {envelope_id}: whether it was sent is not known; see `paraph resume {envelope_id}`"
            )
