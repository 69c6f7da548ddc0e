"""Whom TLS believes. Reading the authorities takes 20 ms: clients that present no certificate share it."""

from __future__ import annotations

import functools
import os
import ssl


def trusted() -> ssl.SSLContext:
    """Return what verifies servers as httpx does by default, ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` included.

    It is shared by all who ask, so nobody may change it: who presents a certificate makes one of his own.
    """
    return _read(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))


@functools.lru_cache(maxsize=4)
def _read(_file: str, _folder: str) -> ssl.SSLContext:
    """Read the authorities once for each place that the environment names."""
    import httpx

    return httpx.create_ssl_context()
