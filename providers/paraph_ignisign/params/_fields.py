"""How parameters are declared, and those that many actions share."""

from __future__ import annotations

from typing import Any

import attrs

from paraph.convert import named
from paraph.provider import NoParams
from paraph_ignisign.settings import env_word


def hidden(default: Any = None) -> Any:
    """Declare personal data, or a file's content: it never shows in a repr."""
    return attrs.field(default=default, repr=False)


def request_id() -> Any:
    """Declare the id of a signature request, which some callers know as ``requestId``."""
    return attrs.field(metadata=named("signatureRequestId", "requestId"))


@attrs.frozen(kw_only=True)
class AppRef(NoParams):
    """The application and its environment (``TEST`` means ``STAGING``).

    Both are the account's own and need not be given; what is given has to be the same.
    """

    app_id: str | None = None
    app_env: str | None = attrs.field(default=None, converter=attrs.converters.optional(env_word))
