"""What a caller gives for an action's parameters: by JSON, by words of the command line, and by objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import click
import pytest

from paraph.cli.calling import _pair
from paraph.convert import base_converter, camel, named
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
    wide_side: int | None = attrs.field(default=None, metadata=named("wide", "breadth"))
    inside: tuple[Part, ...] | None = None


@attrs.frozen(kw_only=True)
class Given:
    """The parameters of an action."""

    document: Document | None = None
    key: Secret | None = None
    at: datetime | None = None
    parts: tuple[Part, ...] = ()
    content: bytes = b""
    sink: Sink | None = None
    by_name: Mapping[str, Part] | None = None
    pair: tuple[Part, int] | None = None
    free: Any = None


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


def test_words_say_what_is_wrong_inside() -> None:
    """A wrong key in the JSON of a word is named by its path; the vendor's spellings are taken there, too."""
    assert (Part(name="x", wide_side=2),) == _pair('parts=[{"name": "x", "wideSide": 2}]', ACTION)[1]
    with pytest.raises(click.UsageError, match=r"parts\[0\]\.colour is no such parameter; see") as caught:
        _pair(f'parts=[{{"name": "x", "colour": "{CANARY}"}}]', ACTION)
    assert CANARY not in str(caught.value)
    with pytest.raises(click.UsageError, match="parts has another type"):
        _pair("parts=x", ACTION)


@pytest.mark.parametrize(
    ("text", "value"), [('{"a": 1}', {"a": 1}), ("[1]", [1]), ("1", 1), ('"1"', "1"), ("a text", "a text")]
)
def test_a_word_that_may_be_anything_is_json_if_it_can_be(text: str, value: object) -> None:
    """Free JSON is read as JSON; what is none is a text."""
    assert ("free", value) == _pair(f"free={text}", ACTION)


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
    ("name", "value", "said"),
    [
        ("parts", [{"name": "x", "colour": CANARY}], "parts[0].colour is no such parameter"),
        ("parts", [{"name": "x", f"{CANARY}!": 1}], "parts[0].* is no such parameter"),
        ("parts", [{"name": "x", CANARY * 9: 1}], "parts[0].* is no such parameter"),
        ("parts", [{"name": "x", 1: CANARY}], "parts[0].* is no such parameter"),
        ("parts", [{"name": "x"}, {"size": 1}], "parts[1].name is missing"),
        ("parts", [{"name": 1}], "parts[0].name has another type"),
        ("parts", [{"name": "x", "breadth": CANARY}], "parts[0].breadth has another type"),
        ("parts", [{"name": "x", "wide": 1, "wide_side": 1}], "parts[0].wide_side is given under two names"),
        ("parts", [CANARY], "parts[0] has another type"),
        ("parts", [{"name": "x", "inside": [{}]}], "parts[0].inside[0].name is missing"),
        (
            "parts",
            [{"size": "1"}, {}],
            "parts[0].name is missing, parts[0].size has another type, parts[1].name",
        ),
        ("parts", {"name": "x"}, "parts has another type"),
        ("by_name", {"a": {}}, "by_name.a.name is missing"),
        ("by_name", {"a b": {"name": 1}}, "by_name.*.name has another type"),
        ("pair", [{"name": "x"}, "1"], "pair[1] has another type"),
        ("pair", [{"name": "x"}], "pair has another type"),
        ("document", {"id": CANARY}, "document has another type"),
        ("content", CANARY + "!", "content has another type"),
        ("sink", CANARY, "sink has another type"),
        ("at", "2026-03-01T09:30:00", "at has another type"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place_without_its_value(
    name: str, value: object, said: str
) -> None:
    """What lacks something, has too much or another type is an error about just that part."""
    with pytest.raises(UsageError) as caught:
        _filled("do", Given, {name: value})
    assert f"action 'do': {said}" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)


def test_a_wholly_different_value_fills_no_pages() -> None:
    """Of a thousand wrong parts the first eight are told."""
    with pytest.raises(UsageError) as caught:
        _filled("do", Given, {"parts": [1] * 1000})
    assert 8 == str(caught.value).count("has another type")


@pytest.mark.parametrize(
    "part",
    [
        {"name": "x", "wide_side": 3},
        {"name": "x", "wideSide": 3},
        {"name": "x", "wide": 3},
        {"name": "x", "breadth": 3, "size": 0},
    ],
)
def test_parts_go_by_the_vendors_spellings_too(part: dict[str, Any]) -> None:
    """A field inside goes by its own name, in camelCase, and by each name that it is declared with."""
    wanted = Part(name="x", wide_side=3)
    whole = {"parts": [{"name": "y", "inside": [part]}], "by_name": {"wideSide": part}, "pair": [part, 1]}
    found = _filled("do", Given, whole)
    assert (wanted,) == found.parts[0].inside
    assert ({"wideSide": wanted}, (wanted, 1)) == (found.by_name, found.pair)


def test_a_name_of_ones_own_is_never_anothers_spelling() -> None:
    """Where the vendor's spelling of one field is the name of another one, it is the other one's."""

    @attrs.frozen(kw_only=True)
    class Crossed:
        first: int = attrs.field(default=0, metadata=named("second"))
        second: int = 0

    assert Crossed(second=1) == fitted({"second": 1}, Crossed)


def test_answers_keep_to_the_names_on_the_wire() -> None:
    """What a vendor answers is read by the names that its class declares, and by no others."""
    read = base_converter(rename=camel).structure({"name": "x", "wide_side": 3, "wideSide": 4}, Part)
    assert Part(name="x") == read


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
