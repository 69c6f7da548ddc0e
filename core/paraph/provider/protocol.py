"""What a provider has to be, and what it may be.

A provider object is stateless: everything it needs is in its arguments, everything
that lasts is behind commands. The required part is :class:`Provider`; further
abilities are protocols of their own, and a declared capability and the type agree
(the registry refuses a provider where they do not).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import attrs

from paraph.model.fact import to_facts

if TYPE_CHECKING:
    import httpx

    from paraph.flow.commands import Downloaded, Flow, Sink
    from paraph.model import Envelope, Evidence, Fact, Observation, Problem, Secret
    from paraph.provider.account import Account, Carried, ClientCertificate, Delivery, SigningLink
    from paraph.provider.action import Action
    from paraph.provider.adopted import Adopted
    from paraph.provider.capability import Capabilities
    from paraph.provider.finding import Finding
    from paraph.provider.info import ProviderInfo


class Malformed(StrEnum):
    """Why a delivery cannot be what it pretends to be; local checks only."""

    NOT_READABLE = "not_readable"
    """No JSON, wrong encoding, wrong shape, too deep."""
    OTHER_TENANT = "other_tenant"
    """It names another tenant of the vendor."""
    OTHER_ENVIRONMENT = "other_environment"
    """It names another environment of the vendor."""
    NO_PROOF = "no_proof"
    """The proof that this vendor always sends is missing."""


@attrs.frozen(kw_only=True)
class Reading:
    """What a delivery says, read without any request.

    :ivar facts: 0 to n; unknown words become facts of type ``unknown``.
    :ivar subject_ref: the vendor's id of the envelope that it is about, if any.
    :ivar our_reference: the attempt reference that the vendor echoes, if any.
    :ivar parent_ref: the vendor's id of the envelope that the one it is about was made of, if any; while that
        child is not known here, its parent is read.
    :ivar signatories: pairs (local id, vendor reference), where the vendor echoes our ids.
    :ivar proof: the one-time token, if this vendor sends one. It must be unguessable: a digest of it
        is committed before it is checked, and another delivery with the same one is a replay.
    :ivar read: the delivery asks for a read to be certain (an ambiguous end).
    :ivar read_open: something happened to an envelope of the account, and the delivery does not say to which:
        the open ones are read, if the delivery is proven; at most one of them, if it is not.
    :ivar rejected: why it is refused without any request, or ``None``.
    :ivar private: secrets to keep once it is proven, such as signing tokens, by key.
    """

    facts: tuple[Fact, ...] = attrs.field(default=(), converter=to_facts)
    subject_ref: str = ""
    our_reference: str = ""
    parent_ref: str = ""
    signatories: tuple[tuple[str, str], ...] = ()
    proof: Secret | None = None
    read: bool = False
    read_open: bool = False
    rejected: Malformed | None = None
    private: tuple[tuple[str, Secret], ...] = attrs.field(default=(), repr=False)


class Verdict(StrEnum):
    """What the vendor, or a local check, says of a delivery's proof."""

    PROVEN = "proven"
    """The delivery is the vendor's."""
    UNPROVEN = "unproven"
    """This vendor offers no proof: only a claim."""
    USED = "used"
    """The one-time token was consumed before; the receiving side decides by its own records."""
    REPLAYED = "replayed"
    """Genuine once, but stale or seen before."""
    FOREIGN = "foreign"
    """Invented, or made for someone else."""
    EXPIRED = "expired"
    """Too old to be checked: from now on only a claim."""


class Provider(Protocol):
    """The required abilities."""

    @property
    def info(self) -> ProviderInfo:
        """The static description."""
        ...

    def tenant(self, account: Account[Any]) -> str:
        """Return the vendor's tenant of the account, part of every event id. No request."""
        ...

    def origin(self, account: Account[Any]) -> str:
        """Return the base URL; credentials are attached to requests of its origin only."""
        ...

    def capabilities(self, account: Account[Any]) -> Capabilities:
        """Return what this account offers: the static capabilities, perhaps narrowed."""
        ...

    def check(self, envelope: Envelope, account: Account[Any]) -> tuple[Problem, ...]:
        """Return what this vendor cannot be told, beyond what the capabilities say. No request."""
        ...

    def authorize(self, account: Account[Any], refused: Mapping[str, str] | None) -> Flow[Mapping[str, str]]:
        """Return the headers that authenticate a request.

        :param refused: the headers that this method returned before and the vendor just refused with
            401, or ``None``; a renewable credential is renewed if it is still that one.
        """
        ...

    def preflight(self, envelope: Envelope, account: Account[Any]) -> Flow[tuple[Problem, ...]]:
        """Return problems that only a read at the vendor shows. Reads only, never a change."""
        ...

    def send(self, carried: Carried, account: Account[Any]) -> Flow[Observation]:
        """Make and publish the envelope with journalled steps; :func:`~paraph.flow.identify` what is known.

        ``carried.envelope`` has the account's defaults applied. ``carried.reference`` is unique per
        attempt and the same after a resume, so it also serves as an idempotency key.
        """
        ...

    def read(self, carried: Carried, account: Account[Any]) -> Flow[Observation]:
        """Read everything the vendor shows of the envelope.

        :raises UnsupportedCapability: the vendor offers no read.
        """
        ...

    def observe(self, delivery: Delivery, account: Account[Any]) -> Reading:
        """Read a webhook. Pure: any bytes and headers give a :class:`Reading`, never an exception."""
        ...

    def verify(self, reading: Reading, delivery: Delivery, account: Account[Any]) -> Flow[Verdict]:
        """Check the proof of a delivery; a vendor error means "cannot be checked now".

        Processing may be hours after receiving: compare time stamps with ``delivery.received_at``.
        """
        ...


@runtime_checkable
class Cancels(Protocol):
    """Ability of :attr:`Capability.CANCEL`."""

    def cancel(self, carried: Carried, account: Account[Any], reason: str) -> Flow[Observation]:
        """End the envelope; an envelope that has ended already is no error."""
        ...


@runtime_checkable
class Adopts(Protocol):
    """Ability of :attr:`Capability.ADOPT`."""

    def adopt(self, vendor_ref: str, account: Account[Any]) -> Flow[Adopted]:
        """Read an envelope that was made elsewhere. Reads only, never a change.

        :param vendor_ref: the vendor's id, as somebody wrote it.
        :raises VendorError: there is none with this id, or it belongs to another tenant.
        """
        ...


@runtime_checkable
class ClosesDrafts(Protocol):
    """Ability of :attr:`Capability.CLOSE_DRAFT`. Without it, an envelope with a draft stays where it is."""

    def close_draft(self, carried: Carried, account: Account[Any]) -> Flow[bool]:
        """Close an envelope that was never published, so that nobody can publish it any more.

        :returns: whether a read confirms that it is closed and was not published. Closing again is harmless.
        """
        ...


@runtime_checkable
class Reminds(Protocol):
    """Ability of :attr:`Capability.REMIND`."""

    def remind(self, carried: Carried, account: Account[Any], signatory_id: str) -> Flow[Observation]:
        """Remind one signatory."""
        ...


@runtime_checkable
class GivesLinks(Protocol):
    """Ability of :attr:`Capability.SIGNING_LINK`."""

    def signing_link(self, carried: Carried, account: Account[Any], signatory_id: str) -> Flow[SigningLink]:
        """Return the link of one signatory.

        :raises UnsupportedCapability: not for this signatory. :raises NotReady: not yet.
        """
        ...


@runtime_checkable
class SuppliesEvidence(Protocol):
    """Ability to hand out evidence; :attr:`Capabilities.evidence` says of which kinds."""

    def evidence(self, carried: Carried, account: Account[Any]) -> Flow[tuple[Evidence, ...]]:
        """Return the artefacts that can be fetched now."""
        ...

    def fetch(
        self, evidence: Evidence, carried: Carried, account: Account[Any], sink: Sink
    ) -> Flow[Downloaded]:
        """Stream one artefact into ``sink``. Never the unsigned original for a signed document.

        :raises NotReady: the vendor has not made it yet.
        """
        ...


@attrs.frozen(kw_only=True)
class PastDelivery:
    """One entry of the vendor's list of past deliveries: authentic, since the API says so."""

    id: str
    facts: tuple[Fact, ...] = attrs.field(default=(), converter=to_facts)
    subject_ref: str = ""
    our_reference: str = ""
    delivered: bool = True


@runtime_checkable
class ListsEvents(Protocol):
    """Ability of :attr:`Capability.EVENT_LIST`."""

    def past_deliveries(self, account: Account[Any]) -> Flow[tuple[PastDelivery, ...]]:
        """Return what the vendor lists, for our own endpoint."""
        ...


@attrs.frozen(kw_only=True)
class PastPage:
    """A part of the vendor's list.

    :ivar standing: for the next part, or for the first one of the next time; only the provider reads it.
    :ivar more: whether there is more to be read now.
    """

    deliveries: tuple[PastDelivery, ...] = ()
    standing: str = ""
    more: bool = False


@runtime_checkable
class ListsEventsByPage(ListsEvents, Protocol):
    """The list may be long: it is read one request at a time, as far as the budget goes."""

    def past_page(self, account: Account[Any], standing: str) -> Flow[PastPage]:
        """Return the next part, by one request at most.

        :param standing: of the part before, also of an earlier time; empty at the very first.
        """
        ...


@runtime_checkable
class ManagesWebhooks(Protocol):
    """Ability of :attr:`Capability.MANAGE_WEBHOOKS`."""

    def ensure_webhook(self, account: Account[Any], url: str) -> Flow[str]:
        """Register ``url`` unless it is; return the endpoint's vendor id."""
        ...


@attrs.frozen(kw_only=True)
class WebhookEndpoint:
    """One URL that the vendor calls.

    :ivar url: as the vendor has it; it may hold a path secret.
    :ivar enabled: whether the vendor calls it; ``None`` if it does not say.
    :ivar hint: what a person does to enable it, where that cannot be done here.
    """

    id: str
    url: Secret
    enabled: bool | None = None
    hint: str = ""


@runtime_checkable
class ListsWebhooks(Protocol):
    """Ability of a provider whose vendor shows which URLs it calls for an account."""

    def webhooks(self, account: Account[Any]) -> Flow[tuple[WebhookEndpoint, ...]]:
        """Return all endpoints of the account's tenant, also those of others. Reads only."""
        ...


@runtime_checkable
class Examines(Protocol):
    """Ability of a provider that knows harmless reads which show whether an account will work."""

    def examine(self, account: Account[Any]) -> Flow[tuple[Finding, ...]]:
        """Return what reads at the vendor show: credentials first, then what sending would need.

        Reads only, never a change. Each thing is looked at even if another fails; an error that is raised
        becomes one failed finding. Core itself looks at the configuration, secrets, the server, TLS, the
        clock, the store and the webhook. A finding is no place for secrets or personal data.
        """
        ...


WOULD_BE: Final = "would-be"
"""Begins everything in a dry run that does not exist, such as the id of what would be made."""


@attrs.frozen(kw_only=True)
class StandIn:
    """An answer that a dry run gives in the vendor's place.

    :ivar body: JSON, as the vendor would write it in an answer with status 200.
    :ivar read: whether the request only reads, whatever its method.
    :ivar assumes: what is taken for granted, in a few words; shown to whoever asked for the dry run.
    """

    body: Any = attrs.field(repr=False)
    read: bool = True
    assumes: str = ""


@runtime_checkable
class Rehearses(Protocol):
    """Ability of a provider whose send flow depends on what it reads: a dry run needs answers to go on."""

    def stand_in(self, request: httpx.Request, account: Account[Any]) -> StandIn | None:
        """Return an answer to a request of the send flow that a dry run does not make. Pure.

        ``None`` for all others: a read then stays unanswered, which is a vendor error to the flow, and at a
        request with an effect the journalled step ends with a placeholder for its result. So only reads that
        the flow cannot do without need an answer, and steps whose result is no plain text.
        """
        ...


@runtime_checkable
class ReadsHeaders(Protocol):
    """Ability of a provider whose accounts may want further webhook headers than its description names."""

    def webhook_headers(self, account: Account[Any]) -> frozenset[str]:
        """Return lower-case names, such as that of a header with a shared secret."""
        ...


@runtime_checkable
class PresentsCertificate(Protocol):
    """Ability of a provider whose accounts may prove themselves with a TLS client certificate."""

    def client_certificate(self, account: Account[Any]) -> ClientCertificate | None:
        """Return the account's certificate. It is presented to the account's own origin only."""
        ...


@runtime_checkable
class OffersActions(Protocol):
    """Ability to run single vendor actions by name through ``client.call``."""

    @property
    def actions(self) -> Mapping[str, Action[Any, Any]]:
        """The actions by name, such as ``signers.search``."""
        ...
