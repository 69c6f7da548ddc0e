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


class UnreadableFileError(ValueError):
    """A text names the file of a document, and that file cannot be read."""


def fitted(value: Any, wanted: Any) -> Any:
    """Return a value as a declared type. It may read a file.

    :raises TypeError, ValueError: it is of another type; the message never shows the value.
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
        return tuple(fitted(item, each) for item, each in zip(value, arguments, strict=True))
    element = arguments[0] if arguments else Any
    return _MANY[kind](fitted(item, element) for item in value)


def _from_table(value: Mapping[Any, Any], kind: type, arguments: Sequence[Any]) -> Any:
    if attrs.has(kind) and kind not in _FROM_TEXT:
        return filled(kind, value)
    if issubclass(kind, Mapping) and arguments and arguments[1] is not Any:
        return {fitted(key, arguments[0]): fitted(each, arguments[1]) for key, each in value.items()}
    return value


def filled(kind: type[Any], given: Mapping[str, Any]) -> Any:
    """Make an attrs object of its fields' values.

    :raises TypeError, ValueError: something is missing, unknown or of another type.
    """
    wanted = declared(kind)
    if set(given) - set(wanted):
        raise TypeError
    return kind(**{name: fitted(value, wanted[name]) for name, value in given.items()})


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
    for option in options:
        try:
            return fitted(value, option)
        except UnreadableFileError:
            raise
        except (TypeError, ValueError):
            continue
    raise TypeError
