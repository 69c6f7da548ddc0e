"""The folder that a demo writes to: its own, or nobody's.

A folder with other people's files in it is refused. A folder of an earlier demo has a mark, and
what that demo made in it is removed: the store, and the files that its manifests name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from paraph.errors import UsageError

MARK = ".paraph-demo"
STORE = "demo.db"
MANIFEST = "manifest.json"
_MADE = (STORE, f"{STORE}-wal", f"{STORE}-shm")
_WORDS = "Made by `paraph demo`, which removes its own files here when it runs again.\n"


def prepare(folder: Path) -> None:
    """Make the folder, or empty it of what an earlier demo made.

    :raises UsageError: it belongs to somebody else, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mark = folder / MARK
        if not mark.is_file():
            if any(folder.iterdir()):
                raise UsageError(f"{folder} holds files that no demo made; name another with --output")
            mark.write_text(_WORDS)
        for path in (*(folder / name for name in _MADE), *_evidence(folder)):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be used: {error.strerror}; name another with --output") from None


def _evidence(folder: Path) -> Iterator[Path]:
    """Find what was saved, here and in the folders of single accounts."""
    for manifest in (folder / MANIFEST, *folder.glob(f"*/{MANIFEST}")):
        for name in _named(manifest):
            if Path(name).name == name and not manifest.with_name(name).is_symlink():
                yield manifest.with_name(name)
        yield manifest


def _named(manifest: Path) -> tuple[str, ...]:
    try:
        entries = json.loads(manifest.read_text())["evidence"]
        return tuple(each["file"] for each in entries if isinstance(each["file"], str) and each["file"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return ()
