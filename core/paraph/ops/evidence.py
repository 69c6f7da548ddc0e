"""``evidence`` and ``save``: typed artefacts, streamed, with a manifest of their digests."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from paraph.errors import MalformedResponse, NotReady, UnsupportedCapability, UsageError
from paraph.flow.commands import Downloaded, Flow, Sink
from paraph.flow.files import FileSink
from paraph.flow.helpers import call, now, sleep
from paraph.flow.retry import retrying
from paraph.model import Decision, Evidence, EvidenceKind, SavedEvidence, Snapshot
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel
from paraph.ops.look import located
from paraph.ops.observe import project
from paraph.provider.account import Account, Carried
from paraph.provider.protocol import SuppliesEvidence

MANIFEST = "manifest.json"
PAUSE = 0.5
"""Seconds between two looks while evidence is being made."""


def evidence(kernel: Kernel, envelope_id: str) -> Flow[tuple[Evidence, ...]]:
    """Return the artefacts that can be fetched now.

    Those of children belong to their parent as well, the children's signatories in front of key and name.

    :raises UnsupportedCapability: this vendor gives none.
    """
    found = yield from _artefacts(kernel, envelope_id)
    return tuple(each.shown for each in found)


@attrs.frozen(kw_only=True)
class _Artefact:
    """An artefact as it is shown, and as the provider lists it for whom it belongs to."""

    shown: Evidence
    listed: Evidence
    account: Account[Any]
    carried: Carried


def _artefacts(kernel: Kernel, envelope_id: str) -> Flow[tuple[_Artefact, ...]]:
    account, carried = yield from located(kernel, envelope_id)
    provider = _supplier(kernel, account)
    snapshot = yield from project(kernel, envelope_id)
    if not snapshot.children:
        listed = yield from under(kernel, account, provider.evidence(carried, account))
        return tuple(_Artefact(shown=each, listed=each, account=account, carried=carried) for each in listed)
    found: list[_Artefact] = []
    for child in snapshot.children:
        whose = "-".join(person.id for person in (yield from project(kernel, child)).signatories)
        for each in (yield from _artefacts(kernel, child)):
            shown = attrs.evolve(
                each.shown, key=f"{whose}/{each.shown.key}", name=f"{whose}-{each.shown.name}"
            )
            found.append(attrs.evolve(each, shown=shown))
    return tuple(found)


def save(
    kernel: Kernel,
    envelope_id: str,
    target: str | Path | BinaryIO,
    *,
    kinds: Iterable[EvidenceKind | str] | None = None,
    document: str | None = None,
    timeout: float = 60.0,
) -> Flow[tuple[SavedEvidence, ...]]:
    """Stream evidence into a directory, with a manifest, or one artefact into a binary file object.

    A file appears under its name only when it is complete. Saving again replaces it. Artefacts
    whose names are equal are numbered: ``contract.pdf``, ``contract-2.pdf``.

    :param kinds: only these kinds; all that the vendor has made if ``None``.
    :param document: only what belongs to the document with this local id.
    :param timeout: seconds to wait until the vendor has made it.
    :raises NotReady: it was not made in time. :raises UsageError: a file object and several artefacts.
    """
    wanted = None if kinds is None else frozenset(EvidenceKind(kind) for kind in kinds)
    found, names = yield from _ready(kernel, envelope_id, wanted, document, timeout)
    if not isinstance(target, str | Path):
        if len(found) != 1:
            keys = ", ".join(each.shown.key for each in found)
            msg = f"one file object takes one artefact; choose with kinds= and document= among: {keys}"
            raise UsageError(msg)
        return ((yield from _fetch(kernel, found[0], target, None)),)
    directory = Path(target)
    yield from call(_make_directory, directory)
    saved: list[SavedEvidence] = []
    for item in found:
        try:
            path = directory / names[item.shown.key]
            saved.append((yield from _fetch_to_file(kernel, item, path)))
        except NotReady:
            # Listed, but not made: a vendor that makes some kinds on demand never makes them otherwise.
            if wanted is not None or (item is found[-1] and not saved):
                raise
    snapshot = yield from project(kernel, envelope_id)
    saved.append((yield from _write_manifest(kernel, snapshot, saved, directory)))
    return tuple(saved)


def _ready(
    kernel: Kernel,
    envelope_id: str,
    wanted: frozenset[EvidenceKind] | None,
    document: str | None,
    timeout: float,
) -> Flow[tuple[tuple[_Artefact, ...], dict[str, str]]]:
    """Wait for the artefacts that are asked for; return them, and file names of all by key."""
    started = yield from now()
    while True:
        everything = yield from _artefacts(kernel, envelope_id)
        found = tuple(
            item
            for item in everything
            if (wanted is None or item.shown.kind in wanted) and document in {None, item.shown.document_id}
        )
        missing = (wanted or frozenset()) - {item.shown.kind for item in found}
        due = yield from _due(kernel, envelope_id, frozenset(item.carried.envelope.id for item in found))
        if found and not missing and not due:
            return found, file_names(item.shown for item in everything)
        if ((yield from now()) - started).total_seconds() >= timeout:
            names = ", ".join(sorted(missing)) or "evidence"
            whose = f" of {', '.join(due)}; save the other children's from their own ids" if due else ""
            msg = f"envelope {envelope_id!r}: the vendor has not made {names} within {timeout:g} s{whose}"
            raise NotReady(msg)
        yield from sleep(PAUSE)


def _due(kernel: Kernel, envelope_id: str, having: frozenset[str]) -> Flow[tuple[str, ...]]:
    """Return the signers of a parent whose children have no evidence yet, so that no part passes for all.

    A child that has ended without anybody's decision gives none.

    :param having: ids of the envelopes that have some.
    """
    snapshot = yield from project(kernel, envelope_id)
    if not snapshot.children:
        return ()
    _, carried = yield from located(kernel, envelope_id)
    waits = {person.id: True for person in carried.envelope.signers}
    for child in snapshot.children:
        shown = yield from project(kernel, child)
        decided = any(person.decision is not Decision.NONE for person in shown.signatories)
        over = child in having or bool(shown.children) or (shown.ended and not decided)
        waits |= {person.id: not over for person in shown.signatories}
        waits |= dict.fromkeys((yield from _due(kernel, child, having)), True)
    return tuple(person for person, waiting in waits.items() if waiting)


def _fetch_to_file(kernel: Kernel, item: _Artefact, path: Path) -> Flow[SavedEvidence]:
    """Save one artefact; a download that breaks off is begun anew, with a new file."""
    return (yield from retrying(lambda: _fetch_once(kernel, item, path)))


def _fetch_once(kernel: Kernel, item: _Artefact, path: Path) -> Flow[SavedEvidence]:
    sink = FileSink(path)
    try:
        saved = yield from _fetch(kernel, item, sink, str(path))
        yield from call(sink.commit)
    finally:
        sink.discard()
    return saved


def _fetch(kernel: Kernel, item: _Artefact, sink: Sink, path: str | None) -> Flow[SavedEvidence]:
    flow = _supplier(kernel, item.account).fetch(item.listed, item.carried, item.account, sink)
    result: Downloaded = yield from under(kernel, item.account, flow)
    if item.shown.kind is EvidenceKind.SIGNED_DOCUMENT and result.sha256 in _originals(item.carried):
        raise MalformedResponse(
            f"the vendor gave the unsigned original where {item.shown.key} was asked for",
            account=item.account.name,
        )
    at = yield from now()
    filled = attrs.evolve(item.shown, sha256=result.sha256, size=result.size)
    return SavedEvidence(evidence=filled, path=path, sha256=result.sha256, size=result.size, fetched_at=at)


def _originals(carried: Carried) -> frozenset[str]:
    """Return the digests of what was given to be signed: none of it is a signed document."""
    return frozenset(document.sha256 for document in carried.envelope.documents if document.sha256)


def _write_manifest(
    kernel: Kernel, snapshot: Snapshot, saved: list[SavedEvidence], directory: Path
) -> Flow[SavedEvidence]:
    at = yield from now()
    envelope = yield from call(_stored_documents, kernel, snapshot.id)
    text = manifest(snapshot, saved, envelope, at)
    path = directory / MANIFEST
    yield from call(_write_text, path, text)
    content = text.encode()
    item = Evidence(
        key="manifest", kind=EvidenceKind.MANIFEST, name=MANIFEST, media_type="application/json", signed=False
    )
    digest = hashlib.sha256(content).hexdigest()
    return SavedEvidence(evidence=item, path=str(path), sha256=digest, size=len(content), fetched_at=at)


def manifest(snapshot: Snapshot, saved: list[SavedEvidence], originals: dict[str, str], at: datetime) -> str:
    """Write the manifest: what was fetched from where, with SHA-256 in hex, as JSON."""
    body = {
        "manifest": 1,
        "made_at": at.isoformat(),
        "envelope": {
            "id": snapshot.id,
            "reference": snapshot.reference,
            "account": snapshot.account,
            "provider": snapshot.provider,
            "environment": snapshot.environment,
            "vendor_ref": snapshot.vendor_ref,
            "lifecycle": snapshot.lifecycle.value,
        },
        "originals": [{"document": key, "sha256": value} for key, value in sorted(originals.items())],
        "evidence": [
            {
                "file": Path(each.path).name if each.path else None,
                "kind": each.evidence.kind.value,
                "document": each.evidence.document_id,
                "native": each.evidence.native,
                "media_type": each.evidence.media_type,
                "signed": each.evidence.signed,
                "sha256": each.sha256,
                "size": each.size,
                "fetched_at": each.fetched_at.isoformat(),
            }
            for each in saved
        ],
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _stored_documents(kernel: Kernel, envelope_id: str) -> dict[str, str]:
    from paraph.ops.kernel import must_find

    with kernel.store.begin() as tx:
        record = must_find(tx, envelope_id)
    return {document.id: document.sha256 for document in kernel.load(record).documents}


def _make_directory(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)


def _write_text(path: Path, text: str) -> None:
    sink = FileSink(path)
    try:
        sink.write(text.encode())
        sink.commit()
    finally:
        sink.discard()


def safe_name(name: str) -> str:
    """Make a file name of a label: no folders, no control characters, not hidden, at most 120 characters."""
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")
    return kept[-120:] or "evidence"


def file_names(items: Iterable[Evidence]) -> dict[str, str]:
    """Give each artefact, by its key, a file name of its own, also where case makes no difference."""
    taken = {MANIFEST}
    names: dict[str, str] = {}
    for item in items:
        first = Path(safe_name(item.name))
        name, number = first.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{first.stem}-{number}{first.suffix}"
        taken.add(name.casefold())
        names[item.key] = name
    return names


def _supplier(kernel: Kernel, account: Account[Any]) -> SuppliesEvidence:
    provider = kernel.provider(account)
    if not isinstance(provider, SuppliesEvidence):
        raise UnsupportedCapability(account=account.name, provider=account.provider, capability="evidence")
    return provider
