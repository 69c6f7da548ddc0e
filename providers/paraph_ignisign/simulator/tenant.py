"""One application of the vendor's: its people, requests and documents, in memory, behind one lock.

Nothing is shared between environments (contract 5): every look-up is made for a context and refuses what
belongs to another one.
"""

import threading
from collections.abc import Callable
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec

from paraph.testing.simulator import (
    CertificateAuthority,
    EffectJournal,
    Mail,
    SimulatedClock,
    WebhookQueue,
)
from paraph_ignisign.simulator.agenda import Agenda
from paraph_ignisign.simulator.application import BareGrants, InvitedUser, Machine
from paraph_ignisign.simulator.credentials import Credentials, TechnicalTokens, new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.hooks import Hooks
from paraph_ignisign.simulator.model import Context, Document, Profile, SignatureRequest, Signer
from paraph_ignisign.simulator.options import Options, ProfileSpec
from paraph_ignisign.simulator.tables import SIGNER_INPUTS


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
        self.status = "ACTIVE"
        self.settings = options.settings
        self.images_held = False
        self.held_images: list[tuple[SignatureRequest, Signer]] = []
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
        self.profiles = {profile.id: profile for profile in map(make_profile, options.profiles)}
        self.signers: dict[str, Signer] = {}
        self._referenced: dict[tuple[Context, str], Signer] = {}
        self.requests: dict[str, SignatureRequest] = {}
        self.documents: dict[str, Document] = {}
        self.machines: dict[str, Machine] = {}
        if options.app_type == "SEAL":
            machine = self._machine()
            self.machines[machine.id] = machine
        self.invited: dict[str, InvitedUser] = {}
        self.bare = BareGrants()

    @property
    def home(self) -> Context:
        """The environment that the ready-made account uses."""
        return Context(app_id=self.credentials.app_id, app_env=self.options.app_env)

    @property
    def request_kind(self) -> str:
        """The type of the signature requests that are made by hand here (contract 5)."""
        return "SEAL" if self.options.app_type == "SEAL" else "STANDARD"

    def check_open(self) -> None:
        """Refuse everything if the application is not active (contract 5; which code is an assumption)."""
        if self.status != "ACTIVE":
            raise VendorError("APP_BLOCKED" if self.status == "BLOCKED" else "APP_NOT_ACTIVATED")

    def need(self, feature: str) -> None:
        """Refuse what the plan does not include; `feature` is one of `PLAN_FEATURES`."""
        if feature in self.settings.without:
            billing = feature == "BILLING"
            raise VendorError("ORGANIZATION_BILLING_NOT_ACTIVE" if billing else f"{feature}_NOT_ENABLED")

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

    def default_profile(self, context: Context) -> Profile:
        """Return the profile of signers that name none: the first active one (assumption)."""
        active = [one for one in self.profiles.values() if one.status == "ACTIVE"]
        if context != self.home or not active:
            raise VendorError("SIGNER_PROFILE_NOT_FOUND")
        return active[0]

    def signer(self, signer_id: str, context: Context) -> Signer:
        """Return a signer of this environment."""
        signer = self.signers.get(signer_id)
        if signer is None:
            raise VendorError("SIGNER_NOT_FOUND")
        if signer.context != context:
            raise VendorError("SIGNER_BAD_ENV")
        return signer

    def signer_called(self, external_id: str | None, context: Context) -> Signer | None:
        """Return the signer with this reference of the client's, of which at most one is not revoked.

        An empty reference is none: else two people without one would become one.
        """
        found = self._referenced.get((context, external_id)) if external_id else None
        live = found is not None and found.status != "BLOCKED" and found.external_id == external_id
        return found if live else None

    def call(self, signer: Signer, external_id: str | None) -> None:
        """Give a signer the client's own reference; an empty one is none."""
        signer.external_id = external_id or None
        if external_id:
            self._referenced[signer.context, external_id] = signer

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

    def _machine(self) -> Machine:
        spec = ProfileSpec(name="Machines", integration_mode="MACHINE_TO_MACHINE", inputs_needed=())
        profile = make_profile(spec)
        self.profiles[profile.id] = profile
        key = ec.generate_private_key(ec.SECP256R1())
        return Machine(id=new_id(), context=self.home, profile=profile, key=key)

    def signers_of(self, request: SignatureRequest) -> list[Signer]:
        """Return the signers of a request, in its order."""
        return [self.signers[signer_id] for signer_id in request.signer_ids]

    def documents_of(self, request: SignatureRequest) -> list[Document]:
        """Return the documents of a request, in its order."""
        return [self.documents[document_id] for document_id in request.document_ids]


def make_profile(spec: ProfileSpec) -> Profile:
    """Return a new profile as `spec` wants it."""
    others = tuple(name for name in SIGNER_INPUTS if name not in spec.inputs_needed)
    return Profile(
        id=new_id(),
        name=spec.name,
        description=spec.description,
        status=spec.status,
        integration_mode=spec.integration_mode,
        methods=spec.methods,
        inputs_needed=spec.inputs_needed,
        optional_inputs=others if spec.optional_inputs is None else spec.optional_inputs,
        is_recurrent=spec.is_recurrent,
        email_domains=spec.email_domains,
    )
