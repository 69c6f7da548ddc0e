"""``doctor``: everything that can be looked at before it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from paraph.cli import output
from paraph.cli.render import to_json
from paraph.cli.session import Session, account_option, common
from paraph.config import Config
from paraph.errors import ConfigurationError, StoreError
from paraph.provider.finding import Finding, Standing

if TYPE_CHECKING:
    from paraph.client import Client


@click.command()
@account_option("Only this account; all by default.")
@common
@click.pass_context
def doctor(ctx: click.Context, *, account: str | None) -> None:
    """Look at configuration, store, secrets, servers, credentials and webhooks. No vendor is changed.

    It ends with 1 if anything fails, and with 2 if there is no configuration that could be read.
    """
    session = ctx.ensure_object(Session)
    with _client(session, session.config()) as client:
        findings = client.doctor(account=account)
    failed = any(each.state is Standing.FAIL for each in findings)
    session.show({"healthy": not failed, "findings": to_json(findings)}, lambda: _write(findings))
    if failed:
        ctx.exit(1)


def _client(session: Session, config: Config) -> Client:
    """Open a client. Without a store everything else can be looked at all the same."""
    try:
        return session.open_client(config)
    except (StoreError, ConfigurationError) as error:
        from paraph.client import Client
        from paraph.store.unopened import UnopenedStore

        return Client(config, registry=config.registry, store=UnopenedStore(error))


def _write(findings: tuple[Finding, ...]) -> None:
    output.write_table(
        ("account", "check", "state", "found"),
        [(each.account, each.check, each.state.value, each.found) for each in findings],
    )
    for each in findings:
        if each.hint and each.state is not Standing.OK:
            output.write(f"{each.account}: {each.check}: {each.hint}".removeprefix(": "))
    count = {state: sum(each.state is state for each in findings) for state in Standing}
    output.write(", ".join(f"{number} {state.value}" for state, number in count.items() if number))
