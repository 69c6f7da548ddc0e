"""A file inside JSON, however the JSON is cut, spelled and nested."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tracemalloc
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paraph_sign8 import wire
from paraph_sign8.inside import DEEPEST, FileInside

NAMES = st.sampled_from(
    ["content", "data", "a", "ä", "with space", 'q"uote', "back\\slash", "{", "]", "\U0001f600"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | st.text(max_size=12) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
PATHS = st.lists(NAMES | st.integers(0, 3), max_size=4)
CUTS = st.lists(st.integers(0, 600), max_size=12)


def taken(text: bytes, cuts: list[int], path: tuple[str | int, ...]) -> tuple[FileInside, bytes]:
    """Give an answer in blocks that end at the cuts."""
    sink = io.BytesIO()
    inside = FileInside(path, sink)
    edges = sorted({0, len(text), *(cut for cut in cuts if cut <= len(text))})
    for begin, end in pairwise(edges):
        assert end - begin == inside.write(text[begin:end])
    return inside, sink.getvalue()


def put(value: Any, path: list[str | int], content: str) -> Any:
    """Return a JSON value that has the content at a path, with other things beside it."""
    if not path:
        return content
    step, *rest = path
    if isinstance(step, str):
        known = value if isinstance(value, dict) else {}
        return {**known, step: put(known.get(step), rest, content)}
    known = value if isinstance(value, list) else []
    padded = [*known, *[None] * (step + 1 - len(known))]
    padded[step] = put(padded[step], rest, content)
    return padded


def slashed(text: str) -> str:
    return text.replace("/", "\\/")


def escaped(text: str) -> str:
    """Spell a plus as some vendors' libraries do."""
    return text.replace("+", "\\u002B")


@given(
    VALUES,
    PATHS,
    st.binary(min_size=4, max_size=90),
    CUTS,
    st.sampled_from([str, slashed, escaped]),
    st.booleans(),
)
@example(
    around={},
    path=["content"],
    content=b"\xff\xff\xfe" * 20,
    cuts=list(range(30)),
    spelled=slashed,
    ascii_only=False,
)
@example(
    around={},
    path=["content"],
    content=b"\xfb\xef\xbe" * 20,
    cuts=list(range(50)),
    spelled=escaped,
    ascii_only=True,
)
def test_a_file_is_found_wherever_it_stands(
    around: Any, path: list[str | int], content: bytes, cuts: list[int], spelled: Any, ascii_only: bool
) -> None:
    """However an answer nests, is spelled and is cut, exactly the file at the location comes out of it."""
    mark = "0f2d6c1a-the-content"
    text = json.dumps(put(around, path, mark), ensure_ascii=ascii_only)
    text = text.replace(mark, spelled(base64.b64encode(content).decode()))
    inside, found = taken(text.encode("utf-8", "surrogatepass"), cuts, tuple(path))
    assert inside.whole
    assert content == found
    assert (len(content), hashlib.sha256(content).hexdigest()) == (inside.size, inside.sha256)


@given(VALUES, PATHS, CUTS)
def test_what_is_not_there_is_not_found(value: Any, path: list[str | int], cuts: list[int]) -> None:
    """Of an answer in which no base64 stands at the location nothing passes for a file."""
    at: Any = value
    for step in path:
        if isinstance(step, str):
            at = at.get(step) if isinstance(at, dict) else None
        else:
            at = at[step] if isinstance(at, list) and step < len(at) else None
    inside, found = taken(json.dumps(value).encode(), cuts, tuple(path))
    if not isinstance(at, str):
        assert (False, b"") == (inside.whole, found)
    elif inside.whole:
        assert (
            base64.b64decode("".join(at.split()).partition(",")[2] if at.startswith("data:") else at) == found
        )


@given(st.binary(max_size=80), CUTS)
def test_anything_at_all_is_taken(text: bytes, cuts: list[int]) -> None:
    """Whatever a hostile vendor sends raises nothing."""
    taken(text, cuts, ("content",))


GOOD = base64.b64encode(b"%PDF-1.7").decode()


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (f'{{"content": "{GOOD}"}}', True),
        (f'{{"content": "data:application/pdf;base64,{GOOD}"}}', True),
        (f'{{"content": "{GOOD[:6]}\\r\\n{GOOD[6:]}"}}', True),
        (f'{{"content": "{GOOD}", "content": "{GOOD}"}}', False),
        (f'{{"content": "{GOOD}"', False),
        (f'{{"content": "{GOOD}', False),
        (f'{{"content": "{GOOD[:-1]}"}}', False),
        (f'{{"content": "{GOOD}QQ=="}}', False),
        ('{"content": "QQ==QQ=="}', False),
        (f'{{"content": "{GOOD}"]', False),
        (f'{{"content": "{GOOD}"}}}}', False),
        (f'{{"content": {{"content": "{GOOD}"}}}}', False),
        (f'["content", "{GOOD}"]', False),
        (f'{{"other": "content", "x": "{GOOD}"}}', False),
        ("[" * (DEEPEST + 1), False),
        ("", False),
    ],
)
def test_a_file_is_whole_or_none(text: str, whole: bool) -> None:
    """What is cut off, doubled, padded in the middle, or nests in no way that JSON does, is no file."""
    for cuts in ([], list(range(len(text)))):
        assert whole is taken(text.encode(), cuts, ("content",))[0].whole, text


@pytest.mark.parametrize("location", ["content", "data.files[2].content", "$", "rows[0]", "a.b-c.d"])
def test_steps_lead_where_a_location_says(location: str) -> None:
    """The keys and indices of a location are those along which it is found in a value."""
    value = put(None, list(wire.steps_of(location)), "here")
    assert "here" == wire.locate(value, location)


def test_an_answer_needs_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """While 32 MiB of base64 pass, a few blocks are held and never the whole."""
    block = base64.b64encode(bytes(48 << 10))

    class Nowhere:
        size = 0

        def write(self, data: bytes, /) -> int:
            self.size += len(data)
            return len(data)

    sink = Nowhere()
    inside = FileInside(("content",), sink)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        inside.write(b'{"content": "')
        for _ in range(512):
            inside.write(block)
        inside.write(b'"}')
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert inside.whole
    assert 512 * (48 << 10) == sink.size
    assert peak < 2 << 20
