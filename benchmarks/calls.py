"""What one call of a vendor's action costs beside the same exchange written by hand with httpx.

Ours is the whole of ``client.call(account, action)`` with Ignisign's plugin: account, parameters,
credentials, pace, typed result. By hand it is ``get`` or ``post``, ``raise_for_status`` and ``json``, with
one client that is kept, the same URL, header and body, and no types. Both get the same canned bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import httpx

import paraph
from benchmarks import peers
from benchmarks.method import AGAIN, Ratio, compare, compare_async, how_many
from benchmarks.server import canned, serving
from benchmarks.table import Row

UUID = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
KEY = f"skv2_staging_{UUID}_secret"
REQUEST = "64f1b2c3d4e5f60718293a4b"
READ = f"/v4/signature-requests/{REQUEST}/context"
MAKE = f"/v4/applications/appId_{UUID}/envs/STAGING/signers"
AT = "2026-11-20T09:30:00.000Z"

PEOPLE = (("s-1", "Ada", "Lovelace"), ("s-2", "Grace", "Hopper"))
CONTEXT = {
    "_id": REQUEST,
    "status": "IN_PROGRESS",
    "signatureRequestType": "STANDARD",
    "title": "Employment contract",
    "description": "Contract and annex",
    "language": "EN",
    "externalId": "9f2d3c4b5a69788796a5b4c3d2e1f001",
    "_createdAt": AT,
    "documentIds": ["doc-1", "doc-2"],
    "signerIds": ["s-1", "s-2"],
    "signedBy": ["s-1"],
    "expirationDate": "2026-12-20T09:30:00.000Z",
    "expirationDateIsActivated": True,
    "diffusionMode": "WHEN_ALL_SIGNED",
    "defaultSignatureMethod": "SIMPLE_STD",
    "documents": [
        {"_id": f"doc-{n}", "label": "Contract", "fileName": "a.pdf", "mimeType": "application/pdf"}
        for n in (1, 2)
    ],
    "signers": [
        {
            "signerId": signer,
            "externalId": f"e:{signer}",
            "firstName": first,
            "lastName": last,
            "email": f"{first.lower()}@example.org",
            "status": "ACTIVE",
            "signerProfileId": "profile-1",
            "alreadyProvidedInputs": ["firstName", "lastName", "email"],
        }
        for signer, first, last in PEOPLE
    ],
}
CREATED = {"signerId": REQUEST, "entityType": "NATURAL", "authSecret": "7d1d7c1e", "alreadyExists": False}
SIGNER = {
    "signer_profile_id": "profile-1",
    "external_id": "e:3",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.org",
}
BODY = {
    "signerProfileId": "profile-1",
    "externalId": "e:3",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "email": "ada@example.org",
}
ROUTES = {("GET", READ): canned(CONTEXT), ("POST", MAKE): canned(CREATED, status=201), **peers.ROUTES}
HEADERS = {"Authorization": f"Bearer {KEY}"}

HOOKS_A_CALL = 2
LOOKS = 200
"""How often it is asked whether anybody listens, in place of one call: once is too short to be measured."""

SDK_GOALS = {"unified": 0.20, "documenso": 0.28, "docusign": 0.80, "signnow": 0.92}
"""Of a reading call; docusign's 0.65 is that of a creating one."""


def rows(quick: bool) -> Iterator[Row]:
    """Measure, and tell each ratio."""
    with serving(ROUTES) as base:
        yield from _blocking(base, how_many(quick))
        yield from _awaited(base, how_many(quick))


def config(base: str) -> paraph.Config:
    """Return a configuration with one account at the canned vendor."""
    account = {
        "provider": "ignisign",
        "environment": "test",
        "api_key": "env:KEY",
        "base_url": base,
        "allow_recipients": ["*@example.org"],
    }
    return paraph.Config.from_mapping({"accounts": {"hr": account}}, environ={"KEY": KEY})


def _blocking(base: str, blocks: int) -> Iterator[Row]:
    with (
        httpx.Client(headers=HEADERS) as bare,
        paraph.Client.from_config(config(base)) as client,
        peers.calls(base) as sdks,
    ):

        def get() -> Any:
            response = bare.get(base + READ)
            response.raise_for_status()
            return response.json()

        def post() -> Any:
            response = bare.post(base + MAKE, json=BODY)
            response.raise_for_status()
            return response.json()

        def ours_get() -> Any:
            return client.call("hr", "requests.context", signature_request_id=REQUEST)

        def ours_post() -> Any:
            return client.call("hr", "signers.create", **SIGNER)

        def hooks() -> None:
            for _ in range(LOOKS * HOOKS_A_CALL):
                if client.registry.has_observers:
                    raise RuntimeError("an installed plugin observes: measure without")

        got = compare({"bare": get, "ours": ours_get, "hooks": hooks}, base="bare", blocks=blocks)
        yield _row("4", "sync GET, typed, all-in / httpx.Client.get", got, goal=1.0, stretch=0.8)
        made = compare({"bare": post, "ours": ours_post}, base="bare", blocks=blocks)
        yield _row("4", "sync POST, typed, all-in / httpx.Client.post", made, goal=1.0, stretch=0.8)
        compared = compare({"ours": ours_get, **sdks}, base="ours", blocks=blocks)
        for name, goal in SDK_GOALS.items():
            yield Row(
                number="7",
                metric=f"sync reading call / {name}'s SDK, cpu",
                value=1 / compared[name].cpu if name in compared else None,
                unit="x",
                goal=goal,
                why="follows from row 4",
                note="" if name in compared else f"{name}'s SDK is not installed",
            )
        yield Row(
            number="15",
            metric=f"{HOOKS_A_CALL} hooks that nobody implements / bare GET, cpu",
            value=got["hooks"].cpu / LOOKS * 100,
            unit="%",
            goal=1.0,
            stretch=0.5,
            note="client.call itself calls no hook; operations that record events do",
        )


def _awaited(base: str, blocks: int) -> Iterator[Row]:
    for at_once, number, goal, stretch in ((1, "5", 1.0, 0.95), (10, "5", 1.0, 0.95), (100, "6", 0.5, 0.35)):
        found = asyncio.run(_abreast(base, at_once, max(5, blocks // max(1, at_once // 25))))
        metric = f"async GET, typed, all-in, {at_once} at once / default AsyncClient"
        yield _row(number, metric, found, goal=goal, stretch=stretch)


async def _abreast(base: str, at_once: int, blocks: int) -> Mapping[str, Ratio]:
    async with (
        httpx.AsyncClient(headers=HEADERS) as bare,
        paraph.AsyncClient.from_config(config(base)) as client,
    ):

        async def get() -> Any:
            response = await bare.get(base + READ)
            response.raise_for_status()
            return response.json()

        async def ours() -> Any:
            return await client.call("hr", "requests.context", signature_request_id=REQUEST)

        def many(one: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
            async def together() -> None:
                await asyncio.gather(*(one() for _ in range(at_once)))

            return one if at_once == 1 else together

        calls = max(1, 20 // at_once)
        return await compare_async(
            {"bare": many(get), "ours": many(ours)}, base="bare", calls=calls, blocks=blocks
        )


def _row(number: str, metric: str, found: Mapping[str, Ratio], *, goal: float, stretch: float) -> Row:
    ours, again = found["ours"], found[AGAIN]
    return Row(
        number=number,
        metric=metric,
        value=ours.cpu,
        unit="x",
        goal=goal,
        stretch=stretch,
        why="a call has its account, limits, pace and typed answer to pay",
        note=f"cpu; wall {ours.wall:.2f} x; A/A {again.cpu:.3f}",
    )
