"""Running ``paraph`` as a real process whose every trace is confined to a folder of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import attrs

from support.post_office import eventually


@attrs.define(kw_only=True)
class Running:
    """A running command with what it wrote so far."""

    process: subprocess.Popen[str]
    lines: list[str] = attrs.field(factory=list)

    @property
    def output(self) -> str:
        """Everything so far."""
        return "".join(self.lines)

    def wait_for(self, text: str) -> str:
        """Wait until the output holds a text; returns the output."""
        ended = eventually(lambda: text in self.output or self.process.poll() is not None, seconds=60)
        assert ended, self.output
        assert text in self.output, self.output
        return self.output

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(60)


@attrs.frozen(kw_only=True)
class Place:
    """Where a command runs: working directory, home and temporary folder, all empty at first."""

    root: Path

    @property
    def work(self) -> Path:
        """The working directory."""
        return self.root / "work"

    def traces(self) -> list[str]:
        """Return every file outside of the working directory, and every entry inside it."""
        outside = [path for name in ("home", "tmp") for path in (self.root / name).rglob("*")]
        return sorted(str(path.relative_to(self.root)) for path in [*outside, *self.work.iterdir()])

    @contextlib.contextmanager
    def run(self, *arguments: str) -> Iterator[Running]:
        """Start ``paraph``; whatever is left of its process group at the end is a failure."""
        for name in ("work", "home", "tmp"):
            (self.root / name).mkdir(exist_ok=True)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PARAPH")}
        environment |= {
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "PYTHONUNBUFFERED": "1",
        }
        with subprocess.Popen(
            [sys.executable, "-m", "paraph.cli", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.work,
            env=environment,
            start_new_session=True,
        ) as process:
            running = Running(process=process)
            reader = threading.Thread(target=self._read, args=(running,))
            reader.start()
            try:
                yield running
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()
                reader.join()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 0)
            raise AssertionError("a process was left behind")

    @staticmethod
    def _read(running: Running) -> None:
        assert running.process.stdout is not None
        for line in running.process.stdout:
            running.lines.append(line)
