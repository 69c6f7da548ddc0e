"""``python -m benchmarks [name ...] [--quick] [--out FILE]``: measure, print one table, keep it as JSON."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import os
import platform
import sys
from pathlib import Path

from benchmarks import table

NAMES = ("imports", "calls", "streams", "parsing", "receiving", "large", "scale")
"""The modules that have ``rows(quick)``, in the order of the table."""


def main() -> None:
    """Run the modules that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; all if none is named"
    )
    parser.add_argument(
        "--quick", action="store_true", help="few blocks and little data: does it work at all?"
    )
    parser.add_argument("--out", type=Path, help="write JSON there (a quick run writes none without)")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"no benchmark is named {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    out: Path | None = asked.out or (None if asked.quick else table.RESULTS)

    found: dict[str, list[table.Row]] = {}
    for name in asked.names or NAMES:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        found[name] = list(importlib.import_module(f"benchmarks.{name}").rows(asked.quick))
        if out is not None:
            table.keep(
                {name: {**circumstances(), "quick": asked.quick, "rows": table.as_json(found[name])}}, out
            )
    table.show(found)


def circumstances() -> dict[str, str | int | None]:
    """Say on what and when a module ran, as far as it helps to read its figures."""
    return {
        "when": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
    }


if __name__ == "__main__":
    main()
