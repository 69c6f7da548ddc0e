"""Names as words: ``signerEMail`` and ``Unterzeichner-E-Mail`` are compared by what they say."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final

from paraph_sign8.importing.vocabulary import ALONE, ID_WORDS, NOUNS, PLURALS, VERBS, Names, Noun, Verb

LONGEST: Final = 80
"""Letters of a name that are compared, and shown."""

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_CAPITAL: Final = re.compile("(?<=[A-Z])[ÄÖÜ]|[ÄÖÜ](?=[A-Z])")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NO_PLURAL: Final = ("ss", "us", "is")

CLEAR: Final = 100
NEAR: Final = 95
WEAK: Final = 60
PART: Final = 55
_SHORTEST_PLURAL: Final = 4


@functools.lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """Split a name into lower-case words, umlauts written out."""
    text = _CAPITAL.sub(
        lambda match: match[0].translate(_UMLAUTS).upper(), unicodedata.normalize("NFC", name[:LONGEST])
    )
    text = text[:LONGEST].translate(_UMLAUTS)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return tuple(word.lower() for word in _WORD.findall(text))


def joined(name: str) -> str:
    """Return a name as one word without separators."""
    return "".join(words_of(name))


def singular(word: str) -> str:
    """Take an English plural's ending away; German plurals are in the tables."""
    if len(word) < _SHORTEST_PLURAL or not word.endswith("s") or word.endswith(_NO_PLURAL):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word[:-1]


_NOUN_OF: Final = {name: noun for noun, names in NOUNS.items() for name in names}
_VERB_OF: Final = {name: verb for verb, names in VERBS.items() for name in names}


def noun_of(word: str) -> Noun | None:
    """Return the thing that a joined word names, in the singular or plural."""
    return _NOUN_OF.get(word) or _NOUN_OF.get(singular(word))


def is_plural(word: str) -> bool:
    """Whether a joined word names several things."""
    return word in PLURALS or (word not in _NOUN_OF and singular(word) in _NOUN_OF)


def verb_of(word: str) -> Verb | None:
    """Return what a word does."""
    return _VERB_OF.get(word) or _VERB_OF.get(singular(word))


def names_thing(name: str) -> tuple[Noun, bool] | None:
    """Return the thing that a whole name names, and whether it names several; ``None`` for anything else."""
    word = joined(name)
    noun = noun_of(word)
    return (noun, is_plural(word)) if noun else None


def id_of(name: str, parent: str = "") -> tuple[Noun, int] | None:
    """Return whose id a name is, and how sure that is; ``parent`` is the name of the object around it.

    ``workflowId`` and ``VorgangsID`` say it themselves, ``id`` in an object ``workflow`` does with it, and
    ``workflow`` alone may hold it.
    """
    word = joined(name)
    if word in ALONE:
        noun = noun_of(joined(parent))
        return (noun, NEAR) if noun else None
    for end in ID_WORDS:
        if word.endswith(end) and (noun := _of_stem(word[: -len(end)])):
            return noun, CLEAR
    noun = noun_of(word)
    return (noun, WEAK) if noun else None


def _of_stem(stem: str) -> Noun | None:
    """Return the thing of a compound's first part, which may end in the German ``s`` or ``n`` of a joint."""
    noun = noun_of(stem)
    if noun is None and stem.endswith(("s", "n")):
        noun = _NOUN_OF.get(stem[:-1])
    return noun


def fits(name: str, wanted: Names, *, parent: str = "", entity: Noun | None = None) -> int:
    """Say how well a name says what a table's entry wants, from 0 to 100.

    :param parent: the name of the object around it: ``name.first`` and ``contact.email`` say it together.
    :param entity: the thing it belongs to, whose name it may carry: ``signerEmail`` in a signer.
    """
    clear, weak = wanted.clear, wanted.weak
    words = words_of(name)
    word = "".join(words)
    if not word:
        return 0
    if word in clear:
        return CLEAR
    around = joined(parent)
    if around and ({f"{around}{word}", f"{word}{around}"} & clear):
        return NEAR
    bare = _without(entity, word) if entity else frozenset[str]()
    if bare & clear:
        return NEAR
    if word in weak or bare & weak:
        return WEAK
    return PART if _says_in_part(words, clear, entity) else 0


def _without(entity: Noun, word: str) -> frozenset[str]:
    """Return what is left of a word without the thing's name at its beginning, with and without a joint."""
    rests = {word.removeprefix(name) for name in NOUNS[entity]} - {word, ""}
    return frozenset(rests | {rest[1:] for rest in rests if rest[0] in "sn"} - {""})


def _says_in_part(words: tuple[str, ...], clear: frozenset[str], entity: Noun | None) -> bool:
    """Whether some neighbouring words of a longer name say it, and none names another thing."""
    if len(words) == 1 or any(noun_of(word) not in {None, entity} for word in words):
        return False
    ends = range(1, len(words) + 1)
    runs = ("".join(words[start:end]) for end in ends for start in range(end))
    return any(len(run) >= 3 and run in clear for run in runs)  # noqa: PLR2004 - "x" says nothing there
