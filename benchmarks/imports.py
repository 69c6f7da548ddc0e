"""What it costs until a program can work: importing, being ready, the first answer.

Each figure is of a new interpreter (``python -I``, compiled files warm), all cases in turn and that several
times; a ratio is the median over the rounds. What is timed is the statement, not the interpreter's start.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping

from benchmarks.calls import KEY, READ, REQUEST, ROUTES
from benchmarks.server import serving
from benchmarks.table import Row

ROUNDS = 11
QUICK_ROUNDS = 2

MEASURED = """
import sys, time
def resident():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024
    except OSError:
        return 0.0
code, given = compile(sys.argv[1], "case", "exec"), {"base": sys.argv[2]}
modules, memory, start = len(sys.modules), resident(), time.perf_counter()
exec(code, given)
took, memory, modules = time.perf_counter() - start, resident() - memory, len(sys.modules) - modules
import json
print(json.dumps({"ms": took * 1000, "mib": memory, "modules": modules}))
"""

HTTPX = "import httpx\nclient = httpx.Client()\n"
OURS = f"""
import paraph
account = {{"provider": "ignisign", "environment": "test", "api_key": "env:KEY", "base_url": base}}
other = {{"provider": "sign8", "environment": "test", "base_url": base, "organization_id": "o-1"}}
other |= {{"auth": {{"type": "bearer", "token": "env:KEY"}}, "dialect": {{"base": "simulator"}}}}
def client_of(**accounts):
    config = paraph.Config.from_mapping({{"accounts": accounts}}, environ={{"KEY": {KEY!r}}})
    return paraph.Client.from_config(config)
"""
CASES: Mapping[str, str] = {
    "nothing": "",
    "paraph": "import paraph",
    "names": "from paraph import Client, Document, Envelope, Signatory",
    "signnow": "import signnow",
    "httpx": HTTPX,
    "ready": OURS
    + """
client = client_of(hr=account, de=other)
for name in ("ignisign", "sign8"):
    client.registry.provider(name)
""",
    "httpx reply": f"{HTTPX}client.get(base + {READ!r}, headers={{'Authorization': 'Bearer {KEY}'}}).json()",
    "reply": f"{OURS}client_of(hr=account).call('hr', 'requests.context', signature_request_id={REQUEST!r})",
}


Cost = Mapping[str, float]
"""What a statement took: ``ms``, ``mib`` of resident memory more than before, ``modules`` it imported."""


def rows(quick: bool) -> Iterator[Row]:
    """Measure, and tell each ratio."""
    with serving(ROUTES) as base:
        cases = {name: code for name, code in CASES.items() if _cost(code, base) is not None}
        rounds = [
            {name: cost for name, code in cases.items() if (cost := _cost(code, base)) is not None}
            for _ in range(QUICK_ROUNDS if quick else ROUNDS)
        ]

    def ratio(case: str, over: str, what: str) -> float | None:
        if over not in cases:
            return None
        return statistics.median(each[case][what] / each[over][what] for each in rounds)

    def middle(case: str, what: str) -> float:
        return statistics.median(each[case][what] for each in rounds)

    missing = "" if "signnow" in cases else "signnow's SDK is not installed"
    yield Row(
        number="1",
        metric="import paraph / import signnow, wall",
        value=ratio("paraph", "signnow", "ms"),
        unit="x",
        goal=0.55,
        stretch=0.35,
        note=missing or f"{middle('paraph', 'ms'):.0f} ms of {middle('signnow', 'ms'):.0f} ms",
    )
    yield Row(
        number="1",
        metric="from paraph import Client, Envelope, ... / import signnow, wall",
        value=ratio("names", "signnow", "ms"),
        unit="x",
        goal=None,
        note=missing or f"{middle('names', 'modules'):.0f} modules; no HTTP library, converter or event loop",
    )
    yield Row(
        number="2",
        metric="growth of resident memory by import paraph / signnow",
        value=ratio("paraph", "signnow", "mib"),
        unit="x",
        goal=0.40,
        stretch=0.30,
        note=missing,
    )
    yield Row(number="2", metric="the same", value=middle("paraph", "mib"), unit="MiB", goal=6.0)
    yield Row(
        number="2", metric="modules of import paraph", value=middle("paraph", "modules"), unit="", goal=90
    )
    yield Row(
        number="ready",
        metric="both providers and a Client / import httpx; httpx.Client()",
        value=ratio("ready", "httpx", "ms"),
        unit="x",
        goal=1.25,
        why="our modules, and the attrs classes that they make, 0.45 ms each",
        note="no TLS context yet: that comes with an account's first request",
    )
    yield Row(
        number="3",
        metric="cold start to the first reply / bare httpx",
        value=ratio("reply", "httpx reply", "ms"),
        unit="x",
        goal=1.30,
        stretch=1.20,
        why="attrs, cattrs, pluggy and the scan of installed packages alone are 1.23; then come some 100 "
        "attrs classes and 90 modules of ours",
        note=f"{middle('reply', 'ms'):.0f} ms, and httpx {middle('httpx reply', 'ms'):.0f} ms",
    )


def _cost(code: str, base: str) -> Cost | None:
    """Run a statement in an interpreter of its own; ``None`` if it needs what is not installed."""
    command = [sys.executable, "-I", "-c", MEASURED, code, base]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "ModuleNotFoundError" in done.stderr:
        return None
    if done.returncode:
        raise RuntimeError(f"a measurement failed: {done.stderr.strip().splitlines()[-1]}")
    cost: Cost = json.loads(done.stdout)
    return cost
