"""The codes that actions name, against what the simulated vendor answers to every violated constraint."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from paraph.provider import Action
from paraph_ignisign.actions import ACTIONS, EVERY_ROUTE
from providers.ignisign import application_stage, constraints
from providers.ignisign import test_simulator_constraints_application as application
from providers.ignisign import test_simulator_constraints_bare as bare
from providers.ignisign import test_simulator_constraints_documents as documents
from providers.ignisign import test_simulator_constraints_proofs as proofs
from providers.ignisign import test_simulator_constraints_requests as requests
from providers.ignisign import test_simulator_constraints_seals as seals
from providers.ignisign import test_simulator_constraints_signers as signers
from providers.ignisign import test_simulator_constraints_updates as updates
from providers.ignisign import test_simulator_constraints_webhooks as webhooks

of_application, of_bare, of_seals = application.stage, bare.stage, seals.stage
of_signers, of_webhooks = signers.stage, webhooks.stage
of_documents, of_requests, of_updates = documents.vendor, requests.vendor, updates.vendor
of_proofs, of_cleaned = proofs.vendor, proofs.forgetful
TABLES: dict[str, tuple[ModuleType, str]] = {
    "of_application": (application, "stage"),
    "of_bare": (bare, "stage"),
    "of_cleaned": (proofs, "forgetful"),
    "of_documents": (documents, "vendor"),
    "of_proofs": (proofs, "vendor"),
    "of_requests": (requests, "vendor"),
    "of_seals": (seals, "stage"),
    "of_signers": (signers, "stage"),
    "of_updates": (updates, "vendor"),
    "of_webhooks": (webhooks, "stage"),
}
"""By a fixture of this module: the module with rows that it is from, and its name there."""

SEVERAL = {
    ("GET", "/v4/documents/{documentId}/signature-type/{signatureType}"): "documents.proof",
    ("GET", "/v4/documents/{documentId}/signatures/PDF_WITH_SIGNATURES"): "documents.proof",
    ("GET", "/v4/documents/{documentId}/signature-proof"): "documents.proof",
    ("POST", "/v4/documents/{documentId}/signature-proof/{signatureType}"): "documents.proof",
    ("GET", "/v4/documents/{documentId}/signature-type/{t}/signers/{signerId}"): "documents.signer_proof",
    ("GET", "/v4/documents/{documentId}/signatures/{t}/signers/{signerId}"): "documents.signer_proof",
    ("POST", "/v4/applications/{appId}/envs/{appEnv}/signers-search"): "signers.search",
    ("GET", "/v4/applications/{appId}/envs/{appEnv}/signers-search"): "signers.search",
}
"""Routes of actions that try several."""

OLD = ("/signer-inputs-constraints", "/missing-inputs")
"""Ends of routes of version 3 that no action asks any more."""

BY_ROUTE = SEVERAL | {(each.method, each.path): each.name for each in ACTIONS.values() if each.method}


def fits(code: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(code, pattern) for pattern in patterns)


def asked(request: httpx.Request) -> Action[Any, Any] | None:
    """Return the action that makes a request of this kind."""
    path = re.sub("^/v3/", "/v4/", request.url.path)
    for (method, template), name in BY_ROUTE.items():
        shape = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if method == request.method and re.fullmatch(shape, path):
            return ACTIONS[name]
    return None


def rows(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Return all rows of a module, each with the name of the fixture that serves the vendor for it."""
    for name, test in vars(module).items():
        if name.startswith("test_"):
            for mark in getattr(test, "pytestmark", ()):
                if mark.args[0] == "row":
                    fixture, _ = inspect.signature(test).parameters
                    yield from ((fixture, row) for row in mark.args[1])


def refused(row: constraints.Row | application_stage.Row, vendor: Any) -> httpx.Response:
    if isinstance(row, constraints.Row):
        return row.bad(vendor)
    answer = row.bad(vendor).send(vendor)
    row.good(vendor).send(vendor)  # which also ends what a row did to its application
    return answer


@pytest.mark.parametrize("table", TABLES)
def test_a_code_that_an_action_can_meet_is_named(request: pytest.FixtureRequest, table: str) -> None:
    """What the vendor says of a violated constraint is among the errors of its action, or those of all."""
    vendor = request.getfixturevalue(table)
    module, own = TABLES[table]
    met: list[tuple[Action[Any, Any], str]] = []
    for row in (row for fixture, row in rows(module) if fixture == own):
        answer = refused(row, vendor)
        action = asked(answer.request)
        if action is None:
            assert answer.request.url.path.endswith(OLD)
        else:
            met.append((action, answer.json()["code"]))
    assert met
    assert set() == {
        (action.name, code) for action, code in met if not fits(code, (*action.errors, *EVERY_ROUTE))
    }


def test_no_table_is_left_out() -> None:
    """Every module of constraints, and every vendor that its rows want, is asked above."""
    folder = Path(__file__).parent
    assert {path.stem for path in folder.glob("test_simulator_constraints_*.py")} == {
        module.__name__.rpartition(".")[2] for module, _ in TABLES.values()
    }
    for module in {each for each, _ in TABLES.values()}:
        assert {name for name, _ in rows(module)} == {own for each, own in TABLES.values() if each is module}


def test_codes_of_every_route_are_told_once() -> None:
    """No action repeats a code that any action can meet."""
    for name, action in ACTIONS.items():
        assert [] == [code for code in action.errors if fits(code, EVERY_ROUTE)], name
