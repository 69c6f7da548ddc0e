"""``paraph receiver``: the receiver on uvicorn, for trying things out and for small installations."""

from __future__ import annotations

import click

from paraph import Outcome
from paraph.cli.session import Session, common
from paraph.errors import MissingExtra


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@common
@click.pass_obj
def receiver(session: Session, *, host: str, port: int) -> None:
    """Receive webhooks for the configured accounts until Ctrl-C, and say what came of each delivery.

    The vendor calls {public_url}/{account}/{webhook_secret} of paraph.toml: register that at the vendor.
    """
    try:
        import uvicorn
    except ModuleNotFoundError:
        raise MissingExtra("web", feature="paraph receiver") from None
    from paraph_web.receiver import app

    # No access log: the path holds the secret.
    served = app(session.config_path, on_outcome=_tell)
    uvicorn.run(served, host=host, port=port, access_log=False, server_header=False)


def _tell(outcome: Outcome) -> None:
    """Write one line for people: what became of a delivery, and which events it brought."""
    said = [outcome.kind.value, *([outcome.reason] if outcome.reason else [])]
    click.echo(f"delivery {outcome.delivery_id or '(not stored)'}: {', '.join(said)}", err=True)
    for event in outcome.events:
        click.echo(f"  {event.type.value}  {event.envelope_id or ''}".rstrip(), err=True)
