"""Files that appear when they are whole: parts, crashes, late calls, sinks that take little at a time."""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import UsageError
from paraph.flow import FileSink, files
from paraph.flow.files import ABANDONED, write_all

DIES = """
import os, sys
from pathlib import Path
from paraph.flow import FileSink
sink = FileSink(Path(sys.argv[1]))
sink.write(b"half of " * 10000)
os._exit(1)
"""


WAITS = """
import sys
from pathlib import Path
from paraph.flow import FileSink
sink = FileSink(Path(sys.argv[1]))
sink.write(b"slow")
print("written", flush=True)
sys.stdin.readline()
sink.commit()
"""


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def saved(path: Path, content: bytes = b"whole") -> None:
    sink = FileSink(path)
    sink.write(content)
    sink.commit()


def aged(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_what_a_crash_leaves_is_removed_later_and_never_taken_for_the_file(tmp_path: Path) -> None:
    """A part of a process that died stays hidden; whoever saves the file an hour later removes it.

    Negative controls: a part that may be written to this minute stays, and so do parts of other files.
    """
    path = tmp_path / "contract.pdf"
    assert 1 == subprocess.run([sys.executable, "-c", DIES, str(path)], check=False).returncode
    (left,) = tmp_path.iterdir()
    assert (True, ".part", b"half of ") == (left.name[0] == ".", left.suffix, left.read_bytes()[:8])
    saved(path)
    assert b"whole" == path.read_bytes()
    assert left.exists()
    other = tmp_path / ".annex.pdf.00000000.part"
    other.write_bytes(b"of another file")
    for each in (left, other):
        aged(each, ABANDONED + 60)
    saved(path, b"whole again")
    assert [other.name, path.name] == names(tmp_path)
    assert b"whole again" == path.read_bytes()


@pytest.mark.parametrize("held", [True, False])
def test_a_download_that_lives_keeps_its_part(
    held: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However old a part looks, whose bytes wait in memory, it stays while its sink holds it.

    The negative control is without locks: the part is gone, which committing says, and nothing is left.
    """
    if not held:
        monkeypatch.setattr(files, "_lock", lambda _: True)
    path = tmp_path / "a.pdf"
    sink = FileSink(path)
    sink.write(b"slow")
    (part,) = tmp_path.iterdir()
    aged(part, ABANDONED + 60)
    saved(path, b"other")
    assert held is part.exists()
    if held:
        sink.commit()
    else:
        with pytest.raises(UsageError, match="save it again"):
            sink.commit()
    sink.discard()
    assert (["a.pdf"], b"slow" if held else b"other") == (names(tmp_path), path.read_bytes())


def test_a_part_of_a_process_that_lives_stays(tmp_path: Path) -> None:
    """An old part that another process holds is not removed, and becomes the file when that commits."""
    path = tmp_path / "a.pdf"
    with subprocess.Popen(
        [sys.executable, "-c", WAITS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert "written\n" == other.stdout.readline()
        (part,) = tmp_path.iterdir()
        aged(part, ABANDONED + 60)
        saved(path)
        assert part.exists()
        other.communicate("\n", timeout=30)
    assert (0, b"slow") == (other.returncode, path.read_bytes())


@pytest.mark.parametrize("young", [True, False])
def test_a_part_is_young_when_its_sink_lets_it_go(
    young: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who tidies up between the end of the lock and the new name removes nothing.

    The negative control leaves the part as old as its last byte.
    """
    real = Path.replace

    def meddle(self: Path, target: Path) -> Path:
        files._remove_if_abandoned(self)
        return real(self, target)

    sink = FileSink(tmp_path / "a.pdf")
    sink.write(b"whole")
    assert sink._file is not None
    sink._file.flush()
    (part,) = tmp_path.iterdir()
    aged(part, ABANDONED + 60)
    monkeypatch.setattr(Path, "replace", meddle)
    if young:
        sink.commit()
        assert b"whole" == (tmp_path / "a.pdf").read_bytes()
        return
    monkeypatch.setattr(os, "utime", lambda _: None)
    with pytest.raises(UsageError, match="save it again"):
        sink.commit()
    sink.discard()
    assert [] == names(tmp_path)


def test_without_locks_nothing_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can tell whether a part is held, what looks abandoned stays, and files are saved."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    left = tmp_path / ".a.pdf.00000000.part"
    left.write_bytes(b"half")
    aged(left, ABANDONED + 60)
    saved(tmp_path / "a.pdf")
    assert [left.name, "a.pdf"] == names(tmp_path)
    monkeypatch.undo()
    saved(tmp_path / "a.pdf")
    assert ["a.pdf"] == names(tmp_path)


def test_a_directory_that_is_gone_is_said_when_committing(tmp_path: Path) -> None:
    """If the directory was removed meanwhile the error names no path, and discarding is harmless."""
    (tmp_path / "d").mkdir()
    sink = FileSink(tmp_path / "d" / "secret-name.pdf")
    sink.write(b"whole")
    shutil.rmtree(tmp_path / "d")
    with pytest.raises(UsageError, match="was removed") as caught:
        sink.commit()
    assert "secret-name" not in str(caught.value)
    assert caught.value.__context__ is None
    sink.discard()


def test_a_directory_that_cannot_be_listed_takes_files(tmp_path: Path, monkeypatch: Any) -> None:
    """Tidying up and syncing the directory are no conditions for saving where one may only write."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError

    monkeypatch.setattr(Path, "iterdir", refuse)
    monkeypatch.setattr(os, "open", refuse)
    saved(tmp_path / "a.pdf")
    assert b"whole" == (tmp_path / "a.pdf").read_bytes()


def test_a_file_and_its_name_are_durable_in_that_order(tmp_path: Path, monkeypatch: Any) -> None:
    """The content is synced while it has no name yet, and the directory once it has one."""
    seen: list[tuple[str, bool]] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        seen.append((kind, (tmp_path / "a.pdf").exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    saved(tmp_path / "a.pdf")
    assert [("file", False), ("directory", True)] == seen


def test_names_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    """A part's name is bounded, so that every name that a file may have can be saved under."""
    for path in (tmp_path / f"{'n' * 251}.pdf", tmp_path / f"{'ä' * 125}.pdf"):
        saved(path)
        assert b"whole" == path.read_bytes()


def test_discarding_waits_for_nobody(tmp_path: Path) -> None:
    """While a slow write is under way discarding returns at once, and the write removes the part."""
    entered, go_on = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def write(self, data: Any, /) -> int:
            entered.set()
            assert go_on.wait(60)
            return super().write(data)

    sink = FileSink(tmp_path / "a.pdf")
    sink.write(b"first")
    assert sink._file is not None
    sink._file.close()
    sink._file = Slow()
    writing = threading.Thread(target=sink.write, args=(b"second",))
    writing.start()
    assert entered.wait(60)
    sink.discard()
    assert 1 == len(names(tmp_path))
    go_on.set()
    writing.join()
    assert [] == names(tmp_path)
    with pytest.raises(ValueError, match="discarded"):
        sink.write(b"third")


def test_whoever_comes_last_nothing_is_left(tmp_path: Path) -> None:
    """Discarding races with writing and committing: a part is never left, a file is whole or absent."""
    for round_ in range(200):
        path = tmp_path / f"{round_}.pdf"
        sink = FileSink(path)
        start = threading.Barrier(2)

        def write(sink: FileSink = sink, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                for _ in range(3):
                    sink.write(b"x" * 100)
                sink.commit()
            except ValueError:
                pass

        thread = threading.Thread(target=write)
        thread.start()
        start.wait()
        sink.discard()
        thread.join()
        assert not path.exists() or b"x" * 300 == path.read_bytes()
    assert [] == [name for name in names(tmp_path) if name.endswith(".part")]


def test_two_who_save_the_same_file_do_not_mix(tmp_path: Path) -> None:
    """Each writes a part of its own; the file is what the last one committed, as a whole."""
    path = tmp_path / "a.pdf"
    one, two = FileSink(path), FileSink(path)
    for sink, letter in ((one, b"1"), (two, b"2"), (one, b"1"), (two, b"2")):
        sink.write(letter * 1000)
    one.commit()
    assert b"1" * 2000 == path.read_bytes()
    two.commit()
    assert b"2" * 2000 == path.read_bytes()
    assert ["a.pdf"] == names(tmp_path)


class Little(io.BytesIO):
    """A sink that takes few bytes at a time, as pipes and sockets may."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def write(self, data: Any, /) -> int:
        return super().write(data[: self.most])


@given(st.binary(max_size=300), st.integers(1, 400))
def test_a_sink_that_takes_little_gets_everything(data: bytes, most: int) -> None:
    """However few bytes a sink takes at a time, all arrive in their order."""
    sink = Little(most)
    write_all(sink, data)
    assert data == sink.getvalue()


def test_a_sink_that_takes_nothing_is_an_error_and_one_that_says_nothing_is_believed() -> None:
    """Zero bytes taken is no progress; a sink without a result is taken to have written all."""
    with pytest.raises(OSError, match="took nothing"):
        write_all(Little(0), b"x")
    taken: list[bytes] = []

    class Silent:
        def write(self, data: bytes, /) -> None:
            taken.append(data)

    write_all(Silent(), b"xyz")
    assert [b"xyz"] == taken
