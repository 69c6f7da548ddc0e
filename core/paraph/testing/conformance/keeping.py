"""Secrets stay secret, in the worst case too, and two accounts of one provider share nothing."""

# ruff: noqa: D401 - the docstring of a check states the promise, as that of a test does

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

import httpx

from paraph.errors import ParaphError
from paraph.ops.carry import same_origin, under
from paraph.provider import Account, Capability
from paraph.testing.conformance.bench import Bench, forbid
from paraph.testing.conformance.findings import expect, fail
from paraph.testing.conformance.subject import ACCOUNT
from paraph.testing.conformance.traffic import Garble
from paraph.testing.conformance.watch import SHORTEST
from paraph.testing.simulator import SimulatedAccount

STATUSES: Final = (400, 401, 403, 404, 409, 422, 429, 500, 503)
REQUESTS: Final = 3
"""How many requests of a send are refused in each way, one at a time."""

OTHER: Final = "another"


def errors_say_no_secret(bench: Bench) -> None:
    """A vendor that answers with an error that repeats every secret and every name is not quoted.

    What is said is searched when the bench is left.
    """
    for value in _credentials(bench, bench.account):
        bench.watch.forbid("an obtained credential", value)
    envelope = bench.sent(bench.envelope())
    echo = {"message": " ".join(bench.watch.words), "code": bench.watch.words[0], "error": bench.watch.words}
    body = json.dumps(echo).encode()
    for status in STATUSES:
        for number in range(REQUESTS):
            bench.traffic.garble(number, _refusal(status, body))
            _only_our_errors(status, lambda: bench.client.send(bench.envelope()))
        if Capability.READ_STATUS in bench.offered:
            bench.traffic.garble(0, _refusal(status, body))
            _only_our_errors(status, lambda: bench.client.refresh(envelope.id))
    bench.client.get(envelope.id)
    bench.client.events(envelope.id)


def _refusal(status: int, body: bytes) -> Garble:
    def refuse(request: httpx.Request, _response: httpx.Response) -> httpx.Response:
        headers = {"content-type": "application/json"}
        return httpx.Response(status, content=body, headers=headers, request=request)

    return refuse


def _only_our_errors(status: int, ask: Callable[[], object]) -> None:
    try:
        ask()
    except ParaphError:
        pass
    except Exception as error:  # noqa: BLE001 - that is the finding
        bug = f"{type(error).__name__} escapes when the vendor answers {status}"
        fail(bug, hint="problem_of() makes the right error of an answer")


def accounts_share_nothing(bench: Bench) -> None:
    """Two accounts in one client: no credential of one reaches the other's origin, or that of a third."""
    other = bench.subject.simulator()
    with bench.ground.running(other, 1) as base:
        hook = secrets.token_hex(16)
        simulated = {
            ACCOUNT: bench.simulator.account(cast("str", bench.simulator.base_url)),
            OTHER: other.account(base),
        }
        for each in simulated.values():
            forbid(bench.watch, each, hook)
        config = bench.subject.configured(simulated, bench.registry, bench.ground.public_url, hook)
        both = Bench(bench.subject, config, bench.simulator, bench.ground, bench.watch, bench.style)
        try:
            accounts = {name: config.account(name, bench.registry) for name in simulated}
            for name in (ACCOUNT, OTHER, ACCOUNT):
                both.client.send(both.envelope(), account=name)
            known = {name: _known(both, account, simulated[name]) for name, account in accounts.items()}
        finally:
            both.close()
    shared = known[ACCOUNT] & known[OTHER]
    expect(
        not shared or shared != known[ACCOUNT],
        "two simulators give the same credentials, so that nobody could tell accounts apart",
        hint="a simulator makes its credentials anew each time",
    )
    for name, account in accounts.items():
        _keeps_to_itself(both, account, known[name], known[OTHER if name == ACCOUNT else ACCOUNT])


def _keeps_to_itself(
    bench: Bench, account: Account[Any], own: frozenset[str], foreign: frozenset[str]
) -> None:
    origin = bench.provider.origin(account)
    for sent in bench.traffic.all(account.name):
        told = sent.everything
        expect(
            not any(value.encode() in told for value in foreign - own),
            f"a request of one account holds a credential of another ({sent.method} {sent.url.path})",
            hint="keep nothing in module or class; shared() keeps values per account",
        )
        if not same_origin(sent.url, origin):
            leaked = any(value.encode() in told for value in own)
            expect(not leaked, f"a credential was sent to {sent.url.host}, which is not the account's origin")


def _known(bench: Bench, account: Account[Any], simulated: SimulatedAccount) -> frozenset[str]:
    given = (value for value in simulated.environment.values() if len(value) >= SHORTEST)
    return frozenset(given) | frozenset(_credentials(bench, account))


def _credentials(bench: Bench, account: Account[Any]) -> Iterable[str]:
    """Return what authenticates requests of an account: the last words of the headers."""
    headers = bench.run(lambda kernel: under(kernel, account, bench.provider.authorize(account, None)))
    return tuple(value.split()[-1] for value in headers.values() if len(value.split()[-1:][0]) >= SHORTEST)
