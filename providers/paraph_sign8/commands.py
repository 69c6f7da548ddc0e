"""``paraph sign8 dialect show`` and ``paraph sign8 import``: what SIGN8's API looks like, and learning it.

Exit codes of ``import``: 0 the file is written and can be used; 1 it is written, but an operation without
which nothing can be sent was not found; 2 nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from paraph.cli import output
from paraph.cli.session import Session, account_option, common
from paraph.errors import ConfigurationError, UnknownAccount

if TYPE_CHECKING:
    from paraph_sign8.dialect import Dialect
    from paraph_sign8.showing import Table

OUTPUT: Final = "dialect.toml"
PROVIDER: Final = "sign8"
_FILE: Final = click.Path(path_type=Path)


@click.group()
@common
def sign8() -> None:
    """Learn and show what SIGN8's API looks like; needs no account."""


@sign8.group()
@common
def dialect() -> None:
    """Paths, names and words of SIGN8's API."""


@dialect.command()
@click.argument("file", required=False, type=_FILE)
@click.option("--base", metavar="NAME", help="A shipped dialect: default or simulator.")
@account_option("The dialect of this configured account.")
@click.option("--unset", is_flag=True, help="Also list what is not set.")
@common
@click.pass_obj
def show(session: Session, *, file: Path | None, base: str | None, account: str | None, unset: bool) -> None:
    """Show the dialect in FILE, or the shipped one, and how far each part of it is known.

    confirmed: SIGN8 has published it. configured: the file or account says so. assumed: a guess, which an
    account in production refuses.
    """
    from paraph_sign8 import showing
    from paraph_sign8.dialect import SHIPPED, load, shipped

    if sum(each is not None for each in (file, base, account)) > 1:
        raise click.UsageError("give one of FILE, --base and --account")
    if account is not None:
        spoken, name = _of_account(session, account), f"of the account {account!r}"
    elif file is not None and (file.exists() or str(file) not in SHIPPED):
        spoken, name = load(file), f"in {file}"
    else:
        chosen = base or str(file or SHIPPED[0])
        spoken, name = shipped(chosen), f"{chosen!r}, as shipped"
    session.show(showing.as_json(spoken, name), lambda: _write(showing.as_text(spoken, name, unset=unset)))


def _write(parts: Iterable[str | Table]) -> None:
    for part in parts:
        if isinstance(part, str):
            output.write(part)
        else:
            output.write_table(part.columns, part.rows)


def _of_account(session: Session, name: str) -> Dialect:
    """Return the dialect of a configured account; its secrets are not read."""
    from paraph_sign8.dialect import load, parse, shipped

    config = session.config()
    described = config.accounts.get(name)
    if described is None:
        known = ", ".join(sorted(config.accounts)) or "none"
        raise UnknownAccount(f"no account {name!r} is configured; configured: {known}")
    if described.provider != PROVIDER:
        raise ConfigurationError(f"the account {name!r} is of {described.provider!r}, which has no dialect")
    given = described.options.get("dialect")
    if given is None:
        return shipped("default")
    what = f"accounts.{name}.dialect"
    return (
        parse(given, what=what) if isinstance(given, Mapping) else load(config.source.directory / str(given))
    )


@sign8.command("import")
@click.argument("file", type=_FILE)
@click.option("--output", "target", type=_FILE, default=OUTPUT, show_default=True, metavar="FILE")
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
@common
@click.pass_context
def import_(ctx: click.Context, *, file: Path, target: Path, force: bool) -> None:
    """Make a dialect out of FILE: a Postman collection (v2.1) or an OpenAPI description (3.0, 3.1).

    Prints what was placed, guessed, not found and ignored. Every guess is marked in the output file.
    Exit code 1: the file is written, but an operation without which nothing can be sent was not found.
    """
    from paraph_sign8.importing import import_file, report

    session = ctx.ensure_object(Session)
    if target.exists() and not force:
        raise ConfigurationError(f"{target} exists; --force replaces it, --output names another file")
    imported = import_file(file)
    try:
        with target.open("w" if force else "x", encoding="utf-8") as written:
            written.write(imported.text)
    except OSError as error:
        raise ConfigurationError(f"{target}: {error.strerror or 'cannot be written'}") from None
    session.show(report.as_json(imported, target), lambda: _write(report.as_text(imported, target)))
    ctx.exit(1 if imported.missing else 0)
