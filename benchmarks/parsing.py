"""Reading webhooks: from bytes to what they say (goals 12 to 15).

Two steps are measured. *Decoding* ends with a typed message, as the peers' parsing does: cattrs, pydantic and
msgspec into classes with enums, renamed fields, and content by topic. *Reading* is all that a provider does
with a delivery: decoding, whether it is ours, and facts with their targets; no peer has that step, so it is
compared with the decoding of cattrs alone.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks import parsers
from benchmarks.endpoints import APP_ID, TOLD
from benchmarks.method import Ratio, compare, how_many
from benchmarks.server import canned, serving
from benchmarks.table import Row
from paraph import Config
from paraph.provider import Account, Delivery
from paraph_ignisign import untrusted, webhooks

REQUEST: Final = "664f1c2ab8d1e20013f7a9c1"
ONE_PARSER: Final = "json of the standard library alone: ids of events depend on what was decoded"
ACCOUNTS: Final[dict[str, dict[str, Any]]] = {
    "hr": {"provider": "ignisign", "environment": "test", "api_key": "env:KEY"},
    "de": {"environment": "test", "base_url": "https://sign8.example", **TOLD},
}


def rows(quick: bool) -> Iterator[Row]:
    """Measure reading, payload by payload."""
    count = how_many(quick)
    config = Config.from_mapping(
        {"accounts": {name: dict(account) for name, account in ACCOUNTS.items()}},
        environ={"KEY": f"skv2_staging_{APP_ID[6:]}_x"},
    )
    for name, body in payloads().items():
        yield from _ignisign(name, body, config.account("hr", config.registry), count)
    yield _sign8(config.account("de", config.registry), count)
    yield Row(
        number="14",
        metric="HMAC verification / standardwebhooks",
        value=None,
        unit="x",
        goal=0.35,
        note="neither vendor signs its webhooks, so nothing here verifies an HMAC",
    )
    yield _hooks(config, count)


def _ignisign(name: str, body: bytes, account: Account[Any], count: int) -> Iterator[Row]:
    delivery = Delivery(account=account.name, body=body, received_at=datetime.now(UTC))

    def decode() -> webhooks.Message:
        return webhooks.message_of(untrusted.decoded(body) or {})

    cases: dict[str, Callable[[], object]] = {
        "decode": decode,
        "read": lambda: webhooks.observe(delivery, account),
        "json": lambda: json.loads(body),
        **{name: functools.partial(parse, body) for name, parse in parsers.installed().items()},
    }
    ratios = compare(cases, base="cattrs", calls=100, blocks=count)
    size = f"{name}, {len(body):,} bytes"
    yield Row(
        number="12",
        metric=f"decoding / cattrs Converter + json ({size})",
        value=ratios["decode"].cpu,
        unit="x",
        goal=0.65,
        stretch=0.56,
        why="JSON alone takes most of it, and what remains is a microsecond of checks",
        note=f"{_us(ratios['decode'])}; json.loads alone {ratios['json'].cpu:.2f} x; "
        f"A/A {ratios['A/A'].cpu:.2f} x",
    )
    yield Row(
        number="12",
        metric=f"reading to facts / cattrs Converter + json ({size})",
        value=ratios["read"].cpu,
        unit="x",
        goal=None,
        note=f"{_us(ratios['read'])}; the base only decodes",
    )
    for peer, goal, stretch in (("pydantic", 0.75, 1.7), ("msgspec", None, None)):
        yield Row(
            number="13",
            metric=f"speed of decoding / {parsers.TITLES[peer]} ({size})",
            value=ratios[peer].cpu / ratios["decode"].cpu if peer in ratios else None,
            unit="x",
            goal=goal,
            stretch=stretch,
            better="higher",
            why=ONE_PARSER,
            note="" if peer in ratios else f"{peer} is not installed",
        )


def _sign8(account: Account[Any], count: int) -> Row:
    from paraph_sign8 import webhooks as sign8

    body = json.dumps({"workflow_id": REQUEST, "signer_id": "s-1", "reason": "the price is wrong"}).encode()
    delivery = Delivery(
        account=account.name,
        headers={"organisation_id": "org-1", "content-type": "application/json"},
        body=body,
        path="api/workflow/workflowRefused",
        received_at=datetime.now(UTC),
    )
    small = {"json": lambda: json.loads(body), "read": lambda: sign8.observe(delivery, account)}
    ratio = compare(small, base="json", calls=100, blocks=count)["read"]
    return Row(
        number="12",
        metric=f"SIGN8: reading to facts / json.loads ({len(body)} bytes)",
        value=ratio.cpu,
        unit="x",
        goal=None,
        note=_us(ratio),
    )


def _hooks(config: Config, count: int) -> Row:
    """Measure what plugins cost a call that nobody observes: a look-up, and asking whether anybody does."""
    import httpx

    registry = config.registry

    def hooks() -> None:
        registry.provider("ignisign")
        registry.has_observers  # noqa: B018 - asking is what is measured

    with serving({("GET", "/x"): canned({"a": 1})}) as url, httpx.Client(base_url=url) as client:
        cases: dict[str, Callable[[], object]] = {"bare": lambda: client.get("/x").json(), "hooks": hooks}
        ratio = compare(cases, base="bare", blocks=count)["hooks"]
    return Row(
        number="15",
        metric="plugins: provider look-up and hooks of a call / bare httpx call",
        value=ratio.cpu * 100,
        unit="%",
        goal=1,
        stretch=0.5,
        note=_us(ratio),
    )


def _us(ratio: Ratio) -> str:
    return f"{ratio.cpu_us:.1f} µs"


def payloads() -> Mapping[str, bytes]:
    """Return deliveries of the three sizes that were measured for the goals."""
    signature = {
        "signatureId": "664f1c2ab8d1e20013f7c001",
        "signerId": "664f1c2ab8d1e20013f7d001",
        "documentId": "664f1c2ab8d1e20013f7b001",
        "signatureRequestId": REQUEST,
    }
    return {
        "a signature": _delivery("SIGNATURE", "FINALIZED", signature),
        "a proof": _delivery("SIGNATURE_PROOF", "ADV_GENERATED", _proof(1)),
        "a proof of 7 documents": _delivery("SIGNATURE_PROOF", "ADV_GENERATED", _proof(7)),
    }


def _proof(documents: int) -> dict[str, object]:
    return {
        "signatureRequestId": REQUEST,
        "signatureRequestExternalId": "0123456789abcdef0123456789abcdef",
        "documents": [
            {
                "documentId": f"664f1c2ab8d1e20013f7b{number:03d}",
                "documentExternalId": f"contract-{number}",
                "documentProofToken": f"dpt_{number:040d}",
                "signatureProofUrl": f"https://sign.example/proofs/{number:024d}?token=aa",
            }
            for number in range(documents)
        ],
    }


def _delivery(topic: str, action: str, content: object) -> bytes:
    body = {
        "appId": APP_ID,
        "appEnv": "STAGING",
        "topic": topic,
        "action": action,
        "msgNature": "SUCCESS",
        "content": content,
        "verificationToken": "vt_5f6c1f9e0b3a47d6a1d2c3b4",
    }
    return json.dumps(body).encode()
