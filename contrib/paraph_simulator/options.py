"""``--option KEY=VALUE``: what the functions that make simulators take, as texts.

A value is read by the type that the function declares: as JSON, or else as the text itself where the type has
texts. A length of time is a number of seconds.
"""

from __future__ import annotations

import difflib
import inspect
import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from paraph.errors import UsageError
from paraph.provider.fitting import fitted

_MANY = (Iterable, Sequence)


def read_options(
    texts: Mapping[str, str], factories: Mapping[str, Callable[..., object]]
) -> dict[str, dict[str, object]]:
    """Return what each factory is given, by the names of the factories. Each option goes to all that have it.

    :raises UsageError: no factory has it, or its type is another one.
    """
    declared = {name: _declared(factory) for name, factory in factories.items()}
    for key in texts:
        if not any(key in kinds for kinds in declared.values()):
            raise UsageError(f"no simulator here has the option {key!r}; {_known(key, declared)}")
    return {
        name: {key: _read(key, text, kinds[key]) for key, text in texts.items() if key in kinds}
        for name, kinds in declared.items()
    }


def _known(key: str, declared: Mapping[str, Mapping[str, Any]]) -> str:
    near = difflib.get_close_matches(
        key, sorted({each for kinds in declared.values() for each in kinds}), n=1
    )
    hint = f"did you mean {near[0]!r}? " if near else ""
    return hint + "; ".join(f"{name} has {', '.join(kinds) or 'none'}" for name, kinds in declared.items())


def _declared(factory: Callable[..., object]) -> dict[str, Any]:
    """Return the declared types of what a factory may be given by name."""
    hints = typing.get_type_hints(factory)
    named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(factory).parameters
    return {name: hints.get(name, str) for name, each in parameters.items() if each.kind in named}


def _read(key: str, text: str, wanted: Any) -> object:
    parts = _parts(wanted)
    words = [word for part in parts if typing.get_origin(part) is Literal for word in typing.get_args(part)]
    try:
        return _from_json(json.loads(text), wanted, parts)
    except (TypeError, ValueError, OverflowError):
        pass
    if text in words or str in parts:
        return text
    if words:
        raise UsageError(f"the option {key!r} has to be one of {', '.join(map(str, words))}")
    what = "is a number of seconds" if timedelta in parts else "has another type; write its value as JSON"
    raise UsageError(f"the option {key!r} {what}")


def _from_json(value: Any, wanted: Any, parts: tuple[Any, ...]) -> object:
    if type(value) in (int, float) and timedelta in parts:
        return timedelta(seconds=value)
    made: object = fitted(value, wanted)
    if isinstance(made, str) and any(typing.get_origin(part) in _MANY for part in parts) and str not in parts:
        raise TypeError  # a text is a sequence to Python, and no list of names to anybody
    return made


def _parts(wanted: Any) -> tuple[Any, ...]:
    if typing.get_origin(wanted) in (typing.Union, types.UnionType):
        return typing.get_args(wanted)
    return (wanted,)
