"""Whatever a neutral description says, each vendor is told, or a problem tells that it is not.

Every attribute of an envelope and its parts is set to other values, one at a time, in envelopes of several
shapes, and the requests of a dry run are compared. Where they are the same and no problem names the
attribute, it was dropped in silence, unless :data:`REASONS` says why it is not. An attribute without values
here fails, and so does a reason that is none any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any

import attrs
import pytest

import paraph_ignisign.simulator
import paraph_sign8.simulator
from paraph import Client, Config, Registry
from paraph.adapting import put
from paraph.model import (
    Anchor,
    Assurance,
    DeliveryBy,
    Document,
    DocumentRole,
    Envelope,
    Field,
    FieldKind,
    Level,
    Problem,
    ProblemKind,
    Rect,
    Regime,
    Secret,
    Signatory,
    SignatureKind,
    Stage,
    StageRule,
    Verb,
)
from paraph_ignisign import IgnisignOptions
from paraph_sign8 import Sign8Options, untold
from support.sign8_account import make_pdf

VENDORS: Mapping[str, ModuleType] = {
    "ignisign": paraph_ignisign.simulator,
    "sign8": paraph_sign8.simulator,
}
NOWHERE = "http://127.0.0.1:9"
"""A dry run asks nobody."""

LATER = datetime(2099, 6, 1, tzinfo=UTC)
PDF = make_pdf(pages=3)
OTHER = make_pdf(pages=2)
contract = Document.from_bytes(PDF, name="contract.pdf", id="contract")
annex = Document.from_bytes(OTHER, name="annex.pdf", id="annex")
secret = Document.from_digest("ab" * 32, name="secret.pdf", id="contract")
data = Document.from_json({"a": 1}, name="data.json", id="contract")
place = Field(document="contract", signatory="ada", rect=Rect(x=72, y=600, width=180, height=48))


def person(local_id: str, **changes: Any) -> Signatory:
    known: dict[str, Any] = {"given_name": local_id.title(), "family_name": "L", "phone": "+33612345678"}
    return Signatory(id=local_id, email=f"{local_id}@example.org", **{**known, **changes})


def envelope(*people: Signatory, **changes: Any) -> Envelope:
    plain: dict[str, Any] = {"id": "env1", "title": "Lease", "documents": [contract]}
    return Envelope(signatories=people or (person("ada"),), **{**plain, **changes})


SHAPES: Mapping[str, Envelope] = {
    "plain": envelope(),
    "strong": envelope(assurance=Assurance(level=Level.QES)),
    "at once": envelope(person("ada"), person("bob")),
    "in order": envelope(
        person("ada"), person("bob", stage=2), stages=[Stage(number=number) for number in (1, 2)]
    ),
    "approved": envelope(person("ada"), person("bob", verb=Verb.APPROVE)),
    "copied": envelope(person("ada"), person("bob", verb=Verb.RECEIVE_COPY, phone=None)),
    "linked": envelope(person("ada", delivery=DeliveryBy.LINK)),
    "sealed": envelope(person("ada", kind=SignatureKind.SEAL, verb=Verb.SEAL)),
    "placed": envelope(fields=[place]),
    "dated": envelope(
        fields=[place, attrs.evolve(place, kind=FieldKind.DATE, rect=Rect(x=72, y=500, width=90, height=30))]
    ),
    "attached": envelope(documents=[contract, attrs.evolve(annex, role=DocumentRole.ATTACHMENT)]),
    "private": envelope(documents=[secret]),
    "data": envelope(documents=[data]),
}
CARRIED: Mapping[str, set[str]] = {
    "ignisign": {"plain", "strong", "at once", "approved", "copied", "linked", "private", "data"},
    "sign8": {"plain", "strong", "at once", "in order", "linked", "sealed", "placed", "dated", "attached"},
}
"""Which of them each vendor carries at all; the others are refused as they are."""

VALUES: Mapping[type, Mapping[str, tuple[object, ...]]] = {
    Envelope: {
        "id": ("env2",),
        "title": ("Other",),
        "documents": ((attrs.evolve(annex, id="contract", name="contract.pdf"),), (secret,), (data,)),
        "signatories": ((person("ada"), person("eve")),),
        "fields": ((place,), (attrs.evolve(place, rect=None, anchor=Anchor(text="Sign")),)),
        "stages": ((Stage(number=1, rule=StageRule.ANY),), (Stage(number=7),)),
        "assurance": (Assurance(level=Level.AES), Assurance(regime=Regime.ZERTES)),
        "message": ("Hello",),
        "reference": ("REF-1",),
        "language": ("fr",),
        "country": ("DE",),
        "tenant": ("north",),
        "tags": (("staff",),),
        "expires_at": (LATER,),
        "scheduled_at": (LATER,),
        "options": ((IgnisignOptions(individualize=True),), (Sign8Options(password=Secret("open")),)),
    },
    Assurance: {
        "level": tuple(Level),
        "floor": tuple(Level),
        "regime": (Regime.ZERTES, Regime.UETA, Regime.OTHER),
    },
    Signatory: {
        "id": ("zoe",),
        "given_name": ("Zoe",),
        "family_name": ("Z",),
        "email": ("zoe@example.org",),
        "phone": (None, "+33699999999"),
        "language": ("fr",),
        "nationality": ("FR",),
        "birth_date": (date(1990, 1, 2),),
        "birth_place": ("Paris",),
        "birth_country": ("FR",),
        "verb": tuple(Verb),
        "stage": (3,),
        "kind": tuple(SignatureKind),
        "delivery": tuple(DeliveryBy),
        "assurance": (
            *(Assurance(level=level) for level in Level),
            Assurance(floor=Level.AES),
            Assurance(regime=Regime.ZERTES),
        ),
    },
    Document: {
        "id": ("other",),
        "name": ("other.pdf",),
        "media_type": ("text/plain", "application/pdf"),
        "role": tuple(DocumentRole),
    },
    Stage: {"number": (7,), "rule": tuple(StageRule), "name": ("The board",)},
    Field: {
        "document": ("other",),
        "signatory": ("other",),
        "page": (2, -1, 9),
        "rect": (None, Rect(x=90, y=300, width=180, height=48), Rect(x=72, y=600, width=200, height=60)),
        "anchor": (Anchor(text="Sign"),),
        "kind": tuple(FieldKind),
        "required": (False,),
    },
}
"""Other values of every attribute."""

MEASURED = {"kind", "sha256", "size", "path", "head", "tail", "fault", "_open", "_unchanged"}
"""Of a document: its content, and where it lies. Another content is another of ``Envelope.documents``."""

REASONS: Mapping[str, str] = {
    r".*: (id|reference|country|tenant|tags) = .*": "yours: to find it again, and for routes",
    r"(?!strong|sealed).*assurance.* = .*SES.*": "what is taken where nothing is asked",
    r"strong: assurance\.floor = .*": "the level that is asked is no weaker",
    r"strong: .*assurance = Assurance\(level=<Level\.QES.*": "the envelope asks the same",
    r"sealed: .*assurance.* = .*(SES|AES):.*": "a seal is advanced where nothing more is asked",
    r"sealed: .*\.verb = .*SIGN.*": "its kind says that it is a seal",
    r"(?!at once|in order).*signatories\[0\]\.stage = .*": "an order of one",
    r".*\.delivery = .*ACCOUNT.*": "this account says nothing, so it is by e-mail",
    r"copied: signatories\[1\]\.(id|given_name|family_name) = .*": "a copy is addressed; a name says whose",
    r"attached: documents\[1\]\.id = .*": "the id of a document is yours",
    r"data: .*\.media_type = .*": "structured data is JSON, whatever else it is called",
}
"""Why something makes no difference, by patterns of ``shape: path = value``."""

UNDENIABLE = re.compile(r"(signatories\[\d+\]\.)?(assurance|delivery|verb|kind|stage|scheduled_at)\b.*")
"""Paths of what never counts as ignored."""


@attrs.frozen(kw_only=True)
class Run:
    """What a dry run showed: the requests as text, and problems."""

    possible: bool
    requests: str
    problems: frozenset[Problem]


def parts(asked: Envelope) -> Iterator[tuple[str, attrs.AttrsInstance]]:
    """Yield an envelope and its parts, with the prefix of their attributes' paths."""
    yield "", asked
    yield "assurance.", asked.assurance
    for name in ("signatories", "documents", "stages", "fields"):
        for index, member in enumerate(getattr(asked, name)):
            yield f"{name}[{index}].", member


def trials(asked: Envelope) -> Iterator[tuple[str, object, Envelope]]:
    """Yield a path, another value, and the envelope with it there."""
    for prefix, member in parts(asked):
        for name, values in VALUES[type(member)].items():
            for value in values:
                if value != getattr(member, name):
                    yield f"{prefix}{name}", value, put(asked, f"{prefix}{name}", value)


@contextmanager
def client_of(vendor: str) -> Iterator[Client]:
    """Make a client of one vendor."""
    made = VENDORS[vendor].create().account(NOWHERE)
    registry = Registry()
    accounts = {"a": dict(made.table)}
    config = Config.from_mapping({"accounts": accounts}, environ=made.environment, registry=registry)
    with Client.from_config(config, registry=registry) as client:
        yield client


def run(client: Client, asked: Envelope) -> Run:
    """Rehearse a send, with everything personal shown."""
    found = client.dry_run(asked, personal=True)
    assert found.complete == found.possible, found.stopped
    requests = repr([(each.method, each.url, each.body) for each in found.requests])
    return Run(possible=found.possible, requests=requests, problems=frozenset(found.problems))


def silent(path: str, before: Run, after: Run) -> bool:
    """Whether an attribute made no difference, neither to the requests nor to the problems of its place."""
    if not after.possible:
        return not after.problems - before.problems
    differing = after.problems ^ before.problems
    told = any(path.startswith(each.path) or each.path.startswith(path) for each in differing)
    return not told and before.requests == after.requests


@attrs.frozen(kw_only=True)
class Findings:
    """What the trials at one vendor showed.

    :ivar carried: the shapes that it carries.
    :ivar dropped: what made no difference, as ``shape: path = value``.
    :ivar ignored: paths of problems that say that something would be ignored.
    """

    carried: set[str]
    dropped: list[str]
    ignored: set[str]


def tried(client: Client, shapes: Mapping[str, Envelope] = SHAPES) -> Findings:
    """Try every value of every attribute of every shape that the vendor carries."""
    carried, dropped, ignored = set(), [], set()
    for shape, asked in shapes.items():
        before = run(client, asked)
        if not before.possible:
            continue
        carried.add(shape)
        for path, value, changed in trials(asked):
            after = run(client, changed)
            ignored |= {each.path for each in after.problems if each.kind is ProblemKind.IGNORED}
            if silent(path, before, after):
                dropped.append(f"{shape}: {path} = {value!r}")
    return Findings(carried=carried, dropped=dropped, ignored=ignored)


@pytest.fixture(scope="module")
def findings() -> Mapping[str, Findings]:
    """Try everything at both vendors, once."""
    found = {}
    for vendor in VENDORS:
        with client_of(vendor) as client:
            found[vendor] = tried(client)
    return found


def reasons(dropped: str) -> list[str]:
    return [pattern for pattern in REASONS if re.fullmatch(pattern, dropped)]


@pytest.mark.parametrize("vendor", VENDORS)
def test_nothing_is_dropped_in_silence(findings: Mapping[str, Findings], vendor: str) -> None:
    """What makes no difference to a vendor's requests is named by a problem, or has a reason here."""
    assert CARRIED[vendor] == findings[vendor].carried
    assert [] == [each for each in findings[vendor].dropped if not reasons(each)]


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_decides_a_signature_is_never_ignored(findings: Mapping[str, Findings], vendor: str) -> None:
    """How strongly, by whom, when and in which order never counts as ignored; other things do."""
    ignored = findings[vendor].ignored
    assert len(ignored) > 3
    assert set() == {path for path in ignored if UNDENIABLE.fullmatch(path)}


def test_every_reason_is_one(findings: Mapping[str, Findings]) -> None:
    """No reason outlives what it is for."""
    used = {pattern for found in findings.values() for each in found.dropped for pattern in reasons(each)}
    assert set(REASONS) == used


def test_every_attribute_is_tried() -> None:
    """An attribute that is new to the model has to be told, or named: it needs a value here."""
    for kind, values in VALUES.items():
        names = {attribute.name for attribute in attrs.fields(kind)}
        assert names - (MEASURED if kind is Document else set()) == set(values), kind


def test_control_a_check_that_is_gone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were SIGN8's checks silent of what its requests lack, the trials would find each of them."""
    plain = {"plain": SHAPES["plain"]}
    with client_of("sign8") as client:
        monkeypatch.setattr(untold, "SIGNATORY", ())
        found = [each for each in tried(client, plain).dropped if not reasons(each)]
    names = [re.sub(r"plain: signatories\[0\]\.(\w+) = .*", r"\1", each) for each in found]
    assert ["nationality", "birth_date", "birth_place", "birth_country"] == names
