"""Where a structure was wrong, and never what stood there."""

from __future__ import annotations

from collections.abc import Iterator

from cattrs import AttributeValidationNote, BaseValidationError, IterableValidationNote

MOST = 8
"""Paths in one message; a wholly different answer would fill pages otherwise."""


def wrong_paths(error: BaseException) -> tuple[str, ...]:
    """List the paths that did not fit, by the names of our classes, such as ``$.signers[0].signer_id``.

    Keys of free mappings are shown as ``[*]``: they may be data.
    """
    return tuple(dict.fromkeys(_walk(error, "$")))[:MOST]


def _walk(error: BaseException, path: str) -> Iterator[str]:
    if not isinstance(error, BaseValidationError):
        yield path
        return
    for inner in error.exceptions:
        yield from _walk(inner, path + _place(inner))


def _place(error: BaseException) -> str:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return f".{note.name}"
        if isinstance(note, IterableValidationNote):
            return f"[{note.index}]" if isinstance(note.index, int) else "[*]"
    return ""
