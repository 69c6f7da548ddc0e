"""Webhook endpoints: one per URL whoever asks at once, disabled ones reported, past deliveries read."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph import AsyncClient, Client, Config
from paraph.errors import ConfigurationError, ConnectionLost, UnsupportedCapability, VendorNotFound
from paraph.flow import Flow
from paraph.model import FactType, Secret
from paraph.provider import NoParams
from paraph.store.memory import MemoryStore
from paraph_ignisign import endpoints, past
from paraph_ignisign.actions import CREATE_WEBHOOK, LIST_WEBHOOKS
from paraph_ignisign.params import NewWebhook
from paraph_ignisign.simulator import create
from support.hand import AT, Talk
from support.ignisign_account import APP, account

URL = "https://app.example/hooks/hr/path-secret"
OTHER = {"_id": "w0", "url": "https://elsewhere.example"}


def listed(name: str, day: int = 1, **more: Any) -> dict[str, Any]:
    """An endpoint of ours as the vendor lists it."""
    return {"_id": name, "url": URL, "_createdAt": f"2025-01-{day:02}T00:00:00.000Z", **more}


# By hand


def test_a_url_is_registered_once_and_found_by_url() -> None:
    """Nothing in the list has the URL: it is made, and looked for in the list, not in the answer."""
    talk = Talk(endpoints.ensure_webhook(account(), URL))
    talk.expect("GET", f"{APP}/webhooks", reply=[OTHER])
    expected = {"url": URL, "description": "paraph account hr"}
    talk.expect("POST", f"{APP}/webhooks", body=expected, reply=[listed("w2"), OTHER])
    talk.expect("GET", f"{APP}/webhooks", reply=[listed("w2"), OTHER])
    assert "w2" == talk.result
    again = Talk(endpoints.ensure_webhook(account(), URL))
    again.expect("GET", f"{APP}/webhooks", reply={"webhooks": [OTHER, listed("w2")]})
    assert "w2" == again.result


def test_duplicates_are_removed_down_to_the_oldest() -> None:
    """Of three with our URL the oldest stays; one that another caller has just removed is no error."""
    talk = Talk(endpoints.ensure_webhook(account(), URL))
    found = [listed("w3", 3), OTHER, listed("w1", 1), listed("w2", 2)]
    talk.expect("GET", f"{APP}/webhooks", reply=found)
    talk.expect("DELETE", "/v4/webhooks/w2", reply=[])
    talk.expect("DELETE", "/v4/webhooks/w3", status=404, reply={"code": "WEBHOOK_NOT_FOUND"})
    assert "w1" == talk.result


@pytest.mark.parametrize("names", [["w1", "w2"], ["w2", "w1"]])
def test_endpoints_of_one_moment_are_told_apart_by_their_ids(names: list[str]) -> None:
    """Two that were made at once leave the same one whatever order the vendor lists them in."""
    talk = Talk(endpoints.ensure_webhook(account(), URL))
    talk.expect("GET", f"{APP}/webhooks", reply=[listed(name, 1) for name in names])
    talk.expect("DELETE", "/v4/webhooks/w2", reply=[])
    assert "w1" == talk.result


def test_a_description_is_corrected_only_where_one_is_asked_for() -> None:
    """Another description is written, the same one is not, and no description leaves what is there."""
    talk = Talk(endpoints.ensure(account(), URL, "new"))
    talk.expect("GET", f"{APP}/webhooks", reply=[listed("w1", description="old")])
    body = {"url": URL, "description": "new"}
    talk.expect("PUT", "/v4/webhooks/w1", body=body, reply=listed("w1", description="new"))
    assert ("w1", "new") == (talk.result.id, talk.result.description)
    for asked in ("old", None):
        same = Talk(endpoints.ensure(account(), URL, asked))
        same.expect("GET", f"{APP}/webhooks", reply=[listed("w1", description="old")])
        assert "old" == same.result.description


def test_a_disabled_endpoint_is_reported_with_the_step_in_the_console() -> None:
    """Nothing is made beside it; the error says where to enable it, and not the URL, which holds a secret."""
    talk = Talk(endpoints.ensure_webhook(account(), URL))
    with pytest.raises(ConfigurationError, match=r"console\.ignisign\.io > application") as caught:
        talk.expect("GET", f"{APP}/webhooks", reply=[listed("w1", isDisabled=True), OTHER])
    assert "w1" in str(caught.value)
    assert "path-secret" not in str(caught.value)


def test_one_that_works_stays_rather_than_an_older_disabled_one() -> None:
    """A disabled duplicate is removed like any other where one of the same URL works."""
    talk = Talk(endpoints.ensure_webhook(account(), URL))
    talk.expect("GET", f"{APP}/webhooks", reply=[listed("w1", 1, isDisabled=True), listed("w2", 2)])
    talk.expect("DELETE", "/v4/webhooks/w1", reply=[listed("w2", 2)])
    assert "w2" == talk.result


def test_what_is_not_listed_is_not_made_again() -> None:
    """A vendor that takes an endpoint and lists none is reported; it is asked to make one once."""
    talk = Talk(endpoints.ensure_webhook(account(), URL))
    talk.expect("GET", f"{APP}/webhooks", reply=[])
    talk.expect("POST", f"{APP}/webhooks", reply=[])
    with pytest.raises(UnsupportedCapability, match="not listed"):
        talk.expect("GET", f"{APP}/webhooks", reply=[])


def test_a_refused_list_is_the_vendors_error() -> None:
    """A 404 of the list says nothing of endpoints, and is not taken for one that vanished."""
    talk = Talk(endpoints.ensure_webhook(account(), URL))
    with pytest.raises(VendorNotFound):
        talk.expect("GET", f"{APP}/webhooks", status=404, reply=None)


def test_a_creation_without_an_answer_is_not_repeated_and_heals() -> None:
    """A lost answer is handed on; the next call finds the endpoint that was made."""
    talk = Talk(endpoints.ensure_webhook(account(), URL))
    talk.expect("GET", f"{APP}/webhooks", reply=[])
    with pytest.raises(ConnectionLost):
        talk.fail(ConnectionLost("cut"))
    assert [] == talk.pauses
    again = Talk(endpoints.ensure_webhook(account(), URL))
    again.expect("GET", f"{APP}/webhooks", reply=[listed("w1")])
    assert "w1" == again.result


# Any interleaving


class Vendor:
    """The vendor's list of endpoints, in no lasting order; `born` tells when a new one says it was made."""

    def __init__(self, born: Callable[[], datetime | None]) -> None:
        self.endpoints: list[dict[str, Any]] = [dict(OTHER)]
        self._born = born
        self._made = 0

    def add(self, **more: Any) -> None:
        """Make one with our URL."""
        self._made += 1
        at = self._born()
        stamp = {} if at is None else {"_createdAt": at.isoformat()}
        self.endpoints.append({"_id": f"w{self._made}", "url": URL, **stamp, **more})

    @property
    def ours(self) -> list[dict[str, Any]]:
        """Those with our URL."""
        return [each for each in self.endpoints if each["url"] == URL]

    def answer(self, request: httpx.Request) -> tuple[int, Any]:
        """Do what a request asks for."""
        name = request.url.path.rpartition("/")[2]
        found = next((each for each in self.endpoints if each["_id"] == name), None)
        if request.method == "POST":
            self.add(description=json.loads(request.content)["description"])
        elif request.method != "GET" and found is None:
            return 404, {"code": "WEBHOOK_NOT_FOUND"}
        elif request.method == "DELETE":
            self.endpoints.remove(found or {})
        elif request.method == "PUT":
            (found or {})["description"] = json.loads(request.content)["description"]
        self.endpoints.reverse()
        return 200, self.endpoints


class Caller:
    """One call of ours, moved by hand from request to request."""

    def __init__(self, flow: Flow[Any], vendor: Vendor) -> None:
        self.error: Exception | None = None
        self._vendor = vendor
        self.talk = Talk(flow)

    @property
    def over(self) -> bool:
        """Whether it returned or raised."""
        return self.talk.over or self.error is not None

    def move(self) -> None:
        """Answer its pending request."""
        command = self.talk._pending
        assert command is not None
        status, body = self._vendor.answer(command.request)
        content = json.dumps(body).encode()
        try:
            self.talk._go(httpx.Response(status, content=content, request=command.request))
        except ConfigurationError as error:
            self.error = error


def run(vendor: Vendor, callers: list[Caller], chosen: Callable[[list[Caller]], Caller | None]) -> None:
    """Move callers in the order that `chosen` says, until all are over or it says stop."""
    while waiting := [caller for caller in callers if not caller.over]:
        caller = chosen(waiting)
        if caller is None:
            return
        caller.move()


def ticking() -> Iterator[datetime]:
    """A clock that never shows the same time twice."""
    at = AT
    while True:
        at += timedelta(seconds=1)
        yield at


DESCRIPTIONS = st.sampled_from([None, "one", "two"])


@settings(max_examples=150, deadline=None)
@given(data=st.data(), wanted=st.lists(DESCRIPTIONS, min_size=2, max_size=5), before=st.integers(0, 3))
def test_any_interleaving_ends_with_one_endpoint(
    data: st.DataObject, wanted: list[str | None], before: int
) -> None:
    """However concurrent calls take turns, one endpoint is left, and each of them returns that one."""
    clock = ticking()
    vendor = Vendor(lambda: next(clock))
    for _ in range(before):
        vendor.add()
    callers = [Caller(endpoints.ensure(account(), URL, each), vendor) for each in wanted]
    run(vendor, callers, lambda waiting: data.draw(st.sampled_from(waiting)))
    (left,) = vendor.ours
    assert {left["_id"]} == {caller.talk.result.id for caller in callers}
    assert OTHER in vendor.endpoints
    said = {each for each in wanted if each is not None}
    assert not said or left["description"] in said


@settings(max_examples=150, deadline=None)
@given(data=st.data(), calls=st.integers(2, 4), before=st.lists(st.booleans(), max_size=3))
def test_clocks_that_lie_and_callers_that_die_leave_one_endpoint_in_the_end(
    data: st.DataObject, calls: int, before: list[bool]
) -> None:
    """Times out of order or missing, disabled ones, callers cut off: one more call, and one is left."""
    times = st.none() | st.integers(0, 2).map(lambda hours: AT + timedelta(hours=hours))
    vendor = Vendor(lambda: data.draw(times))
    for disabled in before:
        vendor.add(isDisabled=disabled)
    callers = [Caller(endpoints.ensure(account(), URL, "one"), vendor) for _ in range(calls)]
    run(vendor, callers, lambda waiting: data.draw(st.none() | st.sampled_from(waiting)))
    last = Caller(endpoints.ensure(account(), URL, "one"), vendor)
    run(vendor, [last], lambda waiting: waiting[0])
    if before and all(before):
        assert "webhook.disabled" in str(last.error)
        assert len(before) == len(vendor.ours)
    else:
        assert [last.talk.result.id] == [each["_id"] for each in vendor.ours]
        assert not vendor.ours[0].get("isDisabled")


def test_negative_control_looking_and_making_alone_leaves_two() -> None:
    """Listing and then creating makes two endpoints if both callers look first; ours makes one."""

    def plain() -> Flow[None]:
        found = yield from LIST_WEBHOOKS.run(account(), NoParams())
        if not [each for each in found.webhooks if each.url.matches(URL)]:
            yield from CREATE_WEBHOOK.run(account(), NewWebhook(url=Secret(URL), description="x"))

    for make, left in ((plain, 2), (lambda: endpoints.ensure(account(), URL), 1)):
        clock = ticking()
        vendor = Vendor(lambda clock=clock: next(clock))  # type: ignore[misc]  # its own clock
        callers = [Caller(make(), vendor) for _ in range(2)]
        for caller in callers:
            caller.move()
        run(vendor, callers, lambda waiting: waiting[0])
        assert left == len(vendor.ours)


# Over HTTP


@pytest.fixture(scope="module")
def vendor() -> Iterator[tuple[Any, str]]:
    """One simulator."""
    simulator = create()
    with simulator.running() as base_url:
        yield simulator, base_url


def config(vendor: tuple[Any, str], monkeypatch: pytest.MonkeyPatch) -> Config:
    """Return a configuration of its account."""
    simulator, base_url = vendor
    made = simulator.account(base_url)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return Config.from_mapping({"accounts": {"hr": made.table}}, source="test")


def urls(simulator: Any, url: str) -> list[str]:
    """Return the ids of the simulator's endpoints with a URL."""
    with simulator.tenant.lock:
        return [each.id for each in simulator.tenant.hooks.endpoints.values() if each.url == url]


def test_threads_that_ensure_at_once_make_one_endpoint(
    vendor: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six threads over real HTTP, each with a client of its own: one endpoint is left, which one returned.

    Not all return it: of two that are made within one millisecond the first may be listed alone, and go.
    """
    url = "http://127.0.0.1:9/threads"
    loaded = config(vendor, monkeypatch)
    start = threading.Barrier(6)
    found: list[str] = []

    def work() -> None:
        with Client.from_config(loaded, store=MemoryStore()) as client:
            start.wait()
            found.append(client.call("hr", "webhooks.ensure", url=url).webhook_id)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 6 == len(found)
    (left,) = urls(vendor[0], url)
    assert left in found


def test_tasks_that_ensure_at_once_make_one_endpoint(
    vendor: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So do six tasks of one event loop; the endpoint is listed, and deleted again."""
    url = "http://127.0.0.1:9/tasks"
    loaded = config(vendor, monkeypatch)

    async def main() -> list[str]:
        async with AsyncClient.from_config(loaded, store=MemoryStore()) as client:
            made = await asyncio.gather(*(client.call("hr", "webhooks.ensure", url=url) for _ in range(6)))
            (left,) = urls(vendor[0], url)
            assert left in {each.webhook_id for each in made}
            seen = await client.call("hr", "webhooks.list")
            assert [Secret(url)] == [each.url for each in seen.webhooks if each.id == left]
            await client.call("hr", "webhooks.delete", webhook_id=left)
            return urls(vendor[0], url)

    assert [] == asyncio.run(main())


def test_a_disabled_endpoint_of_the_vendor_is_reported(
    vendor: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Disabled in the console, an endpoint stays alone, and ensure says where to enable it."""
    url = "http://127.0.0.1:9/disabled"
    loaded = config(vendor, monkeypatch)
    with Client.from_config(loaded, store=MemoryStore()) as client:
        made = client.call("hr", "webhooks.ensure", url=url).webhook_id
        with vendor[0].tenant.lock:
            vendor[0].tenant.hooks.endpoints[made].disabled = True
        with pytest.raises(ConfigurationError, match=r"console\.ignisign\.io"):
            client.call("hr", "webhooks.ensure", url=url)
    assert [made] == urls(vendor[0], url)


# Past deliveries


def test_past_deliveries_are_read_page_by_page() -> None:
    """Pages are read until one brings nothing new; a vendor that counts from 0 loses no page."""
    url = "https://app.example/hooks/hr/path-secret"

    def event(number: int) -> dict[str, object]:
        content = {"signatureRequestId": f"r{number}", "signerId": "s1"}
        body = {
            "topic": "SIGNATURE_SESSION",
            "action": "INITIALIZED",
            "msgNature": "INFO",
            "content": content,
        }
        status = {1: "FAILED", 2: "PENDING", 3: "SUCCESS"}[number]
        return {"_id": f"e{number}", "status": status, "_createdAt": "2025-01-01T00:00:00.000Z", **body}

    talk = Talk(past.past_deliveries(account()))
    talk.expect(
        "GET", f"{APP}/webhooks", reply=[{"_id": "w1", "url": url}, {"_id": "w2", "url": "https://x"}]
    )
    path, data = "/v4/webhooks/w1/events", {"total": 3, "page": 1}
    asked = {"filter": "ALL"}
    talk.expect("GET", path, query={**asked, "page": "1"}, reply={"events": [event(1)], "searchData": data})
    talk.expect("GET", path, query={**asked, "page": "2"}, reply={"events": [], "searchData": data})
    talk.expect("GET", path, query={**asked, "page": "0"}, reply={"events": [event(3), event(2)]})
    assert [("e1", "r1", False), ("e3", "r3", True), ("e2", "r2", False)] == [
        (each.id, each.subject_ref, each.delivered) for each in talk.result
    ]
    assert [FactType.SIGNATORY_OPENED] == [fact.type for fact in talk.result[0].facts]
