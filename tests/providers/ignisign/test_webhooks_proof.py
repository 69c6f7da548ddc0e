"""What a token check decides, row by row, over real HTTP: proven, presumed, replayed, forged, unknown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
import pytest
from fpdf import FPDF

from paraph import Client, Config, Document, Envelope, Lifecycle, Signatory
from paraph.model import Event, FactType
from paraph.ops.believe import SCHEDULE
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.store.memory import MemoryStore
from paraph_ignisign.simulator import create

CHECK = "/v4/tokens/webhook-verification/checking-consumption"
Fault = Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]


class Wire(httpx.HTTPTransport):
    """Real HTTP that writes down what is asked; `fault` stands between us and the token check."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []
        self.fault: Fault | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, or let the fault do what it does."""
        self.paths.append(request.url.path)
        if self.fault is not None and request.url.path == CHECK:
            return self.fault(request, lambda: super(Wire, self).handle_request(request))
        return super().handle_request(request)

    def count(self, ending: str) -> int:
        """How many requests had a path that ends so."""
        return len([path for path in self.paths if path.endswith(ending)])


@attrs.define
class Time:
    """Our time, which a test moves forward."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """Return it."""
        return datetime.now(UTC) + self.ahead


@attrs.define
class Stage:
    """A vendor, our client, and an envelope that one person has to sign."""

    simulator: Any
    client: Client
    wire: Wire
    time: Time
    envelope: str = ""
    request: str = ""
    signer: str = ""

    def token(self, purpose: str = "WEBHOOK_VERIFICATION", env: str = "STAGING") -> str:
        """Let the vendor mint a token."""
        tenant = self.simulator.tenant
        context = attrs.evolve(tenant.home, app_env=env)
        with tenant.lock:
            return str(tenant.tokens.mint(purpose, context, self.simulator.clock.now()))

    def body(self, token: str, action: str = "INITIALIZED") -> bytes:
        """Write what the vendor would deliver: somebody opened the page."""
        tenant = self.simulator.tenant
        content = {"signatureRequestId": self.request, "signerId": self.signer}
        said = {"topic": "SIGNATURE_SESSION", "action": action, "msgNature": "INFO"}
        own = {"appId": tenant.home.app_id, "appEnv": tenant.home.app_env}
        return json.dumps({**own, **said, "content": content, "verificationToken": token}).encode()

    def post(self, body: bytes) -> Outcome:
        """Deliver it to our client."""
        return self.client.ingest("hr", headers={"content-type": "application/json"}, body=body)

    def later(self, by: timedelta) -> tuple[Outcome, ...]:
        """Let our time pass, and process what waits."""
        self.time.ahead += by
        return self.client.process_due()

    def told(self) -> set[FactType]:
        """Return what is known of the envelope."""
        return {event.type for event in self.client.events(self.envelope)}

    @property
    def checks(self) -> int:
        """How often the vendor was asked about a token."""
        return self.wire.paths.count(CHECK)


def a_pdf() -> bytes:
    """Make a document."""
    paper = FPDF()
    paper.add_page()
    return bytes(paper.output())


@pytest.fixture(scope="module")
def vendor() -> Iterator[tuple[Any, str]]:
    """One simulator, whose tokens live for a day."""
    simulator = create()
    with simulator.running() as base_url:
        yield simulator, base_url


@pytest.fixture
def stage(vendor: tuple[Any, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """An envelope of its own for each test."""
    simulator, base_url = vendor
    account = simulator.account(base_url)
    for name, value in account.environment.items():
        monkeypatch.setenv(name, value)
    config = Config.from_mapping({"accounts": {"hr": account.table}}, source="test")
    wire = Wire()
    time = Time()
    client = Client(
        config,
        registry=config.registry,
        store=MemoryStore(),
        transport=wire,
        clock=time.now,
        pause=lambda _: None,
    )
    with client:
        found = Stage(simulator=simulator, client=client, wire=wire, time=time)
        person = Signatory(given_name="Ada", family_name="Lovelace", email="a@example.org", delivery="link")
        document = Document.from_bytes(a_pdf(), name="contract.pdf")
        sent = client.send(
            Envelope(title="Contract", documents=[document], signatories=[person]), account="hr"
        )
        found.envelope, found.request = sent.id, sent.vendor_ref or ""
        found.signer = sent.signatories[0].vendor_ref or ""
        wire.paths.clear()
        yield found


def opened(events: tuple[Event, ...]) -> list[bool]:
    """Return of each telling that the page was opened whether the API confirmed it."""
    return [event.confirmed for event in events if event.type is FactType.SIGNATORY_OPENED]


def test_a_valid_token_proves_a_delivery(stage: Stage) -> None:
    """A true isValid: what the delivery says is believed, without being confirmed by a read."""
    outcome = stage.post(stage.body(stage.token()))
    assert (OutcomeKind.ACCEPTED, 200) == (outcome.kind, outcome.status)
    assert [False] == opened(outcome.events)
    assert (1, 0) == (stage.checks, stage.wire.count("/context"))


def test_the_same_delivery_again_is_a_duplicate(stage: Stage) -> None:
    """The same body with the same token: answered 200, neither checked nor told again."""
    body = stage.body(stage.token())
    stage.post(body)
    again = stage.post(body)
    assert (OutcomeKind.DUPLICATE, 200, ()) == (again.kind, again.status, again.events)
    assert 1 == stage.checks


def test_the_same_token_with_another_body_is_a_replay(stage: Stage) -> None:
    """A stolen token carries no other words: rejected without asking the vendor, and without a read."""
    token = stage.token()
    stage.post(stage.body(token))
    outcome = stage.post(stage.body(token, "UPDATED"))
    assert (OutcomeKind.REJECTED, "replayed", ()) == (outcome.kind, outcome.reason, outcome.events)
    assert (1, 0) == (stage.checks, stage.wire.count("/context"))


def test_a_token_that_somebody_else_used_is_a_replay(stage: Stage) -> None:
    """Consumed without an earlier check of ours: rejected, nothing read, never tried again."""
    token = stage.token()
    with stage.simulator.tenant.lock:
        tenant = stage.simulator.tenant
        tenant.tokens.check_and_consume(token, tenant.home, stage.simulator.clock.now())
    outcome = stage.post(stage.body(token))
    assert (OutcomeKind.REJECTED, "replayed") == (outcome.kind, outcome.reason)
    assert () == stage.later(timedelta(hours=9))
    assert (1, 0) == (stage.checks, stage.wire.count("/context"))
    assert FactType.SIGNATORY_OPENED not in stage.told()


def test_a_token_whose_check_lost_its_answer_is_presumed_and_read_back(stage: Stage) -> None:
    """Consumed after a check of ours whose answer was lost: no replay, and a read decides."""

    def lost(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        effect().read()
        raise httpx.ReadTimeout("lost", request=request)

    stage.wire.fault = lost
    outcome = stage.post(stage.body(stage.token()))
    assert (OutcomeKind.UNAVAILABLE, 200) == (outcome.kind, outcome.status)
    stage.wire.fault = None
    (again,) = stage.later(timedelta(seconds=1))
    assert OutcomeKind.ACCEPTED is again.kind
    assert (2, 1) == (stage.checks, stage.wire.count("/context"))
    assert FactType.ENVELOPE_CLAIMED not in stage.told()


@pytest.mark.parametrize(
    "token",
    [
        lambda stage: "invented",
        lambda stage: stage.token("SIGNATURE_SESSION"),
        lambda stage: stage.token(env="DEVELOPMENT"),
    ],
    ids=["notFound", "badTarget", "badRelatedId"],
)
def test_a_foreign_token_is_forged(stage: Stage, token: Callable[[Stage], str]) -> None:
    """Invented, minted for something else, or for another environment: rejected, and never tried again."""
    outcome = stage.post(stage.body(token(stage)))
    assert (OutcomeKind.REJECTED, 200, "forged") == (outcome.kind, outcome.status, outcome.reason)
    assert () == stage.later(timedelta(hours=9))
    assert (1, 0) == (stage.checks, stage.wire.count("/context"))
    assert FactType.SIGNATORY_OPENED not in stage.told()


def test_an_expired_token_leaves_a_claim_that_is_read_once(stage: Stage) -> None:
    """With isExpired, what it says moves nothing, and however many come, there is one read a minute."""
    old = [stage.token() for _ in range(3)]
    stage.simulator.clock.advance(timedelta(days=2))
    outcomes = [stage.post(stage.body(token)) for token in old]
    assert OutcomeKind.ACCEPTED is outcomes[0].kind
    assert 1 == stage.wire.count("/context")
    assert FactType.ENVELOPE_CLAIMED in stage.told()
    assert FactType.SIGNATORY_OPENED not in stage.told()
    assert Lifecycle.SENT is stage.client.get(stage.envelope).lifecycle


def answering(status: int, body: Any = None) -> Fault:
    """Stand in for a server that answers so."""
    return lambda request, _effect: httpx.Response(status, json=body, request=request)


def refusing(error: type[httpx.TransportError]) -> Fault:
    """Stand in for a network that fails so."""

    def fail(request: httpx.Request, _effect: Callable[[], httpx.Response]) -> httpx.Response:
        raise error("no way", request=request)

    return fail


UNREACHABLE: dict[str, Fault] = {
    "no route": refusing(httpx.ConnectError),
    "no answer": refusing(httpx.ReadTimeout),
    "cut": refusing(httpx.RemoteProtocolError),
    "500": answering(500, {"code": "TOKEN_NOT_FOUND"}),
    "503": answering(503),
    "429": answering(429, {"code": "TOKEN_INVALID"}),
    "408": answering(408),
    "our key": answering(403, {"code": "INVALID_CONTEXT"}),
    "our bearer": answering(401, {"code": "TOKEN_EXPIRED"}),
    "another server": answering(200, {}),
    "no such route": answering(404),
}


@pytest.mark.parametrize("name", UNREACHABLE)
def test_a_vendor_that_cannot_be_asked_forges_nothing(stage: Stage, name: str) -> None:
    """The delivery is answered 200 and stays; as soon as the vendor answers it is believed."""
    stage.wire.fault = UNREACHABLE[name]
    outcome = stage.post(stage.body(stage.token()))
    assert (OutcomeKind.UNAVAILABLE, 200) == (outcome.kind, outcome.status)
    assert FactType.SIGNATORY_OPENED not in stage.told()
    stage.wire.fault = None
    (again,) = stage.later(timedelta(hours=1))
    assert (OutcomeKind.ACCEPTED, [False]) == (again.kind, opened(again.events))


def test_a_vendor_that_stays_away_leaves_a_claim(stage: Stage) -> None:
    """After the last try it is treated like an expired token: a claim, and one read."""
    stage.wire.fault = answering(503)
    outcome = stage.post(stage.body(stage.token()))
    while outcome.kind is OutcomeKind.UNAVAILABLE:
        (outcome,) = stage.later(timedelta(hours=9))
    assert (len(SCHEDULE), 1) == (stage.checks, stage.wire.count("/context"))
    assert FactType.ENVELOPE_CLAIMED in stage.told()
    assert FactType.SIGNATORY_OPENED not in stage.told()
