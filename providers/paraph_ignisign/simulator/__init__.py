"""A local Ignisign, built from the public contract and sharing no wire code with the client."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal

from paraph_ignisign.simulator.simulator import IgnisignSimulator
from paraph_ignisign.simulator.tenant import DEFAULT_PROFILES, Options, ProfileSpec

__all__ = ["DEFAULT_PROFILES", "IgnisignSimulator", "ProfileSpec", "create"]


def create(
    *,
    latency: float = 0.0,
    processing: timedelta = timedelta(),
    vocabulary: Literal["models", "quickstart"] = "models",
    key_format: Literal["v2", "legacy"] = "v2",
    app_env: Literal["DEVELOPMENT", "STAGING", "PRODUCTION"] = "STAGING",
    profiles: Sequence[ProfileSpec] = DEFAULT_PROFILES,
    webhook_urls: Iterable[str] = (),
    webhook_timeout: float = 5.0,
    sign_url: str | None = None,
    jwt_lifetime: timedelta = timedelta(hours=1),
    webhook_token_lifetime: timedelta = timedelta(days=1),
    page_size: int = 20,
    max_file_bytes: int = 50_000_000,
) -> IgnisignSimulator:
    """Make a simulated Ignisign with one application; nothing runs before `running()` or entering it.

    `latency`: real seconds before each API answer. `processing`: simulated time that launching, completing
    and making proofs take; zero means done before the answer. `vocabulary`: whose webhook words (contract
    4.3). `key_format`: which credential `account()` hands out; all formats are accepted anyway. `sign_url`:
    where signing links point; by default to the running server. Lifetimes, page size, file limit and the
    webhooks' time-out are assumptions: no source states them.
    """
    options = Options(
        app_env=app_env,
        profiles=tuple(profiles),
        quickstart=vocabulary == "quickstart",
        jwt_lifetime=jwt_lifetime,
        webhook_token_lifetime=webhook_token_lifetime,
        processing=processing,
        page_size=page_size,
        max_file_bytes=max_file_bytes,
    )
    return IgnisignSimulator(
        options,
        latency=latency,
        legacy_key=key_format == "legacy",
        webhook_urls=webhook_urls,
        webhook_timeout=webhook_timeout,
        sign_url=sign_url,
    )
