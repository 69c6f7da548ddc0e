"""What ``import paraph`` costs, and where imports may come from."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = frozenset(
    {"httpx", "cattrs", "sqlalchemy", "alembic", "asyncio", "starlette", "uvicorn", "click", "rich"}
)
HEAVY |= {
    "pyhanko",
    "cryptography",
    "fpdf",
    "pypdf",
    "keyring",
    "paraph_ignisign",
    "paraph_simulator",
    "paraph_web",
}

THROUGH_FOLDER = re.compile(r"(core|providers|contrib)\.paraph")

MODULES = "import json, sys; {}; print(json.dumps(sorted(sys.modules)))"


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a new interpreter has after a statement, less those of a bare one."""

    def modules(line: str) -> set[str]:
        command = [sys.executable, "-c", MODULES.format(line)]
        return set(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))

    return modules(statement) - modules("pass")


def test_importing_paraph_loads_nothing_heavy() -> None:
    """``import paraph`` loads no library for HTTP, conversion, databases, event loops or terminals."""
    loaded = loaded_by("import paraph")
    print(f"`import paraph` loads {len(loaded)} modules")  # noqa: T201 - shown by pytest -s
    assert set() == HEAVY & {name.split(".")[0] for name in loaded}


def test_describing_an_envelope_loads_nothing_heavy() -> None:
    """Building an envelope needs the model alone."""
    names = "Anchor, Assurance, Document, Envelope, Field, Level, Rect, Signatory, Stage"
    loaded = loaded_by(f"from paraph import {names}")
    print(f"the model loads {len(loaded)} modules")  # noqa: T201 - shown by pytest -s
    assert set() == HEAVY & {name.split(".")[0] for name in loaded}


def test_listing_providers_loads_no_http_library() -> None:
    """A provider describes itself without HTTP library, converter and event loop."""
    loaded = loaded_by("import paraph; paraph.Registry().listing()")
    assert "paraph_ignisign" in loaded
    assert set() == (HEAVY - {"paraph_ignisign"}) & {name.split(".")[0] for name in loaded}


def test_a_client_loads_nothing_heavy_yet() -> None:
    """What an operation needs is imported with its method: naming the clients loads no HTTP library."""
    loaded = loaded_by("import paraph; paraph.Client; paraph.AsyncClient")
    assert set() == HEAVY & {name.split(".")[0] for name in loaded}


@pytest.mark.parametrize(
    ("statement", "spared"),
    [
        ("from paraph.model import EvidenceKind", "paraph.model.envelope"),
        ("from paraph.provider import Capabilities", "paraph.provider.adopted"),
        ("from paraph_ignisign.params import RequestRef", "paraph_ignisign.params.webhooks"),
        ("from paraph_ignisign.wire import RequestContext", "paraph_ignisign.wire.webhooks"),
        (
            "from paraph_ignisign.actions import ACTIONS; ACTIONS['profiles.list']",
            "paraph_ignisign.actions.seals",
        ),
        ("import paraph.config", "paraph.routing"),
    ],
)
def test_a_name_loads_the_modules_that_it_needs(statement: str, spared: str) -> None:
    """What is not asked for is not imported, though its package has it; asking for it does import it."""
    assert spared not in loaded_by(statement)
    assert spared in loaded_by(f"import {spared}")


def test_an_exchange_loads_heavy_modules() -> None:
    """The measurement sees what is loaded: who sends a request does need the HTTP library."""
    assert "httpx" in loaded_by("import paraph.flow.exchange")


def test_the_folders_are_no_packages(tracked: tuple[Path, ...]) -> None:
    """Nothing is imported through the repository's folders, as ``core.paraph`` would be."""
    wrong = []
    for path in tracked:
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names.append(node.module or "")
            wrong += [f"{path}: {name}" for name in names if THROUGH_FOLDER.match(name)]
    assert [] == wrong
