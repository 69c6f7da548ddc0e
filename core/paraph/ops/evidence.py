"""``evidence`` and ``save``: typed artefacts, streamed, with a manifest of their digests."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from paraph.errors import NotReady, UnsupportedCapability, UsageError
from paraph.flow.commands import Downloaded, Flow, Sink
from paraph.flow.helpers import call, now, sleep
from paraph.model import Evidence, EvidenceKind, SavedEvidence, Snapshot
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

    :raises UnsupportedCapability: this vendor gives none.
    """
    account, carried = yield from located(kernel, envelope_id)
    provider = _supplier(kernel, account)
    return (yield from under(kernel, account, provider.evidence(carried, account)))


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
    account, carried = yield from located(kernel, envelope_id)
    found, names = yield from _ready(kernel, envelope_id, wanted, document, timeout)
    if not isinstance(target, str | Path):
        if len(found) != 1:
            keys = ", ".join(each.key for each in found)
            msg = f"one file object takes one artefact; choose with kinds= and document= among: {keys}"
            raise UsageError(msg)
        return ((yield from _fetch(kernel, account, carried, found[0], target, None)),)
    directory = Path(target)
    yield from call(_make_directory, directory)
    saved: list[SavedEvidence] = []
    for item in found:
        try:
            path = directory / names[item.key]
            saved.append((yield from _fetch_to_file(kernel, account, carried, item, path)))
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
) -> Flow[tuple[tuple[Evidence, ...], dict[str, str]]]:
    """Wait for the artefacts that are asked for; return them, and file names of all by key."""
    started = yield from now()
    while True:
        everything = yield from evidence(kernel, envelope_id)
        found = tuple(
            item
            for item in everything
            if (wanted is None or item.kind in wanted) and document in {None, item.document_id}
        )
        missing = (wanted or frozenset()) - {item.kind for item in found}
        if found and not missing:
            return found, file_names(everything)
        if ((yield from now()) - started).total_seconds() >= timeout:
            names = ", ".join(sorted(missing)) or "evidence"
            msg = f"envelope {envelope_id!r}: the vendor has not made {names} within {timeout:g} s"
            raise NotReady(msg)
        yield from sleep(PAUSE)


class FileSink:
    """A file that appears under its name only when it is complete.

    Theory. Under asyncio each call runs in a thread, and a cancelled task abandons that thread, not
    the call in it. So nothing is opened before the owner can :meth:`discard`, a lock orders discarding
    and a late call, and a call that comes after it finds the sink ended.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._file: BinaryIO | None = None
        self._ended = False
        self._lock = threading.Lock()

    def write(self, data: bytes, /) -> int:
        """Append. :raises ValueError: it was discarded."""
        with self._lock:
            return self._opened().write(data)

    def commit(self) -> None:
        """Make it durable and give it its name. :raises ValueError: it was discarded."""
        with self._lock:
            file = self._opened()
            file.flush()
            os.fsync(file.fileno())
            file.close()
            self._part.replace(self.path)
            self._ended = True

    def discard(self) -> None:
        """Remove what is not committed; harmless afterwards."""
        with self._lock:
            self._ended = True
            if self._file is not None:
                self._file.close()
                self._part.unlink(missing_ok=True)

    def _opened(self) -> BinaryIO:
        if self._ended:
            msg = "this file was committed or discarded"
            raise ValueError(msg)
        if self._file is None:
            self._file = self._part.open("xb")
        return self._file


def _fetch_to_file(
    kernel: Kernel, account: Account[Any], carried: Carried, item: Evidence, path: Path
) -> Flow[SavedEvidence]:
    sink = FileSink(path)
    try:
        saved = yield from _fetch(kernel, account, carried, item, sink, str(path))
        yield from call(sink.commit)
    finally:
        sink.discard()
    return saved


def _fetch(
    kernel: Kernel, account: Account[Any], carried: Carried, item: Evidence, sink: Sink, path: str | None
) -> Flow[SavedEvidence]:
    flow = _supplier(kernel, account).fetch(item, carried, account, sink)
    result: Downloaded = yield from under(kernel, account, flow)
    at = yield from now()
    filled = attrs.evolve(item, sha256=result.sha256, size=result.size)
    return SavedEvidence(evidence=filled, path=path, sha256=result.sha256, size=result.size, fetched_at=at)


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
