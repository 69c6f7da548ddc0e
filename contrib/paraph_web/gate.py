"""Who may come in: the path ``{prefix}/{account}/{secret}[/{rest}]`` and its comparison.

An unknown account and a wrong secret take the same way to the same answer: a digest of what was
given is compared with a stored one, which for nobody's account is that of a random text.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import attrs

from paraph import AsyncClient, Capability, Client, Problem
from paraph.errors import ConfigurationError

_SAFE = re.compile(r"[A-Za-z0-9._~-]{16,200}")
"""Unreserved characters (RFC 3986) reach every server unchanged; 16 of them cannot be guessed."""

HOW = "python -c 'import secrets; print(secrets.token_urlsafe(32))' makes one"

log = logging.getLogger("paraph.webhooks")


@attrs.frozen(kw_only=True)
class Entry:
    """A request that may come in. ``rest`` is what followed the secret, percent-encoded ASCII."""

    account: str
    rest: str


class Gate:
    """The accounts that are served, each with the digest of its secret.

    :param digests: ``None`` stands for an account that is open to everybody.
    """

    def __init__(self, digests: Mapping[str, bytes | None], prefix: str) -> None:
        self._digests = dict(digests)
        self._nobody = _digest(secrets.token_urlsafe(32))
        self._prefix = f"/{prefix.strip('/')}" if prefix.strip("/") else ""

    def admit(self, path: str, root: str = "") -> Entry | None:
        """Return who comes in by this (decoded) path, or ``None``.

        :param root: where the application is mounted. It and the prefix are taken off where they
            are there, since some proxies do so themselves.
        """
        inner = _without(_without(path, root.rstrip("/")), self._prefix)
        account, _, behind = inner.removeprefix("/").partition("/")
        if account in self._digests and self._digests[account] is None:
            return Entry(account=account, rest=_encoded(behind))
        given, _, rest = behind.partition("/")
        expected = self._digests.get(account) or self._nobody
        same = hmac.compare_digest(_digest(given), expected)
        return Entry(account=account, rest=_encoded(rest)) if same else None


def gate_of(
    client: Client | AsyncClient, *, accounts: Iterable[str] | None, prefix: str | None, insecure: bool
) -> Gate:
    """Make the gate of a client's accounts; see :class:`~paraph_web.Receiver`.

    :raises ConfigurationError: with every account whose secret is missing or unfit.
    """
    digests: dict[str, bytes | None] = {}
    problems: list[Problem] = []
    for name in client.config.accounts if accounts is None else accounts:
        try:
            account = client.config.account(name, client.registry)
        except ConfigurationError as error:
            if accounts is not None or not client.config.accounts[name].problems:
                raise
            # One account whose plugin is broken must not cost the others their deliveries.
            log.error("account %s is not served: %s", name, error)  # noqa: TRY400 - the message says it all
            continue
        if accounts is None and not _offers_webhooks(client, account):
            continue
        secret = account.webhook_secret.reveal() if account.webhook_secret else None
        fault = _fault(secret)
        if fault and not insecure:
            path = f"accounts.{name}.webhook_secret"
            problems.append(Problem(path=path, code="webhook_secret.unfit", message=fault, hint=HOW))
        digests[name] = _digest(secret) if secret else None
    if problems:
        raise ConfigurationError("the receiver does not start without path secrets", problems)
    if not digests:
        raise ConfigurationError("the receiver has no account to serve: none of their vendors calls webhooks")
    public = urlsplit(client.config.public_url or "").path
    return Gate(digests, public if prefix is None else prefix)


def _offers_webhooks(client: Client | AsyncClient, account: Any) -> bool:
    return Capability.WEBHOOKS in client.registry.provider(account.provider).capabilities(account)


def _fault(secret: str | None) -> str:
    if secret is None:
        return "is missing, so anybody could post deliveries"
    if not _SAFE.fullmatch(secret):
        return "has to be 16 to 200 characters of A-Z a-z 0-9 . _ ~ -"
    return ""


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _without(path: str, prefix: str) -> str:
    return path[len(prefix) :] if path.startswith(f"{prefix}/") else path


def _encoded(text: str) -> str:
    return text and quote(text, safe="/", errors="surrogatepass")
