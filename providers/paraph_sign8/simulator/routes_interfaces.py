"""Interfaces: the only table that SIGN8 publishes, with its defaults literally (contract 3).

Every column is mandatory and nearly every one has a default, so only the organisation has to be told. The
table prints `icon_file_id` for the icon and for the logo, each with a default of its own: which name means
the logo is the dialect's to say, and whoever tells one of the two leaves the other at its default. Nothing
public says how pictures get to SIGN8, so the files that exist are an option of the simulator.
"""

from __future__ import annotations

from typing import Any

from paraph_sign8.simulator import answers, shown
from paraph_sign8.simulator.errors import VendorError
from paraph_sign8.simulator.http import Call, Endpoint
from paraph_sign8.simulator.model import DEFAULT_COLOR, DEFAULT_ICON, DEFAULT_LOGO, Interface
from paraph_sign8.simulator.tenant import Tenant, new_id


def create_interface(tenant: Tenant, call: Call) -> Any:
    """Insert a row."""
    told, now = call.told, tenant.clock.now()
    names = tenant.dialect.fields.interface
    for default, key in ((DEFAULT_ICON, "icon_file_id"), (DEFAULT_LOGO, "logo_file_id")):
        if told.get(key, default) not in {default, *tenant.options.pictures}:
            raise VendorError("NOT_FOUND", "there is no such file", getattr(names, key))
    row = Interface(
        interface_id=told.get("interface_id", new_id()),
        primary_color=told.get("primary_color", DEFAULT_COLOR),
        icon_file_id=told.get("icon_file_id", DEFAULT_ICON),
        logo_file_id=told.get("logo_file_id", DEFAULT_LOGO),
        created_at=told.get("created_at", now),
        updated_at=told.get("updated_at", now),
    )
    if row.interface_id in tenant.interfaces:
        raise VendorError("ALREADY_EXISTS", f"{names.interface_id} is taken", names.interface_id)
    tenant.interfaces[row.interface_id] = row
    tenant.effects.add("interface_added", row.interface_id)
    return answers.build([(tenant.dialect.answers.interface_id, row.interface_id)])


def list_interfaces(tenant: Tenant, _call: Call) -> Any:
    """Return all rows."""
    return shown.interfaces(tenant)


ENDPOINTS = (
    Endpoint(name="create_interface", entity="interface", handler=create_interface, status=201),
    Endpoint(name="list_interfaces", entity="call", keys=(), handler=list_interfaces),
)
