"""Who may see which page, and how they want it."""

import secrets

import attrs
from starlette.requests import Request

from paraph.testing.simulator.pages import Theme
from paraph.testing.simulator.words import Words, words_in
from paraph_ignisign.simulator.model import Document, SignatureRequest, Signer
from paraph_ignisign.simulator.tables import UNABLE
from paraph_ignisign.simulator.tenant import Tenant

_THEMES = {"true": Theme.DARK, "false": Theme.LIGHT}


class NoEntryError(Exception):
    """A visitor who may not see the page; carries the HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@attrs.frozen(kw_only=True)
class Look:
    """What the address asks of the page: the parameters of contract 7.3."""

    title: bool
    description: bool
    theme: Theme
    document_details: bool
    words: Words

    @classmethod
    def of(cls, request: Request, wanted: SignatureRequest | None) -> "Look":
        """Return the look; the language is the address's, the request's, the browser's or English."""
        query = request.query_params
        own = wanted.fields.get("language") if wanted is not None else None
        accepted = request.headers.get("accept-language", "").partition(",")[0].partition(";")[0]
        return cls(
            title=query.get("showTitle") != "false",
            description=query.get("showDescription") != "false",
            theme=_THEMES.get(query.get("darkMode", ""), Theme.AUTO),
            document_details=query.get("forceShowDocumentInformations") == "true",
            words=words_in(query.get("forceLanguage"), own, accepted),
        )


@attrs.frozen(kw_only=True)
class Visit:
    """Somebody who may be here; `base` and `query` make the addresses of the pages around."""

    wanted: SignatureRequest
    signer: Signer
    look: Look
    base: str = attrs.field(repr=False)
    query: str = attrs.field(repr=False)

    @property
    def approves(self) -> bool:
        """Whether the person is here to approve and not to sign."""
        return self.signer.id in self.wanted.approver_ids and self.signer.id not in self.wanted.signer_ids

    def address(self, path: str) -> str:
        """Return the address of a page of this visit."""
        return f"{self.base}/{path}?{self.query}"


def request_of(tenant: Tenant, request: Request) -> SignatureRequest:
    """Return the signature request of the address; NoEntryError."""
    wanted = tenant.requests.get(request.path_params["requestId"])
    if wanted is None:
        raise NoEntryError(404)
    return wanted


def enter(tenant: Tenant, request: Request) -> Visit:
    """Let somebody in who has the token, and the secret if the page is embedded; NoEntryError."""
    wanted = request_of(tenant, request)
    signer = tenant.signers.get(request.path_params["signerId"])
    if signer is None or signer.id not in wanted.tokens:
        raise NoEntryError(404)
    query = request.query_params
    allowed = opens(query.get("token", ""), wanted.tokens[signer.id])
    if signer.embedded:
        allowed = allowed and opens(query.get("signerSecret", ""), signer.auth_secret)
    if not allowed or signer.status in UNABLE:
        raise NoEntryError(403)
    return Visit(
        wanted=wanted,
        signer=signer,
        look=Look.of(request, wanted),
        base=f"/signature-requests/{wanted.id}/signers/{signer.id}",
        query=request.url.query,
    )


def opens(given: str, *keys: str | None) -> bool:
    """Whether `given` is one of the keys."""
    return any(key is not None and secrets.compare_digest(given.encode(), key.encode()) for key in keys)


def document_of(tenant: Tenant, wanted: SignatureRequest, document_id: str) -> Document:
    """Return a document of the request; NoEntryError."""
    if document_id not in wanted.document_ids:
        raise NoEntryError(404)
    return tenant.documents[document_id]
