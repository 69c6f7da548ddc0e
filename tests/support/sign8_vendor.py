"""A vendor that speaks the simulator's dialect of SIGN8 behind httpx's mock transport, and can break.

No simulator and no HTTP: it only counts what it was told, so that a test can run hundreds of broken sends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx

from paraph.config import Config
from paraph.flow import Flow
from paraph.flow.runners import SyncRunner
from paraph.flow.session import Sessions
from paraph.ops.kernel import Kernel
from paraph.store import open_store
from support.crashes import first, interleaved


class Vendor:
    """A vendor behind httpx's mock transport, which keeps what it was told.

    :ivar lose: number of the request whose answer is lost after it took effect, or ``None``.
    :ivar refuse: number of the request that is answered with the status ``refusal`` and has no effect.
    """

    def __init__(self) -> None:
        self.workflows: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.lose: int | None = None
        self.refuse: int | None = None
        self.refusal = 503

    def handle(self, request: httpx.Request) -> httpx.Response:
        number = len(self.requests)
        self.requests.append(f"{request.method} {request.url.path}")
        body = json.loads(request.read() or b"{}")
        if number == self.refuse:
            return httpx.Response(self.refusal)
        answer = self._answer(request.url.path, body)
        if number == self.lose:
            raise httpx.ReadError("lost", request=request)
        return httpx.Response(200, json=answer)

    def _answer(self, path: str, body: dict[str, Any]) -> Any:
        if path == "/v1/workflow/add":
            made = f"w{len(self.workflows) + 1}"
            empty: dict[str, list[Any]] = {"file": [], "signer": [], "signature": [], "annotation": []}
            self.workflows[made] = {"started": 0, "password": body.get("password"), **empty}
            return {"workflow_id": made}
        if found := re.fullmatch(r"/v1/(file|signer|signature|annotation)/add", path):
            workflow = self.workflows[body["workflow_id"]]
            workflow[found[1]].append(body)
            return {f"{found[1]}_id": f"{body['workflow_id']}-{found[1]}-{len(workflow[found[1]])}"}
        if found := re.fullmatch(r"/v1/workflow/(w\d+)/start", path):
            self.workflows[found[1]]["started"] += 1
            return None
        name = path.rpartition("/")[2]
        workflow = self.workflows[name]
        lists = {
            f"{kind}s": [
                {f"{kind}_id": f"{name}-{kind}-{number}", "status": "invited"}
                for number in range(1, len(workflow[kind]) + 1)
            ]
            for kind in ("file", "signer", "signature", "annotation")
        }
        return {"status": "active" if workflow["started"] else "draft", **lists}

    def whole(self) -> list[tuple[int, ...]]:
        """Count starts, files, signers and signatures of each workflow that is not empty."""
        counted = [
            (each["started"], len(each["file"]), len(each["signer"]), len(each["signature"]))
            for each in self.workflows.values()
        ]
        return [each for each in counted if any(each)]


def kernel(spoken: dict[str, Any], **changes: Any) -> Kernel:
    """Make a kernel with one account that speaks like this. ``changes``: further options of the account."""
    options = {
        "provider": "sign8",
        "environment": "test",
        "organization_id": "org-1",
        "base_url": "https://sign8.test",
        "dialect": spoken,
        "auth": {"type": "bearer", "token": "env:TOKEN"},
        **changes,
    }
    config = Config.from_mapping({"accounts": {"de": options}}, environ={"TOKEN": "t"})
    return Kernel(config=config, registry=config.registry, store=open_store("memory:"))


def run(vendor: Vendor, flow: Flow[Any], choose: Callable[[int], int] = first) -> Any:
    """Run a flow against the vendor, without pauses, its gathered flows in the order that is chosen."""
    transport = httpx.MockTransport(vendor.handle)
    sessions = Sessions(lambda _: httpx.Client(transport=transport))
    try:
        return SyncRunner(sessions, pause=lambda _: None).run(interleaved(flow, choose))
    finally:
        for client in sessions.drain():
            client.close()
