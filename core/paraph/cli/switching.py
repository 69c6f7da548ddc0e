"""``export``, ``import``, ``adopt`` and ``portability``: leaving a store, a system or a vendor."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click

from paraph.cli import output
from paraph.cli.envelope_file import read_envelope
from paraph.cli.following import show_snapshot
from paraph.cli.render import problem_json, to_json
from paraph.cli.sending import require_durable
from paraph.cli.session import Session, account_option, common
from paraph.errors import UsageError
from paraph.exporting import Export, Imported
from paraph.model import summed_paths, summed_up
from paraph.ops.portability import Portability

PERSONAL = (
    "this holds personal data: names, addresses, and reasons that people gave; "
    "it holds no documents' content and no secrets"
)


@click.command("export")
@click.argument("envelope_ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every envelope of the store.")
@click.option("--schema", is_flag=True, help="Only the JSON Schema of such files.")
@account_option("With --all: only those that this account carries.")
@common
@click.pass_context
def export(
    ctx: click.Context, *, envelope_ids: tuple[str, ...], every: bool, schema: bool, account: str | None
) -> None:
    """Write envelopes as neutral JSON, for `paraph import` elsewhere.

    The file holds personal data by necessity. It holds neither the content of documents, whose digests,
    names and paths it has, nor secrets: options that are secret are left out, and named.
    """
    from paraph.convert.exchange import dumps
    from paraph.convert.exchange import schema as described

    if schema:
        output.write_json(described())
        return
    if every == bool(envelope_ids):
        raise UsageError("say which envelopes: ID..., or --all")
    session = ctx.ensure_object(Session)
    unfinished: tuple[str, ...] = ()
    found: tuple[Export, ...]
    with session.client() as client:
        if every:
            exported = client.export_all(account=account)
            found, unfinished = exported.envelopes, exported.unfinished
        else:
            found = tuple(client.export(each) for each in dict.fromkeys(envelope_ids))
    sys.stdout.write(dumps(found, at=datetime.now(UTC)))
    output.note(f"{len(found)} envelope(s); {PERSONAL}")
    for each in found:
        for one in each.walk():
            for path in one.left_out:
                output.note(f"envelope {one.envelope.id}: the option {path} was left out")
    for name in unfinished:
        output.note(f"envelope {name} was left out: its send is not finished (paraph resume {name})")
    if unfinished:
        ctx.exit(1)


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--account",
    "renamed",
    multiple=True,
    metavar="OLD=NEW",
    help="What an account of the file is called here, if not the same; it has to be of the same tenant.",
)
@common
@click.pass_obj
def import_(session: Session, *, file: BinaryIO, renamed: tuple[str, ...]) -> None:
    """Take in the envelopes of FILE (- for standard input), all of them or none. Again changes nothing."""
    accounts = dict(_renamed(each) for each in renamed)
    with session.client() as client:
        require_durable(client)
        imported = client.import_(file.read(), accounts=accounts)
    session.show({"imported": to_json(imported)}, lambda: _show_imported(imported))


def _renamed(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (equals and old and new):
        raise click.BadParameter("write OLD=NEW", param_hint="--account")
    return old, new


def _show_imported(imported: tuple[Imported, ...]) -> None:
    output.write_table(
        ("envelope", "account", "here", "new events"),
        [(each.id, each.account, "new" if each.added else "known", str(each.events)) for each in imported],
    )


@click.command()
@click.argument("account")
@click.argument("vendor_id")
@click.option(
    "--envelope",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An envelope.toml that describes it, if you still have it.",
)
@common
@click.pass_obj
def adopt(session: Session, *, account: str, vendor_id: str, file: Path | None) -> None:
    """Take over the envelope that ACCOUNT's vendor calls VENDOR_ID, and that was made elsewhere."""
    with session.client() as client:
        require_durable(client)
        described = read_envelope(file, session.resolver) if file else None
        show_snapshot(session, client.adopt(account, vendor_id, envelope=described))


@click.command()
@click.argument("envelope", metavar="FILE|ID")
@common
@click.pass_obj
def portability(session: Session, *, envelope: str) -> None:
    """Say what ties the envelope in FILE, or envelope ID of the store, to a vendor. Nobody is asked."""
    file = Path(envelope)
    with session.client() as client:
        asked = read_envelope(file, session.resolver) if file.is_file() else envelope
        report = client.portability(asked)
    session.show(_document(report), lambda: _write(report))


def _document(report: Portability) -> dict[str, object]:
    return {
        "vendors": list(report.vendors),
        "ties": to_json(report.ties),
        "moves": [
            {
                "account": move.account,
                "provider": move.provider,
                "environment": move.environment,
                "possible": move.possible,
                "changes": [problem_json(problem) for problem in move.changes],
            }
            for move in report.moves
        ],
    }


def _write(report: Portability) -> None:
    output.write_table(
        ("asks for", "what", "where", "providers", "accounts"),
        [
            (
                tie.kind.value,
                tie.value,
                ", ".join(summed_paths(tie.paths)),
                ", ".join(tie.providers) or "none",
                ", ".join(tie.accounts) or "none",
            )
            for tie in report.ties
        ],
    )
    output.write_table(
        ("account", "provider", "as it is", "to change"),
        [
            (move.account, move.provider, "yes" if move.possible else "no", str(len(move.changes) or ""))
            for move in report.moves
        ],
        empty="no account is configured",
    )
    for move in report.moves:
        for problem in summed_up(move.changes):
            output.write(f"{move.account}: {problem.severity.value}: {problem}")
    vendors = ", ".join(report.vendors) or "none"
    output.write(f"installed providers that offer everything it asks for: {vendors}")
