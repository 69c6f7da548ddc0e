"""One application of the vendor's: its people, requests and documents, in memory, behind one lock.

Nothing is shared between environments (contract 5): every look-up is made for a context and refuses what
belongs to another one.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import uuid4

import attrs

from paraph.testing.simulator import (
    CertificateAuthority,
    EffectJournal,
    Mail,
    SimulatedClock,
    WebhookQueue,
)
from paraph_ignisign.simulator.agenda import Agenda
from paraph_ignisign.simulator.credentials import Credentials, TechnicalTokens, new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.hooks import Hooks
from paraph_ignisign.simulator.model import Context, Document, Profile, SignatureRequest, Signer
from paraph_ignisign.simulator.tables import METHODS, SIGNER_INPUTS


@attrs.frozen(kw_only=True)
class ProfileSpec:
    """A signer profile to set up, as an operator would in the vendor's console."""

    name: str
    integration_mode: str = attrs.field(
        default="BY_SIDE", validator=attrs.validators.in_(("BY_SIDE", "EMBEDDED"))
    )
    methods: tuple[str, ...] = attrs.field(
        default=("SIMPLE_STD", "ADVANCED_STD"),
        validator=attrs.validators.deep_iterable(attrs.validators.in_(METHODS)),
    )
    inputs_needed: tuple[str, ...] = attrs.field(
        default=("firstName", "lastName", "email"),
        validator=attrs.validators.deep_iterable(attrs.validators.in_(SIGNER_INPUTS)),
    )


DEFAULT_PROFILES = (
    ProfileSpec(name="Customers by e-mail"),
    ProfileSpec(name="Customers embedded", integration_mode="EMBEDDED"),
)


@attrs.frozen(kw_only=True)
class Options:
    """How the simulated vendor behaves where the contract leaves it open."""

    app_env: str
    profiles: Sequence[ProfileSpec]
    quickstart: bool
    jwt_lifetime: timedelta
    webhook_token_lifetime: timedelta
    processing: timedelta
    """How long launching and finishing take, in simulated time; zero: done before the answer."""
    page_size: int
    max_file_bytes: int


class Tenant:
    """The state of the simulated application and what every part of the simulator works with."""

    def __init__(
        self,
        options: Options,
        *,
        clock: SimulatedClock,
        authority: CertificateAuthority,
        effects: EffectJournal,
        outbox: list[Mail],
        webhooks: WebhookQueue,
        sign_base: Callable[[], str],
    ) -> None:
        self.options = options
        self.clock = clock
        self.authority = authority
        self.effects = effects
        self.outbox = outbox
        self.sign_base = sign_base
        self.lock = threading.RLock()
        self.agenda = Agenda()
        self.created_at = clock.now()
        self.credentials = Credentials(str(uuid4()), lifetime=options.jwt_lifetime)
        self.tokens = TechnicalTokens(lifetime=options.webhook_token_lifetime)
        self.hooks = Hooks(
            queue=webhooks,
            clock=clock,
            tokens=self.tokens,
            lock=self.lock,
            quickstart=options.quickstart,
            sign_base=sign_base,
        )
        self.profiles = {profile.id: profile for profile in map(_profile, options.profiles)}
        self.signers: dict[str, Signer] = {}
        self.requests: dict[str, SignatureRequest] = {}
        self.documents: dict[str, Document] = {}

    @property
    def home(self) -> Context:
        """The environment that the ready-made account uses."""
        return Context(app_id=self.credentials.app_id, app_env=self.options.app_env)

    def later(self, action: Callable[[], None]) -> None:
        """Run `action` when the vendor's background work would be done."""
        if self.options.processing:
            self.agenda.at(self.clock.now() + self.options.processing, action)
        else:
            action()

    def profile(self, profile_id: str, context: Context) -> Profile:
        """Return a profile. Profiles exist in the home environment only, so nothing leaks into others."""
        profile = self.profiles.get(profile_id)
        if profile is None or context != self.home:
            raise VendorError("SIGNER_PROFILE_NOT_FOUND")
        return profile

    def signer(self, signer_id: str, context: Context) -> Signer:
        """Return a signer of this environment."""
        signer = self.signers.get(signer_id)
        if signer is None:
            raise VendorError("SIGNER_NOT_FOUND")
        if signer.context != context:
            raise VendorError("SIGNER_BAD_ENV")
        return signer

    def request(self, request_id: str, context: Context) -> SignatureRequest:
        """Return a signature request of this environment."""
        request = self.requests.get(request_id)
        if request is None:
            raise VendorError("SIGNATURE_REQUEST_NOT_FOUND")
        if request.context != context:
            raise VendorError("INVALID_CONTEXT")
        return request

    def document(self, document_id: str, context: Context) -> Document:
        """Return a document of this environment."""
        document = self.documents.get(document_id)
        if document is None:
            raise VendorError("DOCUMENT_NOT_FOUND")
        if document.context != context:
            raise VendorError("DOCUMENT_BAD_ENV")
        return document

    def signers_of(self, request: SignatureRequest) -> list[Signer]:
        """Return the signers of a request, in its order."""
        return [self.signers[signer_id] for signer_id in request.signer_ids]

    def documents_of(self, request: SignatureRequest) -> list[Document]:
        """Return the documents of a request, in its order."""
        return [self.documents[document_id] for document_id in request.document_ids]


def _profile(spec: ProfileSpec) -> Profile:
    return Profile(
        id=new_id(),
        name=spec.name,
        integration_mode=spec.integration_mode,
        methods=tuple(spec.methods),
        inputs_needed=tuple(spec.inputs_needed),
        optional_inputs=tuple(name for name in SIGNER_INPUTS if name not in spec.inputs_needed),
    )
