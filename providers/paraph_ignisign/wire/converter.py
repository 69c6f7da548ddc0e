"""Reading answers and writing parameters, in the API's camelCase.

An answer that comes in several shapes (contract 9) is brought into the one of its class before it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cattrs import Converter

from paraph.convert import base_converter, camel
from paraph.model import Secret
from paraph_ignisign.wire.invitations import InvitedUsers
from paraph_ignisign.wire.signers import InputsNeeded
from paraph_ignisign.wire.webhooks import WebhookEndpoints


def _converter() -> Converter:
    converter = base_converter(rename=camel)
    # Parameters are only written to build a request: this is where a secret is revealed.
    converter.register_unstructure_hook(Secret, lambda secret: secret.reveal())
    for kind, shape in _SHAPES.items():
        _reshape(converter, kind, shape)
    return converter


def _reshape(converter: Converter, kind: type[Any], shape: Callable[[Any], Any]) -> None:
    read = converter.get_structure_hook(kind)
    converter.register_structure_hook(kind, lambda value, target: read(shape(value), target))


def _one_constraint(value: Any) -> Any:
    """Take one object (version 4), a list (version 3) or a wrapped list (contract 9.17)."""
    if isinstance(value, dict) and "constraints" in value:
        value = value["constraints"]
    if isinstance(value, list):
        value = next(iter(value), {})
    return value


def _list_under(key: str, sign: str) -> Callable[[Any], Any]:
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


_SHAPES: Final[Mapping[type[Any], Callable[[Any], Any]]] = {
    InputsNeeded: _one_constraint,
    WebhookEndpoints: _list_under("webhooks", "url"),  # contract 9.13, 9.14
    InvitedUsers: _list_under("invitations", "email"),  # no document shows the answer
}

CONVERTER: Final = _converter()
"""Reads answers and writes parameters."""
