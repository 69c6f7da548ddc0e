"""What may be told about each entity: kinds, sizes, what is mandatory.

The rules are those of the product (contract 4); sizes are assumptions. A key that the dialect gives no name
cannot be told, so nothing is demanded of it. In forms and queries everything is text: numbers and truth
values are then written as JSON writes them.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from paraph_sign8.dialect import Dialect
from paraph_sign8.simulator import times
from paraph_sign8.simulator.errors import VendorError

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}")
_MOST_SIGNERS: Final = 1000
_LONGEST_EMAIL: Final = 254

Reader = Callable[[Any, Dialect], Any]
"""Returns the meaning of a told value; raises ValueError that says how it has to be."""


@attrs.frozen(kw_only=True)
class Key:
    """One thing that may be told. `plain`: it is a text, so forms and queries write it as it is.

    `table`: the dialect's words that it is one of.
    """

    read: Reader
    mandatory: bool = False
    plain: bool = True
    table: str = ""


def text(most: int) -> Reader:
    """Return a reader of a text of 1 to `most` characters, not blank."""

    def read(value: Any, _dialect: Dialect) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            raise ValueError(f"has to be a text of 1 to {most} characters")
        if any(ord(each) < ord(" ") and each not in "\n\t" for each in value):
            raise ValueError("has to be free of control characters")
        return value

    return read


def _word(table: str, *, mandatory: bool = False) -> Key:
    """Return the key of one of the dialect's words; it is read as the neutral one."""

    def read(value: Any, dialect: Dialect) -> str:
        known: Mapping[str, Any] = getattr(dialect.words, table)
        for neutral, native in known.items():
            if type(native) is type(value) and native == value:
                return neutral
        raise ValueError(f"has to be one of: {', '.join(json.dumps(each) for each in known.values())}")

    return Key(read=read, mandatory=mandatory, plain=False, table=table)


def _number(value: Any, _dialect: Dialect) -> float:
    if type(value) not in {int, float} or not math.isfinite(value):
        raise ValueError("has to be a number")
    return float(value)


def _whole(least: int, most: int) -> Reader:
    def read(value: Any, _dialect: Dialect) -> int:
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"has to be a whole number from {least} to {most}")
        return value

    return read


def _email(value: Any, _dialect: Dialect) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_EMAIL or not _EMAIL.fullmatch(value):
        raise ValueError("has to be an e-mail address")
    return value


def _phone(value: Any, _dialect: Dialect) -> str:
    if not isinstance(value, str) or not _PHONE.fullmatch(value):
        raise ValueError("has to be a number in international form, such as +4915112345678")
    return value


def _file_name(value: Any, dialect: Dialect) -> str:
    name = str(text(255)(value, dialect))
    if "/" in name or "\\" in name:
        raise ValueError("has to be a name without folders")
    return name


def _media_type(value: Any, _dialect: Dialect) -> str:
    if value != "application/pdf":
        raise ValueError("has to be application/pdf")
    return str(value)


def _content(value: Any, _dialect: Dialect) -> bytes:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else _no_base64()
    except (binascii.Error, ValueError):
        return _no_base64()


def _no_base64() -> bytes:
    raise ValueError("has to be the file in base64")


def _instant(value: Any, dialect: Dialect) -> datetime:
    return times.read(value, dialect.formats.instant)


_ID = Key(read=text(100), mandatory=True)
_NUMBER = Key(read=_number, mandatory=True, plain=False)
_PLACE: Final[Mapping[str, Key]] = {
    "workflow_id": _ID,
    "file_id": _ID,
    "signer_id": _ID,
    "page": Key(read=_whole(0, 100_000), mandatory=True, plain=False),
    "x": _NUMBER,
    "y": _NUMBER,
    "width": _NUMBER,
    "height": _NUMBER,
}

KEYS: Final[Mapping[str, Mapping[str, Key]]] = {
    "workflow": {
        "name": Key(read=text(200), mandatory=True),
        "description": Key(read=text(5000)),
        "expires_at": Key(read=_instant, plain=False),
        "dispatch": _word("dispatch"),
        "password": Key(read=text(100)),
        "team_id": Key(read=text(100)),
        "interface_id": Key(read=text(100)),
        "reference": Key(read=text(200)),
    },
    "file": {
        "workflow_id": _ID,
        "name": Key(read=_file_name, mandatory=True),
        "content": Key(read=_content, mandatory=True),
        "media_type": Key(read=_media_type),
    },
    "signer": {
        "workflow_id": _ID,
        "given_name": Key(read=text(100), mandatory=True),
        "family_name": Key(read=text(100), mandatory=True),
        "email": Key(read=_email, mandatory=True),
        "phone": Key(read=_phone),
        "position": Key(read=_whole(1, _MOST_SIGNERS), plain=False),
        "signature_type": _word("signature_types", mandatory=True),
    },
    "signature": _PLACE,
    "annotation": {**_PLACE, "text": _word("annotations", mandatory=True)},
    "interface": {
        "interface_id": Key(read=text(100)),
        "primary_color": Key(read=text(100)),
        "icon_file_id": Key(read=text(100)),
        "logo_file_id": Key(read=text(100)),
        "created_at": Key(read=_instant, plain=False),
        "updated_at": Key(read=_instant, plain=False),
    },
    "call": {
        "workflow_id": _ID,
        "file_id": _ID,
        "signer_id": _ID,
        "reason": Key(read=text(2000)),
    },
}
"""What may be told, by entity and key of the dialect's ``fields``."""


def checked(
    entity: str, told: Mapping[str, Any], keys: Mapping[str, str], dialect: Dialect
) -> dict[str, Any]:
    """Return the meanings of told values.

    :param told: values by key. ``keys``: the wire's name of each key that can be told at all.
    :raises VendorError: something is missing or wrong; every such field is named.
    """
    rules = KEYS[entity]
    missing = [name for key, name in keys.items() if rules[key].mandatory and key not in told]
    if missing:
        raise VendorError("MISSING_FIELD", f"missing: {', '.join(missing)}", *missing)
    read: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for key, value in told.items():
        try:
            read[key] = rules[key].read(value, dialect)
        except ValueError as error:
            wrong[keys[key]] = str(error)
    if wrong:
        words = "; ".join(f"{name} {reason}" for name, reason in wrong.items())
        raise VendorError("INVALID_FIELD", words, *wrong)
    return read


def from_text(entity: str, key: str, value: str, dialect: Dialect) -> Any:
    """Return what a form or a query means by a text: itself, one of the dialect's words, or JSON."""
    rule = KEYS[entity][key]
    if rule.plain:
        return value
    known: Mapping[str, Any] = getattr(dialect.words, rule.table) if rule.table else {}
    for native in known.values():
        if value == (native if isinstance(native, str) else json.dumps(native)):
            return native
    try:
        return json.loads(value)
    except ValueError:
        return value
