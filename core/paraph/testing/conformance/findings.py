"""How a check says that a provider does not conform."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any, NoReturn


class NotConformingError(AssertionError):
    """A promise of the provider interface is broken; the message says which, and what mends it."""


def fail(what: str, *, hint: str = "") -> NoReturn:
    """Say what is wrong, and what mends it."""
    raise NotConformingError(f"{what}; {hint}" if hint else what)


def expect(condition: object, what: str, *, hint: str = "") -> None:
    """Say what is wrong unless ``condition`` holds."""
    if not condition:
        fail(what, hint=hint)


@contextlib.contextmanager
def offline(what: str) -> Iterator[None]:
    """Let every attempt to reach the network fail, in this process, while the block runs."""

    def refuse(*_arguments: Any, **_named: Any) -> NoReturn:
        fail(f"{what} reached for the network", hint="it has to answer from its arguments alone")

    # On the class, so that sockets that exist already are held back as well.
    kept = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
    socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo = refuse, refuse, refuse  # type: ignore[method-assign]  # put back below
    try:
        yield
    finally:
        socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo = kept  # type: ignore[method-assign]  # as it was
