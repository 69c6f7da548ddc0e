"""``webhooks list|ensure``: which URLs vendors call. What is secret in a URL is never shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs
import click

from paraph.cli import output
from paraph.cli.render import to_json
from paraph.cli.session import Session, account_option, common
from paraph.errors import ParaphError, StoreError, UnsupportedCapability
from paraph.ops.webhooks import Webhook

if TYPE_CHECKING:
    from paraph.client import Client


@attrs.frozen(kw_only=True)
class Done:
    """What became of one account.

    :ivar state: ``ok``, ``cannot`` (the vendor, or the configuration, has no webhooks) or ``failed``.
    :ivar endpoint: the vendor's id of the endpoint. ``reason``: why there is none.
    """

    account: str
    state: str
    endpoint: str = ""
    reason: str = ""


@click.group()
@common
def webhooks() -> None:
    """Register and list the URLs that vendors call."""


@webhooks.command("list")
@account_option("Only this account; all by default.")
@common
@click.pass_context
def list_(ctx: click.Context, *, account: str | None) -> None:
    """List the URLs that vendors call, without the secrets in them."""
    session = ctx.ensure_object(Session)
    found: list[Webhook] = []
    silent: list[Done] = []
    with session.client() as client:
        if account is not None:
            found += client.webhooks(account)
        else:
            for name in client.config.accounts:
                try:
                    found += client.webhooks(name)
                except StoreError:
                    raise
                except ParaphError as error:
                    silent.append(_undone(name, error))

    def text() -> None:
        output.write_table(
            ("account", "endpoint", "url", "ours", "enabled"),
            [
                (each.account, each.id, each.url, "yes" if each.ours else "no", _word(each.enabled))
                for each in found
            ],
        )
        for each in silent:
            output.write(f"{each.account}: {each.reason}")

    session.show({"webhooks": to_json(found), "accounts": to_json(silent)}, text)
    if any(each.state == "failed" for each in silent):
        ctx.exit(1)


@webhooks.command()
@account_option("Only this account; all by default.")
@common
@click.pass_context
def ensure(ctx: click.Context, *, account: str | None) -> None:
    """Register each account's webhook URL at its vendor, unless it is; harmless to repeat."""
    session = ctx.ensure_object(Session)
    with session.client() as client:
        if account is not None:
            done = [Done(account=account, state="ok", endpoint=client.ensure_webhook(account))]
        else:
            done = list(_ensured(client))
    session.show(
        {"accounts": to_json(done)},
        lambda: output.write_table(
            ("account", "state", "endpoint", "reason"),
            [(each.account, each.state, each.endpoint, each.reason) for each in done],
        ),
    )
    if any(each.state == "failed" for each in done):
        ctx.exit(1)


def _ensured(client: Client) -> Iterator[Done]:
    for name in client.config.accounts:
        missing = _missing(client, name)
        if missing:
            yield Done(account=name, state="cannot", reason=missing)
            continue
        try:
            yield Done(account=name, state="ok", endpoint=client.ensure_webhook(name))
        except StoreError:
            raise
        except ParaphError as error:
            yield _undone(name, error)


def _missing(client: Client, name: str) -> str:
    """Say what the configuration lacks for an account to have a webhook URL."""
    keys = [] if client.config.public_url else ["webhooks.public_url"]
    keys += [] if client.config.accounts[name].webhook_secret else [f"accounts.{name}.webhook_secret"]
    return f"set {' and '.join(keys)}" if keys else ""


def _undone(name: str, error: ParaphError) -> Done:
    if isinstance(error, UnsupportedCapability):
        return Done(account=name, state="cannot", reason=error.hint or str(error))
    return Done(account=name, state="failed", reason=" ".join(str(error).split()))


def _word(enabled: bool | None) -> str:  # noqa: FBT001 - three values of one column
    return {True: "yes", False: "no", None: ""}[enabled]
