"""How an attrs class is read from a JSON object: by a function that is written for it.

Theory. Nearly all fields of answers are texts that may be missing. The function looks at such a value's type
in place, and calls what reads a field only for all that is not as usual. So an answer of some objects takes
half of the time that it takes cattrs' own functions. As with those, every field is read even where one did
not fit, and the error tells the place of each.

It is written when the first object comes: of most classes none ever does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import attrs
from cattrs import AttributeValidationNote, ClassValidationError, Converter

Names = Callable[["attrs.Attribute[Any]"], tuple[str, ...]]

PLAIN: Final[Mapping[Any, str]] = {str: "str", bool: "bool", int: "int"}
"""Types that a value of JSON is of already, or is not."""

_FACTORY: Final[Any] = attrs.Factory
"""A class, which type checkers take for a function."""


def may_be_none(kind: Any) -> bool:
    """Whether ``None`` is a value of a type."""
    return kind in {Any, None, NoneType} or NoneType in get_args(kind)


def is_optional(kind: Any) -> bool:
    """Whether a type is ``T | None``."""
    args = get_args(kind)
    return get_origin(kind) in (Union, UnionType) and len(args) == 2 and NoneType in args  # noqa: PLR2004 - T | None


def inner(kind: Any) -> Any:
    """Return the ``T`` of ``T | None``; any other type as it is."""
    return next(each for each in get_args(kind) if each is not NoneType) if is_optional(kind) else kind


def reader(converter: Converter, kind: type[Any], names_of: Names) -> Callable[[Any, Any], Any]:
    """Return what reads a class.

    :param names_of: a field's names on the wire; the first that has a value counts.
    """

    @functools.cache
    def written() -> Callable[[Mapping[str, Any]], Any]:
        return _written(converter, kind, names_of)

    def read(value: Any, _: Any) -> Any:
        if type(value) is not dict and not isinstance(value, Mapping):
            raise TypeError("an object is needed")
        return written()(value)

    return read


def _written(converter: Converter, kind: type[Any], names_of: Names) -> Callable[[Mapping[str, Any]], Any]:
    """Write the function, compile it, and return it."""
    attrs.resolve_types(kind)
    fields = [field for field in attrs.fields(kind) if field.init]
    known: dict[str, Any] = {"kind": kind, "noted": _noted, "wrong": ClassValidationError}
    for number, field in enumerate(fields):
        names = names_of(field)
        known |= {f"field{number}": field, f"read{number}": _field_reader(converter, field, names)}
    lines = _lines(kind, fields, [names_of(field) for field in fields])
    exec("\n".join(lines), known)  # noqa: S102 - of classes' own words alone, as attrs and cattrs do it
    found: Callable[[Mapping[str, Any]], Any] = known["structure"]
    return found


def _lines(
    kind: type[Any], fields: list[attrs.Attribute[Any]], names: list[tuple[str, ...]]
) -> Iterator[str]:
    yield "def structure(value):"
    yield " errors, get = [], value.get"
    for number, field in enumerate(fields):
        usual = _usual(field, names[number], f"it{number}")
        yield " try:"
        yield f"  it{number} = get({names[number][0]!r})"
        yield f"  if not ({usual}): it{number} = read{number}(value)"
        yield f" except Exception as error: errors.append(noted(error, kind, field{number}))"
    yield " if not errors:"
    given = ", ".join(f"{field.alias}=it{number}" for number, field in enumerate(fields))
    yield f"  try: return kind({given})"
    yield "  except Exception as error: errors.append(error)"
    yield f" raise wrong({f'While structuring {kind.__name__}'!r}, errors, kind)"


def _usual(field: attrs.Attribute[Any], names: tuple[str, ...], it: str) -> str:
    """Return the condition under which what stands under the first name is the field's value already."""
    ways: list[str] = []
    if field.default is None and may_be_none(field.type) and len(names) == 1:
        ways.append(f"{it} is None")
    if inner(field.type) in PLAIN:
        ways.append(f"type({it}) is {PLAIN[inner(field.type)]}")
    return " or ".join(ways) or "False"


def _field_reader(
    converter: Converter, field: attrs.Attribute[Any], names: tuple[str, ...]
) -> Callable[[Mapping[str, Any]], Any]:
    """Return what reads a field out of its object, whatever stands there.

    ``null`` counts as absent where the field has a default and cannot be ``None``.
    """
    kind = inner(field.type)
    hook = converter.get_structure_hook(kind)
    default: Any = field.default
    nullable = may_be_none(field.type)
    made = isinstance(default, _FACTORY)
    if made and default.takes_self:
        raise TypeError(f"{field.name}: an answer's field has no default made of other fields")

    def read(value: Mapping[str, Any]) -> Any:
        for name in names:
            found = value.get(name)
            if found is not None:
                return hook(found, kind)
        if nullable and names[0] in value:
            return None
        if default is attrs.NOTHING:
            return hook(value[names[0]], kind)  # which says that it is missing, or wrong
        return default.factory() if made else default

    return read


def _noted(error: Exception, kind: type[Any], field: attrs.Attribute[Any]) -> Exception:
    """Note at an error to which field it belongs, as cattrs does."""
    text = f"Structuring class {kind.__qualname__} @ attribute {field.name}"
    note = AttributeValidationNote(text, field.name, field.type)
    error.__notes__ = [*getattr(error, "__notes__", ()), note]
    return error
