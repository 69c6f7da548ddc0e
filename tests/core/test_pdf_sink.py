import io
from itertools import pairwise
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from paraph.flow import PdfSink

MARKER = b"%PDF-"


@given(before=st.binary(max_size=1100), after=st.binary(max_size=2000), cuts=st.lists(st.integers(0, 3200)))
@example(before=b"\n" * 1019, after=b"1.7", cuts=[1021])
@example(before=b"\n" * 1020, after=b"1.7", cuts=[1021])
def test_a_pdf_passes_unchanged_however_it_is_cut(before: bytes, after: bytes, cuts: list[int]) -> None:
    """All bytes of a PDF arrive, whatever the blocks; without the marker in the first 1024 none does."""
    whole = before + MARKER + after
    inner = io.BytesIO()
    sink = PdfSink(inner)
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut <= len(whole))})
    for start, end in pairwise(edges):
        sink.write(whole[start:end])
    assert (MARKER in whole[:1024]) == sink.genuine
    assert (whole if sink.genuine else b"") == inner.getvalue()


@given(st.lists(st.binary(max_size=400)))
def test_nothing_else_passes(blocks: list[bytes]) -> None:
    """Of what is no PDF not a byte arrives, and the writer is told that all was taken."""
    inner = io.BytesIO()
    sink = PdfSink(inner)
    taken = [sink.write(block) for block in blocks]
    assert [len(block) for block in blocks] == taken
    if MARKER not in b"".join(blocks):
        assert (False, b"") == (sink.genuine, inner.getvalue())


@given(
    before=st.binary(max_size=100), most=st.integers(1, 50), cuts=st.lists(st.integers(0, 400), max_size=5)
)
def test_a_pdf_arrives_whole_in_a_sink_that_takes_little(before: bytes, most: int, cuts: list[int]) -> None:
    """However few bytes the inner sink takes at a time, all of the PDF arrive."""

    class Little(io.BytesIO):
        def write(self, data: Any, /) -> int:
            return super().write(data[:most])

    whole = before + MARKER + bytes(300)
    inner = Little()
    sink = PdfSink(inner)
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut <= len(whole))})
    for start, end in pairwise(edges):
        sink.write(whole[start:end])
    assert whole == inner.getvalue()
