"""No URL of a vendor in the log.

httpx writes each request with its whole URL at level INFO. A URL may hold what no log may: the key of an
upload address, a signing token, the reason that somebody gave. So what httpx says of *our* requests is
shortened to the host; an application's own use of httpx stays as it is.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
from collections.abc import Iterator

_OURS: contextvars.ContextVar[bool] = contextvars.ContextVar("paraph_request", default=False)


class _Shortened(logging.Filter):
    """Shortens URLs in records that were made while one of our requests was sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the paths and queries of its URLs."""
        import httpx

        if _OURS.get() and isinstance(record.args, tuple):
            record.args = tuple(
                f"{each.scheme}://{each.netloc.decode('ascii')}/…" if isinstance(each, httpx.URL) else each
                for each in record.args
            )
        return True


_FILTER = _Shortened()


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Send a request within this block, and httpx names only its host."""
    logging.getLogger("httpx").addFilter(_FILTER)  # adding the same filter again does nothing
    token = _OURS.set(True)
    try:
        yield
    finally:
        _OURS.reset(token)
