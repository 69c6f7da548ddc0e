"""Actions: single vendor endpoints with typed parameters and a typed result."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Generic, TypeVar

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
    :ivar description: meaning, what repeating does and what goes wrong, in prose.
    :ivar errors: the vendor's error codes that fit the action.
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

    def parameter(self, word: str) -> str:
        """Return the parameter that a word names: by its own name, or as the vendor's documents spell it.

        ``signatureRequestId`` is ``signature_request_id``. A word that names none is returned as it is.
        """
        from paraph.convert import spellings

        fields = attrs.fields(self.params)  # type: ignore[arg-type]  # an attrs class
        if any(word == field.alias for field in fields):
            return word
        return next((str(field.alias) for field in fields if word in spellings(field)), word)
