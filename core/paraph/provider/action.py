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
    :ivar params: frozen attrs class of the parameters.
    :ivar run: the flow.
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
