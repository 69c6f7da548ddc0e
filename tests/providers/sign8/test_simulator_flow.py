"""The simulated SIGN8 from the first call to the signed file, over real HTTP, with real signatures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from pypdf import PdfReader

from paraph import Config, Registry
from paraph.testing.simulator import Fault, FaultKind, Person
from paraph_sign8.dialect import Dialect, parse, shipped
from paraph_sign8.dialect.words import WorkflowStatus
from paraph_sign8.simulator import create
from paraph_sign8.simulator.model import DEFAULT_COLOR, DEFAULT_ICON, DEFAULT_LOGO
from paraph_simulator.judge import judge
from providers.sign8.simulator_driver import ADA, BOB, PHONE, Driver, found, inbox, make_pdf
from support.dialects import IDS, dialects, heard

CARL = {"given_name": "Carl", "family_name": "Friedrich Gauß", "email": "carl@example.org"}


@pytest.fixture
def vendor() -> Iterator[Driver]:
    """Serve a fresh simulator."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def findings(vendor: Driver, pdf: bytes, *people: dict[str, str], original: bytes | None = None) -> list[str]:
    """Return what the judge finds wrong with a signed file."""
    names = [f"{each['given_name']} {each['family_name']}" for each in people]
    authority = vendor.simulator.authority.root_pem.encode()
    return [each.code for each in judge(pdf, signers=names, authority_pem=authority, original=original)]


def text_of(pdf: bytes) -> str:
    """Return all text of a PDF, its lines joined."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_two_signers_sign_two_files(vendor: Driver) -> None:
    """The main path ends in two PDFs that both have signed, each judged sound, and everybody is told."""
    first, second = make_pdf("First"), make_pdf("Second")
    workflow_id = vendor.workflow(reference="contract-7")
    files = {vendor.file(workflow_id, content): content for content in (first, second)}
    signers = [vendor.signer(workflow_id), vendor.signer(workflow_id, **BOB, position=2)]
    for file_id in files:
        for signer_id in signers:
            vendor.signature(workflow_id, file_id, signer_id)
    assert "draft" == vendor.status(workflow_id)
    assert [] == vendor.mails()

    vendor.ok("start", workflow_id=workflow_id)
    assert "active" == vendor.status(workflow_id)
    assert [(signers[0], "invited"), (signers[1], "invited")] == vendor.rows(workflow_id)
    assert ["ada@example.org", "bob@example.org"] == [mail.to for mail in vendor.mails("Please sign")]
    assert "done" == vendor.person(BOB).sign(vendor.link("bob@example.org"))
    assert "active" == vendor.status(workflow_id)
    assert [(signers[0], "invited"), (signers[1], "signed")] == vendor.rows(workflow_id)
    assert "done" == vendor.person(ADA).sign(vendor.link())
    assert "done" == vendor.person(ADA).open(vendor.link())
    assert "completed" == vendor.status(workflow_id)

    for file_id, original in files.items():
        signed = vendor.download(workflow_id, file_id)
        assert [] == findings(vendor, signed, ADA, BOB, original=original)
        assert ["count", "signer"] == findings(vendor, signed, ADA)[:2]
    told = vendor.mails("Signed by all")
    assert ["ada@example.org", "bob@example.org"] == [mail.to for mail in told]
    page = httpx.get(told[0].link)
    assert (200, 3) == (page.status_code, page.text.count("<li>"))
    assert 403 == httpx.get(f"{told[0].link}x").status_code
    kinds = [effect.kind for effect in vendor.simulator.effects.all()]
    assert 1 == kinds.count("started") == kinds.count("completed")
    assert {"contract-7"} == {effect.external_id for effect in vendor.simulator.effects.all()}


def test_the_audit_report_tells_what_happened(vendor: Driver) -> None:
    """The report is a PDF that names signers, digests, places of annotations and every event."""
    workflow_id, (file_id,), signers = vendor.ready(ADA, CARL)
    ids = {"workflow_id": workflow_id, "file_id": file_id, "signer_id": signers[1]}
    vendor.ok("add_annotation", **ids, text="initials", **{**vendor.place(), "page": 2})
    vendor.ok("start", workflow_id=workflow_id)
    for who in (ADA, CARL):
        vendor.person(who).sign(vendor.link(who["email"]))
    report = text_of(vendor.audit_report(workflow_id))
    for words in ("Ada Lovelace", "Carl Friedrich Gauß", "initials of Carl", "page 2", workflow_id):
        assert words in report
    for event in ("workflow_added", "started", "invited", "signed", "completed"):
        assert event in report
    assert [] == findings(vendor, vendor.download(workflow_id, file_id), ADA, CARL)


def test_a_report_survives_any_name(vendor: Driver) -> None:
    """Names beyond the built-in fonts, and percent signs, end in a report and in a signature that is seen."""
    who = {"given_name": "Łukasz 100%s", "family_name": "Ōe 田中", "email": "l@example.org"}
    workflow_id, (file_id,), _signers = vendor.started(who, name="契約 %(x)s")
    vendor.person(who).sign(vendor.link("l@example.org"))
    assert [] == findings(vendor, vendor.download(workflow_id, file_id), who)
    assert "?ukasz 100%s" in text_of(vendor.audit_report(workflow_id))


def test_a_file_without_signatures_is_an_attachment(vendor: Driver) -> None:
    """A file that nobody has to sign comes back as it was."""
    workflow_id = vendor.workflow()
    signed, annex = vendor.file(workflow_id), vendor.file(workflow_id, make_pdf("Annex"))
    vendor.signature(workflow_id, signed, vendor.signer(workflow_id))
    vendor.ok("start", workflow_id=workflow_id)
    vendor.person().sign(vendor.link())
    assert make_pdf("Annex") == vendor.download(workflow_id, annex)
    assert make_pdf() != vendor.download(workflow_id, signed)


def test_several_places_in_one_file_are_one_signature(vendor: Driver) -> None:
    """A signer signs a file once, at the first place, and the report names the others."""
    workflow_id, (file_id,), (signer_id,) = vendor.ready()
    vendor.signature(workflow_id, file_id, signer_id, page=2)
    vendor.ok("start", workflow_id=workflow_id)
    vendor.person().sign(vendor.link())
    assert [] == findings(vendor, vendor.download(workflow_id, file_id), ADA)
    report = text_of(vendor.audit_report(workflow_id))
    assert "signature of Ada Lovelace: a.pdf, page 1 signature of Ada Lovelace: a.pdf, page 2" in report


def test_sequential_signers_are_invited_one_after_the_other(vendor: Driver) -> None:
    """The order is that of positions, not that of adding; each is invited when the one before has signed."""
    people = [{**CARL, "position": 30}, {**ADA, "position": 7}, {**BOB, "position": 12}]
    workflow_id, _files, _signers = vendor.started(*people, dispatch="sequential")
    for index, who in enumerate((ADA, BOB, CARL), start=1):
        assert index == len(vendor.mails("Please sign"))
        states = [status for _signer, status in vendor.rows(workflow_id)]
        assert ["signed"] * (index - 1) + ["invited"] + ["waiting"] * (3 - index) == states
        vendor.person(who).sign(vendor.link(who["email"]))
    assert "completed" == vendor.status(workflow_id)


def test_an_expired_workflow_cannot_be_signed(vendor: Driver) -> None:
    """At its expiry a workflow ends as expired, by the clock alone, and its pages are closed."""
    expires_at = vendor.simulator.clock.now().replace(microsecond=0) + timedelta(days=3)
    workflow_id, _files, _signers = vendor.started(expires_at=expires_at)
    link = vendor.link()
    vendor.simulator.clock.set(expires_at - timedelta(seconds=5))
    assert "active" == vendor.status(workflow_id)
    assert "sign" == vendor.person().open(link)
    vendor.simulator.clock.set(expires_at)
    assert "expired" == vendor.status(workflow_id)
    assert "closed" == vendor.person().open(link)
    assert (409, "WORKFLOW_NOT_ACTIVE") == vendor.refusal("cancel", workflow_id=workflow_id)


def test_a_day_of_expiry_counts_until_its_end() -> None:
    """Where a dialect writes days, the day itself still counts."""
    simulator = create(dialect=parse({"base": "simulator", "formats": {"instant": "date"}}))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        day = (simulator.clock.now() + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
        workflow_id, _files, _signers = vendor.started(expires_at=day)
        simulator.clock.set(day + timedelta(hours=23, minutes=59))
        assert "active" == vendor.status(workflow_id)
        simulator.clock.set(day + timedelta(days=1))
        assert "expired" == vendor.status(workflow_id)
        ended = found(vendor.ok("status", workflow_id=workflow_id), vendor.dialect.status.ended_at)
        assert simulator.clock.now().date().isoformat() == ended


def test_cancelling_tells_those_who_were_involved(vendor: Driver) -> None:
    """Everybody who was invited so far is told of the end, the others are not, and it ends once."""
    people = (ADA, BOB, CARL)
    workflow_id, _files, _signers = vendor.started(*people, dispatch="sequential")
    vendor.person(ADA).sign(vendor.link())
    link = vendor.link("bob@example.org")
    vendor.ok("cancel", workflow_id=workflow_id, reason="A mistake")
    assert "cancelled" == vendor.status(workflow_id)
    assert ["ada@example.org", "bob@example.org"] == [mail.to for mail in vendor.mails("Cancelled")]
    assert "closed" == vendor.person(BOB).open(link)
    assert (409, "WORKFLOW_NOT_ACTIVE") == vendor.refusal("cancel", workflow_id=workflow_id)
    assert 1 == len(vendor.simulator.effects.of("cancelled"))


def test_reminders_and_links_lead_to_the_same_page(vendor: Driver) -> None:
    """A reminder mails the link again, and a call gives it."""
    workflow_id, _files, (signer_id,) = vendor.started()
    who = {"workflow_id": workflow_id, "signer_id": signer_id}
    vendor.ok("remind", **who)
    (mail,) = vendor.mails("Reminder")
    link = found(vendor.ok("signature_link", **who), vendor.dialect.answers.link)
    assert vendor.link() == mail.link == link
    assert "done" == vendor.person().sign(link)


def test_the_state_of_an_ended_workflow_says_when_and_why(vendor: Driver) -> None:
    """End, reason, refusing signer and signing times are in the status; before, they are null."""
    workflow_id, _files, (ada, bob) = vendor.started(ADA, BOB)
    before = vendor.ok("status", workflow_id=workflow_id)
    assert (None, None) == (before["ended_at"], before["reason"])
    vendor.person(ADA).sign(vendor.link())
    assert "closed" == vendor.person(BOB).decline(vendor.link("bob@example.org"), "Wrong price")
    after = vendor.ok("status", workflow_id=workflow_id)
    assert ("refused", "Wrong price") == (after["status"], after["reason"])
    rows = {row["signer_id"]: row for row in after["signers"]}
    assert ("refused", "Wrong price") == (rows[bob]["status"], rows[bob]["reason"])
    for told in (after["ended_at"], rows[ada]["signed_at"]):
        assert timedelta(minutes=1) > abs(vendor.simulator.clock.now() - datetime.fromisoformat(told))


def test_without_a_call_to_start_a_workflow_starts_when_it_rests() -> None:
    """The default dialect cannot start: a complete draft starts after a pause in which nothing was added."""
    simulator = create(dialect=shipped("default"), settling=timedelta(minutes=5))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        workflow_id, (file_id,), (signer_id,) = vendor.ready()
        simulator.clock.advance(timedelta(minutes=4))
        vendor.signature(workflow_id, file_id, signer_id, page=2)
        simulator.clock.advance(timedelta(minutes=4))
        assert [] == vendor.mails()
        simulator.clock.advance(timedelta(minutes=1))
        assert "done" == vendor.person().sign(vendor.link())
        assert ["completed"] == [each["status"] for each in simulator.state()["workflows"]]
        incomplete = vendor.workflow()
        simulator.clock.advance(timedelta(days=1))
        (state,) = [each for each in simulator.state()["workflows"] if each["workflow_id"] == incomplete]
        assert "draft" == state["status"]


# Interfaces


def test_an_interface_has_the_published_defaults(vendor: Driver) -> None:
    """Only the organisation has to be told; every default is the table's, literally."""
    made = vendor.ok("create_interface")["interface_id"]
    (row,) = vendor.ok("list_interfaces")
    now = vendor.simulator.clock.now()
    assert {
        "interface_id": made,
        "organization_id": vendor.organization_id,
        "primary_color": "Default_sign8_color",
        "icon_file_id": "Default_sign8_icon_file_id",
        "logo_file_id": "Default_sign8_logo_file_id",
    } == {key: value for key, value in row.items() if not key.endswith("_at")}
    assert ("Default_sign8_color", "Default_sign8_icon_file_id") == (DEFAULT_COLOR, DEFAULT_ICON)
    assert "Default_sign8_logo_file_id" == DEFAULT_LOGO
    for column in ("created_at", "updated_at"):
        assert timedelta(minutes=1) > abs(now - datetime.fromisoformat(row[column]))


@pytest.mark.parametrize(
    ("told", "icon", "logo"),
    [
        ({"icon_file_id": "i"}, "i", DEFAULT_LOGO),
        ({"logo_file_id": "l"}, DEFAULT_ICON, "l"),
        ({"icon_file_id": "i", "logo_file_id": "l"}, "i", "l"),
        ({"icon_file_id": DEFAULT_ICON, "logo_file_id": DEFAULT_LOGO}, DEFAULT_ICON, DEFAULT_LOGO),
    ],
)
def test_icon_and_logo_are_told_apart(told: dict[str, str], icon: str, logo: str) -> None:
    """Each of the two is what was told for it, and otherwise its own published default."""
    simulator = create(files=["i", "l"])
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        vendor.ok("create_interface", **told)
        (row,) = vendor.ok("list_interfaces")
        assert (icon, logo) == (row["icon_file_id"], row["logo_file_id"])


def test_the_logo_goes_by_the_name_that_is_printed_only_in_a_dialect_that_says_so() -> None:
    """`icon_file_id` is the logo where the dialect gives the logo that name, as the table prints it."""
    printed = {"icon_file_id": "icon", "logo_file_id": "icon_file_id"}
    simulator = create(dialect=parse({"base": "simulator", "fields": {"interface": printed}}), files=["l"])
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        assert 201 == vendor.raw("create_interface", {}, native={"icon_file_id": "l"}).status_code
        (row,) = vendor.ok("list_interfaces")
        assert (DEFAULT_ICON, "l") == (row["icon"], row["icon_file_id"])
        assert 400 == vendor.raw("create_interface", {}, native={"logo_file_id": "l"}).status_code


def test_an_interface_keeps_what_it_is_told(vendor: Driver) -> None:
    """Every column can be told, the key and the times too."""
    at = datetime(2024, 4, 30, 12, tzinfo=UTC)
    vendor.ok("create_interface", interface_id="brand", primary_color="#123456", created_at=at, updated_at=at)
    (row,) = vendor.ok("list_interfaces")
    assert ("brand", "#123456") == (row["interface_id"], row["primary_color"])
    assert at == datetime.fromisoformat(row["created_at"]) == datetime.fromisoformat(row["updated_at"])


def test_workflows_are_listed(vendor: Driver) -> None:
    """The list has every workflow with its id and its status."""
    draft, (active, _files, _signers) = vendor.workflow(), vendor.started()
    rows = {row["workflow_id"]: row["status"] for row in vendor.ok("list")}
    assert {draft: "draft", active: "active"} == rows


# The simulator as a whole


@settings(max_examples=12, deadline=None)
@given(dialect=dialects())
def test_any_dialect_goes_the_whole_way(dialect: Dialect) -> None:
    """Through any complete dialect one workflow is signed and downloaded, and another one refused."""
    simulator = create(dialect=dialect)
    with inbox() as box, simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        simulator.subscribe(box.url)
        people = (ADA, {**BOB, "signature_type": "advanced", "phone": PHONE})
        soon = simulator.clock.now() + timedelta(days=2)
        workflow_id, files, signers = vendor.started(*people, dispatch="sequential", expires_at=soon)
        assert "active" == vendor.status(workflow_id)
        assert ["invited", "waiting"] == [status for _signer, status in vendor.rows(workflow_id)]
        vendor.ok("remind", workflow_id=workflow_id, signer_id=signers[0])
        link = vendor.ok("signature_link", workflow_id=workflow_id, signer_id=signers[0])
        vendor.person(ADA).sign(found(link, dialect.answers.link))
        vendor.person(BOB).sign(vendor.link("bob@example.org"))
        assert "completed" == vendor.status(workflow_id)
        assert [(each, "signed") for each in signers] == vendor.rows(workflow_id)
        assert [] == findings(vendor, vendor.download(workflow_id, files[0]), ADA, BOB)
        assert vendor.audit_report(workflow_id).startswith(b"%PDF-")

        other, _files, _signers = vendor.started(ADA, password="open", interface_id=_interface(vendor))
        Person(name="Ada", password="wrong").decline(vendor.link(), "No")
        assert "refused" == vendor.status(other)
        assert 2 == len(found(vendor.ok("list"), dialect.answers.workflows))
        simulator.webhooks.drain()
        token = simulator.tenant.hooks.token
        paths = [path.removeprefix(f"{token}/") for path in box.paths]
        assert "refused" in [dialect.webhooks.events[path] for path in paths]


def _interface(vendor: Driver) -> str:
    made = str(found(vendor.ok("create_interface"), vendor.dialect.answers.interface_id))
    (row,) = found(vendor.ok("list_interfaces"), vendor.dialect.answers.interfaces)
    assert made == found(row, vendor.dialect.fields.interface.interface_id)
    return made


@settings(max_examples=12, deadline=None)
@given(dialect=dialects(complete=False))
def test_a_dialect_with_gaps_is_served_as_far_as_it_goes(dialect: Dialect) -> None:
    """Whatever a dialect leaves out, a simulator can be made of it, and its account reads as that dialect."""
    simulator = create(dialect=dialect)
    table: Any = simulator.account("http://127.0.0.1:1").table
    assert dialect == parse(table["dialect"])
    assert {key for key in IDS if dialect.offers(key)} == {
        route.endpoint.name for route in simulator._api._routes
    }


@given(word=heard)
def test_a_word_of_digits_may_come_as_a_number(word: str) -> None:
    """A file's keys are text; what they spell is said both as text and as what it spells, in turn."""
    words = {"workflow_statuses": {word: "draft"}}
    simulator = create(dialect=parse({"base": "simulator", "words": words}))
    with simulator:
        said = [simulator.tenant.workflow_word(WorkflowStatus.DRAFT) for _ in range(2)]
    spelled = [str(each).lower() if isinstance(each, bool) else str(each) for each in said]
    assert [word, word] == spelled


def test_a_status_without_a_word_is_said_in_one_that_means_nothing() -> None:
    """A word that the dialect lacks is never one that it gives another meaning."""
    words = {"workflow_statuses": {"active": "completed"}, "signer_statuses": {"sent": "invited"}}
    simulator = create(dialect=parse({"base": "simulator", "words": words}))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        workflow_id, _files, _signers = vendor.started()
        vendor.person().open(vendor.link())
        answer = vendor.ok("status", workflow_id=workflow_id)
        assert answer["status"] not in words["workflow_statuses"]
        # Opened is a finer word for invited.
        assert "sent" == answer["signers"][0]["status"]


def test_the_account_is_ready_to_use() -> None:
    """The table is a whole account, with secrets by reference, and its dialect is the simulator's."""
    for dialect in (None, shipped("default"), parse({"auth": {"type": "header"}})):
        simulator = create(dialect=dialect)
        account = simulator.account("http://127.0.0.1:1")
        text = str(account.table)
        assert all(secret not in text for secret in account.environment.values())
        values = {"accounts": {"de": account.table}}
        config = Config.from_mapping(
            values, source="a test", environ=account.environment, registry=Registry()
        )
        made = config.account("de", Registry())
        assert ("sign8", "test") == (made.provider, made.environment)
        assert simulator.tenant.dialect == made.settings.spoken
        assert simulator.tenant.organization_id == made.settings.organization_id
        assert () == (*made.settings.problems(), *made.settings.credential_problems())
    assert {"base": "simulator"} == create().account("http://127.0.0.1:1").table["dialect"]


def test_the_state_holds_no_personal_data_and_no_secret(vendor: Driver) -> None:
    """The control route shows ids and statuses; names, addresses, phones, keys and passwords stay inside."""
    person = {**ADA, "signature_type": "advanced", "phone": PHONE}
    vendor.started(person, password="canary-password", name="canary-name", description="canary-words")
    state = vendor.http.get("/_simulator/state").text
    key = vendor.link().partition("key=")[2]
    secrets = (vendor.simulator.tenant.credentials.secret, key, vendor.simulator.tenant.hooks.token)
    for hidden in ("canary", "Ada", "Lovelace", "ada@example.org", PHONE, *secrets):
        assert hidden not in state
    assert "active" in state


def test_an_answer_can_be_lost_after_the_effect(vendor: Driver) -> None:
    """Faults hit the dialect's own addresses, and the journal shows that the effect happened once."""
    vendor.simulator.faults.add(Fault(kind=FaultKind.LOST, method="POST", path="/v1/signer/add"))
    workflow_id = vendor.workflow()
    with pytest.raises(httpx.TransportError):
        vendor.signer(workflow_id)
    assert 1 == len(vendor.simulator.effects.of("signer_added"))


def test_two_simulators_share_nothing() -> None:
    """Each simulator has an organisation and secrets of its own."""
    one, other = create(), create()
    assert one.tenant.organization_id != other.tenant.organization_id
    assert one.tenant.credentials.secret != other.tenant.credentials.secret
