"""One envelope from its send to its evidence, over real HTTP, in many dialects."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from paraph.client import Client
from paraph.config import Config
from paraph.model import Document, Envelope, EvidenceKind, Field, Lifecycle, Rect
from paraph.store import open_store
from paraph.testing.simulator import Person
from paraph_sign8.dialect import parse
from paraph_sign8.simulator import create
from support.sign8_account import dialect, envelope, make_pdf, person, without
from support.sign8_stage import SETTLING

DIALECTS: dict[str, dict[str, Any]] = {
    "as shipped": dialect(),
    "forms, and base64 back": dialect(formats__transfer="multipart", formats__download="base64"),
    "addresses both ways": dialect(formats__transfer="url", formats__download="url"),
    "oauth2, organisation in a header, other numbers": dialect(
        auth={"type": "oauth2", "token_url": "/token"},
        organization={"place": "header", "name": "organisation_id"},
        formats={"instant": "unix", "unit": "percent", "origin": "bottom-left", "page_base": 0},
    ),
    "a key in a header, nested names and answers": dialect(
        auth={"type": "header", "header": "X-Key", "template": "Key {secret}"},
        operations__add_signer__wrap="data.signer",
        operations__add_file__wrap="file",
        fields__signer__email="contact.email",
        fields__signer__phone="contact.phone",
        answers={"workflow_id": "data.workflow.id", "file_id": "rows[0].id"},
        status={"signers": "data.signers", "status": "data.state"},
    ),
    "other words": dialect(
        words__dispatch={"sequential": "ordered", "parallel": "all"},
        words__signature_types={"simple": 1, "advanced": 2, "qualified": 3},
        words__workflow_statuses={"NEW": "draft", "RUNNING": "active", "DONE": "completed"},
    ),
    "no start": without("start"),
    "no status": without("status"),
}


def asked() -> Envelope:
    """Make an envelope with an attachment, two signatories, a date field and an expiry."""
    return envelope(
        documents=[
            Document.from_bytes(make_pdf(), name="contract.pdf"),
            Document.from_bytes(make_pdf(pages=2), name="annex.pdf", role="attachment"),
        ],
        signatories=[person("ada"), person("bob")],
        fields=[
            Field(
                document="contract",
                signatory="ada",
                kind="date",
                rect=Rect(x=10, y=10, width=50, height=20),
            )
        ],
        expires_at=datetime(2090, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("name", DIALECTS)
def test_an_envelope_goes_all_the_way(name: str, tmp_path: Path) -> None:
    """Whatever the dialect, the plugin and a vendor that speaks it understand each other to the end."""
    spoken = DIALECTS[name]
    simulator = create(dialect=parse(spoken), settling=SETTLING)
    with simulator.running() as base_url:
        made = simulator.account(base_url)
        table = {**made.table, "dialect": spoken}
        config = Config.from_mapping({"accounts": {"de": table}}, environ=made.environment)
        store = open_store("memory:")
        with Client(config, registry=config.registry, store=store, pause=lambda _: None) as client:
            wanted = asked()
            client.send(wanted, account="de")
            simulator.clock.advance(SETTLING)  # a complete draft starts by itself after a while
            assert ["done", "done"] == [
                Person(name="Ada Lovelace").sign(mail.link) for mail in tuple(simulator.outbox)
            ]
            simulator.clock.beat()
            if name != "no status":
                assert Lifecycle.COMPLETED is client.refresh(wanted.id).lifecycle
            saved = client.save(wanted.id, tmp_path)
    kinds = [each.evidence.kind for each in saved]
    assert [EvidenceKind.SIGNED_DOCUMENT, EvidenceKind.AUDIT_TRAIL, EvidenceKind.MANIFEST] == kinds
    assert b"/ByteRange" in (tmp_path / "contract-signed.pdf").read_bytes()
