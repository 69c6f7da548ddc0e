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
to its table; an account's class also ``environment_problems(environment)``, for what is wrong between them
and the account's own environment. So that everything is found in one go, both are asked even if some keys
could not be read: their defaults, or empty texts, stand in for these, and what is said of them is left out.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import attrs

from paraph._hints import suggestion
from paraph.config.structure import MismatchError, described, is_secret, structured
from paraph.config.table import Table
from paraph.model import Problem, Secret
from paraph.provider.info import ProviderInfo
from paraph.provider.loading import NEUTRAL

TAG = "type"
"""The field that tells the classes of a union apart."""

_SEQUENCES = (tuple, list, Sequence, Iterable)
_STAND_INS: Final[Mapping[type, object]] = {str: "", Secret: Secret("")}
"""What stands in for a required field that could not be read, so that the others can be looked at."""

SecretReader = Callable[[Table, str, object], Secret | None]
"""Turns the value of a secret field into a secret, or notes a problem in the table and returns ``None``."""


def read_settings(
    info: ProviderInfo,
    options: Table,
    *,
    secret: SecretReader,
    directory: Path,
    environment: str | None = None,
) -> object | None:
    """Build a provider's settings from an account's options; ``None`` if anything is wrong.

    :param directory: where relative paths start.
    :param environment: the account's; ``None`` if it is not known, and then not compared.
    """
    before = len(options.findings)
    read = _given(info.settings, options, secret, directory)
    options.done(known=NEUTRAL)
    made = _built(info.settings, read, options, environment)
    return made if len(options.findings) == before else None


def read_class(kind: type, table: Table, *, secret: SecretReader, directory: Path) -> object | None:
    """Build an object of a frozen attrs class from a table; ``None`` if anything is wrong.

    :param directory: where relative paths start.
    """
    before = len(table.findings)
    read = _given(kind, table, secret, directory)
    table.done()
    made = _built(kind, read, table)
    return made if len(table.findings) == before else None


@attrs.frozen(kw_only=True)
class _Given:
    """What a table gives for the fields of a class.

    :ivar values: by the names that the class is built with, with stand-ins where there are some.
    :ivar unread: the keys that could not be read, or are missing.
    """

    values: dict[str, Any] = attrs.field(repr=False)
    unread: frozenset[str]


def _given(kind: type, table: Table, secret: SecretReader, directory: Path) -> _Given:
    """Take every field of a settings class out of a table."""
    hints = typing.get_type_hints(kind)
    given: dict[str, Any] = {}
    unread: set[str] = set()
    for field in cast("tuple[attrs.Attribute[Any], ...]", attrs.fields(kind)):
        if not field.init:
            continue
        key, wanted = field.alias or field.name, hints[field.name]
        before = len(table.findings)
        required = field.default is attrs.NOTHING
        value = table.raw(key, required=_help(field) if required else "")
        if value is not None:
            given[key] = _taken(table, key, value, field, wanted, secret, directory)
        if len(table.findings) > before:
            unread.add(key)
            given.pop(key, None)
            stand_in = next((_STAND_INS[part] for part in _parts(wanted) if part in _STAND_INS), None)
            if stand_in is not None and (required or (is_secret(wanted) and value is not None)):
                given[key] = stand_in
    return _Given(values=given, unread=frozenset(unread))


def _taken(
    table: Table,
    key: str,
    value: object,
    field: attrs.Attribute[Any],
    wanted: Any,
    secret: SecretReader,
    directory: Path,
) -> Any:
    """Read one key by its declared type; what is wrong with it goes to the table's findings."""
    if is_secret(wanted):
        return secret(table, key, value)
    each = _element(wanted)
    if each is not None:
        many = list if any(typing.get_origin(part) is list for part in _parts(wanted)) else tuple
        return many(
            read_class(each, inner, secret=secret, directory=directory) for _, inner in table.tables(key)
        )
    classes = tuple(_classes(wanted))
    if classes and (isinstance(value, Mapping) or not _takes_more(wanted)):
        return _nested(classes, key, table, secret, directory)
    return _value(table, key, value, wanted, field, directory)


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
    if kind is None:
        _look_for_secrets(classes, table, secret)
        return None
    return read_class(kind, table, secret=secret, directory=directory)


def _look_for_secrets(classes: tuple[type, ...], table: Table, secret: SecretReader) -> None:
    """Read the secrets of a table that may be any of several classes: one that is inline is told at once."""
    hints = {key: hint for kind in classes for key, hint in typing.get_type_hints(kind).items()}
    for key, wanted in hints.items():
        if key in table.values and is_secret(wanted):
            secret(table, key, table.values[key])


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
        table.mismatch(key, mismatch)
    except (ValueError, TypeError) as error:
        table.problem(key, "value.wrong", str(error))
    except AttributeError:  # the converter was written for values of another type
        table.problem(key, "value.type", f"cannot be {described(value)}")
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


def _built(kind: type, read: _Given, table: Table, environment: str | None = None) -> object | None:
    """Build a settings object and let it look for what is wrong between its fields."""
    try:
        made: object = kind(**read.values)
    except (ValueError, TypeError) as error:
        if not read.unread:  # else it may be the fault of what stands in
            table.findings.add(table.path, "value.wrong", str(error))
        return None
    for problem in _between(made, environment):
        keys = problem.path.split(".")
        if keys[0] not in read.unread:
            table.findings.add((*table.path, *keys), problem.code, problem.message, problem.hint)
    return made


def _between(made: object, environment: str | None) -> Iterator[Problem]:
    """Yield what a settings object finds wrong between its fields, and between them and the environment."""
    between: Callable[[], Iterable[Problem]] | None = getattr(made, "problems", None)
    if between is not None:
        yield from between()
    beside: Callable[[str], Iterable[Problem]] | None = getattr(made, "environment_problems", None)
    if beside is not None and environment is not None:
        yield from beside(environment)
