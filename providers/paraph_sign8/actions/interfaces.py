"""Interfaces: the branding of pages and mails (contract 3)."""

from __future__ import annotations

from typing import Final

import httpx

from paraph.provider import Account, NoParams, Repeat
from paraph_sign8 import params as p
from paraph_sign8 import wire
from paraph_sign8.actions.base import Made, action, needed
from paraph_sign8.settings import Sign8Settings


def _interfaces(response: httpx.Response, account: Account[Sign8Settings]) -> tuple[wire.Interface, ...]:
    dialect = account.settings.spoken
    return tuple(wire.read_interface(row, dialect) for row in wire.rows_of(response, dialect, "interfaces"))


CREATE_INTERFACE: Final = action(
    "interfaces.create",
    "create_interface",
    "interface",
    p.NewInterface,
    Made,
    needed("interface_id"),
    repeat=Repeat.NEVER,
    summary="Make an interface: the branding of pages and mails.",
    source="contract 3",
)

LIST_INTERFACES: Final = action(
    "interfaces.list",
    "list_interfaces",
    "call",
    NoParams,
    tuple[wire.Interface, ...],
    _interfaces,
    repeat=Repeat.READ,
    summary="List interfaces.",
    source="contract 3",
)
