"""``paraph receiver``: the receiver on uvicorn, for trying things out and for small installations."""

from __future__ import annotations

import click

from paraph.cli.session import Session, common
from paraph.errors import MissingExtra


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@common
@click.pass_obj
def receiver(session: Session, *, host: str, port: int) -> None:
    """Receive webhooks for the configured accounts until Ctrl-C."""
    try:
        import uvicorn
    except ModuleNotFoundError:
        raise MissingExtra("web", feature="paraph receiver") from None
    from paraph_web.receiver import app

    # No access log: the path holds the secret.
    uvicorn.run(app(session.config_path), host=host, port=port, access_log=False, server_header=False)
