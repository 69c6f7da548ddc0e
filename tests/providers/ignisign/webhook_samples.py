"""The sample payloads beside this file, and what ``samples/index.toml`` says of each."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from paraph.provider import Reading
from paraph_ignisign import webhooks
from support.ignisign_account import account, delivery

FOLDER: Final = Path(__file__).with_name("samples")
ACCOUNT: Final = account()


@attrs.frozen(kw_only=True)
class Sample:
    """One payload, and what has to be read out of it; the index explains the fields."""

    name: str
    source: str
    raw: bytes
    facts: tuple[str, ...]
    read: bool
    read_open: bool = False
    subject: str = ""
    parent: str = ""
    reference: str = ""
    signatories: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        """The decoded payload."""
        found: dict[str, Any] = json.loads(self.raw)
        return found

    def reading(self) -> Reading:
        """Let the plugin read it."""
        return webhooks.observe(delivery(self.raw), ACCOUNT)


def load() -> dict[str, Sample]:
    """Read the index and the files that it names."""
    index = tomllib.loads((FOLDER / "index.toml").read_text())
    names = index.pop("names")
    return {name: _sample(name, row, names) for name, row in index.items()}


def _sample(name: str, row: Mapping[str, Any], names: Mapping[str, str]) -> Sample:
    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return tuple(map(filled, value))
        return value.format(**names) if isinstance(value, str) else value

    made = {key: filled(value) for key, value in row.items()}
    raw = (FOLDER / f"{name}.json").read_bytes()
    content = json.loads(raw).get("content") or {}
    return Sample(name=name, raw=raw, **{"subject": content.get("signatureRequestId", ""), **made})


def told(reading: Reading) -> tuple[str, ...]:
    """Write facts as the index does."""
    return tuple(
        f"{fact.subject.kind.value} {fact.subject.ref} {fact.type.value} {fact.target}".rstrip()
        for fact in reading.facts
    )
