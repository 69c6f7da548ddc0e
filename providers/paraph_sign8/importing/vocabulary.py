"""The tables of ``vocabulary.toml``: what things are called, in English and German."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import attrs


class Noun(StrEnum):
    """Things that calls are about."""

    WORKFLOW = "workflow"
    FILE = "file"
    SIGNER = "signer"
    SIGNATURE = "signature"
    ANNOTATION = "annotation"
    INTERFACE = "interface"
    ORGANIZATION = "organization"
    AUDIT = "audit"
    LINK = "link"
    STATE = "state"
    OTHER = "other"
    """Things of the product that this plugin has no call for."""


class Verb(StrEnum):
    """What calls do."""

    ADD = "add"
    START = "start"
    READ = "read"
    LIST = "list"
    CANCEL = "cancel"
    REMIND = "remind"
    DOWNLOAD = "download"
    CHANGE = "change"
    """Changing or removing something, for which this plugin has no call."""


@attrs.frozen
class Names:
    """Joined names of one thing: those that say it, and those that may."""

    clear: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()


def _names(table: Mapping[str, str]) -> Names:
    return Names(frozenset(table.get("clear", "").split()), frozenset(table.get("weak", "").split()))


def _file() -> dict[str, Any]:
    file = importlib.resources.files("paraph_sign8.importing").joinpath("vocabulary.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


_TABLES: Final = _file()

NOUNS: Final[Mapping[Noun, frozenset[str]]] = {
    noun: frozenset(_TABLES["nouns"][noun].split()) for noun in Noun
}
PLURALS: Final = frozenset(_TABLES["nouns"]["plurals"].split())
"""Plurals of German words."""

VERBS: Final[Mapping[Verb, frozenset[str]]] = {
    verb: frozenset(_TABLES["verbs"][verb].split()) for verb in Verb
}
FIELDS: Final[Mapping[str, Mapping[str, Names]]] = {
    entity: {key: _names(names) for key, names in table.items()}
    for entity, table in _TABLES["fields"].items()
}
"""Names of fields by entity, other than ids."""

HEARD: Final[Mapping[str, Names]] = {key: _names(names) for key, names in _TABLES["heard"].items()}
"""Names in answers, other than ids and lists of entities."""

ORDERS: Final = tuple(_TABLES["orders"]["stems"].split())
"""Parts of a name that say, wherever they stand in it, that it is about the order of signing."""

ORGANIZATION: Final = _names(_TABLES["organization"])

WORDS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    table: {meaning: frozenset(words.split()) for meaning, words in meanings.items()}
    for table, meanings in _TABLES["words"].items()
}
"""Words of the product by the table of the dialect (and ``events``) and by meaning."""

MARKERS: Final[Mapping[str, frozenset[str]]] = {
    key: frozenset(words.split()) for key, words in _TABLES["markers"].items()
}
"""Words in names of servers and headers."""

ID_WORDS: Final = ("id", "uuid", "guid", "key", "nr", "nummer", "number", "kennung", "identifier", "ref")
"""What turns a thing's name into that of its id."""

ALONE: Final = frozenset({"id", "uuid", "guid"})
"""Names of ids that say nothing of the thing."""
