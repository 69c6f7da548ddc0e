"""Which type of application may call which route (contract 2, end).

The vendor's client refuses by the type before it calls; what the server itself answers is not published.
Assumption: FEATURE_NOT_AVAILABLE, but for the two types that the client does not serve at all.
"""

from collections.abc import Iterable

import attrs

from paraph_ignisign.simulator.http import Endpoint

SIGNING = frozenset({"SIGNATURE", "SEAL"})
SEALING = frozenset({"SEAL"})
BARE = frozenset({"BARE_SIGNATURE"})
CAPSULES = frozenset({"LOG_CAPSULE"})
_IMAGES = frozenset({"SIGNATURE"})
# Reads and downloads that the vendor made POST, beside those that are GET.
_READING = ("/signature-requests/status", "/signers-search", "/check-authenticity", "/{signatureType}")


def only(apps: frozenset[str], endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """Return `endpoints` open to the types `apps`."""
    return [attrs.evolve(one, apps=apps) for one in endpoints]


def signing(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """Return signers', requests' and documents' routes: BARE_SIGNATURE reads and downloads only."""
    return [attrs.evolve(one, apps=_apps(one)) for one in endpoints]


def _apps(endpoint: Endpoint) -> frozenset[str]:
    if endpoint.path.endswith("/img-signatures"):
        return _IMAGES
    reads = endpoint.method == "GET" or endpoint.path.endswith(_READING)
    return SIGNING | BARE if reads else SIGNING
