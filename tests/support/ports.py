"""Ports of this machine: free ones for servers that are started later, and one where nobody listens."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_LOWEST, _SHARES, _SHARE = 20_000, 500, 20
"""Below what systems give to those who ask for any port (from 32768 on): nobody gets one of these by chance.
Each process looks in a share of its own."""


def free_port(count: int = 1) -> int:
    """Return a port that nobody uses now, nor the `count` - 1 after it."""
    first = _LOWEST + os.getpid() % _SHARES * _SHARE
    found = range(first, first + _SHARE - count + 1)
    for port in random.SystemRandom().sample(found, len(found)):
        if _are_free(range(port, port + count)):
            return port
    raise OSError(f"none of the ports {found.start} to {found.stop} is free")


def _are_free(ports: range) -> bool:
    with ExitStack() as taken:
        try:
            for port in ports:
                taken.enter_context(socket.create_server(("127.0.0.1", port)))
        except OSError:
            return False
    return True


@contextmanager
def nobody_listens() -> Iterator[int]:
    """Keep a port where no connection is accepted: it is taken, so that nobody else can listen there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        yield port
