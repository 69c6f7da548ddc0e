"""What SIGN8's error answers mean.

Nothing is published about them (contract 2), so the HTTP status decides. Assumption: where the answer is
JSON, a code stands in one of the places that such APIs use; it is shown only if it looks like a code, since
a text may hold whatever the vendor found worth saying about a person.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from paraph.provider import problem_of

if TYPE_CHECKING:
    import httpx

    from paraph import errors

PLACES: Final = (("code",), ("error_code",), ("errorCode",), ("error", "code"), ("error",))
"""Where a code may stand, in the order to look (assumption); the last is OAuth 2.0's (RFC 6749, 5.2)."""

_CODE = re.compile(r"[A-Z][A-Z0-9]*([_.-][A-Z0-9]+)+|[a-z]+(_[a-z0-9]+)+|[A-Z]{1,8}-?[0-9]{1,8}|[0-9]{1,8}")
"""Words joined by underscores, dots or hyphens, or a number: no plain word, which could be a name."""

LONGEST: Final = 80
"""Characters of a code."""


def vendor_error(response: httpx.Response) -> errors.VendorError | None:
    """Return the error that an answer is, or ``None`` for a success."""
    if response.is_success:
        return None
    return problem_of(response, code=code_of(response))


def code_of(response: httpx.Response) -> str | None:
    """Read the vendor's error code out of a body that may be anything."""
    try:
        body: Any = response.json()
    except (ValueError, RecursionError):
        return None
    for place in PLACES:
        found = body
        for key in place:
            found = found.get(key) if isinstance(found, dict) else None
        text = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
        if isinstance(text, str) and len(text) <= LONGEST and _CODE.fullmatch(text):
            return text
    return None
