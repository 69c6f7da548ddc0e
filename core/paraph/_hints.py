"""The sentence "did you mean …?", the same wherever a name is not known."""

from __future__ import annotations

from collections.abc import Iterable

CUTOFF = 0.6
"""How alike two names have to be (0 to 1) before one is offered for the other."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like ``word``, or ``None`` if none is close."""
    import difflib  # only what is wrong needs it

    found = difflib.get_close_matches(word, sorted(known), n=1, cutoff=CUTOFF)
    return found[0] if found else None


def suggestion(word: str, known: Iterable[str], *, what: str = "known") -> str:
    """Say the nearest name if there is one, otherwise every known one."""
    names = sorted(known)
    near = nearest(word, names)
    if near is not None:
        return f"did you mean {near!r}?"
    return f"{what}: {', '.join(names) or 'none'}"
