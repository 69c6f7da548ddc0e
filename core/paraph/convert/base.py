"""The converter that all edges start from.

Why strict: a vendor that sends ``"1"`` where a number is documented, or a string
where a list is, has changed its API. Guessing would hide that until it hurts; a
:class:`~paraph.errors.MalformedResponse` that names the path shows it at once.
Unknown keys, on the other hand, are tolerated everywhere, since vendors add fields.

Rules: primitives are never coerced (an ``int`` may stand for a ``float``; a ``bool``
for neither); datetimes are RFC 3339 with an offset; an attrs class needs an object and
a tuple needs a list; a ``Secret`` is read from a string, and never written unless the
owner of a converter says so. ``null`` counts as absent where a field has a default and cannot be ``None``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn, override

from paraph.convert.reading import PLAIN, inner, is_optional, reader
from paraph.model import Secret

Rename = Callable[[str], str]

_NAMES = "paraph.names"


def camel(name: str) -> str:
    """Write a Python name as JSON APIs do: ``signer_id`` becomes ``signerId``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def named(*names: str) -> dict[str, tuple[str, ...]]:
    """Make the metadata of a field with its own wire name; further names are read, never written.

    ``id: str = attrs.field(metadata=named("signerId", "_id"))``
    """
    return {_NAMES: names}


def spellings(field: attrs.Attribute[Any]) -> tuple[str, ...]:
    """Return what callers may call a parameter besides its own name: as JSON APIs do, and as declared."""
    names: tuple[str, ...] = field.metadata.get(_NAMES, ())
    return (camel(field.name), *names)


def base_converter(*, rename: Rename | None = None) -> Converter:
    """Make a new converter with the rules above.

    A class one of whose defaults is made of other fields (``takes_self``) is refused with :class:`TypeError`.

    :param rename: from the name of an attrs field to its key on the wire, such as :func:`camel`.
    """
    converter = Converter(detailed_validation=True)
    for kind in (str, bool, int):
        converter.register_structure_hook(kind, _exactly)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(datetime, _instant)
    converter.register_structure_hook(date, _day)
    converter.register_structure_hook(Secret, _secret)
    converter.register_unstructure_hook(datetime, _written)
    converter.register_unstructure_hook(date, lambda day: day.isoformat())
    converter.register_structure_hook_factory(_is_many, lambda kind: _list_of(converter, get_args(kind)[0]))
    converter.register_structure_hook_factory(is_optional, lambda kind: _optional(converter, kind))

    def name_of(field: attrs.Attribute[Any]) -> tuple[str, ...]:
        given: tuple[str, ...] = field.metadata.get(_NAMES, ())
        return given or ((rename or str)(field.name),)

    converter.register_structure_hook_factory(attrs.has, lambda kind: reader(converter, kind, name_of))
    converter.register_unstructure_hook_factory(attrs.has, lambda kind: _writer(converter, kind, name_of))
    return converter


def _is_many(kind: Any) -> bool:
    args = get_args(kind)
    return get_origin(kind) is tuple and len(args) == 2 and args[1] is Ellipsis  # noqa: PLR2004 - tuple[T, ...]


def _list_of(converter: Converter, item: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    """Read ``tuple[T, ...]`` from a JSON list only: a string or an object is iterable, but no list."""
    kind: Any = list[item]
    hook = converter.get_structure_hook(kind)
    plain = {item} if item in PLAIN else set[Any]()

    def read(value: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise TypeError("a list is needed")
        if plain >= set(map(type, value)):
            return tuple(value)
        return tuple(hook(value, kind))

    return read


def _optional(converter: Converter, kind: Any) -> Callable[[Any, Any], Any]:
    """Read ``T | None``."""
    wanted = inner(kind)
    hook = converter.get_structure_hook(wanted)
    return lambda value, _: None if value is None else hook(value, wanted)


def _writer(
    converter: Converter, kind: type[Any], names_of: Callable[[attrs.Attribute[Any]], tuple[str, ...]]
) -> Callable[[Any], dict[str, Any]]:
    """Write an attrs object; fields that are ``None`` are left out, as partial updates need."""
    attrs.resolve_types(kind)
    renames: dict[str, Any] = {
        field.name: override(rename=names_of(field)[0]) for field in attrs.fields(kind)
    }
    write = make_dict_unstructure_fn(kind, converter, **renames)
    return lambda value: {key: item for key, item in write(value).items() if item is not None}


def _exactly(value: Any, kind: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} is needed")
    return value


def _number(value: Any, _: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError("a number is needed")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("a finite number is needed")
    return number


def _instant(value: Any, _: Any) -> datetime:
    if type(value) is not str:
        raise TypeError("a date and time is needed")
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("a date and time with an offset is needed")
    return instant.astimezone(UTC)


def _day(value: Any, _: Any) -> date:
    if type(value) is not str:
        raise TypeError("a date is needed")
    return date.fromisoformat(value)


def _secret(value: Any, _: Any) -> Secret:
    if type(value) is not str:
        raise TypeError("a text is needed")
    return Secret(value)


def _written(instant: datetime) -> str:
    """Write milliseconds and ``Z``, the form every vendor's JSON library reads."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
