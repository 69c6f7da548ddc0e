"""What an action says of itself: a text that is written from its fields, for ``help`` as for people."""

from __future__ import annotations

import inspect
import pydoc
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from paraph import Registry
from paraph.flow import Flow
from paraph.provider import Action, NoParams, OffersActions, Repeat


def _run(_account: Any, _given: NoParams) -> Flow[None]:
    yield from ()


ACTION: Action[NoParams, None] = Action(
    name="doors.open",
    summary="Open a door.",
    description="Whoever stands behind it hears it.",
    source="contract 7",
    slug="DOORS_OPEN",
    repeat=Repeat.IDEMPOTENT,
    params=NoParams,
    result=None,
    run=_run,
    method="POST",
    path="/doors/{doorId}",
    errors=("DOOR_NOT_FOUND", "DOOR_JAMMED"),
)

TOLD = """\
Open a door.

Whoever stands behind it hears it.

Repeating: A second call ends in the same state. It is repeated by itself after a
failure that may pass.

Errors: a VendorError; of the vendor's codes these belong to it: DOOR_NOT_FOUND,
DOOR_JAMMED.

Request: POST /doors/{doorId}

Source: contract 7, DOORS_OPEN"""


def offered() -> Iterator[Action[Any, Any]]:
    registry = Registry(environ={})
    for each in registry.listing():
        if each.kind == "provider":
            provider = registry.provider(each.name)
            if isinstance(provider, OffersActions):
                yield from provider.actions.values()


def test_an_action_tells_what_its_fields_say() -> None:
    """Meaning, repetition, errors, request and source, in this order; the class keeps its own docstring."""
    assert TOLD == ACTION.told() == ACTION.__doc__ == inspect.getdoc(ACTION)
    assert "One vendor action as data." == (inspect.getdoc(Action) or "").splitlines()[0]


def test_help_shows_it() -> None:
    """``help(action)`` is about the action, not about its class."""
    shown = pydoc.plain(pydoc.render_doc(ACTION))
    assert all(line.strip() in shown for line in TOLD.splitlines())
    assert ":ivar" not in shown


def test_a_copy_tells_of_itself() -> None:
    """The text follows the fields of each action, whatever it was made from."""
    other = attrs.evolve(
        ACTION,
        description="",
        errors=(),
        repeat=Repeat.NEVER,
        told_in="doors.open",
        documented=False,
        slug="",
    )
    told = " ".join(other.told().split())
    assert told.startswith(f"Open a door. Repeating: {Repeat.NEVER.meaning} Errors: a VendorError; ")
    assert "the vendor names no code for it" in told
    assert "UnsupportedCapability where the account's settings do not say doors.open" in told
    assert told.endswith("Request: doors.open, in no document of the vendor's Source: contract 7")


@pytest.mark.parametrize("repeat", Repeat)
def test_what_repeating_does_is_a_sentence(repeat: Repeat) -> None:
    """Each kind of repetition says what a second call does, and whether it is made by itself."""
    assert "repeated by itself" in repeat.meaning
    assert repeat.meaning.endswith(".")


def test_every_action_there_is_tells_all_of_it() -> None:
    """Of every installed provider each action tells meaning, repetition, each error code and its source."""
    seen = set()
    for action in offered():
        told = " ".join((action.__doc__ or "").split())
        parts = (action.summary, action.description, action.repeat.meaning, action.request, action.source)
        assert all(" ".join(part.split()) in told for part in parts), action.name
        assert all(code in told for code in action.errors), action.name
        seen.add(told)
    assert len(list(offered())) == len(seen) > 1
