"""What users get: the contents and the metadata of the built wheel."""

from __future__ import annotations

import email.parser
import email.policy
import re
import zipfile
from email.message import Message
from pathlib import Path

import pytest

PACKAGES = frozenset({"paraph", "paraph_ignisign", "paraph_sign8", "paraph_simulator", "paraph_web"})
BASE = frozenset({"attrs", "cattrs", "httpcore", "httpx", "pluggy", "sniffio"})
EXTRAS = frozenset(
    {"simulator", "web", "cli", "sql", "postgres", "pdf", "sign8", "keyring", "vault", "seal"}
    | {"dev", "all", "bench"}
)
CI_RAN_ON = frozenset({"3.11"})
"""Python versions that CI ran the suite on; a version is added here and to the classifiers together."""


@pytest.fixture(scope="session")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return email.parser.BytesParser(policy=email.policy.compat32).parsebytes(wheel.read(name))


@pytest.fixture(scope="session")
def names(wheel: zipfile.ZipFile) -> frozenset[str]:
    return frozenset(wheel.namelist())


def test_wheel_holds_the_packages_and_nothing_beside_them(names: frozenset[str]) -> None:
    """The packages and the metadata are all there is: no tests, no documentation, no build scripts."""
    tops = {name.split("/", 1)[0] for name in names}
    assert PACKAGES == {top for top in tops if not top.endswith(".dist-info")}


def test_every_source_file_is_in_the_wheel(names: frozenset[str], root: Path) -> None:
    """Each module, template and type marker of the checkout is shipped under its import path."""
    expected = {
        path.relative_to(root / top).as_posix()
        for top in ("core", "providers", "contrib")
        for path in (root / top).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected == {name for name in names if ".dist-info/" not in name}


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_every_package_says_that_it_is_typed(names: frozenset[str], package: str) -> None:
    """Type checkers of users read our annotations: PEP 561's marker is there."""
    assert f"{package}/py.typed" in names


def test_migrations_are_shipped(names: frozenset[str]) -> None:
    """A store made by an older version can be brought up to date by the installed package."""
    assert any(re.fullmatch(r"paraph/store/migrations/versions/rev_\d+\.py", name) for name in names)
    assert "paraph/store/migrations/env.py" in names


def test_entry_points(wheel: zipfile.ZipFile) -> None:
    """The command, the providers, the foreign commands and the pytest plugin are announced."""
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    text = wheel.read(name).decode()
    sections = {
        section: set(body.split("\n")) - {""}
        for section, body in re.findall(r"^\[([^\]]+)\]\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    }
    assert {"paraph = paraph.cli:main"} == sections["console_scripts"]
    assert {"ignisign = paraph_ignisign", "sign8 = paraph_sign8"} == sections["paraph.providers"]
    commands = {line.split(" = ")[0] for line in sections["paraph.commands"]}
    assert {"demo", "receiver", "sign8", "simulator"} == commands
    assert {"paraph = paraph.testing.pytest_plugin"} == sections["pytest11"]


def test_base_dependencies(metadata: Message) -> None:
    """Installing paraph installs five libraries and what those need."""
    required = metadata.get_all("Requires-Dist") or []
    base = {re.split(r"[^A-Za-z0-9_-]", each, maxsplit=1)[0] for each in required if "extra ==" not in each}
    assert BASE == base


def test_extras(metadata: Message) -> None:
    """The optional parts have the documented names."""
    assert EXTRAS == set(metadata.get_all("Provides-Extra") or [])


def test_python_versions_are_those_that_ci_ran(metadata: Message) -> None:
    """No version of Python is promised that the suite was not run on."""
    claimed = {
        found[1]
        for each in metadata.get_all("Classifier") or []
        if (found := re.fullmatch(r"Programming Language :: Python :: (\d+\.\d+)", each))
    }
    assert CI_RAN_ON == claimed


def test_licence_and_description_travel_along(metadata: Message, names: frozenset[str]) -> None:
    """The wheel carries the licence's text and the README."""
    assert ("MIT", True) == (
        metadata["License-Expression"],
        any(name.endswith(".dist-info/licenses/LICENSE") for name in names),
    )
    assert str(metadata.get_payload()).lstrip().startswith("# paraph")
