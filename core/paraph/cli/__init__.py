"""The command ``paraph``. Its libraries come with the extra ``cli`` and are loaded only here."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

NEEDED = ("click", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; :mod:`paraph.cli.app` says what it means.

    :param arguments: the words after ``paraph``; by default those of this process.
    """
    if any(importlib.util.find_spec(name) is None for name in NEEDED):
        sys.stderr.write("paraph: the command line needs an extra: pip install 'paraph[cli]'\n")
        return 2
    from paraph.cli.app import run

    return run(sys.argv[1:] if arguments is None else list(arguments))
