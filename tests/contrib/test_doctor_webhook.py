"""What ``doctor`` finds of an account's webhook, and that asking the receiver leaves nothing there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import httpx
import pytest

from paraph import Capabilities, Client, Config, Outcome, Registry, Store
from paraph.errors import UnsupportedCapability
from paraph.ops.doctor_webhook import NO_ENCODING
from paraph.provider import Account, Finding, Standing
from paraph.store.memory import MemoryStore
from paraph.testing.fake import CAPABILITIES
from paraph.testing.simulator import serve
from paraph_web import Receiver
from support.doctoring import ENVIRON, SECRET, ExaminedProvider, PlainProvider, call, endpoint, look
from support.ports import nobody_listens

PUBLIC = "https://app.example/hooks"
OWN = f"{PUBLIC}/a/{SECRET}"
REGISTERED, REACHABLE = "webhook registered", "webhook reachable"
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Say which client is used."""
    return str(request.param)


@attrs.frozen(kw_only=True)
class Post:
    """A receiver of ours on a socket, and what it took."""

    url: str
    store: Store
    outcomes: list[Outcome]

    def took(self) -> int:
        """Count what is stored, or was refused after being read."""
        with self.store.begin() as tx:
            return len(self.outcomes) + tx.count_unprocessed("a")[0]


@contextmanager
def receiving(secret: str = SECRET) -> Iterator[Post]:
    """Serve the receiver of account ``a``, with the secret that it was started with."""
    registry = Registry.empty()
    registry.register("post", PlainProvider(""))
    table = {"provider": "post", "environment": "test", "api_key": "env:KEY", "webhook_secret": "env:HOOK"}
    mapping = {"accounts": {"a": table}, "webhooks": {"public_url": "http://127.0.0.1/hooks"}}
    config = Config.from_mapping(mapping, environ={**ENVIRON, "HOOK": secret}, registry=registry)
    store, outcomes = MemoryStore(), list[Outcome]()
    with Client(config, registry=registry, store=store) as client:
        receiver = Receiver(client, on_outcome=outcomes.append)
        with serve(receiver) as url:
            yield Post(url=f"{url}/hooks", store=store, outcomes=outcomes)


def reach(kind: str, url: str) -> Finding:
    """Look at the receiver of an account whose vendor is on this machine and not there."""
    return look(kind, PlainProvider("http://127.0.0.1:1"), public=url)[REACHABLE]


def test_our_receiver_answers(kind: str) -> None:
    """It is recognised, with this account's secret; nothing is stored, and a real delivery would be."""
    with receiving() as post:
        found = reach(kind, post.url)
        assert (Standing.OK, 0) == (found.state, post.took()), found
        assert 200 == httpx.post(f"{post.url}/a/{SECRET}", content=b"{}", trust_env=False).status_code
        assert 0 < post.took()


def test_our_receiver_has_another_secret(kind: str) -> None:
    """A receiver that was started with another secret would answer the vendor 404."""
    with receiving("another-secret-of-enough-letters") as post:
        found = reach(kind, post.url)
        assert (Standing.FAIL, 0) == (found.state, post.took())
        assert "does not know this account's secret" in found.found


def test_nobody_listens_there(kind: str) -> None:
    """A receiver that is not running fails."""
    with nobody_listens() as port:
        found = reach(kind, f"http://127.0.0.1:{port}/hooks")
    assert (Standing.FAIL, "nobody listens there") == (found.state, found.found)


def answers(get: int, post: int, **headers: str) -> Handler:
    """Make a program that answers every GET and every POST the same."""

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(get if request.method == "GET" else post, headers=headers)

    return handler


def refuses(error: type[httpx.TransportError]) -> Handler:
    """Make a network in which every request ends like this."""

    def handler(request: httpx.Request) -> httpx.Response:
        raise error("canary", request=request)

    return handler


@pytest.mark.parametrize(
    ("handler", "state"),
    [
        (answers(404, 404), "warn"),
        (answers(405, 404), "warn"),
        (answers(405, 404, allow="POST, PUT"), "warn"),
        (answers(200, 403), "warn"),
        (answers(405, 200, allow="POST"), "fail"),
        (answers(502, 502), "fail"),
        (answers(405, 404, allow="POST"), "fail"),
        (refuses(httpx.ConnectError), "not asked"),
        (refuses(httpx.ConnectTimeout), "not asked"),
        (refuses(httpx.ReadTimeout), "not asked"),
        (refuses(httpx.ProxyError), "not asked"),
    ],
)
def test_who_else_may_answer(handler: Handler, state: str) -> None:
    """Another program is a warning, one that takes a wrong secret fails, silence may be policy."""
    found = look("sync", PlainProvider("https://v.example"), public=PUBLIC, handler=handler)
    assert state == found[REACHABLE].state.value, found[REACHABLE]
    assert SECRET not in repr(found)


def test_another_program_never_gets_the_secret() -> None:
    """Who does not answer as our receiver does is asked twice, both times with a secret that nobody has."""
    seen: list[httpx.Request] = []

    def other(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(404, text="not here")

    look("sync", PlainProvider("https://v.example"), public=PUBLIC, handler=other)
    ours = [request for request in seen if request.url.host == "app.example"]
    assert ["GET", "POST"] == [request.method for request in ours]
    assert [] == [request for request in seen if SECRET in str(request.url)]
    assert [b""] == list({request.content for request in ours})

    def same(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answers(405, 404, allow="POST")(request)

    seen.clear()
    look("sync", PlainProvider("https://v.example"), public=PUBLIC, handler=same)
    last = seen[-1]
    assert (OWN, NO_ENCODING, b"") == (str(last.url), last.headers["content-encoding"], last.content)
    assert [] == [request for request in seen if "authorization" in request.headers]


class Deaf(PlainProvider):
    """A vendor that calls no webhooks."""

    def capabilities(self, account: Account[Any] | None) -> Capabilities:
        """Offer what the fake vendor offers."""
        return CAPABILITIES


@pytest.mark.parametrize(
    ("vendor", "public", "state"),
    [
        ("https://v.example", PUBLIC, "ok"),
        ("https://v.example", "", "not asked"),
        ("https://v.example", "http://127.0.0.1:9/hooks", "fail"),
        ("http://127.0.0.1:1", "http://127.0.0.1:9/hooks", "ok"),
        ("https://v.example", "https://10.0.0.7/hooks", "warn"),
        ("https://10.0.0.1", "https://10.0.0.7/hooks", "ok"),
        ("https://v.example", "http://app.example/hooks", "warn"),
    ],
)
def test_the_configured_url(vendor: str, public: str, state: str) -> None:
    """A URL that the vendor cannot call fails, one that it may not reach or that is not encrypted warns."""
    found = look("sync", PlainProvider(vendor), public=public, handler=answers(404, 404))
    assert state == found["webhook"].state.value
    assert SECRET not in repr(found)
    assert bool(public) == (REACHABLE in found)


def test_a_vendor_without_webhooks() -> None:
    """Where the vendor calls nobody, nothing has to be configured."""
    found = look("sync", Deaf("https://v.example"), handler=answers(404, 404))
    assert (Standing.NOT_ASKED, "this vendor calls no webhooks") == (
        found["webhook"].state,
        found["webhook"].found,
    )


@pytest.mark.parametrize(
    ("listed", "state", "words"),
    [
        ([endpoint(OWN)], "ok", "w1 is enabled"),
        ([endpoint(OWN, enabled=None)], "ok", "w1 is enabled"),
        ([], "fail", "does not call"),
        ([endpoint(f"{PUBLIC}/a/an-old-secret"), endpoint("https://b.example/x")], "fail", "2 other(s)"),
        ([endpoint(OWN, enabled=False)], "fail", "w1 is disabled"),
        ([endpoint(OWN), endpoint(OWN, name="w2")], "warn", "w1, w2"),
        ([endpoint(OWN), endpoint(OWN, name="w2", enabled=False)], "ok", "w1 is enabled"),
    ],
)
def test_what_the_vendor_calls(kind: str, listed: list[Any], state: str, words: str) -> None:
    """Exactly one enabled endpoint with the account's own URL is right; an old secret is another URL."""
    provider = ExaminedProvider("https://v.example")
    provider.listed = tuple(listed)
    found = look(kind, provider, public=PUBLIC, handler=answers(404, 404))[REGISTERED]
    assert (state, True) == (found.state.value, words in found.found), found


def test_a_vendor_without_a_list() -> None:
    """Where nothing can be listed a person has to look."""
    found = look("sync", PlainProvider("https://v.example"), public=PUBLIC, handler=answers(404, 404))
    assert Standing.NOT_ASKED is found[REGISTERED].state


def test_no_secret_of_a_url_is_listed(kind: str) -> None:
    """Of our URLs all but the secret is shown, of others the host: their secret may stand anywhere."""
    provider = ExaminedProvider("https://v.example")
    provider.listed = (
        endpoint(OWN),
        endpoint(f"{PUBLIC}/a/old-canary", name="w2", enabled=False),
        endpoint("https://u:canary@b.example:8443/canary?x=canary", name="w3", enabled=None),
        endpoint("canary", name="w4"),
        endpoint("https://b.example:canary/", name="w5"),
    )
    found = call(kind, "webhooks", provider, "a", public=PUBLIC)
    expected = [
        (f"{PUBLIC}/a/…", True, True),
        (f"{PUBLIC}/a/…", False, False),
        ("https://b.example:8443/…", False, None),
        ("…", False, True),
        ("…", False, True),
    ]
    assert expected == [(each.url, each.ours, each.enabled) for each in found]
    assert [] == [word for word in (SECRET, "canary") if word in repr(found)]


def test_what_cannot_be_listed_is_said(kind: str) -> None:
    """A provider that lists nothing has no such ability."""
    with pytest.raises(UnsupportedCapability):
        call(kind, "webhooks", PlainProvider("https://v.example"), "a", public=PUBLIC)
