"""What an examination found: one line of ``paraph doctor``."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

import attrs


class Standing(StrEnum):
    """How the thing that was looked at stands."""

    OK = "ok"
    WARN = "warn"
    """It works now, and somebody should look at it."""
    FAIL = "fail"
    """It does not work, or will be refused."""
    NOT_ASKED = "not asked"
    """Nobody looked; ``found`` says why: nothing is there, no way is harmless, or something else failed."""


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that was looked at. It holds no secret and no personal data.

    :ivar check: what was looked at, in one to three words of lower case, such as ``credentials``.
    :ivar state: how it stands. ``found``: what was seen; where nobody looked, why.
    :ivar hint: what to do; may be empty.
    :ivar account: whose; empty for what all accounts share. The examination of an account fills it in.
    """

    check: str
    state: Standing
    found: str
    hint: str = ""
    account: str = ""

    @classmethod
    def ok(cls, check: str, found: str) -> Self:
        """Make one that says: it works."""
        return cls(check=check, state=Standing.OK, found=found)

    @classmethod
    def warn(cls, check: str, found: str, hint: str = "") -> Self:
        """Make one that says: it works, but."""
        return cls(check=check, state=Standing.WARN, found=found, hint=hint)

    @classmethod
    def fail(cls, check: str, found: str, hint: str = "") -> Self:
        """Make one that says: it does not work."""
        return cls(check=check, state=Standing.FAIL, found=found, hint=hint)

    @classmethod
    def not_asked(cls, check: str, why: str, hint: str = "") -> Self:
        """Make one that says: nobody looked, because."""
        return cls(check=check, state=Standing.NOT_ASKED, found=why, hint=hint)
