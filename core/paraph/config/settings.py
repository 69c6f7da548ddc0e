"""An account's options as its provider's settings class, and an envelope's as its provider's options class.

Fields are read by their declared types. Two of them have a meaning of their own:

* :class:`~paraph.Secret`: the file holds a reference, of which the caller makes a secret.
* ``Path``: a file; a relative one starts at the configuration file's folder.

A field may also be declared as a frozen attrs class, or as a union of several: the file then holds a table,
read by the same rules; for a tuple or list of one it holds an array of tables. A union's classes are told
apart by their field ``type``, a ``Literal`` with one word. Where such a class is declared, a table is always
read as one, even if the union allows other tables, too: else every misspelled key would make it something
else.

A class may have a method ``problems()`` that returns what is wrong between its fields, with paths relative
to its table.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import attrs

from paraph._hints import suggestion
from paraph.config.structure import MismatchError, is_secret, structured
from paraph.config.table import Table
from paraph.model import Problem, Secret
from paraph.provider.info import ProviderInfo
from paraph.provider.loading import NEUTRAL

TAG = "type"
"""The field that tells the classes of a union apart."""

_SEQUENCES = (tuple, list, Sequence, Iterable)

SecretReader = Callable[[Table, str, object], Secret | None]
"""Turns the value of a secret field into a secret, or notes a problem in the table and returns ``None``."""


def read_settings(
    info: ProviderInfo, options: Table, *, secret: SecretReader, directory: Path
) -> object | None:
    """Build a provider's settings from an account's options; ``None`` if anything is wrong.

    :param directory: where relative paths start.
    """
    before = len(options.findings)
    given = _given(info.settings, options, secret, directory)
    options.done(known=NEUTRAL)
    return _built(info.settings, given, options) if len(options.findings) == before else None


def read_class(kind: type, table: Table, *, secret: SecretReader, directory: Path) -> object | None:
    """Build an object of a frozen attrs class from a table; ``None`` if anything is wrong.

    :param directory: where relative paths start.
    """
    before = len(table.findings)
    given = _given(kind, table, secret, directory)
    table.done()
    return _built(kind, given, table) if len(table.findings) == before else None


def _given(kind: type, table: Table, secret: SecretReader, directory: Path) -> dict[str, Any]:
    """Take every field of a settings class out of a table."""
    hints = typing.get_type_hints(kind)
    given: dict[str, Any] = {}
    for field in cast("tuple[attrs.Attribute[Any], ...]", attrs.fields(kind)):
        if not field.init:
            continue
        key, wanted = field.alias or field.name, hints[field.name]
        value = table.raw(key, required=_help(field) if field.default is attrs.NOTHING else "")
        if value is None:
            continue
        classes = tuple(_classes(wanted))
        each = _element(wanted)
        if is_secret(wanted):
            given[key] = secret(table, key, value)
        elif each is not None:
            many = list if any(typing.get_origin(part) is list for part in _parts(wanted)) else tuple
            given[key] = many(
                read_class(each, inner, secret=secret, directory=directory) for _, inner in table.tables(key)
            )
        elif classes and (isinstance(value, Mapping) or not _takes_more(wanted)):
            given[key] = _nested(classes, key, table, secret, directory)
        else:
            given[key] = _value(table, key, value, wanted, field, directory)
    return given


def _classes(wanted: Any) -> Iterator[type]:
    """Yield the attrs classes that a declared type allows."""
    for part in _parts(wanted):
        if isinstance(part, type) and attrs.has(part):
            yield part


def _element(wanted: Any) -> type | None:
    """Return the attrs class of which a declared type allows many, if there is one."""
    for part in _parts(wanted):
        if typing.get_origin(part) in _SEQUENCES:
            element = typing.get_args(part)[0]
            if isinstance(element, type) and attrs.has(element):
                return element
    return None


def _takes_more(wanted: Any) -> bool:
    """Whether a declared type allows something beside attrs classes and nothing at all."""
    return any(part is not type(None) and part not in _classes(wanted) for part in _parts(wanted))


def _parts(wanted: Any) -> tuple[Any, ...]:
    if typing.get_origin(wanted) in (typing.Union, types.UnionType):
        return typing.get_args(wanted)
    return (wanted,)


def _nested(
    classes: tuple[type, ...], key: str, outer: Table, secret: SecretReader, directory: Path
) -> object | None:
    """Read a table as one of several classes."""
    table = outer.table(key)
    if table is None:
        return None
    kind = classes[0] if len(classes) == 1 else _tagged(classes, table)
    return None if kind is None else read_class(kind, table, secret=secret, directory=directory)


def _tagged(classes: tuple[type, ...], table: Table) -> type | None:
    """Choose a class by the word under ``type``."""
    known = {typing.get_args(typing.get_type_hints(kind)[TAG])[0]: kind for kind in classes}
    word = table.raw(TAG, required=f"one of {', '.join(known)}")
    if isinstance(word, str) and word in known:
        return known[word]
    if word is not None:
        hint = suggestion(word if isinstance(word, str) else "", known)
        table.problem(TAG, "value.unknown", f"has to be one of {', '.join(known)}", hint)
    return None


def _help(field: attrs.Attribute[Any]) -> str:
    text: str = field.metadata.get("help") or "a required option"
    example: str = field.metadata.get("example") or ""
    return f'{text} Example: "{example}"' if example else text


def _value(
    table: Table, key: str, value: object, wanted: Any, field: attrs.Attribute[Any], directory: Path
) -> Any:
    """Read one option. A field's own converter takes the value as it stands in the file."""
    try:
        if field.converter is None:
            return _placed(structured(value, wanted), directory)
        if not isinstance(field.converter, attrs.Converter):
            field.converter(value)
    except MismatchError as mismatch:
        table.problem(key, "value.type", str(mismatch), mismatch.hint)
    except (ValueError, TypeError) as error:
        table.problem(key, "value.wrong", str(error))
    return value


def _placed(read: Any, directory: Path) -> Any:
    """Let relative paths start at a folder, also those in an array."""
    if isinstance(read, Path):
        try:
            return directory / read.expanduser()
        except RuntimeError:  # "~name", and nobody is called that
            raise MismatchError("begins with the home of an unknown user") from None
    if isinstance(read, tuple | list | set | frozenset):
        return type(read)(_placed(each, directory) for each in read)
    return read


def _built(kind: type, given: Mapping[str, Any], table: Table) -> object | None:
    try:
        made: object = kind(**given)
    except (ValueError, TypeError) as error:
        table.findings.add(table.path, "value.wrong", str(error))
        return None
    between: Callable[[], Iterable[Problem]] | None = getattr(made, "problems", None)
    found = tuple(between()) if between else ()
    for problem in found:
        path = (*table.path, *problem.path.split("."))
        table.findings.add(path, problem.code, problem.message, problem.hint)
    return None if found else made
