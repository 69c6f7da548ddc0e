"""Who answered: what TLS said of the server, for a request that asks for it.

An answer is read in full before a flow sees it, and by then its connection may be closed. So a request that
has :data:`PEER` among its extensions gets the :class:`Peer` among those of its answer. Others cost nothing.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    import httpx

PEER: Final = "paraph_peer"
"""The extension's name, at a request (any true value) and at its answer."""


@attrs.frozen(kw_only=True)
class Peer:
    """A server that TLS has verified.

    :ivar protocol: such as ``TLSv1.3``. ``until``: when its certificate ends, aware UTC.
    """

    protocol: str
    until: datetime


def shown_peer(response: httpx.Response) -> Mapping[str, Any]:
    """Return the extension for an answer whose body is not read yet; empty without TLS, or if nobody asks."""
    if not response.request.extensions.get(PEER):
        return {}
    stream = response.extensions.get("network_stream")
    # What httpcore gives has no class in common: a raw object of the C library, or an ssl.SSLObject.
    told: Any = stream.get_extra_info("ssl_object") if stream is not None else None
    if told is None:
        return {}
    until = (told.getpeercert() or {}).get("notAfter")
    if until is None:
        return {}
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(until), tz=UTC)
    return {PEER: Peer(protocol=told.version() or "TLS", until=ends)}
