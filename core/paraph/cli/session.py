"""What one run of the command line works with, and the options every command has."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import click

from paraph.cli import output
from paraph.config import Config, load_config
from paraph.config.file import resolver_of
from paraph.config.secrets import Resolver
from paraph.provider.registry import Registry

if TYPE_CHECKING:
    from paraph.client import Client

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def _open(config: Config) -> Client:
    from paraph.client import Client

    return Client.from_config(config, registry=config.registry)


@attrs.define(eq=False)
class Session:
    """One run.

    :ivar config_path: from ``--config``. ``json``: from ``--json``.
    :ivar envelope_id: the envelope that is being sent, for the message if it fails.
    :ivar open_client: makes the client; tests give another.
    """

    config_path: str | None = None
    json: bool = False
    envelope_id: str | None = None
    open_client: Callable[[Config], Client] = _open

    def config(self) -> Config:
        """Read the configuration."""
        return load_config(self.config_path)

    def resolver(self) -> Resolver:
        """Return what finds the secrets, and the plugins, of the configuration."""
        return resolver_of(self.config())

    def registry(self) -> Registry:
        """Find the plugins that are not disabled; a wrong configuration, or none, does not matter."""
        from paraph.config.file import disabled_in
        from paraph.config.source import find

        return Registry(disabled=disabled_in(find(self.config_path, os.environ)))

    def client(self) -> Client:
        """Open a client on the configuration; use it in a ``with`` block."""
        return self.open_client(self.config())

    def show(self, document: Any, text: Callable[[], None]) -> None:
        """Write the result: the document with ``--json``, otherwise what ``text`` writes."""
        if self.json:
            output.write_json(document)
        else:
            text()


def _keep(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        setattr(ctx.ensure_object(Session), parameter.name or "", value)


def common(command: CommandT) -> CommandT:
    """Add ``--config`` and ``--json``, which every command takes, before or after its name."""
    command = click.option(
        "--json", is_flag=True, expose_value=False, callback=_keep, help="Write one JSON document."
    )(command)
    return click.option(
        "--config",
        "config_path",
        metavar="FILE",
        expose_value=False,
        callback=_keep,
        help="The configuration, by default paraph.toml.",
    )(command)


def account_option(text: str) -> Callable[[CommandT], CommandT]:
    """Add ``--account`` with this help."""
    return click.option("--account", metavar="NAME", help=text)
