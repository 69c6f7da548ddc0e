"""How what a caller gives becomes the parameters of an action.

Callers in Python give objects; ``paraph call`` and others who come with JSON give texts, numbers,
lists and tables. Both are read by the declared type of the parameter, and nothing is guessed: ``"1"`` is no
number and ``1`` no text. A text stands for what JSON has no type for:

* a :class:`~paraph.Secret`, a path, or the value of an enumeration,
* a date, or a date and time with an offset, in ISO 8601,
* bytes, in base64,
* a :class:`~paraph.Document`, by the path of its file.

A table stands for an attrs object, a list for a tuple or a set. :mod:`paraph.convert.schema` describes the
same as JSON Schema.

The names in a table are those of the fields, or as the vendor's documents spell them (:func:`spelt`), so that
a body out of these documents can be given as it stands.
"""

from __future__ import annotations

import base64
import math
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from paraph.model import Document, Secret

_PLAIN = (str, int, float, bool, list, dict, type(None))
"""What JSON can say."""


LONGEST_KEY = 40
"""Characters of a key that is shown; a longer one is rather data than a name."""


MOST = 8
"""Sentences about one value; a wholly different one would fill pages otherwise."""


class UnreadableFileError(ValueError):
    """A text names the file of a document, and that file cannot be read."""


class UnfitError(ValueError):
    """Parts of a value do not fit.

    :ivar wrong: a sentence for each of the first, which begins with its place: ``[0].fileName is no such
        parameter``. No value is among them.
    """

    def __init__(self, *wrong: str) -> None:
        super().__init__(*wrong)
        self.wrong = wrong


def fitted(value: Any, wanted: Any) -> Any:
    """Return a value as a declared type. It may read a file.

    :raises UnfitError: it has parts that are missing, unknown or of another type.
    :raises TypeError, ValueError: it is of another type itself; the message never shows the value.
    """
    origin, arguments = get_origin(wanted) or wanted, get_args(wanted)
    if origin in (Union, types.UnionType):
        return _either(value, arguments)
    if origin is Literal:
        return arguments[arguments.index(value)]
    if not isinstance(origin, type) or origin in (Any, object):
        return value
    if not _checkable(origin):
        if type(value) in _PLAIN:
            raise TypeError  # JSON has nothing that stands for a stream
        return value
    if isinstance(value, Mapping):
        value = _from_table(value, origin, arguments)
    elif isinstance(value, list | tuple):
        value = _from_list(value, origin, arguments)
    elif isinstance(value, str | int):
        value = _from_scalar(value, origin)
    return _exactly(value, origin)


def _exactly(value: Any, kind: type) -> Any:
    if kind is float and type(value) is int:
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError
    if kind is date and isinstance(value, datetime):
        raise TypeError  # a datetime is a date to Python, and to nobody else
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise ValueError
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError  # no JSON has it
    return value


def _from_scalar(value: str | int, kind: type) -> Any:
    if isinstance(value, str) and kind in _FROM_TEXT:
        return _FROM_TEXT[kind](value)
    if issubclass(kind, Enum) and not isinstance(value, kind | bool):
        return kind(value)
    return value


def _from_list(value: Sequence[Any], kind: type, arguments: Sequence[Any]) -> Any:
    if kind not in _MANY:
        return value
    if kind is tuple and arguments and arguments[-1] is not Ellipsis:
        declared_types: Sequence[Any] = arguments
    else:
        declared_types = [arguments[0] if arguments else Any] * len(value)
    items = zip(value, declared_types, strict=True)
    return _MANY[kind](_parts([(f"[{number}]", *item) for number, item in enumerate(items)]))


def _from_table(value: Mapping[Any, Any], kind: type, arguments: Sequence[Any]) -> Any:
    if attrs.has(kind) and kind not in _FROM_TEXT:
        return filled(kind, value)
    if issubclass(kind, Mapping) and arguments and arguments[1] is not Any:
        keys = [fitted(key, arguments[0]) for key in value]
        parts = _parts([(_below(key), each, arguments[1]) for key, each in value.items()])
        return dict(zip(keys, parts, strict=True))
    return value


def _parts(parts: Iterable[tuple[str, Any, Any]], wrong: Iterable[str] = ()) -> list[Any]:
    """Return values as their declared types, each given with its place.

    :param wrong: what is known to be wrong beside them.
    :raises UnfitError: something is.
    """
    fit, found = [], list(wrong)
    for place, value, wanted in parts:
        try:
            fit.append(fitted(value, wanted))
        except UnreadableFileError:
            raise
        except UnfitError as error:
            found += [place + each for each in error.wrong]
        except (TypeError, ValueError):
            found.append(f"{place} has another type")
    # Outside the handlers, so that no traceback carries the values that did not fit.
    if found:
        raise UnfitError(*found[:MOST])
    return fit


def _below(key: object) -> str:
    """Write the place of a key; one that may be data is not shown."""
    shown = isinstance(key, str) and key.isidentifier() and len(key) <= LONGEST_KEY
    return f".{key}" if shown else ".*"


def filled(kind: type[Any], given: Mapping[str, Any]) -> Any:
    """Make an attrs object of its fields' values, by any of their names.

    :raises UnfitError: something is missing, unknown, given twice or of another type.
    :raises TypeError, ValueError: the parts do not fit together.
    """
    wanted, names = declared(kind), spelt(kind)
    known = {word: value for word, value in given.items() if word in names}
    wrong = [f"{_below(word)} is no such parameter" for word in given if word not in names]
    named = [names[word] for word in known]
    wrong += [f".{name} is given under two names" for name in dict.fromkeys(named) if named.count(name) > 1]
    wrong += [f".{name} is missing" for name in required(kind) if name not in named]
    parts = _parts([(_below(word), value, wanted[names[word]]) for word, value in known.items()], wrong)
    return kind(**dict(zip(named, parts, strict=True)))


def required(kind: type[Any]) -> tuple[str, ...]:
    """Return the names of what has to be given to make an attrs object: what has no default."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    return tuple(str(field.alias) for field in fields if field.init and field.default is attrs.NOTHING)


def spelt(kind: type[Any]) -> Mapping[str, str]:
    """Return the words that name what an attrs class is made of, each with the name that it stands for.

    These are the names themselves, and those that the vendor's documents use: ``signatureRequestId`` is
    ``signature_request_id``. A field's own name is never another one's.
    """
    from paraph.convert import spellings

    fields: list[attrs.Attribute[Any]] = [field for field in attrs.fields(kind) if field.init]
    vendors = {word: str(field.alias) for field in reversed(fields) for word in spellings(field)}
    return vendors | {str(field.alias): str(field.alias) for field in fields}


def declared(kind: type[Any]) -> Mapping[str, Any]:
    """Return what an attrs class is made of: the declared types by the names that its constructor takes."""
    hints = get_type_hints(kind)
    return {str(field.alias): hints.get(field.name, Any) for field in attrs.fields(kind) if field.init}


def _document(path: str) -> Document:
    document = Document.from_path(path)
    if document.fault:
        raise UnreadableFileError(f"the file is {document.fault}")
    return document


_FROM_TEXT: Mapping[type, Callable[[str], Any]] = {
    Secret: Secret,
    Path: Path,
    Document: _document,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    bytes: lambda text: base64.b64decode(text, validate=True),
}
"""Types that a text may stand for."""

_MANY: Mapping[Any, Callable[[Iterable[Any]], Any]] = {
    tuple: tuple,
    Sequence: tuple,
    Iterable: tuple,
    list: list,
    set: set,
    frozenset: frozenset,
}
"""Types that a list may stand for."""


def _checkable(kind: type) -> bool:
    """Whether ``isinstance`` can tell: not for protocols such as a sink, nor for ``typing.BinaryIO``."""
    return not getattr(kind, "_is_protocol", False) and kind.__module__ != "typing"


def _either(value: Any, options: Sequence[Any]) -> Any:
    """Return a value as its own type if that is among those of a union, else as the first that takes it."""
    if type(value) in options:
        return fitted(value, type(value))
    if len(some := [option for option in options if option is not types.NoneType]) == 1:
        return fitted(value, some[0])  # which says what is wrong inside it
    for option in options:
        try:
            return fitted(value, option)
        except UnreadableFileError:
            raise
        except (TypeError, ValueError):
            continue
    raise TypeError
