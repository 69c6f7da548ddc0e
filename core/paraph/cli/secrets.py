"""``secrets``: the vault, an encrypted file beside the configuration (:mod:`paraph.config.vault`)."""

from __future__ import annotations

import os
import sys

import click

from paraph.cli import output
from paraph.cli.session import Session, common
from paraph.config.file import vault_of
from paraph.config.source import find
from paraph.config.vault import Vault
from paraph.errors import UsageError
from paraph.model import Secret


@click.group()
@common
def secrets() -> None:
    """Keep secrets in an encrypted file; accounts name them as vault:NAME."""


@secrets.command("set")
@click.argument("name")
@common
@click.pass_obj
def set_(session: Session, name: str) -> None:
    """Keep a secret under NAME; it is asked for, or read from standard input, never an argument."""
    vault = _vault(session)
    new = vault.set(name, _value(name))
    reference = f"vault:{name}"
    session.show(
        {"name": name, "reference": reference, "new": new},
        lambda: output.write(f"{'kept' if new else 'replaced'}; name it as {reference}"),
    )


@secrets.command("list")
@common
@click.pass_obj
def list_(session: Session) -> None:
    """List the names of all secrets, never a value."""
    names = _vault(session).names()
    session.show({"secrets": list(names)}, lambda: output.write_table(("name",), [(name,) for name in names]))


@secrets.command()
@click.argument("name")
@common
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Forget the secret NAME."""
    vault = _vault(session)
    if not vault.remove(name):
        known = ", ".join(vault.names()) or "nothing"
        raise UsageError(f"the vault has no {name!r}; it has: {known}")
    session.show({"name": name}, lambda: output.write("forgotten"))


@secrets.command()
@common
@click.pass_obj
def rotate(session: Session) -> None:
    """Encrypt all secrets with a new key and forget the old one. Interrupted, run it again."""
    count = _vault(session).rotate()
    session.show({"secrets": count}, lambda: output.write(f"{count} secret(s) are encrypted with a new key"))


def _vault(session: Session) -> Vault:
    return vault_of(find(session.config_path, os.environ))


def _value(name: str) -> Secret:
    if sys.stdin.isatty():
        text: str = click.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True)
    else:
        text = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if not text:
        raise UsageError("an empty secret is none: type it, or give it on standard input")
    return Secret(text)
