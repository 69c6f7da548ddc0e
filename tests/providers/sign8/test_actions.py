import io
import json
from typing import Any

import pytest

from paraph.errors import MalformedResponse, UnsupportedCapability, VendorError, VendorRefused
from paraph.flow import Flow
from paraph.model import Document, Secret
from paraph.provider import NoParams, Repeat
from paraph_sign8 import actions
from paraph_sign8 import params as p
from paraph_sign8.dialect.words import Dispatch, SignatureType
from support.hand import Talk
from support.sign8_account import PDF, account, dialect

DOCUMENT = Document.from_bytes(PDF, name="c.pdf")
GIVEN: dict[str, tuple[str, Any]] = {
    "workflows.add": ("add_workflow", p.NewWorkflow(name="n")),
    "files.add": ("add_file", p.NewFile(workflow_id="w", document=DOCUMENT)),
    "signers.add": ("add_signer", p.NewSigner(workflow_id="w")),
    "signatures.add": (
        "add_signature",
        p.NewSignature(workflow_id="w", file_id="f", signer_id="s", page=1, x=1, y=2, width=3, height=4),
    ),
    "annotations.add": (
        "add_annotation",
        p.NewAnnotation(
            workflow_id="w", file_id="f", signer_id="s", text="date", page=1, x=1, y=2, width=3, height=4
        ),
    ),
    "interfaces.create": ("create_interface", p.NewInterface()),
    "interfaces.list": ("list_interfaces", NoParams()),
    "workflows.start": ("start", p.WorkflowRef(workflow_id="w")),
    "workflows.status": ("status", p.WorkflowRef(workflow_id="w")),
    "workflows.list": ("list", NoParams()),
    "workflows.cancel": ("cancel", p.Cancellation(workflow_id="w")),
    "signers.remind": ("remind", p.SignerRef(workflow_id="w", signer_id="s")),
    "files.download": ("download", p.FileDownload(workflow_id="w", file_id="f", sink=io.BytesIO())),
    "workflows.audit_report": ("audit_report", p.ReportDownload(workflow_id="w", sink=io.BytesIO())),
    "signers.link": ("signature_link", p.SignerRef(workflow_id="w", signer_id="s")),
}
"""Every action with its operation and parameters that suffice."""


def flow(name: str, spoken: dict[str, Any]) -> Flow[Any]:
    """Start an action."""
    return actions.ACTIONS[name].run(account(spoken), GIVEN[name][1])


def test_every_operation_is_one_action() -> None:
    """The names are the fifteen of the plan, and each parameter class is the one declared."""
    assert set(GIVEN) == set(actions.ACTIONS)
    for name, (_, given) in GIVEN.items():
        assert actions.ACTIONS[name].params is type(given)


@pytest.mark.parametrize("name", GIVEN)
def test_an_action_is_offered_exactly_if_it_has_a_path(name: str) -> None:
    """With a path the request goes out; without one the error names the key, and nothing goes out."""
    operation, _ = GIVEN[name]
    assert not Talk(flow(name, dialect())).over
    spoken = dialect(**{f"operations__{operation}__path": ""})
    with pytest.raises(UnsupportedCapability, match=rf"dialect\.operations\.{operation}\.path"):
        Talk(flow(name, spoken))


@pytest.mark.parametrize("name", GIVEN)
def test_only_what_may_be_repeated_is(name: str) -> None:
    """After a failure reads are tried again, and what adds, starts, cancels, reminds or links is not."""
    talk = Talk(flow(name, dialect()))
    assert talk._pending is not None
    request = talk._pending.request
    repeated = True
    try:
        talk.expect(request.method, request.url.path, query=dict(request.url.params), status=503, reply=b"")
    except VendorError:
        repeated = False
    streamed = name in {"files.download", "workflows.audit_report"}
    assert repeated == (actions.ACTIONS[name].repeat is not Repeat.NEVER and not streamed)
    reads = {"interfaces.list", "workflows.status", "workflows.list"}
    assert repeated == (name in reads)


def test_words_are_told_as_the_dialect_has_them() -> None:
    """Dispatch and signature type travel in the vendor's words, the password in clear, and only there."""
    spoken = dialect(
        words__dispatch={"sequential": "ordered", "parallel": 2},
        words__signature_types={"qualified": "QES"},
        formats__instant="unix",
    )
    new = p.NewWorkflow(name="n", dispatch=Dispatch.PARALLEL, password=Secret("canary"))
    talk = Talk(actions.ADD_WORKFLOW.run(account(spoken), new))
    request = talk.expect("POST", "/v1/workflow/add", reply={"workflow_id": 17})
    told = json.loads(request.content)
    assert (2, "canary") == (told["is_sequential"], told["password"])
    assert "canary" not in repr(new)
    assert actions.Made(id="17") == talk.result
    person = p.NewSigner(workflow_id="w", signature_type=SignatureType.QUALIFIED, email="a@example.org")
    talk = Talk(actions.ADD_SIGNER.run(account(spoken), person))
    told = json.loads(talk.expect("POST", "/v1/signer/add", reply={"signer_id": "s"}).content)
    assert "QES" == told["signature_type"]
    assert "example.org" not in repr(person)


def test_a_placement_needs_no_id() -> None:
    """Nothing depends on the id of a signature or an annotation, so an answer without one is fine."""
    for reply in ({}, b"", b"OK", {"signature_id": None}):
        talk = Talk(flow("signatures.add", dialect()))
        talk.expect("POST", "/v1/signature/add", reply=reply)
        assert actions.Placed() == talk.result


def test_lists_are_read_where_the_dialect_says() -> None:
    """Interfaces and workflows come from their locations, row by row."""
    talk = Talk(flow("interfaces.list", dialect(answers__interfaces="data")))
    talk.expect(
        "GET", "/v1/interfaces", query={"organization_id": "org-1"}, reply={"data": [{"interface_id": "i"}]}
    )
    assert ["i"] == [each.interface_id for each in talk.result]
    talk = Talk(flow("workflows.list", dialect()))
    rows = [{"workflow_id": "w1", "status": "active"}, 7]
    talk.expect("GET", "/v1/workflows", query={"organization_id": "org-1"}, reply=rows)
    assert [("w1", "active"), (None, "")] == [(each.workflow_id, each.status) for each in talk.result]


def test_an_interface_tells_only_what_is_given() -> None:
    """Everything but the organisation has a default at the vendor (contract 3)."""
    talk = Talk(flow("interfaces.create", dialect()))
    talk.expect("POST", "/v1/interface/add", body={"organization_id": "org-1"}, reply={"interface_id": "i"})
    assert actions.Made(id="i") == talk.result


def test_adding_a_file_uploads_it_wherever_it_has_to_go() -> None:
    """The action of its own adds the content, too, also where that travels apart."""
    talk = Talk(flow("files.add", dialect(formats__transfer="url")))
    talk.expect("POST", "/v1/file/add", reply={"file_id": "f", "url": "https://storage.test/f"})
    request = talk.expect("PUT", "/f", reply=b"")
    assert str(len(PDF)) == request.headers["content-length"]
    assert actions.Made(id="f") == talk.result


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "http://sign8.test/x", "https:///x", "https://a b/", 91234]
)
def test_a_link_is_an_https_address(link: Any) -> None:
    """What could not be opened safely is no link, and is not shown."""
    talk = Talk(flow("signers.link", dialect()))
    with pytest.raises(MalformedResponse, match=r"answers\.link") as caught:
        talk.expect(
            "GET", "/v1/workflow/w/signer/s/link", query={"organization_id": "org-1"}, reply={"link": link}
        )
    assert str(link) not in str(caught.value).replace("answers.link", "")


def test_a_link_never_shows() -> None:
    """Whoever has a link can act as the signer, so it prints nowhere."""
    talk = Talk(flow("signers.link", dialect()))
    talk.expect(
        "GET",
        "/v1/workflow/w/signer/s/link",
        query={"organization_id": "org-1"},
        reply={"link": "https://sign8.test/canary"},
    )
    assert "https://sign8.test/canary" == talk.result.url.reveal()
    assert "canary" not in repr(talk.result)


def test_a_refusal_names_what_was_asked() -> None:
    """A refused action says method, path, status and code, and nothing of the answer's text."""
    talk = Talk(flow("signers.remind", dialect()))
    with pytest.raises(VendorRefused, match="HTTP 409, code NOT_ACTIVE") as caught:
        talk.expect(
            "POST",
            "/v1/workflow/w/signer/s/remind",
            status=409,
            reply={"code": "NOT_ACTIVE", "message": "canary"},
        )
    assert "canary" not in str(caught.value)
