"""One finding about an envelope or a configuration."""

from __future__ import annotations

from enum import StrEnum

import attrs


class Severity(StrEnum):
    """How much a problem weighs."""

    ERROR = "error"
    """It cannot be done; sending is refused."""
    WARNING = "warning"
    """It will be done, but not quite as asked; the hint says what differs."""


@attrs.frozen(kw_only=True)
class Problem:
    """What is wrong, where, and what mends it.

    :ivar path: where, such as ``signatories[0].phone`` or ``accounts.hr.api_key``.
    :ivar code: stable lower-case word for programs, such as ``phone.invalid``.
    :ivar message: one sentence for people, without personal data or secrets.
    :ivar hint: what to do; may be empty.
    """

    path: str
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        text = f"{self.path}: {self.message} [{self.code}]"
        return f"{text}; {self.hint}" if self.hint else text

    @property
    def blocking(self) -> bool:
        """Whether this problem refuses the operation."""
        return self.severity is Severity.ERROR
