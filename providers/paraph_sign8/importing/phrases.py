"""What a name or a path means as a phrase: verbs and nouns, and which operation they make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from paraph_sign8.importing.naming import is_plural, noun_of, verb_of, words_of
from paraph_sign8.importing.vocabulary import Noun, Verb

NEIGHBOURS: Final = 3
"""Words that may make one noun together, such as "signature field"."""

_SHORTEST: Final = 3

_RANK: Final = (
    frozenset({Noun.SIGNATURE, Noun.ANNOTATION}),
    frozenset({Noun.FILE, Noun.SIGNER, Noun.INTERFACE}),
    frozenset({Noun.WORKFLOW}),
)
"""Of "add a signature of a signer to a workflow", the signature is added: the inner thing."""

ADDS: Final = {
    Noun.WORKFLOW: "add_workflow",
    Noun.FILE: "add_file",
    Noun.SIGNER: "add_signer",
    Noun.SIGNATURE: "add_signature",
    Noun.ANNOTATION: "add_annotation",
    Noun.INTERFACE: "create_interface",
}
"""The operation that makes each thing."""


@attrs.frozen
class Phrase:
    """Verbs and nouns in their order; ``plural``: the nouns that name several things."""

    verbs: tuple[Verb, ...] = ()
    nouns: tuple[Noun, ...] = ()
    plural: frozenset[Noun] = frozenset()


def phrase(names: Iterable[str]) -> Phrase:
    """Read names as one phrase."""
    words = [word for name in names for known in words_of(name) for word in _unglued(known)]
    verbs: list[Verb] = []
    nouns: list[Noun] = []
    plural: set[Noun] = set()
    at = 0
    while at < len(words):
        noun, length = _noun_at(words, at)
        verb = verb_of(words[at])
        if noun is not None and (length > 1 or verb is None):
            nouns.append(noun)
            if is_plural("".join(words[at : at + length])):
                plural.add(noun)
            at += length
            continue
        if verb is not None:
            verbs.append(verb)
        at += 1
    return Phrase(tuple(verbs), tuple(nouns), frozenset(plural))


def _noun_at(words: list[str], at: int) -> tuple[Noun | None, int]:
    for length in range(NEIGHBOURS, 0, -1):
        if at + length <= len(words) and (noun := noun_of("".join(words[at : at + length]))):
            return noun, length
    return None, 0


def _unglued(word: str) -> list[str]:
    """Split ``addsigner`` and ``dateihochladen``, as they stand in paths of lower-case letters."""
    if noun_of(word) or verb_of(word):
        return [word]
    for cut in range(_SHORTEST, len(word) - _SHORTEST + 1):
        left, right = word[:cut], word[cut:]
        if (verb_of(left) and noun_of(right)) or (noun_of(left) and verb_of(right)):
            return [left, right]
    return [word]


def meaning(said: Phrase, *, has_id: bool) -> tuple[str, bool]:
    """Return the operation that a phrase names, empty for none, and whether it does so clearly.

    :param has_id: whether the call tells a workflow's id: reading "workflows" with one reads one.
    """
    nouns, verbs = set(said.nouns), set(said.verbs)
    adds = Verb.ADD in verbs
    if Noun.OTHER in nouns or Verb.CHANGE in verbs:
        return "", False
    if Verb.REMIND in verbs:
        return "remind", True
    if Noun.AUDIT in nouns and not adds:
        return "audit_report", True
    if Verb.CANCEL in verbs:
        return ("cancel", True) if nouns <= {Noun.WORKFLOW} else ("", False)
    if Noun.LINK in nouns:
        clear = bool(nouns & {Noun.SIGNER, Noun.SIGNATURE})
        return ("", False) if Noun.FILE in nouns else ("signature_link", clear)
    if Verb.DOWNLOAD in verbs and not adds:
        return ("download", True) if nouns <= {Noun.FILE, Noun.SIGNATURE, Noun.WORKFLOW} else ("", False)
    if adds:
        return _added(said), True
    if Verb.START in verbs:
        return ("start", True) if nouns <= {Noun.WORKFLOW, Noun.SIGNATURE} else ("", False)
    return _read(said, nouns, verbs, has_id=has_id)


def _added(said: Phrase) -> str:
    for rank in _RANK:
        for noun in said.nouns:
            if noun in rank:
                return ADDS[noun]
    return ""


def _read(said: Phrase, nouns: set[Noun], verbs: set[Verb], *, has_id: bool) -> tuple[str, bool]:
    if not (verbs & {Verb.READ, Verb.LIST} or Noun.STATE in nouns):
        return "", False
    about = nouns - {Noun.STATE, Noun.ORGANIZATION}
    if about == {Noun.INTERFACE}:
        return "list_interfaces", True
    if about == {Noun.FILE} and Noun.STATE not in nouns:
        return "download", False
    if about <= {Noun.WORKFLOW}:
        several = Verb.LIST in verbs or Noun.WORKFLOW in said.plural
        clear = bool(about) or Noun.STATE in nouns
        return ("list" if several and not has_id and Noun.STATE not in nouns else "status"), clear
    return "", False
