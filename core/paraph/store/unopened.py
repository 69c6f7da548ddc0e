"""A store that could not be opened: it stands in where everything else is to be looked at all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from paraph.errors import ConfigurationError, StoreError
from paraph.store.protocol import Transaction


class UnopenedStore:
    """Raises, at every access, why there is no store.

    :param error: what opening it raised.
    """

    durable = True

    def __init__(self, error: StoreError | ConfigurationError) -> None:
        self._error = error

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Raise why."""
        raise self._error.with_traceback(None)
        yield

    def close(self) -> None:
        """Do nothing: there is nothing to close."""
