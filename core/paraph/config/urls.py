"""The two URLs of a configuration: where envelopes are kept, and where vendors reach the receiver."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from paraph._hints import nearest
from paraph.config import secrets
from paraph.config.table import Table

SQLITE: Final = "sqlite:///"
STORE_REFERENCES: Final = tuple(f"{scheme}:" for scheme in secrets.SCHEMES)
"""How a store's URL begins that is a reference to the URL."""

_STORES: Final = ("memory", "sqlite", "postgresql", "postgresql+psycopg")
_KNOWN: Final = "memory:, sqlite:///paraph.db, postgresql://user@host/database, or a reference to one"


def read_store(root: Table) -> str | None:
    """Read ``store.url``; what is wrong goes to the table's findings, and its text is never repeated."""
    table = root.table("store")
    if table is None:
        return None
    url = table.take("url", str, required='where envelopes are kept, such as "sqlite:///paraph.db"')
    table.done()
    if url is not None and not url.startswith(STORE_REFERENCES):
        _check_store(table, url)
    return url


def _check_store(table: Table, url: str) -> None:
    if _has_password(url):
        table.problem("url", "secret.inline", "the URL holds a password", secrets.HOW)
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in _STORES:
        near = nearest(scheme, (*_STORES, *secrets.SCHEMES)) if colon else None
        hint = f"did you mean {near}:…?" if near else f"known: {_KNOWN}"
        table.problem("url", "store.unknown", "is no kind of store", hint)
    elif scheme == "memory" and rest not in {"", "//"}:
        table.problem("url", "store.form", "a store in memory has no path", "write memory:")
    elif scheme == "sqlite" and not _is_file(url):
        table.problem("url", "store.form", "names no file alone", "write sqlite:///paraph.db, or memory:")
    elif scheme.startswith("postgresql") and not rest.startswith("//"):
        table.problem("url", "store.form", "is no URL", "write postgresql://user@host/database")


def _is_file(url: str) -> bool:
    """Whether an SQLite URL names a file, without a host or options."""
    path = url.removeprefix(SQLITE)
    return path not in {url, "", ":memory:"} and "?" not in path


def _has_password(url: str) -> bool:
    """Whether a password stands in a URL: before its host, or among what the driver is told."""
    try:
        parts = urlsplit(url)
        return bool(parts.password) or any("password" in key.lower() for key, _ in parse_qsl(parts.query))
    except ValueError:
        return False


def read_public_url(root: Table) -> str | None:
    """Read ``webhooks.public_url``, without a slash at its end; what is wrong goes to the findings."""
    table = root.table("webhooks")
    if table is None:
        return None
    url = table.take("public_url", str)
    table.done()
    if url is None:
        return None
    if not url.startswith(("https://", "http://")):
        table.problem("public_url", "url.form", "has to begin with https:// (or http:// in tests)")
    elif not _is_plain(url):
        message = "it is not a plain URL such as https://app.example/hooks"
        table.problem("public_url", "url.invalid", message, "leave out user, password, ? and #")
    return url.rstrip("/")


def _is_plain(url: str) -> bool:
    """Whether a URL is a host and a path, which account and secret can follow."""
    try:
        parts: SplitResult = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and not set(url) & set(" ?#")
    return plain and bool(parts.hostname) and "@" not in parts.netloc
