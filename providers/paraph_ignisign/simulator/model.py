"""The vendor's objects and how they look as JSON (contract, appendix A). No behaviour lives here."""

from datetime import datetime
from typing import Any

import attrs


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


@attrs.frozen(kw_only=True)
class Profile:
    """A signer profile: made in the console only, so here by `create(profiles=...)`."""

    id: str
    name: str
    integration_mode: str
    methods: tuple[str, ...]
    inputs_needed: tuple[str, ...]
    optional_inputs: tuple[str, ...]

    def json(self, context: Context) -> dict[str, Any]:
        """Return a SignerProfile."""
        return {
            "_id": self.id,
            **context.json(),
            "name": self.name,
            "status": "ACTIVE",
            "version": 1,
            "isEmailProofSentByIgnisign": self.integration_mode == "BY_SIDE",
            "isRecurrent": True,
            "integrationMode": self.integration_mode,
            "signatureAuthMethodsConfiguration": {method: {} for method in self.methods},
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
            isRecurrent=True,
            signerProfileId=self.profile.id,
        )


@attrs.frozen(kw_only=True)
class Signature:
    """One signer's signature of one document; `value` is base64 for what is not a PDF."""

    id: str
    signer_id: str
    document_id: str
    at: datetime
    method: str
    certificate_pem: str
    value: str | None

    def json(self, context: Context) -> dict[str, Any]:
        """Return a Signature."""
        kind = "PADES_ATTACHED" if self.value is None else "JWSDET"
        return {
            "_id": self.id,
            **context.json(),
            "signerId": self.signer_id,
            "signerKeyId": self.signer_id,
            "documentId": self.document_id,
            "status": "SIGNED",
            "mode": "SERVER_SIDE_SIGNATURE",
            "signatures": [{"type": kind, "signatureFilePath": "", "signingTime": stamp(self.at)}],
        }


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
    file_name: str | None = None
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
            fileSize=len(self.content) if self.content is not None and not is_json else None,
            mimeType=self.mime_type,
            dataJsonContent=(self.content or b"").decode() if is_json else None,
            _createdAt=stamp(self.created_at),
        )

    def context_json(self) -> dict[str, Any]:
        """Return a DocumentContext: the document and who signed it when."""
        summaries = [
            {"signatureId": one.id, "signerId": one.signer_id, "date": stamp(one.at)}
            for one in self.signatures
        ]
        return {**self.json(), "signatureSummaries": summaries}


@attrs.define(kw_only=True, eq=False)
class SignatureRequest:
    """A signature request; `fields` are those a client may update, in the vendor's spelling."""

    id: str
    context: Context
    created_at: datetime
    fields: dict[str, Any] = attrs.field(factory=lambda: {"diffusionMode": "WHEN_READY"})
    status: str = "DRAFT"
    history: list[str] = attrs.field(factory=lambda: ["DRAFT"])
    published: bool = False
    tokens: dict[str, str] = attrs.field(factory=dict, repr=False)
    opened_by: set[str] = attrs.field(factory=set)
    signed_by: list[str] = attrs.field(factory=list)
    proof_status: str = "NOT_INITIALIZED"
    proof_token: str | None = attrs.field(default=None, repr=False)
    parent_id: str | None = None
    closed_at: datetime | None = None

    @property
    def document_ids(self) -> list[str]:
        """The ids of the documents to sign, in order."""
        return list(self.fields.get("documentIds") or [])

    @property
    def signer_ids(self) -> list[str]:
        """The ids of the signers, in order."""
        return list(self.fields.get("signerIds") or [])

    @property
    def external_id(self) -> str | None:
        """The client's own reference."""
        return self.fields.get("externalId")

    def method_for(self, profile: Profile) -> str | None:
        """Return the signature method for signers of `profile`."""
        chosen: str | None = self.fields.get("defaultSignatureMethod")
        for one in self.fields.get("signerProfilesSignatureMethod") or []:
            if one["signerProfileId"] == profile.id:
                chosen = one["signatureMethodRef"]
        return chosen

    def json(self) -> dict[str, Any]:
        """Return a SignatureRequest."""
        return {
            **present(
                _id=self.id,
                _createdAt=stamp(self.created_at),
                **self.context.json(),
                signatureRequestType="STANDARD",
                status=self.status,
                signedBy=list(self.signed_by),
                closedAt=stamp(self.closed_at) if self.closed_at else None,
            ),
            **present(**self.fields),
            **present(
                documentIds=self.document_ids,
                signerIds=self.signer_ids,
                initialSignatureRequestId=self.parent_id,
            ),
        }


@attrs.define(kw_only=True, eq=False)
class WebhookEndpoint:
    """An address of the client's that wants events."""

    id: str
    context: Context
    url: str = attrs.field(repr=False)
    created_at: datetime
    description: str | None = None
    disabled_topics: frozenset[str] = frozenset()
    events: list["WebhookEvent"] = attrs.field(factory=list)

    def json(self) -> dict[str, Any]:
        """Return an endpoint object (contract 4.7)."""
        return present(
            _id=self.id,
            url=self.url,
            description=self.description,
            isDisabled=False,
            _createdAt=stamp(self.created_at),
        )


@attrs.define(kw_only=True, eq=False)
class WebhookEvent:
    """One event for one endpoint. It keeps no verification token: each attempt gets its own."""

    id: str
    context: Context
    webhook_id: str
    topic: str
    action: str
    nature: str
    created_at: datetime
    content: dict[str, Any] | None = attrs.field(default=None, repr=False)
    error: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    status: str = "PENDING"

    def json(self) -> dict[str, Any]:
        """Return a WebhookEvent record."""
        return present(
            _id=self.id,
            **self.context.json(),
            webhookId=self.webhook_id,
            topic=self.topic,
            action=self.action,
            msgNature=self.nature,
            content=self.content,
            error=self.error,
            response=self.response,
            status=self.status,
            _createdAt=stamp(self.created_at),
        )

    def payload(self, token: str) -> dict[str, Any]:
        """Return the envelope of contract 4.1."""
        return present(
            **self.context.json(),
            topic=self.topic,
            action=self.action,
            msgNature=self.nature,
            content=self.content,
            error=self.error,
            verificationToken=token,
        )
