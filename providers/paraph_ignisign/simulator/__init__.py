"""A local Ignisign, built from the public contract and sharing no wire code with the client."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal

from paraph_ignisign.simulator.options import (
    DEFAULT_PROFILES,
    BareSettings,
    ConsoleSettings,
    Options,
    ProfileSpec,
)
from paraph_ignisign.simulator.simulator import IgnisignSimulator

__all__ = [
    "DEFAULT_PROFILES",
    "BareSettings",
    "ConsoleSettings",
    "IgnisignSimulator",
    "ProfileSpec",
    "create",
]

AppType = Literal["SIGNATURE", "SEAL", "LOG_CAPSULE", "BARE_SIGNATURE", "WEB3", "IGNISIGN_RIGHT_DELEGATION"]


def create(
    *,
    latency: float = 0.0,
    processing: timedelta = timedelta(),
    vocabulary: Literal["models", "quickstart"] = "models",
    key_format: Literal["v2", "legacy"] = "v2",
    app_env: Literal["DEVELOPMENT", "STAGING", "PRODUCTION"] = "STAGING",
    app_type: AppType = "SIGNATURE",
    profiles: Sequence[ProfileSpec] = DEFAULT_PROFILES,
    webhook_urls: Iterable[str] = (),
    webhook_timeout: float = 5.0,
    sign_url: str | None = None,
    jwt_lifetime: timedelta = timedelta(hours=1),
    webhook_token_lifetime: timedelta = timedelta(days=1),
    page_size: int = 20,
    max_file_bytes: int = 50_000_000,
    signers_first_page: Literal[0, 1] = 0,
    webhook_replies: Literal["list", "single"] = "list",
    bare: BareSettings | None = None,
    settings: ConsoleSettings | None = None,
    original_retention: timedelta | None = None,
    proof_retention: timedelta | None = None,
) -> IgnisignSimulator:
    """Make a simulated Ignisign with one application; nothing runs before `running()` or entering it.

    `latency`: real seconds before each API answer. `processing`: simulated time that launching, completing
    and making proofs take; zero means done before the answer. `vocabulary`: whose webhook words (contract
    4.3). `key_format`: which credential `account()` hands out; all formats are accepted anyway. `sign_url`:
    where signing links point; by default to the running server. `app_type`: which routes there are
    (contract 2, end). `signers_first_page` and `webhook_replies` flip what sources dispute (contract 9, rows
    11, 13, 14). `bare`: the configuration of bare signatures. `settings`: what the console sets and the plan
    includes. The retentions count from a request's end, and from when its proofs were made; afterwards its
    files or proofs are CLEANED (contract 5), and the context tells them in days. Lifetimes, page size, file
    limit and the webhooks' time-out are assumptions: no source states them.
    """
    options = Options(
        app_env=app_env,
        app_type=app_type,
        profiles=tuple(profiles),
        quickstart=vocabulary == "quickstart",
        jwt_lifetime=jwt_lifetime,
        webhook_token_lifetime=webhook_token_lifetime,
        processing=processing,
        page_size=page_size,
        max_file_bytes=max_file_bytes,
        signers_first_page=signers_first_page,
        single_webhook_replies=webhook_replies == "single",
        bare=bare or BareSettings(),
        settings=settings or ConsoleSettings(),
        original_retention=original_retention,
        proof_retention=proof_retention,
    )
    return IgnisignSimulator(
        options,
        latency=latency,
        legacy_key=key_format == "legacy",
        webhook_urls=webhook_urls,
        webhook_timeout=webhook_timeout,
        sign_url=sign_url,
    )
