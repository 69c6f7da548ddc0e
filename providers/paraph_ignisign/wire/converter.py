"""Reading answers and writing parameters, in the API's camelCase.

An answer that comes in several shapes (contract 9) is brought into the one of its class before it is read:
the class says so itself, with :func:`shaped`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from cattrs import Converter

from paraph.convert import base_converter, camel
from paraph.model import Secret

T = TypeVar("T")


def _converter() -> Converter:
    converter = base_converter(rename=camel)
    # Parameters are only written to build a request: this is where a secret is revealed.
    converter.register_unstructure_hook(Secret, lambda secret: secret.reveal())
    return converter


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
