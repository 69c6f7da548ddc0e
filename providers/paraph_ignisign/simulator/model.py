"""Profiles, signers, documents and requests, and how they look as JSON (contract, appendix A).

No behaviour lives here.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import attrs

from paraph_ignisign.simulator.tables import EIDAS_LEVELS, METHOD_CONFIGURATION

# What a SignatureRequest tells of the fields that an update may set (appendix A), and of a seal's origin.
_TOLD = (
    "title", "description", "language", "externalId", "expirationDate", "expirationDateIsActivated",
    "diffusionMode", "diffusionDate", "initialSignatureRequestId", "signerIdsAsApprover", "recipients",
    "defaultSignatureMethod", "individualizeRequests", "m2mId",
)  # fmt: skip


def stamp(moment: datetime) -> str:
    """Return an ISO 8601 time with milliseconds and Z, as JavaScript servers print it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def present(**values: Any) -> dict[str, Any]:
    """Return `values` without those that are None: the vendor leaves absent keys out."""
    return {name: value for name, value in values.items() if value is not None}


@attrs.frozen(kw_only=True)
class Context:
    """Whom a request speaks for: one application in one environment."""

    app_id: str
    app_env: str

    def json(self) -> dict[str, Any]:
        """Return the two keys that nearly every object carries."""
        return {"appId": self.app_id, "appEnv": self.app_env}


@attrs.define(kw_only=True, eq=False)
class Profile:
    """A signer profile: made in the console only, so here by `create(profiles=...)` or a control."""

    id: str
    name: str
    integration_mode: str
    methods: tuple[str, ...]
    inputs_needed: tuple[str, ...]
    optional_inputs: tuple[str, ...]
    description: str | None = None
    status: str = "ACTIVE"
    version: int = 1
    is_recurrent: bool = True
    email_domains: tuple[str, ...] = ()

    def json(self, context: Context) -> dict[str, Any]:
        """Return a SignerProfile; what each method asks for is an assumption of the simulator's."""
        domains = {"emailDomains": list(self.email_domains)} if self.email_domains else {}
        return {
            "_id": self.id,
            **context.json(),
            "name": self.name,
            **present(description=self.description),
            "status": self.status,
            "version": self.version,
            "isEmailProofSentByIgnisign": self.integration_mode == "BY_SIDE",
            "isRecurrent": self.is_recurrent,
            "integrationMode": self.integration_mode,
            "signatureAuthMethodsConfiguration": {
                method: {name: list(refs) for name, refs in METHOD_CONFIGURATION[method].items()}
                for method in self.methods
            },
            **domains,
            "accept2FADelegation": False,
        }


@attrs.define(kw_only=True, eq=False)
class Signer:
    """A person known to one application in one environment."""

    id: str
    context: Context
    profile: Profile
    created_at: datetime
    auth_secret: str = attrs.field(repr=False)
    external_id: str | None = None
    inputs: dict[str, str] = attrs.field(factory=dict, repr=False)
    status: str = "CREATED"
    is_recurrent: bool = True

    @property
    def embedded(self) -> bool:
        """Whether the application shows the signing page itself."""
        return self.profile.integration_mode == "EMBEDDED"

    @property
    def full_name(self) -> str:
        """The name for a certificate; the id when no name is known."""
        parts = (self.inputs.get("firstName"), self.inputs.get("lastName"))
        return " ".join(part for part in parts if part) or self.id

    def summary(self) -> dict[str, Any]:
        """Return a SignerSummary."""
        return present(
            signerId=self.id,
            externalId=self.external_id,
            firstName=self.inputs.get("firstName"),
            lastName=self.inputs.get("lastName"),
            email=self.inputs.get("email"),
            status=self.status,
            alreadyProvidedInputs=list(self.inputs),
            isRecurrent=self.is_recurrent,
            signerProfileId=self.profile.id,
        )


@attrs.frozen(kw_only=True)
class Signature:
    """One signer's signature of one document.

    A PDF carries the signature itself: `revision_size` is its size in bytes after this signature. Anything
    else has a `value` (base64) over the hash, and as `detached` what proves it beside the content, of the
    kind `detached_kind`. `image` is the PNG that the signer drew or typed.
    """

    id: str
    signer_id: str
    signer_name: str = attrs.field(repr=False)
    document_id: str
    session_id: str
    content_hash: str | None
    at: datetime
    method: str
    reason: str | None = attrs.field(default=None, repr=False)
    certificate_pem: str = attrs.field(repr=False)
    value: str | None = attrs.field(default=None, repr=False)
    detached: bytes = attrs.field(default=b"", repr=False)
    detached_kind: str = ""
    revision_size: int | None = None
    image: bytes | None = attrs.field(default=None, repr=False)

    def json(self, context: Context) -> dict[str, Any]:
        """Return a Signature; no file path is told, for the files are behind the proof routes."""
        return present(
            _id=self.id,
            **context.json(),
            signerId=self.signer_id,
            signerKeyId=self.signer_id,
            sessionId=self.session_id,
            documentId=self.document_id,
            contentHash=self.content_hash,
            status="SIGNED",
            mode="SERVER_SIDE_SIGNATURE",
            eidasLevel=EIDAS_LEVELS.get(self.method),
            reasonLabel=self.reason,
            signerNameLabel=self.signer_name,
            signatures=[
                {"type": kind, "signatureFilePath": "", "signingTime": stamp(self.at)} for kind in self.kinds
            ],
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The low-level proof types that exist of this signature (contract 5)."""
        return (self.detached_kind,) if self.revision_size is None else ("PADES_ATTACHED", "CADES")


@attrs.define(kw_only=True, eq=False)
class Document:
    """A document of a request; `signed` grows with each signature and is None without any."""

    id: str
    context: Context
    request_id: str
    created_at: datetime
    details: dict[str, Any] = attrs.field(factory=dict)
    nature: str | None = None
    status: str = "CREATED"
    hash: str | None = None
    content: bytes | None = attrs.field(default=None, repr=False)
    signed: bytes | None = attrs.field(default=None, repr=False)
    size: int | None = None
    file_name: str | None = attrs.field(default=None, repr=False)
    mime_type: str | None = None
    signatures: list[Signature] = attrs.field(factory=list)
    proof_token: str | None = attrs.field(default=None, repr=False)

    @property
    def label(self) -> str:
        """What a person calls the document."""
        return self.details.get("label") or self.file_name or self.id

    def json(self) -> dict[str, Any]:
        """Return a Document; `documentHash` is absent before content is given."""
        is_json = self.nature == "DATA_JSON" and self.content is not None
        return present(
            _id=self.id,
            **self.context.json(),
            documentNature=self.nature,
            status=self.status,
            documentHash=self.hash,
            signatureRequestId=self.request_id,
            **self.details,
            fileName=self.file_name,
            fileSize=self.size,
            mimeType=self.mime_type,
            dataJsonContent=(self.content or b"").decode() if is_json else None,
            _createdAt=stamp(self.created_at),
            dataVisualizationAvailable=is_json,
        )

    def context_json(self, statements: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """Return a DocumentContext: the document, who signed it when, and which `statements` are about it."""
        own = [one for one in statements if one.get("documentId") == self.id]
        summaries = [
            {"signatureId": one.id, "signerId": one.signer_id, "date": stamp(one.at)}
            for one in self.signatures
        ]
        return {**self.json(), "signatureSummaries": summaries, **({"statements": own} if own else {})}


@attrs.define(kw_only=True, eq=False)
class SignatureRequest:
    """A signature request; `fields` are those a client may update, in the vendor's spelling."""

    id: str
    context: Context
    created_at: datetime
    fields: dict[str, Any] = attrs.field(factory=lambda: {"diffusionMode": "WHEN_READY"})
    kind: str = "STANDARD"
    status: str = "DRAFT"
    history: list[str] = attrs.field(factory=lambda: ["DRAFT"])
    published: bool = False
    tokens: dict[str, str] = attrs.field(factory=dict, repr=False)
    opened_by: set[str] = attrs.field(factory=set)
    made: dict[str, Document] = attrs.field(factory=dict)
    """Every document that was made for it, also one that is not, or no longer, among those to sign."""
    approved_by: list[str] = attrs.field(factory=list)
    signed_by: list[str] = attrs.field(factory=list)
    imaged: set[str] = attrs.field(factory=set)
    awaited: set[str] = attrs.field(factory=set)
    """The signers whose images the vendor is still making, as long as the console holds them back."""
    default_method: str | None = None
    """The application's, as it was when the request was made; whatever the request names itself wins."""
    profiles_used: list[dict[str, Any]] = attrs.field(factory=list)
    proof_status: str = "NOT_INITIALIZED"
    proof_token: str | None = attrs.field(default=None, repr=False)
    closed_at: datetime | None = None
    originals_cleaned: bool = False
    proofs_cleaned: bool = False

    @property
    def document_ids(self) -> list[str]:
        """The ids of the documents to sign, in order."""
        return list(self.fields.get("documentIds") or [])

    @property
    def signer_ids(self) -> list[str]:
        """The ids of the signers, in order."""
        return list(self.fields.get("signerIds") or [])

    @property
    def approver_ids(self) -> list[str]:
        """The ids of those who have to approve before anybody may sign."""
        return list(self.fields.get("signerIdsAsApprover") or [])

    @property
    def recipients(self) -> list[str]:
        """The e-mail addresses that get the proofs (assumption: the shape of a recipient is unknown)."""
        return list(self.fields.get("recipients") or [])

    @property
    def statements(self) -> list[dict[str, Any]]:
        """What the signers have to confirm beside the documents."""
        return list(self.fields.get("statements") or [])

    @property
    def external_id(self) -> str | None:
        """The client's own reference."""
        return self.fields.get("externalId")

    @property
    def parent_id(self) -> str | None:
        """The individualised request that this one is a child of."""
        return self.fields.get("initialSignatureRequestId")

    def turn(self, signer_id: str) -> Literal["approve", "sign"] | None:
        """Return what a person may do now: approvers act before, signers after the launch."""
        if self.status == "READY" and signer_id in self.approver_ids and signer_id not in self.approved_by:
            return "approve"
        if self.status == "IN_PROGRESS" and signer_id in self.signer_ids and signer_id not in self.signed_by:
            return "sign"
        return None

    def session_of(self, signer_id: str) -> str:
        """Return the id of a signer's session; it stays the same however often the page is opened."""
        return hashlib.sha256(f"{self.id}/{signer_id}".encode()).hexdigest()[:24]

    def method_for(self, profile: Profile) -> str | None:
        """Return the signature method for signers of `profile`."""
        chosen: str | None = self.fields.get("defaultSignatureMethod") or self.default_method
        for one in self.fields.get("signerProfilesSignatureMethod") or []:
            if one["signerProfileId"] == profile.id:
                chosen = one["signatureMethodRef"]
        return chosen

    def json(self) -> dict[str, Any]:
        """Return a SignatureRequest."""
        told = {name: self.fields.get(name) for name in _TOLD}
        return present(
            _id=self.id,
            _createdAt=stamp(self.created_at),
            **self.context.json(),
            signatureRequestType=self.kind,
            status=self.status,
            **told,
            documentIds=self.document_ids,
            signerIds=self.signer_ids,
            signedBy=list(self.signed_by),
            appEnvSettingVersion=1,
            signerProfilesUsed=list(self.profiles_used) or None,
            highLevelProofCleaned=self.proofs_cleaned,
            originalFilesCleaned=self.originals_cleaned,
            closedAt=stamp(self.closed_at) if self.closed_at else None,
        )
