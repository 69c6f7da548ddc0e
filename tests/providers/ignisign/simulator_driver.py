"""Plain HTTP towards the simulated Ignisign, for tests that look at the simulator itself.

It knows the contract's routes and nothing of the plugin. Each helper brings one object into the state a test
needs, by the vendor's own calls.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlencode

import httpx
from fpdf import FPDF
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from paraph.flow.trust import trusted
from paraph.testing.simulator import serve
from paraph_ignisign.simulator import IgnisignSimulator

FOREIGN_ID = "0123456789abcdef01234567"


MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""When every PDF was made, so that two of the same words are the same bytes at any time."""


def make_pdf(words: str = "Contract") -> bytes:
    """Return a PDF of two pages."""
    paper = FPDF()
    paper.set_creation_date(MADE)
    paper.set_font("helvetica")
    for _page in range(2):
        paper.add_page()
        paper.cell(text=words)
    return bytes(paper.output())


class Driver:
    """One application talking to the simulator; `app_env` chooses the environment and its key."""

    def __init__(self, simulator: IgnisignSimulator, base_url: str, app_env: str = "STAGING") -> None:
        credentials = simulator.tenant.credentials
        self.simulator = simulator
        self.app = f"/v4/applications/{credentials.app_id}/envs/{app_env}"
        self.app_id, self.app_env = credentials.app_id, app_env
        self.base_url = base_url
        key = credentials.api_key(app_env)
        bearer = {"authorization": f"Bearer {key}"}
        self.http = httpx.Client(base_url=base_url, headers=bearer, verify=trusted())

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the connections."""
        self.http.close()

    def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Call and return the JSON of a 200; `APP` in the path stands for the application's prefix."""
        answer = self.raw(method, path, body, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def raw(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Call and return whatever comes."""
        if body is not None:
            options["json"] = body
        return self.http.request(method, path.replace("APP", self.app), **options)

    def refusal(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str]:
        """Call and return (status, code) of a refusal."""
        answer = self.raw(method, path, body, **options)
        problem = answer.json()
        assert answer.status_code == problem["status"]
        return answer.status_code, problem["code"]

    def profile(self, mode: str) -> str:
        """Return the id of the first profile with this integration mode."""
        return next(
            one["_id"] for one in self.ok("GET", "APP/signer-profiles") if one["integrationMode"] == mode
        )

    def signer(self, mode: str = "EMBEDDED", **inputs: str) -> dict[str, Any]:
        """Create a signer and return the answer."""
        person = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org", **inputs}
        return self.ok("POST", "APP/signers", {"signerProfileId": self.profile(mode), **person})

    def draft(self) -> str:
        """Return a new request's id."""
        return self.ok("POST", "APP/signature-requests", {})["signatureRequestId"]

    def document(self, request_id: str, **details: Any) -> str:
        """Return a new, empty document's id."""
        return self.ok("POST", "APP/init-documents", {"signatureRequestId": request_id, **details})[
            "documentId"
        ]

    def upload(
        self, document_id: str, content: bytes, name: str = "contract.pdf", mime: str = "application/pdf"
    ) -> httpx.Response:
        """Give a document its file."""
        return self.http.post(f"/v4/documents/{document_id}/file", files={"file": (name, content, mime)})

    def pdf_document(self, request_id: str, **details: Any) -> str:
        """Return the id of a document with a PDF."""
        document_id = self.document(request_id, **details)
        assert self.upload(document_id, make_pdf()).status_code == 200
        return document_id

    def ready(self, signers: list[str], documents: int = 1, **fields: Any) -> str:
        """Return the id of a draft that lacks nothing but publishing."""
        request_id = self.draft()
        self.ok(
            "PUT",
            f"/v4/signature-requests/{request_id}",
            {
                "title": "Contract",
                "documentIds": [self.pdf_document(request_id) for _ in range(documents)],
                "signerIds": signers,
                "defaultSignatureMethod": "SIMPLE_STD",
                **fields,
            },
        )
        return request_id

    def publish(self, request_id: str) -> Any:
        """Publish."""
        return self.ok("POST", f"/v4/signature-requests/{request_id}/publish", {})

    def context(self, request_id: str) -> Any:
        """Return the request's context."""
        return self.ok("GET", f"/v4/signature-requests/{request_id}/context")

    def embedded_link(self, request_id: str, signer_id: str, token: str, secret: str) -> str:
        """Return the link the official SDKs build (contract 7.3)."""
        query = urlencode({"token": token, "signerSecret": secret, "showTitle": "false"})
        return f"{self.base_url}/signature-requests/{request_id}/signers/{signer_id}/sign?{query}"

    def published(self, documents: int = 1, **fields: Any) -> tuple[str, str]:
        """Publish a request with one embedded signer; return its id and the link to sign."""
        signer = self.signer()
        request_id = self.ready([signer["signerId"]], documents, **fields)
        invited = self.publish(request_id)["signersEmbedded"][0]
        link = self.embedded_link(request_id, signer["signerId"], invited["token"], signer["authSecret"])
        return request_id, link


class Inbox:
    """A webhook endpoint that keeps what it gets and answers `status`."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.bodies: list[dict[str, Any]] = []

    @property
    def names(self) -> list[str]:
        """TOPIC/ACTION of each delivery, in order of arrival."""
        return [f"{body['topic']}/{body['action']}" for body in self.bodies]

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return the deliveries called TOPIC/ACTION."""
        return [body for body, own in zip(self.bodies, self.names, strict=True) if own == name]

    async def receive(self, request: Request) -> Response:
        """Keep the body."""
        self.bodies.append(await request.json())
        return PlainTextResponse("", status_code=self.status)


@contextmanager
def inbox() -> Iterator[Inbox]:
    """Serve a webhook endpoint."""
    box = Inbox()
    with serve(Starlette(routes=[Route("/hook", box.receive, methods=["POST"])])) as base_url:
        box.url = f"{base_url}/hook"
        yield box
