"""``paraph receiver``: the receiver on uvicorn, for trying things out and for small installations."""

from __future__ import annotations

import contextlib
import errno
import socket

import click

from paraph import Outcome, OutcomeKind, ParaphError
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

    with _listening(host, port) as listener:
        served = app(session.config_path, on_stored=_tell_stored, on_outcome=_tell)
        # No access log: the path holds the secret.
        server = uvicorn.Server(uvicorn.Config(served, access_log=False, server_header=False))
        click.echo(
            f"receiving on http://{f'[{host}]' if ':' in host else host}:{port} until Ctrl-C", err=True
        )
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
            if not server.started:
                raise ParaphError("the receiver could not start")


def _listening(host: str, port: int) -> socket.socket:
    """Take the port, before anything else is opened.

    :raises ParaphError: it cannot be had.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ParaphError(f"port {port} of {host} is in use; choose another with --port") from None
        reason = error.strerror or type(error).__name__
        raise ParaphError(f"cannot listen on {host}, port {port}: {reason}") from None


def _tell_stored(outcome: Outcome) -> None:
    """Write the first line about a delivery: that it is safe. What it is worth, nobody knows yet."""
    _write(outcome, "stored" if outcome.kind is OutcomeKind.ACCEPTED else outcome.kind.value)


def _tell(outcome: Outcome) -> None:
    """Write the second one: what came of it, and which events it brought."""
    _write(outcome, outcome.kind.value)
    for event in outcome.events:
        click.echo(f"  {event.type.value}  {event.envelope_id or ''}".rstrip(), err=True)


def _write(outcome: Outcome, word: str) -> None:
    said = ", ".join([word, *([outcome.reason] if outcome.reason else [])])
    click.echo(f"delivery {outcome.delivery_id or '(not stored)'}: {said}", err=True)
