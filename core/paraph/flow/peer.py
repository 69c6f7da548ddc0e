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
    socket = stream.get_extra_info("ssl_object") if stream is not None else None
    certificate = socket.getpeercert() if isinstance(socket, ssl.SSLSocket | ssl.SSLObject) else None
    if not isinstance(socket, ssl.SSLSocket | ssl.SSLObject) or not certificate:
        return {}
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), tz=UTC)
    return {PEER: Peer(protocol=socket.version() or "TLS", until=until)}
