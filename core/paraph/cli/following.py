"""``status``, ``events``, ``evidence``, ``link`` and ``cancel``: what became of an envelope."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from paraph.cli import output
from paraph.cli.render import moment, to_json
from paraph.cli.session import Session, account_option, common
from paraph.errors import NotReady, UnsupportedCapability
from paraph.model import Decision, Event, Evidence, SavedEvidence, SignatoryState, Snapshot

if TYPE_CHECKING:
    from paraph.client import Client
    from paraph.ops.decisions import Decided

envelope_argument = click.argument("envelope_id", metavar="ID")


def show_snapshot(session: Session, snapshot: Snapshot, decided: tuple[Decided, ...] = ()) -> None:
    """Write where an envelope stands, by local ids.

    :param decided: why it is with its account, where that is to be shown, too.
    """

    def text() -> None:
        ending = snapshot.ending
        output.write_pairs(
            [
                ("envelope", snapshot.id),
                ("reference", snapshot.reference),
                ("account", f"{snapshot.account} ({snapshot.provider}, {snapshot.environment})"),
                ("attempt", str(snapshot.attempt) if snapshot.attempt > 1 else ""),
                ("state", snapshot.lifecycle.value),
                ("ended", moment(ending.at) if ending else ""),
                ("partially signed", "yes" if snapshot.partially_signed else ""),
                ("at the vendor", snapshot.vendor_ref or ""),
                ("vendor's words", ", ".join(snapshot.native)),
                ("evidence", ", ".join(snapshot.evidence_ready)),
                ("made of", snapshot.parent or ""),
                ("made into", ", ".join(snapshot.children)),
            ]
        )
        for each in snapshot.attention:
            output.write(f"attention: {each.message} [{each.code}]")
        for line in (line for one in decided for line in _why(one)):
            output.write(line)
        output.write_table(
            ("signatory", "turn", "delivery", "activity", "decision", "at"),
            [_signatory(state) for state in snapshot.signatories],
            empty="no signatory is known yet",
        )

    document = {"envelope": to_json(snapshot)}
    session.show({**document, "decisions": to_json(decided)} if decided else document, text)


def _why(decided: Decided) -> list[str]:
    """Say why an attempt went through its account, where a rule or a failure decided."""
    lines = []
    if decided.route is not None:
        lines.append(f"attempt {decided.attempt}: {decided.account} by route {decided.route!r}")
    lines += [f"  {name} was passed over: {', '.join(codes)}" for name, codes in decided.passed.items()]
    lines += [f"  {name} was left: {error}" for name, error in decided.failed.items()]
    if decided.stayed:
        lines.append(f"  it stayed with {decided.account}: {decided.stayed}")
    return lines


def _signatory(state: SignatoryState) -> tuple[str, ...]:
    return (
        state.id,
        state.turn.value,
        state.delivery.value,
        state.activity.value,
        state.decision.value,
        moment(state.decided_at),
    )


@click.command()
@click.argument("envelope_id", metavar="[ID]", required=False)
@click.option("--stored", is_flag=True, help="Only what this store knows; the vendor is not asked.")
@click.option("--reference", help="Without ID: only those with this reference of yours.")
@account_option("Only of this account.")
@common
@click.pass_obj
def status(
    session: Session, *, envelope_id: str | None, stored: bool, reference: str | None, account: str | None
) -> None:
    """Show where envelope ID stands, asking the vendor where it can be asked.

    Without ID, list the newest envelopes of the store.
    """
    with session.client() as client:
        if envelope_id is None:
            found = client.envelopes(account=account, reference=reference)
            session.show({"envelopes": to_json(found)}, lambda: _show_list(found))
            return
        snapshot = client.get(envelope_id) if stored else _read(client, envelope_id)
        decided = client.decisions(envelope_id)
    show_snapshot(session, snapshot, decided)


def _read(client: Client, envelope_id: str) -> Snapshot:
    """Ask the vendor; where it cannot be asked (yet), the store knows as much as anybody."""
    try:
        return client.refresh(envelope_id)
    except (UnsupportedCapability, NotReady):
        return client.get(envelope_id)


def _show_list(found: tuple[Snapshot, ...]) -> None:
    output.write_table(
        ("envelope", "reference", "account", "state", "decided"),
        [(each.id, each.reference, each.account, each.lifecycle.value, _decided(each)) for each in found],
    )


def _decided(snapshot: Snapshot) -> str:
    """Say how many signatories have signed, approved or refused."""
    decided = sum(person.decision is not Decision.NONE for person in snapshot.signatories)
    return f"{decided} of {len(snapshot.signatories)}"


@click.command()
@click.argument("envelope_id", metavar="[ID]", required=False)
@click.option("--after", type=click.IntRange(min=0), default=0, help="Only those with a higher number.")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True, help="At most so many.")
@account_option("Only of this account.")
@common
@click.pass_obj
def events(session: Session, envelope_id: str | None, after: int, limit: int, account: str | None) -> None:
    """List what became known of envelope ID, or of everything, in the order of arrival."""
    with session.client() as client:
        found = client.events(envelope_id, account=account, after=after, limit=limit)
    session.show(
        {"events": to_json(found)},
        lambda: output.write_table(
            ("number", "known", "happened", "event", "envelope", "signatory", "document", "vendor's words"),
            [_event(event) for event in found],
        ),
    )


def _what(event: Event) -> str:
    """Name an event, with what takes from its weight."""
    marks = [word for word in ("inferred", "superseded") if getattr(event, word)]
    return f"{event.type.value} ({', '.join(marks)})" if marks else event.type.value


def _event(event: Event) -> tuple[str, ...]:
    return (
        str(event.sequence),
        moment(event.recorded_at),
        moment(event.at),
        _what(event),
        event.envelope_id or "",
        event.signatory_id or "",
        event.document_id or "",
        ", ".join(event.native),
    )


@click.command()
@envelope_argument
@click.option("--save", "directory", type=click.Path(file_okay=False, path_type=Path), help="Write it there.")
@common
@click.pass_obj
def evidence(session: Session, envelope_id: str, directory: Path | None) -> None:
    """List the evidence of envelope ID that can be fetched, or save it with a manifest of its digests."""
    with session.client() as client:
        if directory is None:
            found = client.evidence(envelope_id)
            session.show({"evidence": to_json(found)}, lambda: _show_evidence(found))
        else:
            saved = client.save(envelope_id, directory)
            session.show({"saved": to_json(saved)}, lambda: _show_saved(saved))


def _show_evidence(found: tuple[Evidence, ...]) -> None:
    output.write_table(
        ("kind", "document", "name", "type"),
        [(each.kind.value, each.document_id or "", each.name, each.media_type) for each in found],
    )


def _show_saved(saved: tuple[SavedEvidence, ...]) -> None:
    output.write_table(
        ("kind", "bytes", "sha256", "path"),
        [(each.evidence.kind.value, str(each.size), each.sha256, each.path or "") for each in saved],
    )


@click.command()
@envelope_argument
@click.argument("signatory_id", metavar="SIGNATORY")
@common
@click.pass_obj
def link(session: Session, envelope_id: str, signatory_id: str) -> None:
    """Print SIGNATORY's link to the signing page. Whoever has it can act as the signatory."""
    with session.client() as client:
        found = client.signing_link(envelope_id, signatory_id)
    document = {
        "signatory": found.signatory_id,
        "url": found.url.reveal(),
        "expires_at": to_json(found.expires_at),
    }
    session.show({"link": document}, lambda: output.write(found.url.reveal()))


@click.command()
@envelope_argument
@click.option("--reason", default="", help="Told to the vendor where it takes one.")
@common
@click.pass_obj
def cancel(session: Session, envelope_id: str, reason: str) -> None:
    """End envelope ID; one that has ended already stays as it is."""
    with session.client() as client:
        snapshot = client.cancel(envelope_id, reason=reason)
    show_snapshot(session, snapshot)
