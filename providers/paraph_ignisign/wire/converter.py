"""Reading answers and writing parameters, in the API's camelCase.

An answer that comes in several shapes (contract 9) is brought into the one of its class before it is read:
the class says so itself, with :func:`shaped`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin

from cattrs import BaseValidationError, Converter

from paraph.convert import base_converter, camel
from paraph.model import Secret
from paraph_ignisign.wire._fields import LATER, LIBERAL

T = TypeVar("T")


def _converter() -> Converter:
    converter = base_converter(rename=camel)
    # Parameters are only written to build a request: this is where a secret is revealed.
    converter.register_unstructure_hook(Secret, lambda secret: secret.reveal())
    converter.register_structure_hook_factory(_marked(LIBERAL), lambda kind: _liberal(converter, kind))
    converter.register_structure_hook_factory(_marked(LATER), lambda kind: _later(converter, kind))
    return converter


def _marked(mark: str) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is Annotated and kind.__metadata__[0] == mark


def _liberal(converter: Converter, kind: Any) -> Callable[[Any, Any], Any]:
    """Read what nobody needs; ``None`` for what has another type."""
    wanted = get_args(kind)[0]
    hook = converter.get_structure_hook(wanted)

    def read(value: Any, _: Any) -> Any:
        try:
            return hook(value, wanted)
        except (TypeError, ValueError, AttributeError, OverflowError, BaseValidationError):
            return None

    return read


def _later(converter: Converter, kind: Any) -> Callable[[Any, Any], Any]:
    """Import a class when there is something to read into it."""
    _, module, name = kind.__metadata__
    return lambda value, _: converter.structure(value, getattr(import_module(module), name))


CONVERTER: Final = _converter()
"""Reads answers and writes parameters."""


def shaped(shape: Callable[[Any], Any]) -> Callable[[type[T]], type[T]]:
    """Declare how the answers of a class are brought into its shape."""

    def decorate(kind: type[T]) -> type[T]:
        read = CONVERTER.get_structure_hook(kind)
        CONVERTER.register_structure_hook(kind, lambda value, target: read(shape(value), target))
        return kind

    return decorate


def list_under(key: str, sign: str) -> Callable[[Any], Any]:
    """Take all records, wrapped or not, or only the one concerned: the vendor answers each.

    :param sign: a key that only a record has.
    """

    def shape(value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("result"), list):
            value = value["result"]
        if isinstance(value, list):
            return {key: value}
        if isinstance(value, dict) and sign in value:
            return {key: [value]}
        return value

    return shape
