"""Parameters of actions as a caller with JSON says them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import attrs

from paraph.model import Document, Secret


def said(value: Any, files: Path | None = None) -> Any:
    """Return a value as JSON; a document's content is written into the folder that its path then names."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Document) and files is not None:
        with value.open() as content:
            (files / value.name).write_bytes(content.read())
        return str(files / value.name)
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        return {str(field.alias): said(getattr(value, field.name), files) for field in fields}
    if isinstance(value, Mapping):
        return {key: said(each, files) for key, each in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [said(each, files) for each in value]
    return str(value) if isinstance(value, date | Path) else value
