"""What documents are made of: open files, pipes, and what a file system vouches for."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import UsageError
from paraph.flow.upload import DocumentStream
from paraph.model import Document, content

CONTENT = bytes(range(256)) * 5000


def descriptors() -> int | None:
    """Count this process's open files, where the system tells them."""
    shown = Path("/proc/self/fd")
    return len(list(shown.iterdir())) if shown.exists() else None


def read(document: Document) -> bytes:
    with document.open() as stream:
        return stream.read()


MOVES = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.one_of(
            st.tuples(st.just("read"), st.integers(-1, 40)),
            st.tuples(st.just("seek"), st.integers(0, 90), st.just(io.SEEK_SET)),
            st.tuples(st.just("seek"), st.integers(0, 30), st.just(io.SEEK_CUR)),
            st.tuples(st.just("seek"), st.integers(-30, 30), st.just(io.SEEK_END)),
            st.tuples(st.just("tell")),
        ),
    ),
    max_size=30,
)


@given(st.binary(max_size=80), st.integers(0, 90), MOVES)
def test_readers_of_one_file_do_not_disturb_each_other(whole: bytes, start: int, moves: Any) -> None:
    """Two streams of one file object read and seek as two copies of what it has from its position on."""
    file = io.BytesIO(whole)
    file.seek(start)
    document = Document.from_file(file, name="c.bin")
    expected = Document.from_bytes(whole[start:], name="c.bin")
    assert expected == document
    ours = [document.open(), document.open()]
    models = [io.BytesIO(whole[start:]), io.BytesIO(whole[start:])]
    for which, (move, *args) in moves:
        if move == "seek" and args[1] == io.SEEK_END:
            args[0] = max(args[0], -len(whole[start:]))
        assert getattr(models[which], move)(*args) == getattr(ours[which], move)(*args)
    for stream in ours:
        stream.close()
    assert not file.closed


# One position, many readers


@given(
    st.binary(max_size=80),
    st.integers(0, 90),
    st.integers(0, 90),
    st.lists(st.tuples(st.sampled_from(["one", "two", "owner", "heir"]), st.integers(0, 40)), max_size=30),
)
def test_a_file_on_disk_is_read_whoever_moves_its_position(
    whole: bytes, first: int, second: int, moves: list[tuple[str, int]]
) -> None:
    """Two documents of one file read as two copies, and the owner's position is where he left it.

    He moves it in between, and so does who shares the open file, as the child of a fork does.
    """
    with tempfile.TemporaryFile() as file:
        file.write(whole)
        readers, models = {}, {}
        for name, start in (("one", first), ("two", second)):
            file.seek(start)
            readers[name] = Document.from_file(file, name="c.bin").open()
            models[name] = io.BytesIO(whole[start:])
        heir = os.dup(file.fileno())
        for who, number in moves:
            if who == "owner":
                file.seek(number)
            elif who == "heir":
                os.lseek(heir, number, os.SEEK_SET)
            else:
                place = os.lseek(heir, 0, os.SEEK_CUR)
                assert models[who].read(number) == readers[who].read(number)
                assert place == os.lseek(heir, 0, os.SEEK_CUR)
        os.close(heir)


@pytest.mark.parametrize("shared", [True, False])
def test_documents_of_one_file_in_memory_take_turns(shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that are read side by side wait for each other between going to a place and reading there.

    The negative control gives each a lock of its own: bytes are mixed, which the digest does not let pass.
    """
    if not shared:
        monkeypatch.setattr(content, "_turn_at", lambda _: threading.Lock())
    both_inside = threading.Barrier(2)

    class Meeting(io.BytesIO):
        meets = False

        def read(self, size: int | None = -1, /) -> bytes:
            if self.meets:
                with contextlib.suppress(threading.BrokenBarrierError):
                    both_inside.wait(0.2 if shared else 60)
            return super().read(size)

    file = Meeting(b"A" * 5000 + b"B" * 6000)
    one = Document.from_file(file, name="one.bin")
    file.seek(5000)
    two = Document.from_file(file, name="two.bin")
    file.meets = True
    got: dict[str, bytes | None] = {}

    def send(document: Document) -> None:
        try:
            got[document.id] = b"".join(DocumentStream(document))
        except UsageError:
            got[document.id] = None

    threads = [threading.Thread(target=send, args=(document,)) for document in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    right = {"one": b"A" * 5000 + b"B" * 6000, "two": b"B" * 6000}
    assert shared is (right == got)
    assert all(sent in {right[name], None} for name, sent in got.items())


@pytest.mark.usefixtures("at_once")
def test_where_files_have_only_a_position_nothing_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows the position is used, and no time of creation is taken for one of change.

    The control is the same file on POSIX: it is vouched for, and its position stays.
    """
    path = tmp_path / "c.pdf"
    path.write_bytes(CONTENT)
    for posix in (True, False):
        monkeypatch.setattr(content, "POSIX", posix)
        with path.open("rb") as file:
            file.seek(3)
            document = Document.from_file(file)
            assert [posix, posix] == [unchanged(document), unchanged(Document.from_path(path))]
            file.seek(3)
            assert CONTENT[3:] == read(document)
            assert posix is (file.tell() == 3)


@pytest.mark.usefixtures("at_once")
def test_what_its_owner_writes_into_a_buffer_is_seen(tmp_path: Path) -> None:
    """What waits in the buffer of a file that can be written to is read, and is seen to be a change."""
    path = tmp_path / "c.pdf"
    path.write_bytes(b"%PDF-1.7")
    with path.open("r+b") as file:
        document = Document.from_file(file)
        assert unchanged(document)
        file.seek(0, io.SEEK_END)
        file.write(b" and more")
        assert b"%PDF-1.7" == path.read_bytes()
        assert b"%PDF-1.7 and more" == read(document)
        assert not unchanged(document)
        with pytest.raises(UsageError, match="is not what it was"):
            list(DocumentStream(document))


@pytest.mark.usefixtures("at_once")
def test_a_file_that_gives_other_bytes_than_its_descriptor_is_asked_for_them(tmp_path: Path) -> None:
    """A kind of file of somebody's own, such as one that decrypts, is read itself and believed nothing."""
    path = tmp_path / "c.bin"
    path.write_bytes(CONTENT)

    class Turned(io.FileIO):
        def readinto(self, buffer: Any, /) -> int:
            found = super().read(len(buffer)) or b""
            buffer[: len(found)] = bytes(255 - byte for byte in found)
            return len(found)

    with io.BufferedReader(Turned(path)) as file:
        document = Document.from_file(file, name="c.bin")
        assert bytes(255 - byte for byte in CONTENT) == read(document)
    with tempfile.SpooledTemporaryFile() as spooled:
        spooled.write(CONTENT)
        spooled.seek(7)
        document = Document.from_file(spooled, name="c.bin")  # type: ignore[arg-type]  # it works all the same
        assert CONTENT[7:] == read(document)
        assert not unchanged(document)


def test_a_file_object_is_named_and_stays_its_owners(tmp_path: Path) -> None:
    """The name is the file's own, its path is not told, and nobody but its owner closes it."""
    path = tmp_path / "contract.pdf"
    path.write_bytes(CONTENT)
    with path.open("rb") as file:
        document = Document.from_file(file)
        assert ("contract.pdf", "application/pdf", None) == (
            document.name,
            document.media_type,
            document.path,
        )
        assert CONTENT == read(document) == read(document)
        assert not file.closed


def test_a_closed_file_says_so_where_it_is_read(tmp_path: Path) -> None:
    """Once its owner closed the file the document has no content any more, and reading it is an error."""
    with tempfile.TemporaryFile() as file:
        file.write(CONTENT)
        file.seek(0)
        document = Document.from_file(file, name="c.pdf")
    with pytest.raises(ValueError, match="closed"):
        read(document)
    with pytest.raises(ValueError, match="closed"):
        Document.from_file(file, name="c.pdf")


def test_text_and_nameless_files_are_refused(tmp_path: Path) -> None:
    """A file that gives text, or has no name, is refused with what to do instead."""
    (tmp_path / "c.txt").write_text("text")
    with (tmp_path / "c.txt").open() as text, pytest.raises(TypeError, match="binary"):
        Document.from_file(text)  # type: ignore[arg-type]  # what is refused
    for opened in (io.BytesIO, tempfile.TemporaryFile):
        with opened() as nameless, pytest.raises(ValueError, match="give one"):
            Document.from_file(nameless)


def test_a_pipe_can_be_read_as_often_as_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What can be read only once is kept without a name, and the keeping ends with the document."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    taker, giver = os.pipe()

    def give() -> None:
        with os.fdopen(giver, "wb") as end:
            end.write(CONTENT)

    thread = threading.Thread(target=give)
    thread.start()
    opened = descriptors()
    with os.fdopen(taker, "rb") as pipe:
        document = Document.from_file(pipe, name="c.pdf")
    thread.join()
    assert Document.from_bytes(CONTENT, name="c.pdf") == document
    assert CONTENT == read(document) == read(document)
    assert [] == list(tmp_path.iterdir())
    with document.open() as stream:
        assert document.is_unchanged(stream)
    del document, stream
    gc.collect()
    assert opened is None or opened - 2 == descriptors()


# What a file system vouches for


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe the times of files that were changed a moment ago, so that no test has to wait."""
    monkeypatch.setattr(content, "SETTLED", -(10**12))


def unchanged(document: Document) -> bool:
    with document.open() as stream:
        return document.is_unchanged(stream)


def touched(path: Path) -> None:
    seen = path.stat()
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns + 10_000_000))


def rewritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"%PDF-2.0")
    touched(path)


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


CHANGES: list[Callable[[Path], None]] = [touched, rewritten, replaced, grown]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("change", CHANGES)
def test_what_was_written_to_is_not_vouched_for(change: Callable[[Path], None], tmp_path: Path) -> None:
    """A file that was left alone is vouched for; one that was touched, changed or replaced is not."""
    path = tmp_path / "c.pdf"
    path.write_bytes(b"%PDF-1.7 %%EOF")
    document = Document.from_path(path)
    assert unchanged(document)
    change(path)
    assert not unchanged(document)


@pytest.mark.usefixtures("at_once")
def test_a_file_object_is_vouched_for_by_its_file(tmp_path: Path) -> None:
    """Of an open file on disk the same holds, as long as it is the file that was opened."""
    path = tmp_path / "c.pdf"
    path.write_bytes(b"%PDF-1.7 %%EOF")
    with path.open("rb") as file:
        document = Document.from_file(file)
        assert unchanged(document)
        rewritten(path)
        assert not unchanged(document)


@pytest.mark.usefixtures("at_once")
def test_what_is_closed_is_not_vouched_for(tmp_path: Path) -> None:
    """Of a stream or a file that was closed nothing is known, which is no error yet."""
    path = tmp_path / "c.pdf"
    path.write_bytes(b"%PDF-1.7 %%EOF")
    with path.open("rb") as file:
        documents = [Document.from_path(path), Document.from_file(file)]
        streams = [document.open() for document in documents]
        assert [True, True] == [
            one.is_unchanged(stream) for one, stream in zip(documents, streams, strict=True)
        ]
    streams[0].close()
    assert [False, False] == [
        one.is_unchanged(stream) for one, stream in zip(documents, streams, strict=True)
    ]
    streams[1].close()


@pytest.mark.usefixtures("at_once")
def test_a_file_that_changed_while_it_was_measured_is_not_vouched_for(tmp_path: Path) -> None:
    """If its mark is another after measuring than before, nobody knows which content the digest is of."""
    path = tmp_path / "c.pdf"
    path.write_bytes(b"%PDF-1.7 %%EOF")
    real = Path.open

    class Meddling(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            touched(path)
            return super().read(size)

    def meddle(self: Path, mode: str = "r", *_: Any, **__: Any) -> Any:
        return Meddling(self) if self == path else real(self, mode)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", meddle)
        document = Document.from_path(path)
    assert not unchanged(document)


def test_what_changed_a_moment_ago_is_not_vouched_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The times of a file that was just written are not believed, whatever they are set to."""
    monkeypatch.setattr(content, "SETTLED", 10**12)
    path = tmp_path / "c.pdf"
    path.write_bytes(b"%PDF-1.7 %%EOF")
    assert not unchanged(Document.from_path(path))
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))
    assert not unchanged(Document.from_path(path))


def test_what_cannot_change_is_vouched_for_and_what_is_opened_anew_is_not() -> None:
    """Bytes and JSON stay what they are, even if made of what changes; a callable may give anything."""
    given = bytearray(b"%PDF-1.7 %%EOF")
    held = Document.from_bytes(given, name="c.pdf")  # type: ignore[arg-type]  # it works all the same
    given[:5] = b"other"
    assert b"%PDF-1.7 %%EOF" == read(held)
    assert unchanged(held)
    assert unchanged(Document.from_json({"a": 1}, name="c"))
    assert not unchanged(Document.from_opener(lambda: io.BytesIO(b"x"), name="c"))


def test_a_cheap_look_needs_no_whole_block() -> None:
    """The first and last 1024 bytes are kept however few bytes a source gives at a time."""

    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(7)

    def opened() -> BinaryIO:
        return Dribble(CONTENT[:3000])

    document = Document.from_opener(opened, name="c.bin")
    assert (CONTENT[:1024], CONTENT[1976:3000]) == (document.head, document.tail)


@pytest.mark.timeout(20)
def test_a_pipe_with_a_path_is_unreadable_at_once(tmp_path: Path) -> None:
    """What can be read only once is no document by its path: nobody waits for a writer who may never come."""
    os.mkfifo(tmp_path / "contract.pdf")
    assert Document.from_path(tmp_path / "contract.pdf").fault == "unreadable"
