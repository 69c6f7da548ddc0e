"""``[accounts.NAME.defaults]``: what stands for what an envelope leaves open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, get_type_hints

import attrs

from paraph._hints import suggestion
from paraph.config.structure import MismatchError, read_level, structured
from paraph.config.table import Table
from paraph.errors import ConfigurationError
from paraph.model import DeliveryBy, Level
from paraph.model._kinds import encodable
from paraph.provider.info import BRANDING
from paraph.provider.registry import Registry

_CODE: Final = re.compile(r"[A-Za-z]{2}")
_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_UNITS: Final[Mapping[str, str]] = {"h": "hours", "d": "days", "w": "weeks"}
LONGEST: Final = timedelta(days=3660)
"""Ten years and a little: a longer expiry is a slip of the pen."""


def read_defaults(table: Table, provider: str | None, registry: Registry) -> dict[str, Any]:
    """Read an account's defaults; what is wrong goes to the table's findings.

    :returns: ``language`` and ``country`` (two letters), ``level`` (:class:`~paraph.Level`), ``message``
        (text), ``expiry`` (a ``timedelta`` after sending), ``delivery`` (:class:`~paraph.DeliveryBy`) and
        ``branding`` (values of the provider's own options), as far as they are given.
    """
    inner = table.table("defaults")
    if inner is None:
        return {}
    found = {
        "language": _code(inner, "language"),
        "country": _code(inner, "country"),
        "level": _level(inner),
        "message": _message(inner),
        "expiry": _expiry(inner),
        "delivery": _delivery(inner),
        "branding": _branding(inner, provider, registry),
    }
    inner.done()
    return {key: value for key, value in found.items() if value is not None}


def _code(table: Table, key: str) -> str | None:
    code = table.take(key, str)
    if code is not None and not _CODE.fullmatch(code):
        table.problem(key, "code.form", "has to be a code of two letters")
        return None
    return code


def _level(table: Table) -> Level | None:
    word = table.take("level", str)
    if word is None:
        return None
    try:
        return read_level(word)
    except MismatchError as mismatch:
        table.problem("level", "level.unknown", str(mismatch), mismatch.hint)
        return None


def _message(table: Table) -> str | None:
    text = table.take("message", str)
    if text is not None and not encodable(text):
        table.problem("message", "text.unencodable", "this text holds NUL or half of a surrogate pair")
        return None
    return text or None


def _expiry(table: Table) -> timedelta | None:
    text = table.take("expiry", str)
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    lasts = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
    if lasts is None or lasts > LONGEST:
        message = "has to be a time after sending, of at most ten years"
        table.problem("expiry", "duration.form", message, 'write hours, days or weeks: "72h", "30d", "4w"')
        return None
    return lasts


def _delivery(table: Table) -> DeliveryBy | None:
    given = table.take("delivery", DeliveryBy)
    if given is DeliveryBy.ACCOUNT:
        table.problem("delivery", "value.type", "has to be one of email, link: this is the account")
        return None
    return given


def _branding(table: Table, provider: str | None, registry: Registry) -> dict[str, Any] | None:
    """Read values of those of the provider's envelope options that are marked as branding."""
    inner = table.table("branding")
    if inner is None or provider is None:
        return None
    try:
        kind = registry.info(provider).envelope_options
    except ConfigurationError:
        return None  # told as the account's own problem
    taken = branding_of(kind)
    if not taken:
        message = f"the envelopes of provider {provider!r} have no option for branding"
        table.problem("branding", "branding.unsupported", message, "leave it out; see the provider's page")
        return None
    found: dict[str, Any] = {}
    for key, value in inner.values.items():
        if key not in taken:
            inner.problem(key, "key.unknown", "unknown key", suggestion(key, taken))
            continue
        try:
            found[key] = structured(value, taken[key])
        except MismatchError as mismatch:
            inner.mismatch(key, mismatch)
    return found or None


def branding_of(kind: type | None) -> Mapping[str, Any]:
    """Return the declared types of the envelope options that are branding, by name."""
    if kind is None:
        return {}
    hints = get_type_hints(kind)
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    return {field.name: hints[field.name] for field in fields if field.metadata.get(BRANDING)}
