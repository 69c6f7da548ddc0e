"""Plain HTTP towards the simulated SIGN8, for tests that look at the simulator itself.

It builds requests out of a dialect and takes answers apart with code of its own, and knows nothing of the
plugin. Each helper brings one object into the state that a test needs, by the vendor's own calls.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import quote

import httpx
from fpdf import FPDF
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from paraph.flow.trust import trusted
from paraph.testing.simulator import Mail, Person, serve
from paraph_sign8.simulator import Sign8Simulator

FOREIGN_ID = "01234567-89ab-4cde-8f01-23456789abcd"
ADA = {"given_name": "Ada", "family_name": "Lovelace", "email": "ada@example.org"}
BOB = {"given_name": "Bob", "family_name": "Noyce", "email": "bob@example.org"}
PHONE = "+4915112345678"

ENTITIES = {
    "add_workflow": "workflow", "add_file": "file", "add_signer": "signer", "add_signature": "signature",
    "add_annotation": "annotation", "create_interface": "interface",
}  # fmt: skip
"""Operations that do not take the names of calls."""


MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""When every PDF was made, so that two of the same words are the same bytes at any time."""


def make_pdf(words: str = "Contract", pages: int = 2) -> bytes:
    """Return a PDF of A4 pages."""
    paper = FPDF(format="A4")
    paper.set_creation_date(MADE)
    paper.set_font("helvetica")
    for _page in range(pages):
        paper.add_page()
        paper.cell(text=words)
    return bytes(paper.output())


class Driver:
    """One organisation talking to the simulator."""

    def __init__(self, simulator: Sign8Simulator, base_url: str) -> None:
        self.simulator = simulator
        self.dialect = simulator.tenant.dialect
        self.organization_id = simulator.tenant.organization_id
        self.http = httpx.Client(base_url=base_url, trust_env=False, verify=trusted())
        self.headers = self._credentials()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the connections."""
        self.http.close()

    def _credentials(self) -> dict[str, str]:
        shape, secret = self.dialect.auth, self.simulator.tenant.credentials.secret
        match shape.type.value:
            case "none":
                return {}
            case "header":
                return {shape.header: shape.template.replace("{secret}", secret)}
            case "oauth2":
                form = {"grant_type": "client_credentials", "client_secret": secret, "scope": shape.scope}
                form["client_id"] = self.simulator.tenant.credentials.client_id
                answer = self.http.post(shape.token_url, data=form)
                return {"authorization": f"Bearer {answer.json()['access_token']}"}
            case _:
                return {"authorization": f"Bearer {secret}"}

    def raw(
        self, operation: str, told: Mapping[str, Any], *, native: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """Call and return whatever comes.

        :param told: neutral values by key of the dialect's fields; ``None`` leaves a key out.
        :param native: values by dotted names of the wire, told as they are; they win.
        """
        shape = self.dialect.operation(operation)
        entity = ENTITIES.get(operation, "call")
        names = getattr(self.dialect.fields, entity)
        in_path = set(re.findall(r"\{(\w+)\}", shape.path))
        values = {key: value for key, value in told.items() if value is not None}
        ids = {"organization_id": self.organization_id, **values}
        path = re.sub(r"\{(\w+)\}", lambda found: quote(str(ids[found[1]]), safe=""), shape.path)
        fields: dict[str, Any] = {}
        content: bytes | None = None
        for key, value in values.items():
            name = getattr(names, key)
            if key == "content" and self.dialect.formats.transfer.value != "base64":
                content = value
            elif key not in in_path and name:
                fields[name] = self._native(key, value)
        headers = dict(self.headers)
        if self.dialect.organization.place.value == "body" and "organization_id" not in in_path:
            fields[self.dialect.organization.name] = self.organization_id
        elif self.dialect.organization.place.value == "header":
            headers[self.dialect.organization.name] = self.organization_id
        fields |= native or {}
        if shape.method in {"GET", "DELETE"}:
            return self.http.request(shape.method, path, params=fields, headers=headers)
        if operation == "add_file" and self.dialect.formats.transfer.value == "multipart":
            files = {names.content: ("file.pdf", content, "application/pdf")} if content is not None else {}
            return self.http.request(shape.method, path, data=fields, files=files, headers=headers)
        return self.http.request(shape.method, path, json=_nested(fields, shape.wrap), headers=headers)

    def _native(self, key: str, value: Any) -> Any:
        """Write one value as the dialect wants it."""
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        if isinstance(value, datetime):
            return self.instant(value)
        table = {"signature_type": "signature_types", "dispatch": "dispatch", "text": "annotations"}.get(key)
        return getattr(self.dialect.words, table)[value] if table else value

    def instant(self, moment: datetime) -> Any:
        """Write a moment as the dialect wants it."""
        seconds = moment.timestamp()
        return {
            "iso": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "unix": int(seconds),
            "unix_ms": int(seconds * 1000),
            "date": moment.astimezone(UTC).strftime("%Y-%m-%d"),
        }[self.dialect.formats.instant.value]

    def ok(self, operation: str, **told: Any) -> Any:
        """Call and return the JSON of a success; ``None`` if there is none."""
        answer = self.raw(operation, told)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def refusal(
        self, operation: str, *, native: Mapping[str, Any] | None = None, **told: Any
    ) -> tuple[int, str]:
        """Call and return (status, code) of a refusal."""
        answer = self.raw(operation, told, native=native)
        return answer.status_code, answer.json()["error"]["code"]

    def workflow(self, **told: Any) -> str:
        """Make a draft and return its id."""
        answer = self.ok("add_workflow", **{"name": "Contract", **told})
        return str(found(answer, self.dialect.answers.workflow_id))

    def file(self, workflow_id: str, content: bytes | None = None, **told: Any) -> str:
        """Add a file, by whatever transfer, and return its id."""
        body = make_pdf() if content is None else content
        answer = self.ok("add_file", **{"workflow_id": workflow_id, "name": "a.pdf", "content": body, **told})
        if self.dialect.formats.transfer.value == "url":
            url = found(answer, self.dialect.answers.upload_url)
            put = self.http.put(url, content=body, headers={"content-type": "application/pdf"})
            assert put.is_success, put.text
        return str(found(answer, self.dialect.answers.file_id))

    def signer(self, workflow_id: str, **told: Any) -> str:
        """Add Ada, or somebody else, and return the signer's id."""
        person = {**ADA, "signature_type": "simple", "position": 1, **told}
        answer = self.ok("add_signer", workflow_id=workflow_id, **person)
        return str(found(answer, self.dialect.answers.signer_id))

    def signature(self, workflow_id: str, file_id: str, signer_id: str, **told: Any) -> Any:
        """Place a signature in the middle of the first page and return the answer."""
        ids = {"workflow_id": workflow_id, "file_id": file_id, "signer_id": signer_id}
        return self.ok("add_signature", **{**ids, **self.place(), **told})

    def place(self) -> dict[str, Any]:
        """Return a place of A4, 90 percent down and 20 percent to the right, as the dialect counts."""
        formats = self.dialect.formats
        wide, high = {"points": (595.28, 841.89), "percent": (100, 100), "fraction": (1, 1)}[formats.unit]
        top, height = 0.9 * high, 0.05 * high
        y = top if formats.origin == "top-left" else high - top - height
        return {"page": formats.page_base, "x": 0.2 * wide, "y": y, "width": 0.3 * wide, "height": height}

    def ready(
        self, *people: Mapping[str, Any], files: int = 1, **told: Any
    ) -> tuple[str, list[str], list[str]]:
        """Return a draft that lacks nothing: its id, and those of files and signers, who sign every file."""
        workflow_id = self.workflow(**told)
        file_ids = [self.file(workflow_id) for _ in range(files)]
        signer_ids = [
            self.signer(workflow_id, **{"position": index, **person})
            for index, person in enumerate(people or (ADA,), start=1)
        ]
        for file_id in file_ids:
            for signer_id in signer_ids:
                self.signature(workflow_id, file_id, signer_id)
        return workflow_id, file_ids, signer_ids

    def started(self, *people: Mapping[str, Any], **told: Any) -> tuple[str, list[str], list[str]]:
        """Return a running workflow: its id, and those of its files and signers."""
        workflow_id, file_ids, signer_ids = self.ready(*people, **told)
        if self.dialect.offers("start"):
            self.ok("start", workflow_id=workflow_id)
        else:
            self.simulator.clock.advance(self.simulator.tenant.options.settling)
        return workflow_id, file_ids, signer_ids

    def status(self, workflow_id: str) -> str:
        """Return the neutral word for where a workflow stands."""
        word = found(self.ok("status", workflow_id=workflow_id), self.dialect.status.status)
        return self.dialect.words.workflow_statuses[_spelled(word)]

    def rows(self, workflow_id: str) -> list[tuple[str, str]]:
        """Return id and neutral status of each signer."""
        shape, words = self.dialect.status, self.dialect.words.signer_statuses
        rows = found(self.ok("status", workflow_id=workflow_id), shape.signers)
        return [
            (found(row, shape.signer_id), words[_spelled(found(row, shape.signer_status))]) for row in rows
        ]

    def download(self, workflow_id: str, file_id: str) -> bytes:
        """Return a signed file, in whatever form it comes."""
        return self._content(self.raw("download", {"workflow_id": workflow_id, "file_id": file_id}))

    def audit_report(self, workflow_id: str) -> bytes:
        """Return the audit report, in whatever form it comes."""
        return self._content(self.raw("audit_report", {"workflow_id": workflow_id}))

    def _content(self, answer: httpx.Response) -> bytes:
        assert answer.is_success, answer.text
        form = self.dialect.formats.download.value
        if form == "bytes":
            return answer.content
        told = found(answer.json(), self.dialect.answers.content)
        return base64.b64decode(told) if form == "base64" else self.http.get(told).content

    def mails(self, subject: str = "") -> list[Mail]:
        """Return the mails and text messages whose subject begins with this."""
        return [mail for mail in self.simulator.outbox if mail.subject.startswith(subject)]

    def link(self, email: str = ADA["email"]) -> str:
        """Return the link that was last mailed to somebody who has to sign."""
        return [mail for mail in self.mails("Please sign") if mail.to == email][-1].link

    def person(self, who: Mapping[str, Any] = ADA, **options: Any) -> Person:
        """Return somebody whose phone is the last message of all."""
        name = f"{who['given_name']} {who['family_name']}"
        return Person(name=name, phone=lambda: self.simulator.outbox[-1].subject, **options)


def found(answer: Any, location: str) -> Any:
    """Return what stands at a place of an answer."""
    if location == "$":
        return answer
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", location):
        answer = answer[name] if name else answer[int(index)]
    return answer


def _spelled(word: Any) -> str:
    return word if isinstance(word, str) else json.dumps(word)


def _nested(fields: Mapping[str, Any], wrap: str) -> Any:
    """Return the JSON body of fields with dotted names."""
    body: dict[str, Any] = {}
    for dotted, value in fields.items():
        *outer, last = dotted.split(".")
        place = body
        for name in outer:
            place = place.setdefault(name, {})
        place[last] = value
    for name in reversed(wrap.split(".") if wrap else []):
        body = {name: body}
    return body


class Inbox:
    """A webhook endpoint that keeps what it gets and answers `status`."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.requests: list[tuple[str, Mapping[str, str], bytes]] = []

    @property
    def paths(self) -> list[str]:
        """The path of each delivery below the endpoint, in order of arrival."""
        return [path for path, _headers, _body in self.requests]

    def json(self, index: int = -1) -> Any:
        """Return the JSON body of one delivery."""
        return json.loads(self.requests[index][2])

    async def receive(self, request: Request) -> Response:
        """Keep the request."""
        self.requests.append((request.path_params["path"], dict(request.headers), await request.body()))
        return PlainTextResponse("", status_code=self.status)


@contextmanager
def inbox() -> Iterator[Inbox]:
    """Serve a webhook endpoint."""
    box = Inbox()
    with serve(Starlette(routes=[Route("/hook/{path:path}", box.receive, methods=["POST"])])) as base_url:
        box.url = f"{base_url}/hook"
        yield box
