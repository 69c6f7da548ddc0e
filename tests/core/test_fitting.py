"""What a caller gives for an action's parameters: by JSON, by words of the command line, and by objects."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import click
import pytest

from paraph.cli.calling import _pair
from paraph.errors import UsageError
from paraph.flow import Flow, Sink
from paraph.model import Document, Secret
from paraph.ops.calling import _filled
from paraph.provider import Action, Repeat
from paraph.provider.fitting import fitted

CANARY = "c4n4ry"


@attrs.frozen(kw_only=True)
class Part:
    """A part of the parameters."""

    name: str
    size: int = 0


@attrs.frozen(kw_only=True)
class Given:
    """The parameters of an action."""

    document: Document | None = None
    key: Secret | None = None
    at: datetime | None = None
    parts: tuple[Part, ...] = ()
    content: bytes = b""
    sink: Sink | None = None


@attrs.frozen(kw_only=True)
class Box:
    """Parameters that are required but for one."""

    name: str
    width: int
    height: int
    colour: str = ""


def _run(_account: Any, given: Given) -> Flow[Given]:
    yield from ()
    return given


ACTION: Action[Given, Given] = Action(
    name="do", summary="", source="", repeat=Repeat.READ, params=Given, result=Given, run=_run
)


def test_words_of_the_command_line_are_fitted(tmp_path: Path) -> None:
    """KEY=VALUE takes a path for a document, a text for a secret or a time, and JSON for what has parts."""
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7")
    words = [f"document={path}", "key=5", "at=2026-03-01T09:30:00Z", 'parts=[{"name": "x", "size": 2}]']
    given = dict(_pair(word, ACTION) for word in words)
    assert ("a.pdf", str(path)) == (given["document"].name, given["document"].path)
    assert Secret("5") == given["key"]
    assert datetime(2026, 3, 1, 9, 30, tzinfo=UTC) == given["at"]
    assert (Part(name="x", size=2),) == given["parts"]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """The file of a document has to be there, for words as for Python; its path is not repeated."""
    missing = str(tmp_path / f"{CANARY}.pdf")
    with pytest.raises(click.UsageError, match="document: the file is missing"):
        _pair(f"document={missing}", ACTION)
    with pytest.raises(UsageError, match="document: the file is missing") as caught:
        _filled("do", Given, {"document": missing})
    assert CANARY not in str(caught.value)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("parts", [{"name": "x", "colour": CANARY}]),
        ("parts", [{"size": 1}]),
        ("parts", [{"name": 1}]),
        ("parts", [CANARY]),
        ("document", {"id": CANARY}),
        ("content", CANARY + "!"),
        ("sink", CANARY),
        ("at", "2026-03-01T09:30:00"),
    ],
)
def test_what_does_not_fit_is_named_without_its_value(name: str, value: object) -> None:
    """A part that lacks something, has too much or another type is an error about its parameter."""
    with pytest.raises(UsageError, match=f"{name} has another type") as caught:
        _filled("do", Given, {name: value})
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(("value", "wanted"), [(float("nan"), float), (float("inf"), float | None)])
def test_numbers_that_json_lacks_are_refused(value: float, wanted: Any) -> None:
    """No vendor can be told an infinite number, or none."""
    with pytest.raises((TypeError, ValueError)):
        fitted(value, wanted)


def test_what_is_missing_is_named_beside_what_is_wrong() -> None:
    """All missing parameters at once, with those of another type; one that has a default is not missing."""
    with pytest.raises(UsageError) as caught:
        _filled("do", Box, {"height": CANARY})
    said = "action 'do': height has another type, name is missing, width is missing; they are: "
    assert said + "name, width, height, colour" == str(caught.value)
    assert Box(name="x", width=1, height=2) == _filled("do", Box, {"name": "x", "width": 1, "height": 2})


def test_bytes_come_in_base64() -> None:
    """A text stands for the bytes that it encodes."""
    assert b"abc" == _filled("do", Given, {"content": "YWJj"}).content
