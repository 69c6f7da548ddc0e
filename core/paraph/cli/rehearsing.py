"""What ``check`` and ``send --dry-run`` show: terms, problems, and requests that are not made."""

from __future__ import annotations

import json
from typing import Any

from paraph.cli import output
from paraph.cli.render import problem_json, to_json
from paraph.model import Envelope, summed_up
from paraph.ops.rehearse import Rehearsal, RehearsedRequest
from paraph.ops.terms import Default


def default_json(default: Default) -> dict[str, str]:
    """Return a value that came from the account as JSON."""
    return {"path": default.path, "value": default.shown, "source": default.source}


def rehearsal_json(found: Rehearsal) -> dict[str, Any]:
    """Return a dry run as JSON. What is personal in it was asked for: else stand-ins are there."""
    return {
        "account": found.account,
        "provider": found.provider,
        "environment": found.environment,
        "why": found.why,
        "passed": {name: list(codes) for name, codes in found.passed.items()},
        "policy": found.policy.value if found.policy else None,
        "problems": [problem_json(problem) for problem in found.problems],
        "defaults": [default_json(default) for default in found.defaults],
        "envelope": _envelope_json(found.envelope),
        "requests": [_request_json(each) for each in found.requests],
        "complete": found.complete,
        "stopped": found.stopped,
    }


def _envelope_json(envelope: Envelope | None) -> Any:
    shown = to_json(envelope, personal=True)
    for document in shown["documents"] if shown else ():
        for key in ("head", "tail", "fault", "path"):
            del document[key]
    return shown


def _request_json(request: RehearsedRequest) -> dict[str, Any]:
    return {
        "step": request.step,
        "effect": request.effect,
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.body,
        "answered": request.answered,
        "assumed": request.assumed,
    }


def show_terms(found: Rehearsal) -> None:
    """Write what came from the account, and everything against the envelope."""
    for default in found.defaults:
        output.write(f"{default.path}: {default.shown} (from {default.source})")
    for problem in summed_up(found.problems):
        output.write(f"{problem.severity.value}: {problem}")
    if not found.problems:
        output.write("nothing is against it")


def show_rehearsal(found: Rehearsal) -> None:
    """Write a dry run: account, terms, envelope, requests."""
    if found.account is None:
        show_terms(found)
        output.write("nothing would be sent")
        return
    output.write(f"account {found.account} ({found.provider}, {found.environment}): {found.why}")
    for name, codes in found.passed.items():
        output.write(f"passed over: {name} ({', '.join(codes)})")
    show_terms(found)
    output.write("envelope")
    output.write(_indented(_envelope_json(found.envelope)))
    for number, request in enumerate(found.requests, start=1):
        step = f" {request.step}" if request.step else ""
        output.write(f"{number}. {request.effect}{step}: {request.method} {request.url}")
        for name, value in request.headers.items():
            output.write(f"   {name}: {value}")
        if request.body is not None:
            output.write(_indented(request.body))
        if request.effect == "read":
            output.write(
                f"   answered by {request.answered}{f': {request.assumed}' if request.assumed else ''}"
            )
    ending = "nothing was sent" if found.complete else f"these are not all requests: {found.stopped}"
    output.write(ending)


def _indented(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return "\n".join(f"   {line}" for line in text.splitlines())
