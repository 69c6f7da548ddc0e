"""The provider object: the protocol's methods, each handed to the module that knows.

That module is imported when the method is first called: a program pays for what it uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from paraph.errors import ConfigurationError
from paraph.provider import Account, ClientCertificate
from paraph_sign8 import paraph_provider
from paraph_sign8.dialect.words import Token
from paraph_sign8.settings import CertificateAuth, Sign8Settings

if TYPE_CHECKING:
    from paraph.flow import Downloaded, Flow, Sink
    from paraph.model import Envelope, Evidence, Observation, Problem
    from paraph.provider import (
        Action,
        Adopted,
        Capabilities,
        Carried,
        Delivery,
        Finding,
        ProviderInfo,
        Reading,
        SigningLink,
        Verdict,
    )

Sign8Account = Account[Sign8Settings]


class Sign8Provider:
    """SIGN8. Stateless: all it knows is in its arguments and behind commands."""

    @property
    def info(self) -> ProviderInfo:
        """The static description."""
        return paraph_provider()

    @property
    def actions(self) -> Mapping[str, Action[Any, Any]]:
        """The vendor's operations by name."""
        from paraph_sign8.actions import ACTIONS

        return ACTIONS

    def tenant(self, account: Sign8Account) -> str:
        """Return organisation and environment.

        :raises ConfigurationError: no server, wrong credentials, or assumptions in production.
        """
        from paraph_sign8 import checks, webhooks

        problems = tuple(problem for problem in checks.configuration_problems(account) if problem.blocking)
        if problems:
            raise ConfigurationError(f"account {account.name!r} cannot be used", problems)
        return webhooks.tenant_of(account)

    def origin(self, account: Sign8Account) -> str:
        """Return the API's base URL."""
        return account.settings.server(account.environment)

    def capabilities(self, account: Sign8Account) -> Capabilities:
        """Return what the account's dialect has words for."""
        from paraph_sign8 import offered

        return offered.capabilities(account)

    def check(self, envelope: Envelope, account: Sign8Account) -> tuple[Problem, ...]:
        """Find what the API cannot be told. No request."""
        from paraph_sign8 import checks

        return checks.check(envelope, account)

    def authorize(self, account: Sign8Account, refused: Mapping[str, str] | None) -> Flow[Mapping[str, str]]:
        """Return the headers that authenticate the account."""
        from paraph_sign8 import auth

        return auth.authorize(account, refused)

    def client_certificate(self, account: Sign8Account) -> ClientCertificate | None:
        """Return the account's TLS certificate, if that is how it authenticates."""
        match account.settings.auth:
            case CertificateAuth() as given:
                return ClientCertificate(
                    certificate=given.certificate, key=given.key, password=given.password
                )
            case _:
                return None

    def webhook_headers(self, account: Sign8Account) -> frozenset[str]:
        """Return the header of the account's extra secret, if it stands in one."""
        shape = account.settings.spoken.webhooks
        if account.settings.webhook_token is None or shape.token is not Token.HEADER:
            return frozenset()
        return frozenset({shape.token_header.lower()})

    def preflight(
        self,
        envelope: Envelope,  # noqa: ARG002 - nothing about an envelope can be read before it is made
        account: Sign8Account,  # noqa: ARG002 - as above
    ) -> Flow[tuple[Problem, ...]]:
        """Find nothing more: SIGN8 has nothing that could be read beforehand."""
        yield from ()
        return ()

    def send(self, carried: Carried, account: Sign8Account) -> Flow[Observation]:
        """Make and start the workflow."""
        from paraph_sign8 import sending

        return sending.send(carried, account)

    def read(self, carried: Carried, account: Sign8Account) -> Flow[Observation]:
        """Read the workflow's status."""
        from paraph_sign8 import reading

        return reading.read(carried, account)

    def observe(self, delivery: Delivery, account: Sign8Account) -> Reading:
        """Read a webhook. Pure."""
        from paraph_sign8 import webhooks

        return webhooks.observe(delivery, account)

    def verify(self, reading: Reading, delivery: Delivery, account: Sign8Account) -> Flow[Verdict]:
        """Compare the delivery's token."""
        from paraph_sign8 import webhooks

        return webhooks.verify(reading, delivery, account)

    def adopt(self, vendor_ref: str, account: Sign8Account) -> Flow[Adopted]:
        """Describe a workflow that was made elsewhere."""
        from paraph_sign8 import adopting

        return adopting.adopt(vendor_ref, account)

    def cancel(self, carried: Carried, account: Sign8Account, reason: str) -> Flow[Observation]:
        """Cancel the workflow."""
        from paraph_sign8 import reading

        return reading.cancel(carried, account, reason)

    def remind(self, carried: Carried, account: Sign8Account, signatory_id: str) -> Flow[Observation]:
        """Remind one signatory."""
        from paraph_sign8 import reading

        return reading.remind(carried, account, signatory_id)

    def signing_link(self, carried: Carried, account: Sign8Account, signatory_id: str) -> Flow[SigningLink]:
        """Ask for the link of one signatory."""
        from paraph_sign8 import reading

        return reading.signing_link(carried, account, signatory_id)

    def evidence(self, carried: Carried, account: Sign8Account) -> Flow[tuple[Evidence, ...]]:
        """List signed files and the audit report."""
        from paraph_sign8 import reading

        return reading.evidence(carried, account)

    def fetch(
        self, evidence: Evidence, carried: Carried, account: Sign8Account, sink: Sink
    ) -> Flow[Downloaded]:
        """Stream one artefact."""
        from paraph_sign8 import reading

        return reading.fetch(evidence, carried, account, sink)

    def examine(self, account: Sign8Account) -> Flow[tuple[Finding, ...]]:
        """Look at credentials, as far as that can be, and at the dialect."""
        from paraph_sign8 import examining

        return examining.examine(account)
