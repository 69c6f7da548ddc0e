"""A simulated SIGN8 on a socket, and a client whose account speaks to it; every request is written down."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import attrs
import httpx
from pypdf import PdfWriter
from pypdf.generic import FloatObject, NameObject, NumberObject, RectangleObject

from paraph.client import Client
from paraph.config import Config
from paraph.flow.trust import trusted
from paraph.model import Document, Envelope
from paraph.ops.outcome import Outcome
from paraph.store import Store, open_store
from paraph.testing.simulator import Mail, Person, serve
from paraph_sign8.dialect import Dialect
from paraph_sign8.simulator import Sign8Simulator, create
from paraph_sign8.simulator.model import Workflow
from paraph_web import Receiver
from support.post_office import SECRET, eventually
from support.sign8_account import envelope, make_pdf, person

ACCOUNT = "de"
REFUSED = "api/workflow/workflowRefused"
SETTLING = timedelta(minutes=5)
"""Simulated time after which a complete draft starts by itself where a dialect has no word for that.

It is more than any pause of a machine between two requests.
"""
Corners = tuple[float, float, float, float]


class Recorder(httpx.HTTPTransport):
    """Real HTTP that remembers methods and paths, in order."""

    def __init__(self) -> None:
        super().__init__(verify=trusted())
        self.requests: list[tuple[str, str]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Note the request and send it."""
        self.requests.append((request.method, request.url.raw_path.decode().partition("?")[0]))
        return super().handle_request(request)


@attrs.frozen(kw_only=True)
class Deal:
    """A vendor, a client of its, and what the client asked."""

    simulator: Sign8Simulator
    config: Config
    client: Client
    requests: list[tuple[str, str]]

    @property
    def workflows(self) -> list[Workflow]:
        """What the vendor has, in the order in which it was made."""
        return list(self.simulator.tenant.workflows.values())

    @property
    def workflow(self) -> Workflow:
        """The only workflow that the vendor has."""
        (found,) = self.workflows
        return found

    def person(self, name: str = "Ada Lovelace", password: str = "") -> Person:
        """Return somebody whose phone shows the vendor's last message."""
        return Person(name=name, password=password, phone=lambda: self.simulator.outbox[-1].subject)

    def invitations(self) -> list[Mail]:
        """Return the mails that ask somebody to sign."""
        return [mail for mail in self.simulator.outbox if mail.subject.startswith("Please sign")]

    def link(self, email: str) -> str:
        """Return the link that was last mailed to somebody who has to sign."""
        return [mail for mail in self.invitations() if mail.to == email][-1].link

    @property
    def reads(self) -> int:
        """How often the client asked for a status."""
        path = self.simulator.tenant.dialect.operations.status.path.partition("{")[0]
        known = {f"{path}{workflow.id}" for workflow in self.workflows}
        return sum(method == "GET" and path in known for method, path in self.requests)

    def refuse(self, who: str = "bob@example.org", why: str = "Too dear") -> None:
        """Let somebody refuse, and wait until the vendor has told."""
        assert "closed" == self.person().decline(self.link(who), why)
        self.simulator.webhooks.drain()


def asked(name: str = "env1", **changes: Any) -> Envelope:
    """Make an envelope of this id for Ada and Bob."""
    plain: dict[str, Any] = {
        "documents": [Document.from_bytes(make_pdf(), name="contract.pdf")],
        "signatories": [person("ada"), person("bob", given_name="Bob", family_name="Noyce")],
    }
    return envelope(id=name, **{**plain, **changes})


def config_of(
    simulator: Sign8Simulator, base_url: str, *, spoken: Mapping[str, Any] | None = None, **changes: Any
) -> Config:
    """Make a configuration with one account at the simulator.

    :param spoken: the dialect's table in place of the simulator's own. ``changes``: further options.
    """
    made = simulator.account(base_url)
    table = {**made.table, **({} if spoken is None else {"dialect": spoken}), **changes}
    return Config.from_mapping({"accounts": {ACCOUNT: table}}, environ=made.environment)


@contextmanager
def dealing(
    dialect: Dialect | None = None,
    *,
    spoken: Mapping[str, Any] | None = None,
    store: Store | None = None,
    account: Mapping[str, Any] | None = None,
    **options: Any,
) -> Iterator[Deal]:
    """Serve a simulator that speaks ``dialect``, and open a client that never really pauses.

    :param spoken: what the plugin speaks, if not the same. ``account``: options of the account.
    """
    simulator = create(dialect=dialect, settling=SETTLING, **options)
    own = open_store("memory:") if store is None else store
    transport = Recorder()
    with simulator.running() as base_url:
        config = config_of(simulator, base_url, spoken=spoken, **(account or {}))
        with Client(
            config, registry=config.registry, store=own, transport=transport, pause=lambda _: None
        ) as client:
            yield Deal(simulator=simulator, config=config, client=client, requests=transport.requests)


class Door:
    """Webhooks by real HTTP: a receiver on a socket, and what became of each delivery.

    :ivar url: below which the account's events have paths. :ivar client: works for the receiver.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.url = client.webhook_url(ACCOUNT)
        self.outcomes: list[Outcome] = []

    def settled(self) -> None:
        """Wait until everything that came was processed, or put off: the receiver tells of both."""

        def told() -> bool:
            return all(
                count % 2 == 0 for count in Counter(each.delivery_id for each in self.outcomes).values()
            )

        assert eventually(told), "the receiver did not come to an end"

    def post(self, path: str, body: Any = None, **headers: str) -> None:
        """Post what anybody may post, and wait until it is processed or put off. A dict is sent as JSON."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        before, place = len(self.outcomes), urlsplit(f"{self.url}/{path}")
        # Not httpx: whoever posts would be heard in the log of who receives.
        with closing(HTTPConnection(place.netloc)) as connection:
            connection.request("POST", place.path, body=content, headers=headers)
            assert 200 == connection.getresponse().status
        assert eventually(lambda: len(self.outcomes) >= before + 2)
        self.settled()


@contextmanager
def receiving(
    dialect: Dialect | None = None,
    *,
    spoken: Mapping[str, Any] | None = None,
    store: str = "memory:",
    account: Mapping[str, Any] | None = None,
    subscribed: bool = True,
    **options: Any,
) -> Iterator[tuple[Deal, Door]]:
    """Do as :func:`dealing`, and have the vendor call a receiver of the account.

    :param store: its URL. ``subscribed``: whether the vendor knows where to call.
    """
    simulator = create(dialect=dialect, **options)
    receivers: list[Receiver] = []

    async def door(scope: Any, receive: Any, send: Any) -> None:
        # The receiver needs the client, whose configuration needs the port of this door.
        await receivers[0](scope, receive, send)

    with simulator.running() as base_url, closing(open_store(store)) as opened, serve(door) as public_url:
        made = simulator.account(base_url)
        spelled = {} if spoken is None else {"dialect": spoken}
        table = {**made.table, **spelled, "webhook_secret": "env:HOOK", **(account or {})}
        config = Config.from_mapping(
            {"accounts": {ACCOUNT: table}, "webhooks": {"public_url": public_url}},
            environ={**made.environment, "HOOK": SECRET},
        )
        transport = Recorder()
        known: dict[str, Any] = {"registry": config.registry, "store": opened, "transport": transport}
        with Client(config, pause=lambda _: None, **known) as client:
            shut = Door(client)
            receivers.append(Receiver(client, on_outcome=shut.outcomes.append))
            if subscribed:
                simulator.subscribe(shut.url)
            yield Deal(simulator=simulator, config=config, client=client, requests=transport.requests), shut
            simulator.webhooks.drain()
            shut.settled()


@attrs.frozen
class Page:
    """A page as it is stored. :ivar turn: degrees clockwise. :ivar unit: points per unit."""

    media: Corners
    crop: Corners
    turn: int = 0
    unit: float = 1.0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as shown, in points."""
        across = (self.crop[2] - self.crop[0]) * self.unit
        up = (self.crop[3] - self.crop[1]) * self.unit
        return (up, across) if self.turn in {90, 270} else (across, up)

    def seen(self, box: Corners) -> Corners:
        """Return where a box of the page's user space is seen: x, y from the top left, width, height."""
        (left, bottom, right, top), crop = box, self.crop
        wide, high = right - left, top - bottom
        places = {
            0: (left - crop[0], crop[3] - top, wide, high),
            90: (bottom - crop[1], left - crop[0], high, wide),
            180: (crop[2] - right, bottom - crop[1], wide, high),
            270: (crop[3] - top, crop[2] - right, high, wide),
        }
        x, y, width, height = (each * self.unit for each in places[self.turn])
        return x, y, width, height


A4: Corners = (0.0, 0.0, 595.0, 842.0)
_SHIFTED: Corners = (10.0, 20.0, 410.0, 620.0)
_CROPPED: Corners = (60.0, 120.0, 360.0, 520.0)
PAGES = (
    Page(A4, A4),
    Page(_SHIFTED, _CROPPED),
    Page(_SHIFTED, _CROPPED, 90),
    Page(_SHIFTED, _CROPPED, 180),
    Page(_SHIFTED, _CROPPED, 270),
    Page(_SHIFTED, _SHIFTED, 0, 2.0),
)
"""Pages of every kind; the first one is as usual, so that default places have room."""


def pdf_of(pages: tuple[Page, ...] = PAGES) -> bytes:
    """Make a PDF of blank pages."""
    writer, content = PdfWriter(), io.BytesIO()
    for page in pages:
        made = writer.add_blank_page(width=1, height=1)
        made[NameObject("/MediaBox")] = RectangleObject(page.media)
        made[NameObject("/CropBox")] = RectangleObject(page.crop)
        made[NameObject("/Rotate")] = NumberObject(page.turn)
        made[NameObject("/UserUnit")] = FloatObject(page.unit)
    writer.write(content)
    return content.getvalue()
