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
        "pinned": found.pinned is not None,
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
        "size": request.size,
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


def show_check(found: Rehearsal) -> None:
    """Write which account was judged, on which terms, and everything against the envelope."""
    if found.account is not None:
        output.write(f"account {found.account} ({found.provider}, {found.environment}): {found.why}")
    for name, codes in found.passed.items():
        output.write(f"passed over: {name} ({', '.join(codes)})")
    show_terms(found)


def show_rehearsal(found: Rehearsal, *, full: bool) -> None:
    """Write a dry run: account, terms, envelope, requests.

    :param full: headers and bodies as well; else a request is one line.
    """
    show_check(found)
    if found.account is None:
        output.write("nothing would be sent")
        return
    if found.envelope is not None:
        output.write("envelope")
        output.write(_indented(_told(_envelope_json(found.envelope))))
    for number, request in enumerate(found.requests, start=1):
        _show_request(number, request, full=full)
    if found.requests and not full:
        output.write("--full shows headers and bodies")
    output.write(f"these are not all requests: {found.stopped}" if found.stopped else "nothing was sent")


def _show_request(number: int, request: RehearsedRequest, *, full: bool) -> None:
    step = f" {request.step}" if request.step else ""
    size = f" ({request.size} bytes)" if request.size else ""
    target = request.url if full else _path(request.url)
    output.write(f"{number}. {request.effect}{step}: {request.method} {target}{size}")
    if not full:
        return
    for name, value in request.headers.items():
        output.write(f"   {name}: {value}")
    if request.body is not None:
        output.write(_indented(request.body))
    if request.effect == "read":
        assumed = f": {request.assumed}" if request.assumed else ""
        output.write(f"   answered by {request.answered}{assumed}")


def _path(url: str) -> str:
    """Leave out the server, which is the account's."""
    return "/" + url.partition("://")[2].partition("/")[2]


def _told(value: Any) -> Any:
    """Leave out what is not given."""
    if isinstance(value, dict):
        return {key: _told(each) for key, each in value.items() if each is not None}
    return [_told(each) for each in value] if isinstance(value, list) else value


def _indented(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return "\n".join(f"   {line}" for line in text.splitlines())
