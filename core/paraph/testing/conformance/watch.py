"""Listening for secrets: whatever paraph and the provider say while checks run is searched for them."""

from __future__ import annotations

import base64
import logging
import traceback
from typing import Final, Self
from urllib.parse import quote

SHORTEST: Final = 6
"""Characters below which a text is no secret, but a word that may stand anywhere."""

LOUD: Final = ("paraph", "httpx")
"""Loggers that are listened to at every level, beside the plugin's own."""


class Watch(logging.Handler):
    """Collects what was said, and knows what must not be: secrets by name, and personal words."""

    def __init__(self, *loggers: str) -> None:
        super().__init__(level=logging.DEBUG)
        self._loggers = (*LOUD, *loggers)
        self._levels: dict[str, int] = {}
        self._forbidden: dict[str, str] = {}
        self._heard: list[tuple[str, str]] = []
        self.listening = False
        """Whether a client is at work: what simulators and people log is their own business."""

    def forbid(self, name: str, value: str) -> None:
        """Name a value that must not be said, in any of the ways in which it may be written."""
        if len(value) >= SHORTEST:
            encoded = base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()
            self._forbidden |= {value: name, quote(value, safe=""): name, encoded: name}

    @property
    def words(self) -> tuple[str, ...]:
        """The values that must not be said, for a vendor that repeats them all."""
        return tuple(sorted(self._forbidden))

    def hear(self, where: str, said: object) -> None:
        """Note what an object says of itself."""
        self._heard += [
            (f"{form} of {where}", text) for form, text in (("str", str(said)), ("repr", repr(said)))
        ]

    def hear_error(self, where: str, error: BaseException) -> None:
        """Note what an error says, with its causes, as a log or a terminal would show it."""
        self.hear(f"{type(error).__name__} of {where}", error)
        self._heard.append((f"traceback of {where}", "".join(traceback.format_exception(error))))

    def emit(self, record: logging.LogRecord) -> None:
        """Note a log record."""
        simulated = (record.threadName or "").startswith("simulat")
        if self.listening and not simulated and record.name.startswith(self._loggers):
            self._heard.append((f"log of {record.name}", f"{record.getMessage()} {record.exc_text or ''}"))

    def leaks(self) -> tuple[str, ...]:
        """Return which forbidden values were said where; the values themselves are not repeated."""
        found = {
            f"{name} in the {where}"
            for where, text in self._heard
            for value, name in self._forbidden.items()
            if value in text
        }
        return tuple(sorted(found))

    def __enter__(self) -> Self:
        for name in self._loggers:
            self._levels[name] = logging.getLogger(name).level
            logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_error: object) -> None:
        logging.getLogger().removeHandler(self)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
