"""The simulated Ignisign's application: context, profiles, signers, endpoints, console, vocabularies."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from paraph.testing.simulator import Person
from paraph_ignisign.simulator import DEFAULT_PROFILES, ProfileSpec, create
from paraph_ignisign.simulator.shapes import SIGNER_CREATE, problems
from providers.ignisign.simulator_driver import FOREIGN_ID, Driver, Inbox, inbox

CHECK = "/v4/tokens/webhook-verification/checking-consumption"
# Contract, appendix A: what an ApplicationContext and its settings always have.
CONTEXT_KEYS = {
    "orgId", "appName", "status", "appType", "ignisignApiVersion", "config", "envSettings", "settings",
    "signerProfiles", "signatureProfiles",
}  # fmt: skip
SETTINGS_KEYS = {
    "appId", "orgId", "appEnv", "currentVersion", "webhooks", "extendedAuthSessionEnabled", "apiKeys",
    "ssoConfigs", "onlineProofsEnabled", "googleDrive",
}  # fmt: skip
PROFILE_KEYS = {
    "appId", "appEnv", "name", "status", "version", "isEmailProofSentByIgnisign", "isRecurrent",
    "integrationMode", "signatureAuthMethodsConfiguration",
}  # fmt: skip
COUNTRIES_REFUSED = "AQ AX BQ BV CC CX GF GP HM IO KI MH MP MQ MS NU PF PM PN PW SB SH SJ TC TF TK UM VC"


@pytest.fixture
def vendor() -> Iterator[Driver]:
    """Serve a fresh simulator."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def console(vendor: Driver, **body: Any) -> httpx.Response:
    """Do something in the console over HTTP."""
    return vendor.http.post("/_simulator/console", json=body)


@pytest.mark.parametrize("app_type", ["SIGNATURE", "SEAL", "BARE_SIGNATURE", "LOG_CAPSULE", "WEB3"])
def test_every_type_has_a_context_and_webhooks(app_type: Any) -> None:
    """Context, webhooks and invitations are open to every type of application (contract 2, end)."""
    simulator = create(app_type=app_type)
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        answer = vendor.ok("GET", f"/v4/applications/{vendor.app_id}/context")
        assert (set(), app_type) == (CONTEXT_KEYS - answer.keys(), answer["appType"])
        vendor.ok("POST", "APP/webhooks", {"url": "http://localhost:1/"})
        assert [] == vendor.ok("GET", f"/v4/applications/{vendor.app_id}/users-invitations")


def test_the_application_context_is_whole(vendor: Driver) -> None:
    """Settings, keys and profiles have the shapes of appendix A; a key shows no secret."""
    vendor.ok("POST", "APP/webhooks", {"url": "http://localhost:1/"})
    answer = vendor.ok("GET", f"/v4/applications/{vendor.app_id}/context")
    settings = answer["envSettings"]["STAGING"]
    assert set() == SETTINGS_KEYS - settings.keys()
    assert vendor.ok("GET", "APP/webhooks") == settings["webhooks"]
    (key,) = settings["apiKeys"]
    needed = {"appId", "appEnv", "name", "isRestricted", "displayableSecret", "status"}
    assert (set(), "ACTIVE") == (needed - key.keys(), key["status"])
    secret = vendor.simulator.tenant.credentials.api_key("STAGING").rpartition("_")[2]
    assert secret not in json.dumps(answer)
    profiles = answer["signerProfiles"]["STAGING"]
    assert [set()] * len(profiles) == [PROFILE_KEYS - one.keys() for one in profiles]
    assert settings["defaultSignerProfileId"] == profiles[0]["_id"]
    v3 = f"/v3/applications/{vendor.app_id}"
    assert answer == vendor.ok("GET", f"{v3}/context")
    assert profiles == vendor.ok("GET", "APP/signer-profiles") == vendor.ok("GET", "APP/signature-profiles")
    assert profiles == vendor.ok("GET", f"{v3}/envs/STAGING/signature-profiles")


def test_profiles_say_what_they_want() -> None:
    """Needed and optional inputs come as v4's object and v3's array; modes and methods are as set up."""
    spec = ProfileSpec(
        name="Short", integration_mode="EMBEDDED", methods=("ADVANCED_SMS",),
        inputs_needed=("lastName", "email"), optional_inputs=("phoneNumber",),
        is_recurrent=False, email_domains=("short.example",),
    )  # fmt: skip
    simulator = create(profiles=[spec])
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        profile_id = simulator.profile("Short")
        assert simulator.profile("EMBEDDED") == profile_id
        profile = vendor.ok("GET", f"APP/signer-profiles/{profile_id}")
        assert ("EMBEDDED", False, ["short.example"]) == (
            profile["integrationMode"], profile["isRecurrent"], profile["emailDomains"],
        )  # fmt: skip
        assert ["ADVANCED_SMS"] == list(profile["signatureAuthMethodsConfiguration"])
        wanted = vendor.ok("GET", f"APP/signer-profiles/{profile_id}/inputs-needed")
        expected = {"inputsNeeded": ["lastName", "email"], "optionalInputs": ["phoneNumber"]}
        assert {"signerProfileId": profile_id, **expected} == wanted
        v3 = f"{vendor.app.replace('/v4', '/v3')}/signature-profiles/{profile_id}"
        assert [{"inputsNeeded": ["lastName", "email"]}] == vendor.ok(
            "GET", f"{v3}/signer-inputs-constraints"
        )
        with pytest.raises(LookupError, match="'Short'"):
            simulator.profile("Long")
    with pytest.raises(ValueError, match="unknown inputs"):
        ProfileSpec(name="x", optional_inputs=("shoeSize",))


def test_countries() -> None:
    """Of all pairs of letters exactly 222 are countries here, and the 28 of contract 5 are none."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    taken = {a + b for a in letters for b in letters if not problems({"nationality": a + b}, SIGNER_CREATE)}
    assert (222, True) == (len(taken), "XK" in taken)
    assert set() == taken & set(COUNTRIES_REFUSED.split())


def test_a_signer_shows_what_is_known_of_them(vendor: Driver) -> None:
    """Details hold the summary, a claim for each thing declared, and the requests they are in."""
    made = vendor.signer(phoneNumber="+33612345678", birthCountry="FR", externalId="u")
    assert {"signerId", "entityType", "success", "alreadyExists", "authSecret"} == made.keys()
    request_id = vendor.ready([made["signerId"]])
    path = f"APP/signers/{made['signerId']}"
    summary, details = vendor.ok("GET", path), vendor.ok("GET", f"{path}/details")
    assert summary.items() <= details.items()
    claims = {one["claimRef"]: one["status"] for one in details["claims"]}
    names = ["NATURAL_PERSON_NAME", "EMAIL_POSSESSION", "PHONE_NUMBER_POSSESSION", "BIRTH_COUNTRY"]
    assert dict.fromkeys(names, "DECLARED") == claims
    assert [request_id] == details["latestSignatureRequests"]


def test_a_one_off_signer_becomes_recurrent() -> None:
    """The flag follows the profile, changes one way, and shows in the summary."""
    simulator = create(profiles=[ProfileSpec(name="One-off", is_recurrent=False)])
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        path = f"APP/signers/{vendor.signer('BY_SIDE')['signerId']}"
        before = vendor.ok("GET", path)["isRecurrent"]
        vendor.ok("PUT", path, {"isRecurrent": True})
        refusal = vendor.refusal("PUT", path, {"isRecurrent": False})
        assert (False, True) == (before, vendor.ok("GET", path)["isRecurrent"])
        assert (400, "SIGNER_CREATION__INPUT_FIELD_VALUE_INVALID") == refusal


def test_a_refused_update_changes_nothing(vendor: Driver) -> None:
    """An update with one fault leaves profile, reference and inputs as they were."""
    path = f"APP/signers/{vendor.signer(externalId='before')['signerId']}"
    before = vendor.ok("GET", path)
    body = {
        "signerProfileId": vendor.profile("BY_SIDE"), "externalId": "after", "birthPlace": "X",
        "firstName": "Eve",
    }  # fmt: skip
    assert 400 == vendor.raw("PUT", path, body).status_code
    assert before == vendor.ok("GET", path)
    del body["firstName"]
    vendor.ok("PUT", path, body)
    assert ("after", vendor.profile("BY_SIDE")) == tuple(
        vendor.ok("GET", path)[key] for key in ("externalId", "signerProfileId")
    )


def test_signers_of_v3_name_their_profile_otherwise(vendor: Driver) -> None:
    """The v3 route takes signatureProfileId, and v4's name is unknown to it."""
    path, person = f"{vendor.app.replace('/v4', '/v3')}/signers", {"lastName": "L", "firstName": "A"}
    profile = {"signatureProfileId": vendor.profile("EMBEDDED")}
    signer_id = vendor.ok("POST", path, {**person, "email": "a@example.org", **profile})["signerId"]
    assert profile["signatureProfileId"] == vendor.ok("GET", f"APP/signers/{signer_id}")["signerProfileId"]
    wrong = {**person, "email": "a@example.org", "signerProfileId": profile["signatureProfileId"]}
    assert (400, "BODY_VALIDATION_FAILED") == vendor.refusal("POST", path, wrong)


def test_setup_and_identity(vendor: Driver) -> None:
    """A setup makes a request of its own type; a session for identity alone is announced, not there."""
    request_id = vendor.ok("POST", "APP/signer-setup", {})["signatureRequestId"]
    assert "SIGNER_SETUP" == vendor.context(request_id)["signatureRequestType"]
    path = f"APP/signers/{vendor.signer()['signerId']}/id-proofing"
    assert (500, "NOT_YET_IMPLEMENTED") == vendor.refusal("POST", path, {})


def test_disputed_habits() -> None:
    """By option signers' pages start at 1 and writing an endpoint answers it alone."""
    simulator = create(page_size=1, signers_first_page=1, webhook_replies="single")
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        ids = [vendor.signer()["signerId"] for _time in range(2)]
        pages = [vendor.ok("GET", f"APP/signers-paginate?page={page}")["signers"] for page in (1, 2, 3)]
        assert [[ids[0]], [ids[1]], []] == [[one["signerId"] for one in page] for page in pages]
        assert (400, "QUERY_VALIDATION_FAILED") == vendor.refusal("GET", "APP/signers-paginate?page=0")
        made = vendor.ok("POST", "APP/webhooks", {"url": "http://localhost:1/"})
        changed = vendor.ok("PUT", f"/v4/webhooks/{made['_id']}", {"url": "http://localhost:1/b"})
        assert (made["_id"], "http://localhost:1/b") == (changed["_id"], changed["url"])


def test_old_keys_have_the_documented_layout(vendor: Driver) -> None:
    """Old secrets are sk_<env>_<uuid>, new ones skv2_<env>_<uuid of the app>_<secret>."""
    credentials = vendor.simulator.tenant.credentials
    prefix, env, rest = credentials.old_secret("STAGING").split("_")
    assert ("sk", "staging", 36) == (prefix, env, len(rest))
    new = credentials.api_key("STAGING").split("_")
    assert (["skv2", "staging"], vendor.app_id) == (new[:2], f"appId_{new[2]}")


def test_the_history_of_an_endpoint(vendor: Driver) -> None:
    """Events page from 1, filter by outcome, and keep what was sent and answered."""
    with inbox() as box:
        (endpoint,) = vendor.ok("POST", "APP/webhooks", {"url": box.url})
        for status in (200, 500, 200):
            box.status = status
            vendor.draft()
            vendor.simulator.webhooks.drain()
        path = f"/v4/webhooks/{endpoint['_id']}/events"
        counts = {
            one: vendor.ok("GET", f"{path}?filter={one}")["searchData"]["total"] for one in ("ALL", "SUCCESS")
        }
        assert {"ALL": 3, "SUCCESS": 2} == counts
        (failed,) = vendor.ok("GET", f"{path}?filter=FAILED")["events"]
        assert (500, "FAILED", endpoint["_id"]) == (
            failed["response"]["status"], failed["status"], failed["webhookId"],
        )  # fmt: skip
        second = vendor.ok("GET", f"{path}?page=2&pageSize=2")
        assert {"total": 3, "page": 2, "nbEventsPerPage": 2} == second["searchData"]
        assert 1 == len(second["events"])
        assert second["events"][0] == vendor.ok("GET", f"{path}/{second['events'][0]['_id']}")


def test_the_console_disables_an_endpoint(vendor: Driver) -> None:
    """A disabled endpoint says so and gets nothing until it is enabled again; HTTP and Python do the same."""
    with inbox() as box:
        (endpoint,) = vendor.ok("POST", "APP/webhooks", {"url": box.url})
        assert endpoint["isDisabled"] is False
        assert 200 == console(vendor, do="disable_webhook", webhook_id=endpoint["_id"]).status_code
        assert [True] == [one["isDisabled"] for one in vendor.ok("GET", "APP/webhooks")]
        vendor.draft()
        vendor.simulator.console.enable_webhook(endpoint["_id"])
        vendor.signer()
        vendor.simulator.webhooks.drain()
        assert ["SIGNER/CREATED"] == box.names
        unknown = console(vendor, do="disable_webhook", webhook_id=FOREIGN_ID)
        assert (400, True) == (unknown.status_code, "no webhook endpoint" in unknown.json()["error"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"do": "_switch"},
        {"do": "nothing"},
        {"do": "announce", "action": "X"},
        {"do": "announce"},
        {"do": "revoke_keys", "app_env": "TEST"},
        {"do": "add_profile", "spec": 1},
        {"do": "add_profile", "spec": {"name": 1}},
        {"do": "add_profile", "spec": {"name": "x", "methods": []}},
    ],
)
def test_the_console_refuses_nonsense(vendor: Driver, body: Any) -> None:
    """What the console does not know is 400 with a reason."""
    answer = vendor.http.post("/_simulator/console", json=body)
    assert (400, True) == (answer.status_code, bool(answer.json()["error"]))


def test_topics_are_switched_off_in_the_odd_way(vendor: Driver) -> None:
    """All topics but one beside `ALL: true` leave that one on (contract 2, from one client's code)."""
    topics = ["APP", "SIGNATURE", "SIGNATURE_REQUEST", "SIGNER", "SIGNATURE_PROFILE", "SIGNATURE_SESSION",
              "SIGNATURE_SIGNER_IMAGE", "ID_PROOFING", "SIGNER_AUTH", "ALL"]  # fmt: skip
    with inbox() as box:
        (endpoint,) = vendor.ok("POST", "APP/webhooks", {"url": box.url})
        body = {"topics": dict.fromkeys(topics, True)}
        vendor.ok("POST", f"/v4/webhooks/{endpoint['_id']}/disabled-events", body)
        _request_id, link = vendor.published()
        Person(name="Ada").sign(link)
        vendor.simulator.webhooks.drain()
        assert ["SIGNATURE_PROOF/GENERATED"] == box.names


def minted(vendor: Driver, app_env: str = "STAGING") -> str:
    """Return a fresh webhook token of one environment."""
    tenant = vendor.simulator.tenant
    context = type(tenant.home)(app_id=vendor.app_id, app_env=app_env)
    return tenant.tokens.mint(tenant.tokens.WEBHOOK, context, tenant.clock.now())


@pytest.mark.parametrize(
    ("make", "flag"),
    [
        (lambda _vendor: "x", "notFound"),
        (lambda vendor: minted(vendor, "PRODUCTION"), "badRelatedId"),
        (lambda vendor: httpx.URL(vendor.published()[1]).params["token"], "badTarget"),
        (minted, None),
    ],
)
def test_outcomes_of_a_token_check(vendor: Driver, make: Callable[[Driver], str], flag: str | None) -> None:
    """A bad token is an answer with exactly one reason; a good one is consumed, and then it is that."""
    names = ("notFound", "alreadyConsumed", "badTarget", "isExpired", "badRelatedId")
    body = {"token": make(vendor), "appId": vendor.app_id, "appEnv": "STAGING"}
    for expected in (flag, flag or "alreadyConsumed"):
        answer = vendor.ok("POST", CHECK, body)
        assert [expected] * (expected is not None) == [name for name in names if answer[name]]
        assert (expected is None,) * 2 == (answer["isValid"], answer["haveBeenConsumed"])
        assert (expected is None) == ("errorStr" not in answer)


def test_nobody_uses_up_the_token_of_another_environment(vendor: Driver) -> None:
    """The key of one environment cannot consume another's token, whatever environment its body names."""
    simulator = vendor.simulator
    with inbox() as box, Driver(simulator, vendor.base_url, "PRODUCTION") as other:
        vendor.ok("POST", "APP/webhooks", {"url": box.url})
        vendor.draft()
        simulator.webhooks.drain()
        body = {"token": box.bodies[0]["verificationToken"], "appId": vendor.app_id, "appEnv": "STAGING"}
        path = "/v4/tokens/webhook-verification/checking-consumption"
        foreign, own = other.ok("POST", path, body), vendor.ok("POST", path, body)
    assert (False, True) == (foreign["isValid"], foreign["badRelatedId"])
    assert (True, True) == (own["isValid"], own["haveBeenConsumed"])


def test_application_events_reach_production_only() -> None:
    """APP events go to endpoints registered in PRODUCTION, whatever the home environment (contract 4.1)."""
    with inbox() as box, inbox() as elsewhere:
        simulator = create(app_env="PRODUCTION", webhook_urls=[box.url])
        with simulator.running() as base_url, Driver(simulator, base_url, "PRODUCTION") as vendor:
            with Driver(simulator, base_url, "STAGING") as staging:
                staging.ok("POST", "APP/webhooks", {"url": elsewhere.url})
            users = f"/v4/applications/{vendor.app_id}/users-invitations"
            roles: dict[str, list[str]] = {"DEVELOPMENT": [], "STAGING": ["READER"], "PRODUCTION": ["ADMIN"]}
            invited = vendor.ok("POST", users, {"email": "eve@example.org", "roles": roles})
            assert {"_id", "email", "appId", "status", "roles"} == invited.keys()
            assert "eve@example.org" == simulator.outbox[0].to
            console(vendor, do="answer_invitation", invitation_id=invited["_id"], status="ACCEPTED")
            console(vendor, do="announce", action="SETTINGS_UPDATED")
            console(vendor, do="set_application_status", status="ARCHIVED")
            simulator.webhooks.drain()
    assert ["APP/MEMBERSHIP_UPDATED", "APP/SETTINGS_UPDATED", "APP/ARCHIVED"] == box.names
    assert [{"userId": invited["_id"]}, {}, {}] == [one["content"] for one in box.bodies]
    assert [] == elsewhere.names


def profile_life(vendor: Driver) -> None:
    """Let a profile live from beginning to end."""
    made = console(vendor, do="add_profile", spec={"name": "New", "methods": ["SIMPLE_STD"]}).json()["result"]
    vendor.simulator.console.rename_profile(made, "Newer")
    vendor.simulator.console.archive_profile(made)
    profile = vendor.ok("GET", f"APP/signer-profiles/{made}")
    assert ("Newer", 2, "ARCHIVED") == (profile["name"], profile["version"], profile["status"])


def proof_life(vendor: Driver) -> None:
    """Let a request be signed, its advanced proof be made, and its proof fail."""
    request_id, link = vendor.published()
    Person(name="Ada").sign(link)
    document_id = vendor.context(request_id)["documentIds"][0]
    vendor.simulator.console.make_advanced_proof(document_id)
    vendor.simulator.console.fail_proof(document_id)
    tenant = vendor.simulator.tenant
    request = tenant.requests[request_id]
    images = f"/v4/documents/{document_id}/img-signatures"
    (shown,) = vendor.ok("GET", images)["signatures"]
    console(vendor, do="fail_image", document_id=document_id, signer_id=shown["signerId"])
    assert (400, "SIGNATURE_IMAGE_NOT_CREATED") == vendor.refusal("GET", images)
    tenant.hooks.request(request, "FAILED", error={"errorCode": "FAILED_TO_LAUNCH_X"})
    assert "ON_ERROR" == vendor.context(request_id)["signatureProofStatus"]


# topic, models' action, quick start's action (None: it has none), nature (models), keys of the content
EVENTS: list[tuple[Callable[[Driver], None], str, str, str | None, str, set[str]]] = [
    (profile_life, "SIGNATURE_PROFILE", "CREATED", "CREATED", "INFO", {"signatureProfileId"}),
    (profile_life, "SIGNATURE_PROFILE", "ARCHIVED", "ARCHIVED", "INFO", {"signatureProfileId"}),
    (proof_life, "SIGNATURE_PROOF", "ADV_GENERATED", None, "SUCCESS",
     {"appId", "appEnv", "documentId", "signatureRequestId", "signatureProofToken", "signatureProofUrl"}),
    (proof_life, "SIGNATURE_PROOF", "GENERATED", "FAILED", "ERROR",
     {"appId", "appEnv", "documentId", "signatureRequestId", "signatureProofToken", "signatureProofUrl"}),
    (proof_life, "SIGNATURE_SIGNER_IMAGE", "GENERATED", "FAILED", "ERROR",
     {"appId", "appEnv", "documentId", "signatureRequestId", "signerId"}),
    (proof_life, "SIGNATURE_REQUEST", "FAILED", None, "ERROR", {"signatureRequestId", "status"}),
]  # fmt: skip


def lived(live: Callable[[Driver], None], vocabulary: Any) -> Inbox:
    """Return what an endpoint got while `live` went on."""
    with inbox() as box:
        simulator = create(vocabulary=vocabulary, webhook_urls=[box.url])
        with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
            live(vendor)
            simulator.webhooks.drain()
    return box


@pytest.fixture(scope="module")
def told() -> dict[tuple[str, str], Inbox]:
    """Let both lives happen once in either vocabulary."""
    lives = (profile_life, proof_life)
    return {(live.__name__, word): lived(live, word) for live in lives for word in ("models", "quickstart")}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event[1]}/{event[2]}/{event[4]}")
def test_events_that_the_console_causes(told: dict[tuple[str, str], Inbox], event: Any) -> None:
    """Each event has the models' name, nature and content, and the quick start's name or none at all."""
    live, topic, action, renamed, nature, keys = event
    models, quickstart = (told[live.__name__, word] for word in ("models", "quickstart"))
    (found,) = (one for one in models.of(f"{topic}/{action}") if one["msgNature"] == nature)
    assert keys == found["content"].keys()
    assert (nature == "ERROR") == ("errorCode" in found.get("error", {}))
    if renamed is None:
        assert [] == quickstart.of(f"{topic}/{action}")
    else:
        natures = {one["msgNature"] for one in quickstart.of(f"{topic}/{renamed}")}
        assert {"ERROR" if nature == "ERROR" else "SUCCESS"} == natures


@pytest.mark.parametrize(
    ("vocabulary", "expected"), [("models", ["INITIALIZED"]), ("quickstart", ["STARTED", "UPDATED"])]
)
def test_only_the_quick_start_knows_updated_sessions(vocabulary: Any, expected: list[str]) -> None:
    """A page opened twice is one session; that it was opened again only the quick start tells."""

    def looked_at_twice(vendor: Driver) -> None:
        _request_id, link = vendor.published()
        assert ["sign", "sign"] == [Person(name="Ada").open(link) for _time in range(2)]

    box = lived(looked_at_twice, vocabulary)
    sessions = [body for body in box.bodies if body["topic"] == "SIGNATURE_SESSION"]
    assert expected == [body["action"] for body in sessions]
    assert 1 == len({str(body["content"]) for body in sessions})


def test_only_the_quick_start_knows_changed_profiles(told: dict[tuple[str, str], Inbox]) -> None:
    """SIGNATURE_PROFILE/UPDATED is the quick start's alone (contract 4.3)."""
    counts = [
        len(told["profile_life", word].of("SIGNATURE_PROFILE/UPDATED")) for word in ("models", "quickstart")
    ]
    assert [0, 1] == counts


def test_the_default_profiles_are_two_ways_to_sign() -> None:
    """Without options there is one profile by e-mail and one embedded."""
    assert ["BY_SIDE", "EMBEDDED"] == [spec.integration_mode for spec in DEFAULT_PROFILES]
