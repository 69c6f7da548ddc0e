"""The neutral base of simulators: clock, authority, signatures, webhooks, faults, server, pages, person."""

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from cryptography import x509
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from paraph.testing.simulator import (
    CertificateAuthority,
    DeliveryStatus,
    Fault,
    FaultKind,
    Faults,
    Person,
    PersonStuckError,
    SimulatedAccount,
    SimulatedClock,
    Simulator,
    WebhookQueue,
    pages,
    pdf_problem,
    serve,
    sign_pdf,
)
from paraph.testing.simulator.pages import PageState
from support.ports import nobody_listens


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for `condition`, at most `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        threading.Event().wait(0.005)


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """Make a PDF of three pages with a classic cross-reference table."""
    paper = FPDF()
    paper.set_font("helvetica")
    for number in range(3):
        paper.add_page()
        paper.cell(text=f"Page {number}")
    return bytes(paper.output())


@pytest.fixture(scope="module")
def xref_stream_pdf(pdf: bytes) -> bytes:
    """Rewrite it with a cross-reference stream."""
    output = BytesIO()
    copy_into_new_writer(PdfFileReader(BytesIO(pdf)), {"stream_xrefs": True}).write(output)
    assert b"/XRef" in output.getvalue()
    return output.getvalue()


@pytest.fixture(scope="module")
def authority() -> CertificateAuthority:
    """One authority for all tests of this module."""
    return CertificateAuthority()


def judge(pdf: bytes, authority: CertificateAuthority) -> list[PdfSignatureStatus]:
    """Validate every signature, trusting only `authority`."""
    roots = list(load_certs_from_pemder_data(authority.root_pem.encode()))
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    return [
        validate_pdf_signature(signature, context)
        for signature in PdfFileReader(BytesIO(pdf)).embedded_signatures
    ]


def signed_by_two(pdf: bytes, authority: CertificateAuthority) -> bytes:
    """Sign `pdf` as Ada and then as Bob."""
    now = datetime.now(UTC)
    for name in ("Ada", "Bob"):
        signer = authority.issue(name, reference=name)
        pdf = sign_pdf(pdf, signer=signer, field_name=f"Signature-{name}", reason="Contract", at=now)
    return pdf


class TestClock:
    @given(steps=st.lists(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=3000)), max_size=5))
    def test_time_is_real_time_plus_all_steps(self, steps: list[timedelta]) -> None:
        """Whatever the steps, the clock shows real time plus their sum, in UTC, and beats once per step."""
        clock, beats = SimulatedClock(), []
        clock.listen(beats.append)
        for step in steps:
            clock.advance(step)
        expected = datetime.now(UTC) + sum(steps, timedelta())
        assert abs(expected - clock.now()) < timedelta(seconds=5)
        assert len(steps) == len(beats)
        assert sorted(beats) == beats

    def test_time_never_goes_back(self) -> None:
        """Going backwards, by step or by moment, is refused."""
        clock = SimulatedClock()
        with pytest.raises(ValueError, match="forward"):
            clock.advance(timedelta(seconds=-1))
        with pytest.raises(ValueError, match="forward"):
            clock.set(datetime(2001, 1, 1, tzinfo=UTC))
        with pytest.raises(ValueError, match="aware"):
            clock.set(datetime(2101, 1, 1))  # noqa: DTZ001 - the naive moment is what is refused

    def test_ends_before_the_calendar_does(self) -> None:
        """Every year up to 9000 can be reached, and a step beyond is refused and changes nothing."""
        simulator = _Signing()
        simulator.clock.set(datetime(9000, 12, 31, tzinfo=UTC))
        with serve(simulator.asgi) as base_url:
            late = httpx.post(f"{base_url}/_simulator/clock", json={"advance_seconds": 999_999_999})
            assert (400, True) == (late.status_code, "9000" in late.json()["error"])
        with pytest.raises(ValueError, match="9000"):
            simulator.clock.advance(timedelta(days=2))
        assert 9000 == simulator.clock.now().year

    def test_set_moves_to_a_moment(self) -> None:
        """Setting a later moment makes it now."""
        clock = SimulatedClock()
        assert abs(
            clock.set(datetime(2101, 1, 1, tzinfo=UTC)) - datetime(2101, 1, 1, tzinfo=UTC)
        ) < timedelta(seconds=5)

    def test_real_time_beats_too(self) -> None:
        """A started clock beats without being advanced and leaves no thread when stopped."""
        clock, beats = SimulatedClock(heartbeat=0.01), []
        clock.listen(beats.append)
        clock.start()
        try:
            wait_until(lambda: len(beats) >= 2)
        finally:
            clock.stop()
        assert "simulated-clock" not in [thread.name for thread in threading.enumerate()]


class TestSignatures:
    def test_certificates_name_their_signatory(self, authority: CertificateAuthority) -> None:
        """A leaf carries the name it was issued to, its root's name as issuer, and stays the same."""
        leaf = authority.issue("Grace Hopper", reference="g").certificate
        assert "CN=Grace Hopper" == leaf.subject.rfc4514_string()
        assert authority.root.subject == leaf.issuer
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.root_pem.encode()))
        assert leaf == authority.issue("Grace Hopper", reference="g").certificate

    @settings(max_examples=25, deadline=None)
    @given(name=st.text(max_size=100))
    def test_every_name_gets_a_certificate(self, name: str, authority: CertificateAuthority) -> None:
        """However long and in whatever script, a name is cut to what a certificate carries, never refused."""
        issued = authority.issue(name, reference=f"any-{name}").certificate.subject
        (common_name,) = [attribute.value for attribute in issued]
        assert common_name == "unnamed" or name.startswith(str(common_name))

    @pytest.mark.parametrize("kind", ["pdf", "xref_stream_pdf"])
    def test_two_signers_each_cover_their_revision(
        self, kind: str, authority: CertificateAuthority, request: pytest.FixtureRequest
    ) -> None:
        """Both signatures are valid and trusted; the first covers its revision, the last the whole file."""
        original: bytes = request.getfixturevalue(kind)
        signed = signed_by_two(original, authority)
        first, last = judge(signed, authority)
        assert signed.startswith(original)
        assert (True, True) == (first.bottom_line, last.bottom_line)
        assert SignatureCoverageLevel.ENTIRE_REVISION == first.coverage
        assert SignatureCoverageLevel.ENTIRE_FILE == last.coverage
        subfilters = [
            str(s.sig_object["/SubFilter"]) for s in PdfFileReader(BytesIO(signed)).embedded_signatures
        ]
        assert ["/ETSI.CAdES.detached"] * 2 == subfilters

    def test_the_signing_time_is_the_simulated_one(self, pdf: bytes, authority: CertificateAuthority) -> None:
        """The signature claims the moment it was given, not the machine's."""
        at = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
        signer = authority.issue("Ada", reference="Ada")
        signed = sign_pdf(pdf, signer=signer, field_name="S", reason="r", at=at)
        assert [at] == [status.signer_reported_dt for status in judge(signed, authority)]

    @settings(max_examples=8, deadline=None)
    @given(data=st.data())
    def test_one_flipped_byte_breaks_a_signature(
        self, data: st.DataObject, pdf: bytes, authority: CertificateAuthority
    ) -> None:
        """Wherever a byte of the original content is flipped, no signature over it is valid any more."""
        signed = bytearray(signed_by_two(pdf, authority))
        content = pdf.index(b"stream") + len(b"stream\n")
        position = data.draw(st.integers(content, content + 20))
        signed[position] ^= 0x01
        assert [False, False] == [status.bottom_line for status in judge(bytes(signed), authority)]

    def test_a_foreign_authority_is_not_trusted(self, pdf: bytes, authority: CertificateAuthority) -> None:
        """An intact signature of another root is valid but untrusted."""
        for status in judge(signed_by_two(pdf, CertificateAuthority()), authority):
            assert (True, False) == (status.intact, status.trusted)

    def test_pdf_problems_are_named(self, pdf: bytes) -> None:
        """Empty, foreign, broken and encrypted files are told apart, and a good one has no problem."""
        locked = FPDF()
        locked.add_page()
        locked.set_encryption(owner_password="owner", user_password="user")
        found = [pdf_problem(data) for data in (b"", b"hello", pdf[:300], bytes(locked.output()), pdf)]
        assert ["empty", "not a PDF", "unreadable", "encrypted", None] == found

    @settings(max_examples=40, deadline=None)
    @given(cut=st.integers(0, 900), junk=st.binary(max_size=40))
    def test_garbage_never_raises(self, cut: int, junk: bytes, pdf: bytes) -> None:
        """Whatever is cut off or mixed in, the answer is a word or None."""
        assert pdf_problem(pdf[:cut] + junk) in {"empty", "not a PDF", "unreadable", "encrypted", None}


async def _answer(request: Request) -> Response:
    request.app.state.effects.append(await request.body())
    return JSONResponse({"hello": "world"})


@contextmanager
def faulty() -> Iterator[tuple[str, Faults, list[bytes]]]:
    """Serve behind faults, with the list of effects it had."""
    effects: list[bytes] = []
    faults = Faults()
    app = Starlette(routes=[Route("/{path:path}", _answer, methods=["GET", "POST"])])
    app.state.effects = effects
    with serve(faults.wrap(app)) as base_url:
        yield base_url, faults, effects


class TestFaults:
    @pytest.mark.parametrize(
        ("kind", "error", "had_effect"),
        [
            (FaultKind.RESET, httpx.ReadError, False),
            (FaultKind.LOST, httpx.ReadError, True),
            (FaultKind.CUT, httpx.RemoteProtocolError, True),
        ],
    )
    def test_a_broken_connection_is_broken(
        self,
        kind: FaultKind,
        error: type[Exception],
        had_effect: bool,
    ) -> None:
        """Resets and cuts reach the client as such, and the effect happened exactly where it should."""
        with faulty() as (base_url, faults, effects):
            faults.add(Fault(kind=kind))
            with pytest.raises(error):
                httpx.post(base_url, content=b"x")
            assert had_effect == bool(effects)
            assert 200 == httpx.post(base_url, content=b"y").status_code

    def test_a_status_has_no_effect(self) -> None:
        """A status fault answers what it was told, without the effect."""
        with faulty() as (base_url, faults, effects):
            fault = Fault(kind=FaultKind.STATUS, status=429, headers={"Retry-After": "7"}, body="slow down")
            faults.add(fault)
            answer = httpx.get(base_url)
            assert (429, "7", "slow down") == (answer.status_code, answer.headers["retry-after"], answer.text)
            assert not effects

    def test_slow_is_late_but_whole(self) -> None:
        """A slow answer arrives whole, and a client that waits less gives up."""
        with faulty() as (base_url, faults, _effects):
            faults.add(Fault(kind=FaultKind.SLOW, seconds=1, times=2))
            with pytest.raises(httpx.ReadTimeout):
                httpx.get(base_url, timeout=0.1)
            started = time.monotonic()
            assert {"hello": "world"} == httpx.get(base_url).json()
            assert time.monotonic() - started >= 1

    def test_answers_that_are_not_json(self) -> None:
        """The effect happened, the status is a success, the body is somebody else's page."""
        with faulty() as (base_url, faults, effects):
            faults.add(Fault(kind=FaultKind.NOT_JSON))
            answer = httpx.get(base_url)
            assert (200, "text/html", 1) == (answer.status_code, answer.headers["content-type"], len(effects))
            with pytest.raises(json.JSONDecodeError):
                answer.json()

    @pytest.mark.parametrize("kind", [FaultKind.HUGE, FaultKind.GZIP_BOMB])
    def test_big_bodies_are_as_big_as_asked(self, kind: FaultKind) -> None:
        """Both are valid JSON of the asked size; the bomb is tiny on the wire."""
        with faulty() as (base_url, faults, _effects):
            faults.add(Fault(kind=kind, size=3 << 20))
            with httpx.stream("GET", base_url) as answer:
                body = answer.read()
                on_the_wire = answer.num_bytes_downloaded
            assert len(body) >= 3 << 20
            assert isinstance(json.loads(body), dict)
            assert (kind is FaultKind.HUGE) == (on_the_wire >= 3 << 20)

    def test_only_the_meant_requests_are_hit(self) -> None:
        """Method, path and number of times are all honoured, and clearing disarms."""
        with faulty() as (base_url, faults, _effects):
            faults.add(Fault(kind=FaultKind.STATUS, method="POST", path="/a/.*", times=2))
            statuses = [
                httpx.request(method, base_url + path).status_code
                for method, path in [
                    ("GET", "/a/1"), ("POST", "/b/1"), ("POST", "/a/1"), ("POST", "/a/2"), ("POST", "/a/3"),
                ]
            ]  # fmt: skip
            assert [200, 200, 503, 503, 200] == statuses
            faults.add(Fault(kind=FaultKind.STATUS))
            faults.clear()
            assert 200 == httpx.get(base_url).status_code


class Receiver:
    """A webhook endpoint: keeps what it gets and answers `status`."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.url = ""

    async def __call__(self, request: Request) -> Response:
        """Keep the body and answer."""
        self.bodies.append(await request.json())
        self.headers.append(dict(request.headers))
        return PlainTextResponse("", status_code=self.status)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Serve a webhook endpoint on a real port."""
    receiver = Receiver()

    async def receive(request: Request) -> Response:
        return await receiver(request)

    with serve(Starlette(routes=[Route("/hook", receive, methods=["POST"])])) as base_url:
        receiver.url = f"{base_url}/hook"
        yield receiver


@contextmanager
def delivering(
    faults: Faults | None = None,
    timeout: float = 5.0,
    *,
    clock: SimulatedClock | None = None,
    **habits: Any,
) -> Iterator[WebhookQueue]:
    """Start a queue that is stopped in the end."""
    clock = clock or SimulatedClock()
    queue = WebhookQueue(clock=clock, faults=faults or Faults(), timeout=timeout, **habits)
    queue.start()
    try:
        yield queue
    finally:
        queue.stop()


def numbered(queue: WebhookQueue, url: str, count: int) -> None:
    """Queue `count` webhooks with the bodies {"n": 0}, {"n": 1}, ..."""
    for number in range(count):
        queue.submit(url, lambda number=number: json.dumps({"n": number}).encode())  # type: ignore[misc]  # mypy cannot infer a lambda's default


class TestWebhookQueue:
    def test_deliveries_keep_their_order(self, receiver: Receiver) -> None:
        """What is queued first arrives first, once, and is a success."""
        with delivering() as queue:
            numbered(queue, receiver.url, 20)
            queue.drain()
        assert list(range(20)) == [body["n"] for body in receiver.bodies]
        assert {DeliveryStatus.SUCCESS} == {delivery.status for delivery in queue.history}

    @pytest.mark.parametrize("status", [201, 204, 302, 400, 500])
    def test_only_200_is_success(self, receiver: Receiver, status: int) -> None:
        """Any other answer is a failure by default, and nobody retries."""
        receiver.status = status
        with delivering() as queue:
            numbered(queue, receiver.url, 1)
            queue.drain()
        assert [DeliveryStatus.FAILED] == [delivery.status for delivery in queue.history]
        assert [status] == [attempt.status_code for attempt in queue.history[0].attempts]

    def test_no_answer_is_a_failure(self) -> None:
        """An endpoint that accepts and stays silent, and one that is not there, both fail."""
        with socket.create_server(("127.0.0.1", 0)) as silent, delivering(timeout=0.1) as queue:
            address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
            numbered(queue, address, 1)
            queue.drain()
        assert ["ReadTimeout"] == [attempt.reason for attempt in queue.history[0].attempts]
        with nobody_listens() as port, delivering() as queue:
            numbered(queue, f"http://127.0.0.1:{port}/", 1)
            queue.drain()
        assert ["ConnectError"] == [attempt.reason for attempt in queue.history[0].attempts]

    def test_an_impossible_address_fails_alone(self, receiver: Receiver) -> None:
        """A URL no request can be made of is a failure, and the next webhook still arrives."""
        with delivering() as queue:
            numbered(queue, "http://[nonsense/", 1)
            numbered(queue, receiver.url, 1)
            queue.drain()
        assert [DeliveryStatus.FAILED, DeliveryStatus.SUCCESS] == [
            delivery.status for delivery in queue.history
        ]

    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            (Fault(kind=FaultKind.WEBHOOK_DROP), [1, 2]),
            (Fault(kind=FaultKind.WEBHOOK_DOUBLE), [0, 0, 1, 2]),
            (Fault(kind=FaultKind.WEBHOOK_DELAY, seconds=2), [1, 2, 0]),
        ],
    )
    def test_faults_drop_double_and_delay(
        self, receiver: Receiver, fault: Fault, expected: list[int]
    ) -> None:
        """The first webhook suffers, the others do not notice."""
        faults = Faults()
        faults.add(fault)
        with delivering(faults) as queue:
            numbered(queue, receiver.url, 3)
            queue.drain()
        assert expected == [body["n"] for body in receiver.bodies]

    def test_shuffled_webhooks_all_arrive_in_another_order(self, receiver: Receiver) -> None:
        """Shuffling loses nothing and changes the order."""
        faults = Faults()
        faults.add(Fault(kind=FaultKind.WEBHOOK_SHUFFLE, times=5, seconds=3600))
        with delivering(faults) as queue:
            numbered(queue, receiver.url, 5)
            queue.drain()
        order = [body["n"] for body in receiver.bodies]
        assert list(range(5)) == sorted(order)
        assert list(range(5)) != order

    @pytest.mark.parametrize(
        ("status", "expected"), [(204, DeliveryStatus.SUCCESS), (404, DeliveryStatus.FAILED)]
    )
    def test_a_vendor_may_accept_other_answers(
        self, receiver: Receiver, status: int, expected: DeliveryStatus
    ) -> None:
        """What counts as success is the vendor's habit, here every 2xx."""
        receiver.status = status
        with delivering(accepts=lambda status: status // 100 == 2) as queue:
            numbered(queue, receiver.url, 1)
            queue.drain()
        assert [expected] == [delivery.status for delivery in queue.history]

    def test_a_vendor_may_try_again(self, receiver: Receiver) -> None:
        """After each pause of simulated time there is one more attempt; the last failure is final."""
        receiver.status = 500
        clock = SimulatedClock()
        hour = timedelta(hours=1)
        with delivering(clock=clock, retries=[hour, 2 * hour]) as queue:
            numbered(queue, receiver.url, 1)
            (delivery,) = queue.history
            seen = []
            for pause in (timedelta(minutes=59), timedelta(minutes=2), hour, hour, 24 * hour):
                queue.drain()
                seen.append((delivery.status, len(delivery.attempts)))
                clock.advance(pause)
            queue.drain()
            pending, failed = DeliveryStatus.PENDING, DeliveryStatus.FAILED
            expected = [(pending, 1), (pending, 1), (pending, 2), (pending, 2), (failed, 3)]
            assert [*expected, (failed, 3)] == [*seen, (delivery.status, len(delivery.attempts))]

    def test_a_retry_that_succeeds_is_the_last(self, receiver: Receiver) -> None:
        """A delivery that got through is not repeated."""
        receiver.status = 500
        clock = SimulatedClock()
        with delivering(clock=clock, retries=[timedelta(hours=1)] * 3) as queue:
            numbered(queue, receiver.url, 1)
            queue.drain()
            receiver.status = 200
            for _ in range(3):
                clock.advance(timedelta(hours=2))
                queue.drain()
        assert [DeliveryStatus.SUCCESS] == [delivery.status for delivery in queue.history]
        assert [500, 200] == [attempt.status_code for attempt in queue.history[0].attempts]

    def test_headers_are_made_of_the_body(self, receiver: Receiver) -> None:
        """A vendor that signs its webhooks gets the bytes of each attempt, and its headers arrive."""
        numbers = itertools.count()

        def make_headers(body: bytes) -> dict[str, str]:
            return {"x-length": str(len(body)), "x-attempt": str(next(numbers))}

        with delivering() as queue:
            queue.submit(receiver.url, lambda: b'{"n": 1}', make_headers=make_headers)
            queue.submit(receiver.url, lambda: b'{"n": 10}', make_headers=make_headers)
            queue.drain()
        got = [(headers["x-length"], headers["x-attempt"]) for headers in receiver.headers]
        assert [("8", "0"), ("9", "1")] == got

    def test_draining_a_queue_that_does_not_run_is_an_error(self) -> None:
        """Waiting for a stopped queue would never end, so it is refused."""
        queue = WebhookQueue(clock=SimulatedClock(), faults=Faults())
        with pytest.raises(RuntimeError, match="not started"):
            queue.drain()


class _Signing(Simulator):
    """A vendor of one page, to test what is common."""

    provider = "signing"

    def routes(self) -> Sequence[BaseRoute]:
        """One page to sign or decline on, one that is closed."""
        return [
            Route("/sign", self._show, methods=["GET"]),
            Route("/sign", self._signed, methods=["POST"]),
            Route("/decline", self._declined, methods=["POST"]),
            Route("/closed", self._closed, methods=["GET"]),
        ]

    def account(self, base_url: str) -> SimulatedAccount:
        """Return an account without secrets."""
        return SimulatedAccount(name="signing", table={"base_url": base_url}, environment={})

    def subscribe(self, url: str) -> None:
        """Send one webhook."""
        self.webhooks.submit(url, lambda: b"{}")

    def state(self) -> dict[str, Any]:
        """Nothing to tell."""
        return {"things": []}

    async def _show(self, _request: Request) -> Response:
        consent = pages.Field(name="consent", label="I <agree>", checkbox=True)
        parts = [
            pages.form("/decline", [pages.Field(name="reason", label="Why")], submit="No", purpose="decline"),
            pages.form("/sign", [consent, pages.Field(name="name", label="Name")], submit="Sign"),
        ]
        return HTMLResponse(pages.page("Sign & go", PageState.SIGN, parts))

    async def _signed(self, request: Request) -> Response:
        self.effects.add("signed", (await request.body()).decode())
        return HTMLResponse(pages.page("Done", PageState.DONE, []))

    async def _declined(self, request: Request) -> Response:
        self.effects.add("declined", (await request.body()).decode())
        return HTMLResponse(pages.page("Declined", PageState.CLOSED, []))

    async def _closed(self, _request: Request) -> Response:
        return HTMLResponse(pages.page("Closed", PageState.CLOSED, []))


class TestSimulator:
    def test_a_person_signs_and_declines(self) -> None:
        """The robot fills what is required in the form that serves its purpose, and says when it is stuck."""
        simulator = _Signing()
        with simulator.running() as base_url:
            assert "done" == Person(name="Ada").sign(f"{base_url}/sign")
            assert "closed" == Person(name="Ada").decline(f"{base_url}/sign", "too late")
            with pytest.raises(PersonStuckError, match="closed"):
                Person(name="Ada").sign(f"{base_url}/closed")
        expected = [("signed", "consent=yes&name=Ada"), ("declined", "reason=too+late")]
        assert expected == [(effect.kind, effect.reference) for effect in simulator.effects.all()]

    def test_pages_escape_everything(self) -> None:
        """No text given to a page becomes markup."""
        evil = '<script>"&'
        html = pages.page(
            evil,
            PageState.SIGN,
            [
                pages.text(evil),
                pages.links([(evil, evil)]),
                pages.form(evil, [pages.Field(name=evil, label=evil)], submit=evil),
            ],
        )
        assert "<script>" not in html
        assert 'data-paraph-state="sign"' in html
        assert '<meta name="viewport"' in html

    def test_control_routes(self) -> None:
        """State, outbox, effects, authority, clock and faults are there for a test in another process."""
        simulator = _Signing()
        with simulator.running() as base_url, httpx.Client(base_url=f"{base_url}/_simulator") as control:
            assert {"things": []} == control.get("/state").json()
            assert [] == control.get("/outbox").json()
            assert simulator.authority.root_pem == control.get("/authority.pem").text
            before = simulator.clock.now()
            assert 200 == control.post("/clock", json={"advance_seconds": 86400}).status_code
            assert simulator.clock.now() - before >= timedelta(days=1)
            assert {"armed": 1} == control.post("/faults", json={"kind": "status", "status": 500}).json()
            assert 500 == httpx.get(f"{base_url}/sign").status_code
            assert 200 == httpx.get(f"{base_url}/sign").status_code
            control.post("/faults", json=[{"kind": "reset"}, {"kind": "lost"}])
            assert {"armed": 0} == control.delete("/faults").json()
            Person(name="Ada").sign(f"{base_url}/sign")
            assert ["signed"] == [effect["kind"] for effect in control.get("/effects").json()]

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/clock", {"advance_seconds": -1}),
            ("/clock", {"advance_seconds": "1"}),
            ("/clock", {}),
            ("/faults", {"kind": "nothing"}),
            ("/faults", {"kind": "status", "wat": 1}),
            ("/faults", {"kind": "status", "times": "2"}),
            ("/faults", {"kind": "status", "times": 0}),
            ("/faults", {"kind": "status", "path": "("}),
            ("/faults", {}),
        ],
    )
    def test_control_routes_refuse_what_they_do_not_know(self, path: str, body: dict[str, object]) -> None:
        """A wrong control request is a 400 that arms nothing, not a silent nothing."""
        simulator = _Signing()
        with serve(simulator.asgi) as base_url:
            assert 400 == httpx.post(f"{base_url}/_simulator{path}", json=body).status_code
        assert () == simulator.faults.waiting()

    @pytest.mark.parametrize("path", ["/clock", "/faults"])
    @pytest.mark.parametrize(
        "body", [b"{", b"\xff", b"[" * 100_000, b'{"advance_seconds":' + b"9" * 5000 + b"}"]
    )
    def test_control_routes_survive_every_body(self, path: str, body: bytes) -> None:
        """What is no JSON to the control routes is a 400 and breaks nothing."""
        simulator = _Signing()
        with serve(simulator.asgi) as base_url:
            assert 400 == httpx.post(f"{base_url}/_simulator{path}", content=body).status_code

    def test_nothing_is_left_behind(self) -> None:
        """After `running()` there is no thread and the port is free."""
        before = set(threading.enumerate())
        with _Signing().running() as base_url:
            httpx.get(f"{base_url}/sign")
        assert before >= set(threading.enumerate())
        with pytest.raises(httpx.ConnectError):
            httpx.get(base_url)
