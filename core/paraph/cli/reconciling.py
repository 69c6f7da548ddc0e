"""``reconcile``: read what no delivery told."""

from __future__ import annotations

import click

from paraph.cli import output
from paraph.cli.render import to_json
from paraph.cli.session import Session, account_option, common


@click.command()
@account_option("Only this account; all by default.")
@click.option(
    "--budget",
    metavar="NUMBER",
    type=click.IntRange(min=0),
    default=None,
    help="How much an account's vendor is asked at most; limits.polls_per_minute, or 100.",
)
@common
@click.pass_context
def reconcile(ctx: click.Context, *, account: str | None, budget: int | None) -> None:
    """Read open envelopes that are due, and the vendors' lists of deliveries. Run it from time to time."""
    session = ctx.ensure_object(Session)
    with session.client() as client:
        turns = client.reconcile(account=account, budget=budget)
    session.show(
        {"accounts": to_json(turns)},
        lambda: output.write_table(
            ("account", "read", "events", "ended", "left over", "failure"),
            [
                (
                    each.account,
                    str(each.read),
                    str(each.events),
                    str(each.ended),
                    "yes" if each.left else "",
                    each.failure,
                )
                for each in turns
            ],
        ),
    )
    if any(each.failure for each in turns):
        ctx.exit(1)
