"""The conformance suite: whether a provider keeps what its description and the provider interface promise.

::

    from paraph.testing.conformance import ProviderConformance


    class TestAcme(ProviderConformance):
        provider = "acme"

pytest runs that against the simulator of the provider, over real HTTP, with both clients. Each capability is
checked either way: offered, it has to work; not offered, it has to be refused before any request, and what
works although it is not offered fails as well. :func:`checks` has the list for an account's capabilities.

Needs the `simulator` extra and hypothesis; `import paraph` never reaches it.
"""

from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.catalogue import Check, checks, run_check
from paraph.testing.conformance.findings import NotConformingError
from paraph.testing.conformance.ground import Ground
from paraph.testing.conformance.subject import Style, Subject
from paraph.testing.conformance.suite import ProviderConformance

__all__ = [
    "Bench",
    "Check",
    "Ground",
    "NotConformingError",
    "ProviderConformance",
    "Style",
    "Subject",
    "checks",
    "run_check",
]
