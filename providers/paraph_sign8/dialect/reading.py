"""Reading a dialect from a TOML file or a table: strictly, everything wrong at once.

A table changes only what it names; the rest stays as in its ``base``, which is ``default`` unless it
says ``simulator``. Tables of words and webhook paths are the exception: one that is given replaces the
whole, since a word that was left out is one that the vendor does not have.

``guessed`` lists the leaves that an import guessed. They work like any other and are marked as assumed, until
somebody who has looked them up takes them out of the list.
"""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, cast

import attrs

from paraph.errors import ConfigurationError
from paraph.model import Problem
from paraph_sign8.dialect.leaves import values
from paraph_sign8.dialect.model import Dialect

SHIPPED: Final = ("default", "simulator")
"""Names of the dialects that come with the plugin."""

LARGEST: Final = 1 << 20
"""Bytes of a dialect's file."""


class DialectError(ConfigurationError):
    """A dialect cannot be read; ``problems`` has every reason."""


@functools.cache
def shipped(name: str) -> Dialect:
    """Return a dialect that comes with the plugin. :raises DialectError: there is none of that name."""
    if name not in SHIPPED:
        raise DialectError(f"no dialect {name!r} is shipped; shipped: {', '.join(SHIPPED)}")
    if name == "default":
        return attrs.evolve(_read(Dialect(), _file("default"), []), configured=frozenset())
    dialect = _read(shipped("default"), _file(name), [])
    return attrs.evolve(dialect, configured=frozenset(path for path, _ in values(dialect)), base=name)


def _file(name: str) -> dict[str, Any]:
    folder = importlib.resources.files("paraph_sign8.dialect")
    return tomllib.loads(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def load(path: Path) -> Dialect:
    """Read a dialect's file.

    :raises DialectError: it cannot be read; every problem is listed.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise DialectError(f"{path}: larger than {LARGEST >> 20} MiB, so it is no dialect")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        hint = "`paraph sign8 import FILE --output dialect.toml` writes one"
        raise DialectError(f"{path}: {error.strerror or 'cannot be read'}; {hint}") from None
    except UnicodeDecodeError:
        raise DialectError(f"{path}: not UTF-8, so it is no TOML file") from None
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "nested too deeply"
        raise DialectError(f"{path}: no TOML ({reason})") from None
    return parse(table, what=str(path))


def parse(table: Mapping[str, Any], *, what: str = "dialect") -> Dialect:
    """Read a dialect from a table, such as an account's ``dialect = { … }``.

    :param what: names the table in the error.
    :raises DialectError: keys, types or values are wrong; every problem is listed with its path.
    """
    from paraph_sign8.dialect.checking import problems_of

    found: list[Problem] = []
    rest = dict(table)
    base = rest.pop("base", "default")
    if not isinstance(base, str) or base not in SHIPPED:
        found.append(_problem("base", "value.unknown", f"unknown; known: {', '.join(SHIPPED)}"))
        base = "default"
    listed = rest.pop("guessed", [])
    dialect = _read(shipped(base), rest, found)
    dialect = attrs.evolve(dialect, guessed=frozenset(_guessed(listed, dialect, found)))
    found += problems_of(dialect)
    if found:
        raise DialectError(f"{what}: {len(found)} problem(s) in the dialect", tuple(found))
    return dialect


def _guessed(listed: Any, dialect: Dialect, found: list[Problem]) -> Iterator[str]:
    """Yield the leaves of the list, if it is one."""
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
        found.append(_problem("guessed", "value.type", "has to be an array of leaves, like formats.origin"))
        return
    known = {path for path, _ in values(dialect)}
    for path in listed:
        if path in known:
            yield path
        else:
            hint = "take it out; `paraph sign8 dialect show` lists the leaves"
            found.append(_problem("guessed", "leaf.unknown", f"{path!r} is no leaf of this dialect", hint))


def _read(base: Dialect, table: Mapping[str, Any], found: list[Problem]) -> Dialect:
    given: set[str] = set()
    read = cast("Dialect", _filled(base, table, "", found, given))
    # A replaced table of words may have taken leaves of the base away.
    present = frozenset(path for path, _ in values(read))
    return attrs.evolve(read, configured=(base.configured | given) & present)


def _filled(base: Any, table: Mapping[str, Any], path: str, found: list[Problem], given: set[str]) -> Any:
    """Return an attrs object with what a table changes; what is wrong goes to ``found``."""
    kind = type(base)
    hints = typing.get_type_hints(kind)
    names = [
        field.name for field in attrs.fields(kind) if field.name not in {"configured", "guessed", "base"}
    ]
    changes: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{path}{key}"
        if key not in names:
            import difflib  # only what is wrong needs it

            near = difflib.get_close_matches(key, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
            found.append(_problem(where, "key.unknown", "unknown key", hint))
        elif attrs.has(hints[key]):
            if isinstance(value, Mapping):
                changes[key] = _filled(getattr(base, key), value, f"{where}.", found, given)
            else:
                found.append(_problem(where, "value.type", "has to be a table"))
        else:
            read = _leaf(value, hints[key], where, found)
            if read is not None:
                changes[key] = read
                given.update([f"{where}.{inner}" for inner in read] if isinstance(read, Mapping) else [where])
    return attrs.evolve(base, **changes)


def _leaf(value: Any, wanted: Any, where: str, found: list[Problem]) -> Any:
    """Read one value as the type that is declared for it; ``None`` if it is of another."""
    origin, arguments = typing.get_origin(wanted) or wanted, typing.get_args(wanted)
    if origin is Mapping or (isinstance(origin, type) and issubclass(origin, Mapping)):
        if not isinstance(value, Mapping):
            found.append(_problem(where, "value.type", "has to be a table"))
            return None
        items = {key: _leaf(item, arguments[1], f"{where}.{key}", found) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not None}
    if origin is tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            found.append(_problem(where, "value.type", "has to be an array of texts"))
            return None
        return tuple(value)
    if isinstance(origin, type) and issubclass(origin, Enum):
        known = [member.value for member in origin]
        if value not in known:
            listed = ", ".join(each or '""' for each in known)
            found.append(_problem(where, "value.unknown", f"unknown value; known: {listed}"))
            return None
        return origin(value)
    kinds = arguments if origin in (typing.Union, types.UnionType) else (origin,)
    if type(value) not in kinds:
        words = {str: "a text", int: "a whole number", bool: "true or false"}
        wants = " or ".join(words[each] for each in kinds)
        found.append(_problem(where, "value.type", f"has to be {wants}"))
        return None
    return value


def _problem(path: str, code: str, message: str, hint: str = "") -> Problem:
    return Problem(path=path, code=code, message=message, hint=hint)
