"""Export and import: the same envelope in another store, whole, once, and never where it does not belong."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import httpx
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.client import AsyncClient, Client
from paraph.convert.exchange import dumps, loads, schema
from paraph.errors import ConnectionLost, InvalidExport, NotReady, UsageError
from paraph.exporting import (
    Export,
    ExportedAttempt,
    ExportedEvent,
    ExportedFact,
    ExportedOptions,
    Reference,
)
from paraph.model import (
    Anchor,
    Assurance,
    ContentKind,
    Document,
    DocumentRole,
    Envelope,
    FactType,
    Field,
    Level,
    Lifecycle,
    Rect,
    Secret,
    Signatory,
    SignatureKind,
    Source,
    Stage,
    StageRule,
    Trust,
    Verb,
)
from paraph.ops.export import _export
from paraph.ops.take_in import _take_in
from paraph.ops.terms import Default, Terms, kept_terms
from paraph.store import Store, open_store
from paraph.store.records import AttemptState
from support.both import Both
from support.tiny import (
    INFO,
    TinyConfig,
    TinyProvider,
    TinyRegistry,
    TinyVendor,
    as_config,
    envelope,
    tiny_kernel,
    utc,
)

AT = utc(2026, 6, 1)


@pytest.fixture(params=["sync", "async"])
def both(request: pytest.FixtureRequest) -> Any:
    world = Both(request.param, TinyVendor())
    yield world
    world.end()


@pytest.fixture(params=["memory:", "sqlite"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Another store, empty."""
    store = open_store(request.param if request.param == "memory:" else f"sqlite:///{tmp_path}/other.db")
    yield store
    store.close()


def client_of(both: Both, store: Store) -> Any:
    """A client of the same kind on another store, used as a blocking one."""
    made = Both("sync" if isinstance(both.client, Client) else "async", both.vendor)
    kind: Any = type(made.client)
    registry: Any = TinyRegistry()
    handle: Any = both.vendor.handle if kind is Client else made.handle
    made.client = kind(
        as_config(TinyConfig()),
        registry=registry,
        store=store,
        transport=httpx.MockTransport(handle),
        clock=lambda: made.now,
    )
    return made


def told(client: Any, envelope_id: str) -> list[tuple[Any, Any]]:
    return [(event, event.recorded_at) for event in client.events(envelope_id)]


def test_another_store_goes_on_where_the_first_one_was(both: Any, other: Store) -> None:
    """Snapshot, events and a further export are the same; then it is read, and ends, there."""
    asked = envelope(reference="C-1")
    both.send(asked)
    both.vendor.sign("e1", "p-ada")
    both.refresh(asked.id)
    text = dumps([both.export(asked.id)], at=AT)
    there = client_of(both, other)
    try:
        (imported,) = there.import_(text)
        assert (asked.id, "a", True) == (imported.id, imported.account, imported.added)
        assert len(both.events(asked.id)) == imported.events
        assert both.get(asked.id) == there.get(asked.id)
        assert told(both, asked.id) == told(there, asked.id)
        assert both.export(asked.id) == there.export(asked.id)
        assert {asked.id} == {each.id for each in there.envelopes(reference="C-1")}
        both.vendor.sign("e1", "p-bob")
        assert Lifecycle.COMPLETED is there.refresh(asked.id).lifecycle
        assert Lifecycle.IN_PROGRESS is both.get(asked.id).lifecycle
    finally:
        there.end()


def test_importing_twice_changes_nothing(both: Any, other: Store) -> None:
    """A second import of one file adds nothing; a newer file brings exactly what is new."""
    asked = envelope()
    both.send(asked)
    first = dumps([both.export(asked.id)], at=AT)
    both.vendor.sign("e1", "p-ada")
    new = len(both.events(asked.id))
    both.refresh(asked.id)
    new = len(both.events(asked.id)) - new
    second = both.export(asked.id)
    there = client_of(both, other)
    try:
        there.import_(first)
        before = there.export(asked.id)
        (again,) = there.import_(first)
        assert (False, 0, before) == (again.added, again.events, there.export(asked.id))
        (newer,) = there.import_([second])
        assert (False, new, second) == (newer.added, newer.events, there.export(asked.id))
        assert new > 0
    finally:
        there.end()


def test_importing_where_it_came_from_changes_nothing(both: Any) -> None:
    """The store that exported an envelope knows it, and everything of it."""
    asked = envelope()
    both.send(asked)
    before = both.export(asked.id)
    (imported,) = both.import_([before])
    assert (False, 0, before) == (imported.added, imported.events, both.export(asked.id))


def test_children_travel_with_their_parent(both: Any, other: Store) -> None:
    """What the vendor made of an envelope is exported and imported with it, and never alone."""
    asked = envelope()
    both.send(asked)
    both.vendor.split("e1")
    parent = both.refresh(asked.id)
    assert 2 == len(parent.children)
    text = dumps([both.export(asked.id)], at=AT)
    with pytest.raises(UsageError, match=f"out of '{asked.id}'"):
        both.export(parent.children[0])
    there = client_of(both, other)
    try:
        imported = there.import_(text)
        assert [asked.id, *parent.children] == [each.id for each in imported]
        for name in (asked.id, *parent.children):
            assert both.get(name) == there.get(name)
            assert told(both, name) == told(there, name)
        assert (False, False, False) == tuple(each.added for each in there.import_(text))
    finally:
        there.end()


def test_reconciling_reads_what_was_imported(both: Any, other: Store) -> None:
    """An imported envelope is due to be read like one that was sent here, once."""
    asked = envelope()
    both.send(asked)
    there = client_of(both, other)
    try:
        there.import_([both.export(asked.id)])
        both.vendor.sign("e1", "p-ada")
        both.vendor.sign("e1", "p-bob")
        there.now += timedelta(days=1)
        (turn, _) = there.reconcile()
        assert 1 == turn.read
        assert Lifecycle.COMPLETED is there.get(asked.id).lifecycle
    finally:
        there.end()


def test_news_that_waited_here_is_adopted(both: Any, other: Store) -> None:
    """A delivery that came before the import belongs to the envelope after it, without a second event."""
    asked = envelope()
    both.send(asked)
    there = client_of(both, other)
    there.client.config.accounts.pop("b")  # no other account shares the tenant, so early news is kept at once
    try:
        there.ingest("a", headers={}, body=both.vendor.delivery("e1", "OPENED", "p-ada"))
        (waiting,) = [each for each in there.events() if each.type is FactType.SIGNATORY_OPENED]
        assert waiting.envelope_id is None
        there.import_([both.export(asked.id)])
        (opened,) = [each for each in there.events(asked.id) if each.type is FactType.SIGNATORY_OPENED]
        assert (waiting.id, "ada") == (opened.id, opened.signatory_id)
    finally:
        there.end()


def test_an_unfinished_send_stays_where_it_is(both: Any) -> None:
    """What may still be published by this store never leaves it; everything else does."""
    done = envelope()
    both.send(done)

    def honest(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        return effect()

    def lost(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        raise httpx.ReadError("cut", request=request)

    half = envelope()
    both.vendor.faults = [honest, honest, lost]
    with pytest.raises(ConnectionLost):
        both.send(half)
    with pytest.raises(NotReady, match=r"client\.resume"):
        both.export(half.id)
    exported = both.export_all()
    assert ((half.id,), [done.id]) == (exported.unfinished, [each.envelope.id for each in exported.envelopes])
    assert () == both.export_all(account="b").envelopes


# Where it does not belong


def exported() -> tuple[TinyVendor, Export]:
    """An envelope of account ``a``, published and read."""
    vendor = TinyVendor()
    registry: Any = TinyRegistry()
    transport = httpx.MockTransport(vendor.handle)
    with Client(
        as_config(TinyConfig()), registry=registry, store=open_store("memory:"), transport=transport
    ) as client:
        asked = envelope(id="one")
        client.send(asked)
        client.refresh("one")
        return vendor, client.export("one")


def codes(refused: pytest.ExceptionInfo[InvalidExport]) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in refused.value.problems]


def taking(export: Export, *, kernel: Any = None, **renamed: str) -> Any:
    return _take_in(kernel or tiny_kernel(), (export,), renamed, AT)


def carried_by(export: Export, **changes: Any) -> Export:
    """Change the attempt of an export, and its account with it."""
    (attempt,) = export.attempts
    changed = attrs.evolve(attempt, **changes)
    return attrs.evolve(export, attempts=(changed,), account=changed.account)


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"account": "gone"}, "account.unknown", "--account gone=a"),
        ({"provider": "huge"}, "account.other", "another provider"),
        ({"vendor_tenant": "tenant-2"}, "account.other", "another tenant of the vendor"),
        ({"environment": "production"}, "account.other", "another environment"),
    ],
)
def test_an_account_that_is_not_the_same_is_refused(changes: dict[str, Any], code: str, says: str) -> None:
    """An envelope of another provider, tenant or environment, or of no account, is refused by its path."""
    _, export = exported()
    kernel = tiny_kernel()
    with pytest.raises(InvalidExport) as refused:
        taking(carried_by(export, **changes), kernel=kernel)
    assert [("envelopes[0].attempts[0].account", code)] == codes(refused)
    assert says in str(refused.value)
    with kernel.store.begin() as tx:
        assert () == tx.envelopes()


def test_an_account_may_have_another_name_here() -> None:
    """With the name that it has here, an account of the same tenant carries on; all records say so."""
    _, export = exported()
    kernel = tiny_kernel()
    (imported,), _ = taking(carried_by(export, account="gone"), kernel=kernel, gone="b")
    assert ("b", True) == (imported.account, imported.added)
    again = _export(kernel, "one")
    assert ("b", ["b"]) == (again.account, [each.account for each in again.attempts])
    with pytest.raises(InvalidExport) as refused:
        taking(export, gone="b")
    assert [("accounts", "account.unused")] == codes(refused)


def test_a_superseded_attempt_needs_no_account_here() -> None:
    """What an account gave up is kept as it was, where nobody configures that account any more."""
    _, export = exported()
    (last,) = export.attempts
    first = attrs.evolve(
        last, id="first", state="superseded", account="gone", provider="huge", vendor_ref="x", facts=()
    )
    moved = attrs.evolve(export, attempts=(first, attrs.evolve(last, number=2)), events=())
    kernel = tiny_kernel()
    taking(moved, kernel=kernel)
    with kernel.store.begin() as tx:
        states = [(each.account, each.state) for each in tx.attempts("one")]
    assert [("gone", AttemptState.SUPERSEDED), ("a", AttemptState.PUBLISHED)] == states


def test_another_envelope_is_never_overwritten() -> None:
    """An id that stands for another envelope here, and an envelope known under another id, are refused."""
    _, export = exported()
    kernel = tiny_kernel()
    taking(export, kernel=kernel)
    other = attrs.evolve(export, envelope=attrs.evolve(export.envelope, title="Another"))
    with pytest.raises(InvalidExport) as refused:
        taking(other, kernel=kernel)
    assert [("envelopes[0].envelope.id", "envelope.other")] == codes(refused)
    copied = carried_by(attrs.evolve(export, envelope=attrs.evolve(export.envelope, id="two")), id="x")
    with pytest.raises(InvalidExport) as refused:
        taking(copied, kernel=kernel)
    assert ("envelopes[0].attempts[0]", "attempt.known") == codes(refused)[0]
    assert export == _export(kernel, "one")


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Parts that do not fit together are all named by their paths, and nothing is imported."""
    _, export = exported()
    (attempt,) = export.attempts
    wrong = attrs.evolve(
        export,
        account="b",
        envelope=attrs.evolve(export.envelope, id="no id", signatories=export.envelope.signatories * 2),
        attempts=(attrs.evolve(attempt, state="superseded"),),
        events=(ExportedEvent(id="x", attempt=7, recorded_at=AT), *export.events),
    )
    kernel = tiny_kernel()
    with pytest.raises(InvalidExport) as refused:
        taking(wrong, kernel=kernel)
    assert {
        ("envelopes[0].account", "account.wrong"),
        ("envelopes[0].envelope.id", "id.invalid"),
        ("envelopes[0].envelope.signatories", "id.repeated"),
        ("envelopes[0].attempts[0].state", "attempts.wrong"),
        ("envelopes[0].events[0].id", "id.invalid"),
        ("envelopes[0].events[0].attempt", "attempt.unknown"),
    } == set(codes(refused))
    with pytest.raises(InvalidExport) as refused:
        _take_in(kernel, (export, export), {}, AT)
    assert {"value.repeated"} == {code for _, code in codes(refused)}
    with kernel.store.begin() as tx:
        assert () == tx.envelopes()


# Secrets


@attrs.frozen(kw_only=True)
class Pass:
    """One more secret, deeper."""

    word: Secret | None = None
    hint: str = ""


@attrs.frozen(kw_only=True)
class TinyOptions:
    """Options, some of them secret."""

    colour: str = ""
    password: Secret | None = None
    inner: Pass = attrs.field(factory=Pass)
    several: tuple[Secret, ...] = ()


@attrs.frozen(kw_only=True)
class NeedyOptions:
    """Options that cannot be without a secret."""

    colour: str = ""
    password: Secret


class Optioned(TinyRegistry):
    """The tiny provider with options."""

    def __init__(self, kind: type) -> None:
        super().__init__()
        self._kind = kind

    def info(self, name: str, *, where: str = "") -> Any:
        return attrs.evolve(INFO, envelope_options=self._kind)


def with_options(option: object) -> tuple[Any, Export]:
    kernel = tiny_kernel()
    kernel.registry = Optioned(type(option))  # type: ignore[assignment]  # stands in
    _, export = exported()
    taking(export, kernel=kernel)
    asked = attrs.evolve(export.envelope, id="two", options=(option,))
    with kernel.store.begin() as tx:
        known = tx.envelope("one")
        assert known is not None
        tx.add_envelope(attrs.evolve(known, id="two", body=kernel.dump(asked)))
        (attempt,) = tx.attempts("one")
        tx.put_attempt(attrs.evolve(attempt, id="second", envelope_id="two", vendor_ref="e2"))
    return kernel, _export(kernel, "two")


def test_secrets_stay_behind_and_are_named() -> None:
    """Secret options are in no file, and each is named; the others arrive and make the same options."""
    option = TinyOptions(
        colour="blue",
        password=Secret("c4n4ry-1"),
        inner=Pass(word=Secret("c4n4ry-2"), hint="three"),
        several=(Secret("c4n4ry-3"),),
    )
    kernel, export = with_options(option)
    text = dumps([export], at=AT)
    with kernel.store.begin() as tx:
        stored = tx.envelope("two")
    assert "c4n4ry-1" in stored.body  # the store has them, so that a send can be resumed
    assert "c4n4ry" not in text
    assert "c4n4ry" not in repr(export)
    assert ("tiny.password", "tiny.inner.word", "tiny.several") == export.left_out
    there = tiny_kernel()
    there.registry = Optioned(TinyOptions)  # type: ignore[assignment]  # stands in
    _take_in(there, loads(text), {}, AT)
    with there.store.begin() as tx:
        arrived = tx.envelope("two")
        assert arrived is not None
        (again,) = there.load(arrived).options
    assert TinyOptions(colour="blue", inner=Pass(hint="three")) == again


def test_options_that_need_their_secret_stay_behind_as_a_whole() -> None:
    """Where options cannot be without a secret, or their plugin is gone, nothing of them leaves."""
    option = NeedyOptions(colour="blue", password=Secret("c4n4ry"))
    kernel, export = with_options(option)
    assert (ExportedOptions(provider="tiny", left_out=("*",)),) == export.options
    kernel.registry = TinyRegistry()  # type: ignore[assignment]  # without options
    assert (ExportedOptions(provider="tiny", left_out=("*",)),) == _export(kernel, "two").options


def test_options_that_do_not_fit_are_refused() -> None:
    """Options that the installed plugin does not read are a problem, not an envelope that nobody can load."""
    _, export = exported()
    there = tiny_kernel()
    there.registry = Optioned(TinyOptions)  # type: ignore[assignment]  # stands in
    odd = attrs.evolve(export, options=(ExportedOptions(provider="tiny", values={"size": 3}),))
    with pytest.raises(InvalidExport) as refused:
        taking(odd, kernel=there)
    assert [("envelopes[0].options[0].values", "options.unreadable")] == codes(refused)


def test_the_accounts_terms_travel() -> None:
    """What an account's defaults put to an envelope is the same in another store; what is none is refused."""
    terms = Terms(
        defaults=(
            Default(path="language", value={"is": "fr"}, source="accounts.a.defaults.language", shown="fr"),
        )
    )
    _, export = exported()
    (attempt,) = export.attempts
    put = attrs.evolve(export, attempts=(attrs.evolve(attempt, terms=json.loads(terms.text())),))
    kernel = tiny_kernel()
    _take_in(kernel, loads(dumps([put], at=AT)), {}, AT)
    with kernel.store.begin() as tx:
        assert terms == kept_terms(tx, attempt.id)
    assert put == _export(kernel, "one")
    odd = attrs.evolve(export, attempts=(attrs.evolve(attempt, terms={"defaults": 3}),))
    with pytest.raises(InvalidExport) as refused:
        taking(odd)
    assert [("envelopes[0].attempts[0].terms", "terms.unreadable")] == codes(refused)


def test_documents_travel_without_their_content() -> None:
    """A file has digest, name, size and path of a document, and none of its bytes."""
    _, export = exported()
    (first, *_) = export.envelope.documents
    assert not first.has_content
    written = json.loads(dumps([export], at=AT))["envelopes"][0]["envelope"]["documents"][0]
    assert {"id", "name", "sha256", "size", "media_type", "kind", "role"} == set(written)
    assert (64, first.size) == (len(written["sha256"]), written["size"])


# Any file

words = st.text(max_size=4)
names = st.sampled_from(["ada", "bob", "c-3", "d.4", "E_5", "f6"])
times = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants them naive
optional = st.none() | words


def assurances() -> st.SearchStrategy[Assurance]:
    levels = st.none() | st.sampled_from(Level)
    return st.builds(Assurance, level=levels, floor=levels)


def numbers() -> st.SearchStrategy[float]:
    return st.floats(allow_nan=False, allow_infinity=False) | st.integers(-1000, 1000)


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    people = [
        draw(
            st.builds(
                Signatory,
                id=st.just(name),
                given_name=words,
                email=words,
                phone=optional,
                birth_date=st.none() | st.dates(date(1900, 1, 1), date(2020, 1, 1)),
                verb=st.sampled_from(Verb),
                stage=st.integers(1, 3),
                kind=st.sampled_from(SignatureKind),
                assurance=st.none() | assurances(),
            )
        )
        for name in draw(st.lists(names, unique=True, max_size=3))
    ]
    documents = [
        draw(
            st.builds(
                Document,
                id=st.just(name),
                name=words,
                sha256=words,
                size=st.integers(0, 10**9),
                kind=st.sampled_from(ContentKind),
                role=st.sampled_from(DocumentRole),
                path=optional,
            )
        )
        for name in draw(st.lists(names, unique=True, max_size=3))
    ]
    rects = st.builds(Rect, x=numbers(), y=numbers(), width=numbers(), height=numbers())
    fields = st.builds(
        Field,
        document=names,
        signatory=names,
        rect=st.none() | rects,
        anchor=st.none() | st.builds(Anchor, text=words, dx=numbers()),
    )
    return draw(
        st.builds(
            Envelope,
            id=names,
            title=words,
            message=words,
            documents=st.just(documents),
            signatories=st.just(people),
            fields=st.lists(fields, max_size=2),
            stages=st.lists(
                st.builds(Stage, number=st.integers(1, 3), rule=st.sampled_from(StageRule)), max_size=2
            ),
            assurance=assurances(),
            tags=st.lists(words, max_size=2),
            expires_at=st.none() | times,
        )
    )


facts = st.builds(
    ExportedFact,
    type=st.sampled_from(FactType),
    target=names,
    occurrence=st.just("") | names,
    at=st.none() | times,
    native=names,
    reason=st.none() | names,
    actor=names,
    inferred=st.booleans(),
    trust=st.sampled_from(Trust),
    source=st.sampled_from(Source),
    seen_at=times,
)


@st.composite
def exports(draw: st.DrawFn) -> Export:
    """Whole envelopes of account ``a``, with whatever was told of them."""
    made = draw(envelopes())
    references = st.builds(Reference, id=names, vendor_ref=names)
    attempt = ExportedAttempt(
        id=draw(names),
        number=1,
        account="a",
        provider="tiny",
        environment="test",
        vendor_tenant="tenant-1",
        state="published",
        vendor_ref=draw(names),
        signatories=tuple(draw(st.lists(references, max_size=3, unique_by=lambda each: each.id))),
        documents=tuple(draw(st.lists(references, max_size=3, unique_by=lambda each: each.id))),
        started_at=draw(times),
        facts=tuple(draw(st.lists(facts, max_size=6))),
    )
    return Export(account="a", created_at=draw(times), envelope=made, attempts=(attempt,))


@settings(deadline=None, max_examples=40)
@given(st.lists(exports(), max_size=2))
def test_a_file_says_everything(given_: list[Export]) -> None:
    """What is written is valid by the published schema, is pure ASCII, and reads back as the same."""
    text = dumps(given_, at=AT)
    assert text.isascii()
    jsonschema.Draft202012Validator(schema()).validate(json.loads(text))
    assert tuple(given_) == loads(text)
    assert text == dumps(loads(text), at=AT)


@settings(deadline=None, max_examples=40)
@given(exports())
def test_two_stores_say_the_same_of_an_envelope(export: Export) -> None:
    """Whatever was told, a store that imports from another shows the same snapshot, events and file."""
    first, second = tiny_kernel(), tiny_kernel()
    _take_in(first, (export,), {}, AT)
    leaving = _export(first, export.envelope.id)
    _take_in(second, loads(dumps([leaving], at=AT)), {}, AT + timedelta(days=1))
    assert leaving == _export(second, export.envelope.id)
    assert snapshots(first) == snapshots(second)
    (again,), events = _take_in(second, (leaving,), {}, AT)
    assert (False, 0, ()) == (again.added, again.events, events)


def snapshots(kernel: Any) -> list[Any]:
    from paraph.ops.observe import _project

    with kernel.store.begin() as tx:
        ids = [each.id for each in tx.envelopes()]
    return [_project(kernel, each) for each in ids]


def test_an_export_without_events_gets_them_from_its_facts() -> None:
    """Events are concluded anew where a file has none, with the ids that they always have."""
    _, export = exported()
    first, second = tiny_kernel(), tiny_kernel()
    taking(export, kernel=first)
    taking(attrs.evolve(export, events=()), kernel=second)
    assert {each.id for each in export.events} == {each.id for each in _export(second, "one").events}
    assert snapshots(first) == snapshots(second)


@functools.cache
def sound() -> Export:
    """One file's envelope, made once for all examples."""
    return exported()[1]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_any_json_gives_a_result_or_one_error_with_paths(data: st.DataObject) -> None:
    """A sound file in which anything is replaced is imported, or refused by paths and without values."""
    export = sound()
    value = json.loads(dumps([export], at=AT))
    holder: Any = value
    for _ in range(data.draw(st.integers(1, 6))):
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(holder[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            holder[key] = data.draw(json_values)
            break
        holder = holder[key]
    kernel = tiny_kernel()
    try:
        _take_in(kernel, loads(json.dumps(value)), {}, AT)
    except InvalidExport as error:
        assert error.problems
        assert all(problem.path and problem.code for problem in error.problems)
        assert "Lovelace" not in str(error)
        with kernel.store.begin() as tx:
            assert () == tx.envelopes()
    else:
        assert snapshots(kernel) == snapshots(kernel)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=64) | json_values.map(lambda each: json.dumps(each).encode()))
def test_any_bytes_are_no_file(content: bytes) -> None:
    """Whatever is no file of ours is one error."""
    with pytest.raises(InvalidExport, match="no file of exported envelopes"):
        loads(content)


def test_what_is_nested_too_deeply_is_no_file() -> None:
    """A file that would exhaust the stack is refused like every other that is wrong."""
    with pytest.raises(InvalidExport):
        loads("[" * 200_000)


def test_a_newer_file_is_refused_by_its_version() -> None:
    """A file of a later version is refused with a sentence, before its shape is looked at."""
    text = json.dumps({"format": "paraph.envelopes", "version": 2, "parcels": []})
    with pytest.raises(
        InvalidExport, match="of version 2, and this paraph reads versions up to 1"
    ) as refused:
        loads(text)
    assert [("version", "version.newer")] == codes(refused)
    with pytest.raises(InvalidExport) as refused:
        loads(text.replace("2", "true", 1))
    assert ("version", "value.unknown") in codes(refused)


def test_values_of_a_file_are_never_repeated() -> None:
    """What is wrong is told by path, never with the name or address that stands there."""
    _, export = exported()
    value = json.loads(dumps([export], at=AT))
    value["envelopes"][0]["envelope"]["signatories"][0] |= {
        "verb": "ada.lovelace@example.org",
        "stage": "Ada Lovelace",
        "Ada Lovelace": 1,
    }
    with pytest.raises(InvalidExport) as refused:
        loads(json.dumps(value))
    where = "envelopes[0].envelope.signatories[0]"
    assert {
        (f"{where}.*", "key.unknown"),
        (f"{where}.verb", "value.unknown"),
        (f"{where}.stage", "value.type"),
    } == set(codes(refused))
    assert "ovelace" not in str(refused.value)


def test_observers_hear_of_nothing_that_was_told_before() -> None:
    """An import tells observers what is new to both stores, and nothing that the file brings."""
    _, export = exported()
    kernel = tiny_kernel()
    _, events = taking(export, kernel=kernel)
    assert () == events


def test_both_clients_have_the_same_operations() -> None:
    """Export, import, adoption and portability are there in either client."""
    for name in ("export", "export_all", "import_", "adopt", "portability"):
        assert hasattr(Client, name)
        assert hasattr(AsyncClient, name)
    assert "adopt" not in vars(TinyProvider)
