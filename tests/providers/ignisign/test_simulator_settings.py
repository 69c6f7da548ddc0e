"""What an operator sets for the simulated application, and its plan: told by the context, and obeyed."""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import attrs
import httpx
import pytest

from paraph import Client, Document, Envelope, Signatory
from paraph.config import Config
from paraph.errors import Refused
from paraph.testing.simulator import Person
from paraph_ignisign import IgnisignOptions
from paraph_ignisign.simulator import DEFAULT_PROFILES, ConsoleSettings, ProfileSpec, create
from providers.ignisign.constraints import (
    MISMATCH,
    PUBLISH,
    Attempt,
    call,
    on_document,
    on_request,
    profile,
    updating,
)
from providers.ignisign.simulator_driver import Driver, make_pdf

PROFILES = (
    *DEFAULT_PROFILES,
    ProfileSpec(name="Qualified", integration_mode="EMBEDDED", methods=("SIMPLE_STD", "QUALIFIED_STD")),
)
INIT = "APP/init-documents"
HASH = {"documentHash": "ab" * 32}
TEMPLATES = {"invoice": 3}
NO_TEMPLATE = (404, "TEMPLATE_DISPLAYER_NOT_FOUND")
ADA = Person(name="Ada Lovelace")


@attrs.frozen
class Setting:
    """A constraint that a setting makes: the same call is refused with it and accepted without."""

    name: str
    place: str
    settings: dict[str, Any]
    attempt: Attempt
    refused: tuple[int, str]
    without: dict[str, Any] = attrs.field(factory=dict)


@pytest.fixture(scope="module")
def vendor() -> Iterator[Driver]:
    """Serve one simulator, whose settings each test puts back."""
    simulator = create(profiles=PROFILES)
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


@contextmanager
def changed(vendor: Driver, **settings: Any) -> Iterator[None]:
    """Change settings for a while, as somebody who does not use Python would."""
    before = vendor.simulator.tenant.settings
    answer = vendor.http.post("/_simulator/console", json={"do": "change", **settings})
    assert 200 == answer.status_code, answer.text
    try:
        yield
    finally:
        vendor.simulator.tenant.settings = before


def person(mode: str = "Customers by e-mail") -> Any:
    """Return what stands for a new signer of a profile."""

    def made(vendor: Driver, request_id: str) -> str:
        known = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}
        body = {"signerProfileId": profile(mode)(vendor, request_id), **known}
        return str(vendor.ok("POST", "APP/signers", body)["signerId"])

    return made


def empty(vendor: Driver) -> str:
    """Return a document without content."""
    return vendor.document(vendor.draft())


def ready(**fields: Any) -> Callable[[Driver], str]:
    """Return a maker of a draft that lacks nothing, but for what `fields` take away."""
    return lambda vendor: vendor.ready([person()(vendor, "")], **fields)


def one_call(vendor: Driver) -> httpx.Response:
    """Try everything in one call."""
    body = {
        "title": "t",
        "signatureMethod": "SIMPLE_STD",
        "signers": [{"email": "a@example.org", "firstName": "A", "lastName": "B"}],
        "documents": [
            {
                "originalName": "c.pdf",
                "mimeType": "application/pdf",
                "base64": base64.b64encode(make_pdf()).decode(),
            }
        ],
    }
    return vendor.raw("POST", "/v4/signature-requests/one-call-sign", body)


ROWS = [
    Setting(
        "no other language", "appendix A, EnvSettings", {"language_fixed": True},
        updating({"language": "FR"}), (400, f"{MISMATCH}LANGUAGE_CANNOT_BE_CHANGED"),
    ),
    Setting(
        "no extended sessions", "appendix A, EnvSettings", {"extended_sessions": False},
        updating({"extendedAuthSessionEnabled": True}), (400, f"{MISMATCH}EXTENDED_AUTH_SESSION_NOT_ALLOWED"),
        {"extended_sessions": True},
    ),
    Setting(
        "a method by default", "5, publish preconditions", {"default_signature_level": None},
        on_request("POST", "/publish", {}, given=ready(defaultSignatureMethod=None)),
        (400, f"{PUBLISH}NO_DEFAULT_SIGNATURE_METHOD"), {"default_signature_level": "SIMPLE_STD"},
    ),
    Setting(
        "data as JSON", "1, row 24", {"without": ["DATA_JSON"]},
        on_document("POST", "/data-json-content", {"jsonContent": {}}, given=empty),
        (403, "DATA_JSON_NOT_ENABLED"),
    ),
    Setting(
        "private files", "1, row 26", {"without": ["FULL_PRIVACY"]},
        on_document("POST", "/private-content", HASH, given=empty), (403, "FULL_PRIVACY_NOT_ENABLED"),
    ),
    Setting(
        "full privacy", "appendix B, plan features", {"without": ["FULL_PRIVACY"]},
        updating({"fullPrivacy": True}), (403, "FULL_PRIVACY_NOT_ENABLED"),
    ),
    Setting(
        "qualified signatures", "1, row 22", {"without": ["QUALIFIED_SIGNATURE"]},
        updating({"signerIds": [person("Qualified")], "defaultSignatureMethod": "QUALIFIED_STD"}),
        (403, "QUALIFIED_SIGNATURE_NOT_ENABLED"),
    ),
    Setting(
        "qualified signatures of a profile", "1, row 22", {"without": ["QUALIFIED_SIGNATURE"]},
        updating(
            {
                "signerProfilesSignatureMethod": [
                    {"signerProfileId": profile("Qualified"), "signatureMethodRef": "QUALIFIED_STD"}
                ]
            }
        ),
        (403, "QUALIFIED_SIGNATURE_NOT_ENABLED"),
    ),
    Setting(
        "embedded signers", "appendix B, plan features", {"without": ["EMBEDDED"]},
        updating({"signerIds": [person("Customers embedded")]}), (403, "EMBEDDED_NOT_ENABLED"),
    ),
    Setting(
        "embedded approvers", "appendix B, plan features", {"without": ["EMBEDDED"]},
        updating({"signerIdsAsApprover": [person("Customers embedded")]}), (403, "EMBEDDED_NOT_ENABLED"),
    ),
    Setting(
        "billing", "1, row 22", {"without": ["BILLING"]},
        call("POST", "APP/signature-requests", {}), (403, "ORGANIZATION_BILLING_NOT_ACTIVE"),
    ),
    Setting(
        "billing of one call", "1, row 22", {"without": ["BILLING"]}, one_call,
        (403, "ORGANIZATION_BILLING_NOT_ACTIVE"),
    ),
    *(
        Setting(
            f"init with {what}", "1, row 3", {"templates": {}}, attempt,
            NO_TEMPLATE, {"templates": TEMPLATES},
        )
        for what, attempt in {
            "a template": lambda vendor: made_of(vendor, templateDisplayerId="invoice"),
            "its version": lambda vendor: made_of(
                vendor, templateDisplayerId="invoice", templateDisplayerVersion=3
            ),
        }.items()
    ),
    Setting(
        "init with an older version", "1, row 3", {"templates": {"invoice": 1}},
        lambda vendor: made_of(vendor, templateDisplayerId="invoice", templateDisplayerVersion=2),
        NO_TEMPLATE, {"templates": TEMPLATES},
    ),
    Setting(
        "update with a template", "1, row 29", {"templates": {}},
        on_document("PUT", "", {"templateDisplayerId": "invoice"}, given=empty),
        NO_TEMPLATE, {"templates": TEMPLATES},
    ),
]  # fmt: skip


def made_of(vendor: Driver, **template: Any) -> httpx.Response:
    """Try to make a document of a template."""
    return vendor.raw("POST", INIT, {"signatureRequestId": vendor.draft(), **template})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_settings(vendor: Driver, row: Setting) -> None:
    """The same call is refused while the setting forbids it, and accepted before and after."""
    accepted = (row.without, (200, None))
    for settings, expected in (accepted, (row.settings, row.refused), accepted):
        with changed(vendor, **settings):
            answer = row.attempt(vendor)
        assert expected == (answer.status_code, answer.json().get("code")), answer.text


@pytest.mark.parametrize("version", [0, 4, 1.5, -1])
def test_a_version_that_the_template_never_had(vendor: Driver, version: float) -> None:
    """Only whole versions from the first to the newest exist; a version alone names no template."""
    for template in (
        {"templateDisplayerId": "invoice", "templateDisplayerVersion": version},
        {"templateDisplayerVersion": 1},
        {"templateDisplayerId": "letter", "templateDisplayerVersion": 1},
    ):
        with changed(vendor, templates=TEMPLATES):
            answer = made_of(vendor, **template)
        assert NO_TEMPLATE == (answer.status_code, answer.json()["code"])


def test_a_template_is_kept_and_told(vendor: Driver) -> None:
    """A document tells its template; a later update of the version alone is one of the same template."""
    with changed(vendor, templates=TEMPLATES):
        made = made_of(vendor, templateDisplayerId="invoice", templateDisplayerVersion=1).json()
        path = f"/v4/documents/{made['documentId']}"
        vendor.ok("PUT", path, {"templateDisplayerVersion": 2})
        told = vendor.ok("GET", path)
        assert ("invoice", 2) == (told["templateDisplayerId"], told["templateDisplayerVersion"])
        assert NO_TEMPLATE == vendor.refusal("PUT", path, {"templateDisplayerVersion": 9})


def environment(vendor: Driver) -> Any:
    """Return the settings of the environment, as the context tells them."""
    return vendor.ok("GET", f"/v4/applications/{vendor.app_id}/context")["envSettings"]["STAGING"]


def test_the_context_tells_the_settings() -> None:
    """Language, sessions, method and retention are told as they are, and as the console changes them."""
    simulator = create(
        settings=ConsoleSettings(
            language_fixed=True, extended_sessions=True, default_signature_level="ADVANCED_STD"
        ),
        original_retention=timedelta(days=30),
        proof_retention=timedelta(hours=25),
    )
    with ExitStack() as stack:
        vendor = stack.enter_context(Driver(simulator, stack.enter_context(simulator.running())))
        names = (
            "languageCanBeChanged", "extendedAuthSessionEnabled", "defaultSignatureLevel",
            "originalFileRetentionDurationInDays", "highLevelProofsRetentionDurationInDays",
        )  # fmt: skip
        assert [False, True, "ADVANCED_STD", 30, 2] == [environment(vendor)[name] for name in names]
        with changed(vendor, language_fixed=False):
            assert [True, True] == [environment(vendor)[name] for name in names[:2]]
        plain = create()
        other = stack.enter_context(Driver(plain, stack.enter_context(plain.running())))
        assert {"languageCanBeChanged", "extendedAuthSessionEnabled"} == set(names) & environment(
            other
        ).keys()


def test_the_application_s_own_language_is_no_change(vendor: Driver) -> None:
    """With a fixed language a request may name that one."""
    with changed(vendor, language_fixed=True):
        vendor.ok("PUT", f"/v4/signature-requests/{vendor.draft()}", {"language": "EN"})


def test_the_default_method_signs() -> None:
    """It is the method of who signs by default, of children too; a method that is named wins."""
    simulator = create(settings=ConsoleSettings(default_signature_level="ADVANCED_STD"))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:

        def levels(**fields: Any) -> list[str]:
            signer_id = vendor.signer("BY_SIDE")["signerId"]
            vendor.publish(vendor.ready([signer_id], **fields))
            ADA.sign(simulator.outbox[-1].link)
            newest = list(simulator.tenant.requests.values())[-1]
            (signature,) = vendor.ok("GET", f"/v4/documents/{newest.document_ids[0]}/signatures")
            return [signature["eidasLevel"]]

        nothing: dict[str, Any] = {"defaultSignatureMethod": None}
        assert ["AES"] == levels(**nothing)
        assert ["AES"] == levels(**nothing, individualizeRequests=True)
        assert ["SES"] == levels(defaultSignatureMethod="SIMPLE_STD")


def test_a_profile_tells_its_signers(vendor: Driver) -> None:
    """A profile that is asked for names those who have it, and nobody else; the list names nobody."""
    mine, other = vendor.signer("EMBEDDED")["signerId"], vendor.signer("BY_SIDE")["signerId"]
    shown = vendor.ok("GET", f"APP/signer-profiles/{vendor.profile('EMBEDDED')}")["signerIds"]
    assert (True, False) == (mine in shown, other in shown)
    assert all("signerIds" not in one for one in vendor.ok("GET", "APP/signer-profiles"))


def test_proofs_are_kept_from_when_they_were_made() -> None:
    """A retention that is shorter than the making of proofs lets them be, and takes them afterwards."""
    simulator = create(processing=timedelta(minutes=10), proof_retention=timedelta(minutes=1))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        request_id, link = vendor.published()
        simulator.clock.advance(timedelta(minutes=10))
        ADA.sign(link)
        seen = []
        for minutes in (10, 10, 1):
            simulator.clock.advance(timedelta(minutes=minutes))
            seen.append(vendor.context(request_id)["signatureProofStatus"])
        assert ["IN_PROGRESS", "CREATED", "CLEANED"] == seen


@pytest.mark.parametrize(
    "given",
    [
        {"language_fixed": "yes"},
        {"extended_sessions": 1},
        {"default_signature_level": "SES"},
        {"without": "DATA_JSON"},
        {"without": ["JSON"]},
        {"templates": {"invoice": 0}},
        {"templates": {"invoice": "1"}},
        {"templates": ["invoice"]},
        {"colour": "blue"},
    ],
)
def test_settings_that_do_not_exist(vendor: Driver, given: dict[str, Any]) -> None:
    """What is no setting is refused when the simulator is made, and by the console, which changes nothing."""
    with pytest.raises((TypeError, ValueError)):
        ConsoleSettings(**given)
    before = vendor.simulator.tenant.settings
    answer = vendor.http.post("/_simulator/console", json={"do": "change", **given})
    assert (400, True) == (answer.status_code, bool(answer.json()["error"]))
    assert before == vendor.simulator.tenant.settings


@pytest.mark.parametrize(
    ("wish", "forbidden", "allowed", "code", "field"),
    [
        (
            {"language": "fr"},
            {"language_fixed": True},
            {"language_fixed": False},
            "language.fixed",
            ("language", "FR"),
        ),
        (
            {"options": [IgnisignOptions(extended_auth_session=True)]},
            {"extended_sessions": False},
            {"extended_sessions": True},
            "extended_auth_session.off",
            ("extendedAuthSessionEnabled", True),
        ),
    ],
)
def test_the_plugin_meets_the_settings(
    vendor: Driver,
    wish: dict[str, Any],
    forbidden: dict[str, Any],
    allowed: dict[str, Any],
    code: str,
    field: tuple[str, Any],
) -> None:
    """What the console forbids is found before anything is made; what it allows is sent, and accepted."""
    account = vendor.simulator.account(vendor.base_url)
    config = Config.from_mapping({"accounts": {"hr": account.table}}, environ=account.environment)
    ada = Signatory.parse("Ada Lovelace <ada@example.org>", id="ada")

    def lease() -> Envelope:
        document = Document.from_bytes(make_pdf(), name="lease.pdf")
        return Envelope(title="Lease", documents=[document], signatories=[ada], **wish)

    with Client.from_config(config) as client:
        with changed(vendor, **forbidden):
            before = len(vendor.simulator.effects.all())
            with pytest.raises(Refused) as refused:
                client.send(lease())
            assert [code] == [one.code for one in refused.value.problems]
            assert before == len(vendor.simulator.effects.all())
        with changed(vendor, **allowed):
            assert "sent" == client.send(lease()).lifecycle
    newest = list(vendor.simulator.tenant.requests.values())[-1]
    assert field in newest.fields.items()
