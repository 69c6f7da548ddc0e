"""The log names no URL of a vendor, whoever writes it."""

from __future__ import annotations

import asyncio
import io
import logging
from typing import Any

import httpx
import pytest

from paraph.flow import Flow, download, http
from paraph.flow.runners import AsyncRunner, SyncRunner
from paraph.flow.session import Sessions

URL = "https://vendor.example:8443/uploads/canary-key?reason=canary-reason"


def answered(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b"ok")


def sent(flow: Flow[Any]) -> None:
    sessions = Sessions(lambda _: httpx.Client(transport=httpx.MockTransport(answered)))
    SyncRunner(sessions).run(flow)
    for client in sessions.drain():
        client.close()


def sent_async(flow: Flow[Any]) -> None:
    async def main() -> None:
        sessions = Sessions(lambda _: httpx.AsyncClient(transport=httpx.MockTransport(answered)))
        await AsyncRunner(sessions).run(flow)
        for client in sessions.drain():
            await client.aclose()

    asyncio.run(main())


@pytest.mark.parametrize("send", [sent, sent_async], ids=["sync", "async"])
@pytest.mark.parametrize("way", ["http", "download"])
def test_httpx_names_only_the_host_of_our_requests(
    caplog: pytest.LogCaptureFixture, send: Any, way: str
) -> None:
    """Neither path nor query of a request reaches the log; an application's own request is logged as ever."""
    request = httpx.Request("PUT", URL)
    with caplog.at_level(logging.INFO, "httpx"):
        send(http(request) if way == "http" else download(request, io.BytesIO()))
        assert 'HTTP Request: PUT https://vendor.example:8443/… "HTTP/1.1 200 OK"' in caplog.text
        assert "canary" not in caplog.text
        with httpx.Client(transport=httpx.MockTransport(answered)) as own:
            own.put(URL)
        assert "canary-key" in caplog.text
