"""Actions: single vendor endpoints with typed parameters and a typed result.

An action is data, and so is what it says of itself: ``help(action)`` shows a text that is written from its
fields (:meth:`Action.told`), so that no docstring can say anything else than they.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import attrs

from paraph.flow.commands import Flow
from paraph.provider.account import Account

ParamsT = TypeVar("ParamsT")
ResultT = TypeVar("ResultT")


class Repeat(StrEnum):
    """What repeating an action does at the vendor."""

    READ = "read"
    """Nothing changes: may be repeated freely."""
    IDEMPOTENT = "idempotent"
    """The second call ends in the same state."""
    NEVER = "never"
    """Each call has a new effect."""

    @property
    def meaning(self) -> str:
        """What repeating does, and when it is done without being asked for, as sentences."""
        return _REPEATING[self]


_REPEATING: Final[Mapping[Repeat, str]] = {
    Repeat.READ: "Nothing changes at the vendor. It is repeated by itself after a failure that may pass.",
    Repeat.IDEMPOTENT: (
        "A second call ends in the same state. It is repeated by itself after a failure that may pass."
    ),
    Repeat.NEVER: (
        "Each call has a new effect, so that it is never repeated by itself: after an error whose effect is "
        "unknown, look what is there before you call it again."
    ),
}

COMPOSITE: Final = "composite"
"""What an action asks of the vendor that makes several requests, or none."""

_WIDTH: Final = 88
"""Characters of a line for people."""


class _Told:
    """What ``__doc__`` is: of the class what is written there, of an action what it says of itself."""

    def __init__(self, doc: str | None) -> None:
        self._doc = doc

    def __get__(self, action: Action[Any, Any] | None, _: type[Any]) -> str | None:
        return self._doc if action is None else action.told()


@attrs.frozen(kw_only=True, eq=False)
class Action(Generic[ParamsT, ResultT]):
    """One vendor action as data.

    :ivar name: dotted name, such as ``signers.create``.
    :ivar source: where the vendor documents it (contract section, or the vendor's slug).
    :ivar method: HTTP method, empty for a composite of several requests.
    :ivar path: path template as the vendor prints it.
    :ivar told_in: key of an account's settings that says method and path, where the vendor publishes none.
    :ivar params: frozen attrs class of the parameters.
    :ivar run: the flow.
    :ivar documented: ``False`` where no vendor document promises that the route exists.
    :ivar slug: the name under which a catalogue of tools knows the action, empty if none does.
    :ivar description: what it means, and what of repeating and failing ``repeat`` and ``errors`` do not say.
    :ivar errors: the vendor's error codes that fit the action, besides those that fit any.
    """

    name: str
    summary: str
    source: str
    repeat: Repeat
    params: type[ParamsT]
    result: Any
    run: Callable[[Account[Any], ParamsT], Flow[ResultT]]
    method: str = ""
    path: str = ""
    documented: bool = True
    slug: str = ""
    description: str = ""
    errors: tuple[str, ...] = ()
    told_in: str = ""

    if not TYPE_CHECKING:  # to which a docstring is always a text
        __doc__ = _Told(__doc__)

    @property
    def request(self) -> str:
        """What is asked of the vendor: method and path, the key of settings that says them, or neither."""
        return self.told_in or f"{self.method} {self.path}".strip() or COMPOSITE

    def told(self) -> str:
        """Return what it does, what repeating does, what goes wrong, and where that stands, for people."""
        codes = f"of the vendor's codes these belong to it: {', '.join(self.errors)}"
        unsaid = f"; UnsupportedCapability where the account's settings do not say {self.told_in}"
        parts = {
            "Repeating": self.repeat.meaning,
            "Errors": (
                f"a VendorError; {codes if self.errors else 'the vendor names no code for it'}"
                f"{unsaid if self.told_in else ''}."
            ),
            "Request": self.request + ("" if self.documented else ", in no document of the vendor's"),
            "Source": ", ".join(filter(None, (self.source, self.slug))),
        }
        texts = [self.summary, self.description, *(f"{name}: {text}" for name, text in parts.items())]
        return "\n\n".join(fill(each, _WIDTH, break_on_hyphens=False) for each in texts if each)

    def parameter(self, word: str) -> str:
        """Return the parameter that a word names: by its own name, or as the vendor's documents spell it.

        ``signatureRequestId`` is ``signature_request_id``. A word that names none is returned as it is.
        """
        from paraph.provider.fitting import spelt

        return spelt(self.params).get(word, word)
