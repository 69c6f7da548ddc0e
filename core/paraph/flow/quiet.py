"""No URL of a vendor in the log.

A client of httpx writes each request with its whole URL at level INFO. A URL may hold what no log may: the
key of an upload address, a signing token, the reason that somebody gave. Our requests pass the clients by
(:func:`paraph.flow.session.begin`), and the same is written of them here, with the host alone; an
application's own use of httpx stays as it is.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import httpx

_LOG: Final = logging.getLogger("httpx")


def note(request: httpx.Request, response: httpx.Response) -> None:
    """Log a request and its status as httpx does, but for path and query of its URL."""
    if _LOG.isEnabledFor(logging.INFO):
        _LOG.info(
            'HTTP Request: %s %s://%s/… "%s %d %s"',
            request.method,
            request.url.scheme,
            request.url.netloc.decode("ascii"),
            response.http_version,
            response.status_code,
            response.reason_phrase,
        )
