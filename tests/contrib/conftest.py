"""Fixtures of the receiver's and the demo's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paraph import Config, Registry, Store, open_store
from support.post_office import SECRET, Office, OpenOffice, PostProvider


@pytest.fixture
def open_office(tmp_path: Path) -> Iterator[OpenOffice]:
    """Return a function that opens an office whose accounts are named; all are closed at the end."""
    stores: list[Store] = []

    def make(*names: str, secret: str | None = SECRET, store: str = "sqlite", public: str = "") -> Office:
        vendor = PostProvider()
        registry = Registry.empty()
        registry.register("post", vendor)
        account = {"provider": "post", "environment": "test", "api_key": "env:KEY"}
        if secret is not None:
            account["webhook_secret"] = "env:HOOK"
        mapping: dict[str, Any] = {"accounts": {name: dict(account) for name in names or ("one",)}}
        if public:
            mapping["webhooks"] = {"public_url": public}
        environ = {"KEY": "canary-key", "HOOK": secret or ""}
        config = Config.from_mapping(mapping, environ=environ, registry=registry)
        url = "memory:" if store == "memory" else f"sqlite:///{tmp_path}/{len(stores)}.db"
        stores.append(open_store(url))
        return Office(vendor=vendor, store=stores[-1], config=config, registry=registry)

    yield make
    for store in stores:
        store.close()
