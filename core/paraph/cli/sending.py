"""``check``, ``send`` and ``resume``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from paraph.cli import output
from paraph.cli.envelope_file import read_envelope
from paraph.cli.following import show_snapshot
from paraph.cli.naming import is_named, unnamed
from paraph.cli.rehearsing import default_json, rehearsal_json, show_check, show_rehearsal
from paraph.cli.render import problem_json
from paraph.cli.session import CommandT, Session, account_option, common
from paraph.errors import ConfigurationError, ParaphError, UnknownEnvelope, UsageError
from paraph.model import (
    Assurance,
    DeliveryBy,
    Document,
    Envelope,
    Level,
    Policy,
    Problem,
    Signatory,
    summed_up,
)

if TYPE_CHECKING:
    from paraph.client import Client
    from paraph.ops.rehearse import Rehearsal

TOML = ".toml"


def _envelope_arguments(command: CommandT) -> CommandT:
    """Add the ways to say what to send."""
    options = (
        click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option("--to", "to", multiple=True, metavar="'NAME <ADDRESS>'", help="A signatory of a PDF."),
        click.option("--title", help="The title of a PDF's envelope, by default the file's name."),
        click.option("--link", is_flag=True, help="Hand links over yourself; the vendor writes to nobody."),
        click.option("--level", metavar="LEVEL", help="SES, AES, AES_QC or QES, for a PDF."),
        account_option("The account that carries it, by default the configured default."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _envelope(
    session: Session,
    file: Path,
    *,
    to: tuple[str, ...],
    title: str | None,
    level: str | None,
    link: bool,
) -> Envelope:
    if file.suffix.lower() == TOML:
        if to or title or level or link:
            raise click.UsageError(
                f"--to, --title, --level and --link are for a PDF; {file.name} says it all"
            )
        return read_envelope(file, session.resolver)
    if not to:
        raise click.UsageError("a PDF needs at least one signatory: --to 'Ada Lovelace <ada@example.org>'")
    delivery = DeliveryBy.LINK if link else DeliveryBy.EMAIL
    try:
        signatories = [Signatory.parse(mailbox, delivery=delivery) for mailbox in to]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--to") from None
    try:
        assurance = Assurance(level=Level.parse(level)) if level else Assurance()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--level") from None
    return Envelope(
        title=title or file.stem,
        documents=[Document.from_path(file)],
        signatories=signatories,
        assurance=assurance,
    )


_policy_option = click.option(
    "--policy",
    type=click.Choice([each.value for each in Policy]),
    help="How strictly the request is taken, in place of the account's own policy.",
)


@click.command()
@_envelope_arguments
@_policy_option
@click.option("--live", is_flag=True, help="Also ask the vendor; nothing is changed there.")
@common
@click.pass_context
def check(
    ctx: click.Context,
    *,
    file: Path,
    to: tuple[str, ...],
    title: str | None,
    level: str | None,
    account: str | None,
    link: bool,
    policy: str | None,
    live: bool,
) -> None:
    """Say what is against sending FILE: an envelope.toml, or a PDF with --to. Nothing is sent."""
    session = ctx.ensure_object(Session)
    envelope = _envelope(session, file, to=to, title=title, level=level, link=link)
    with session.client() as client:
        found = client.preview(envelope, account=account, live=live, policy=policy)
        found = _warned(client, found, file, envelope, account)
    session.show(
        {
            "refused": not found.possible,
            "account": found.account,
            "why": found.why,
            "passed": {name: list(codes) for name, codes in found.passed.items()},
            "pinned": found.pinned is not None,
            "problems": [problem_json(problem) for problem in found.problems],
            "defaults": [default_json(default) for default in found.defaults],
        },
        lambda: show_check(found),
    )
    if not found.possible:
        ctx.exit(3)


def _warned(
    client: Client, found: Rehearsal, file: Path, envelope: Envelope, account: str | None
) -> Rehearsal:
    """Add a warning if chance decides, and the envelope has no name."""
    if account is not None or found.pinned is not None or is_named(file) or not client.config.routes:
        return found
    return attrs.evolve(found, problems=(*unnamed(file, client.route(envelope)), *found.problems))


@click.command()
@_envelope_arguments
@_policy_option
@click.option("--dry-run", is_flag=True, help="Show each request that would be made; send nothing.")
@click.option("--live", is_flag=True, help="With --dry-run: also ask the vendor, with reads only.")
@click.option("--personal", is_flag=True, help="With --dry-run: show names, addresses and texts, too.")
@click.option("--full", is_flag=True, help="With --dry-run: show headers and bodies of the requests, too.")
@common
@click.pass_context
def send(
    ctx: click.Context,
    *,
    file: Path,
    to: tuple[str, ...],
    title: str | None,
    level: str | None,
    account: str | None,
    link: bool,
    policy: str | None,
    dry_run: bool,
    live: bool,
    personal: bool,
    full: bool,
) -> None:
    """Send FILE: an envelope.toml, or a PDF with --to."""
    if (live or personal or full) and not dry_run:
        raise click.UsageError("--live, --personal and --full are for --dry-run")
    session = ctx.ensure_object(Session)
    envelope = _envelope(session, file, to=to, title=title, level=level, link=link)
    if dry_run:
        with session.client() as client:
            found = client.dry_run(envelope, account=account, live=live, policy=policy, personal=personal)
            found = _warned(client, found, file, envelope, account)
        session.show(rehearsal_json(found), lambda: show_rehearsal(found, full=full))
        if not found.possible or not found.complete:
            ctx.exit(1 if found.possible else 3)
        return
    with session.client() as client:
        require_durable(client)
        if not session.json:
            output.note(f"sending envelope {envelope.id}")
        for problem in summed_up(client.check(envelope, account=account, policy=policy)):
            if not problem.blocking:
                output.note(f"{problem.severity.value}: {problem}")
        try:
            snapshot = client.send(envelope, account=account, policy=policy)
        except (ParaphError, KeyboardInterrupt):
            # Only what is in the store can be resumed; before that, sending again is the way.
            session.envelope_id = envelope.id if _is_stored(client, envelope.id) else None
            raise
        show_snapshot(session, snapshot)


def _is_stored(client: Client, envelope_id: str) -> bool:
    try:
        client.get(envelope_id)
    except UnknownEnvelope:
        return False
    return True


@click.command()
@click.argument("envelope_id", metavar="ID")
@common
@click.pass_obj
def resume(session: Session, envelope_id: str) -> None:
    """Go on with the send of envelope ID that was interrupted; nothing is ever sent twice."""
    with session.client() as client:
        require_durable(client)
        session.envelope_id = envelope_id
        show_snapshot(session, client.resume(envelope_id))


@click.command()
@click.argument("envelope_id", metavar="ID")
@click.argument("step")
@click.option("--happened", "result", is_flag=False, flag_value="", help="It did, and made this vendor id.")
@click.option("--not-happened", is_flag=True, help="The vendor shows nothing of it.")
@common
@click.pass_obj
def settle(session: Session, *, envelope_id: str, step: str, result: str | None, not_happened: bool) -> None:
    """Say what became of STEP of envelope ID, which a lost answer left in doubt; then go on with the send.

    Look at the vendor's pages first. --happened takes the vendor's id of what the step made, if it made
    something.
    """
    if (result is not None) == not_happened:
        raise UsageError("say either --happened [VENDOR_ID] or --not-happened")
    with session.client() as client:
        require_durable(client)
        session.envelope_id = envelope_id
        client.settle(envelope_id, step, happened=not not_happened, result=result or None)
        show_snapshot(session, client.resume(envelope_id))


def require_durable(client: Client) -> None:
    """Refuse a store that ends with this process: what was sent would be forgotten at once."""
    if client.store.durable:
        return
    problem = Problem(
        path="store.url",
        code="store.not_durable",
        message="the store ends with this command, so that nothing could be followed or resumed",
        hint='add to the configuration: [store] url = "sqlite:///paraph.db"',
    )
    raise ConfigurationError("sending from the command line needs a durable store", [problem])
