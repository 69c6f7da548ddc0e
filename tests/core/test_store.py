"""What every store does, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import attrs
import pytest

from paraph.errors import StoreError
from paraph.model import FactType, Source, SubjectKind, Trust
from paraph.store import AttemptState, DeliveryStage, PollRecord, StepKind, StepState, Store, Transaction
from store_fixtures import (
    a_delivery,
    a_sighting,
    a_step,
    an_attempt,
    an_envelope,
    an_event,
    later,
)

pytest_plugins = ("store_fixtures",)

AWKWARD = (
    "NUL \0, SUB \x1a\x1a0000, clef \U0001d11e, halves \ud834 \udd1e, both \ud834\udd1e, \\ ' \" % é\u0301"
)


class TestEveryStore:
    """The conformance suite of the protocol: memory, SQLite, PostgreSQL."""

    def test_durability_is_told(self, store: Store, any_url: str):
        """Only the memory store says that it forgets."""
        assert (any_url != "memory:") == store.durable

    def test_envelope_comes_back(self, store: Store):
        """An envelope is read back equal, and an unknown one is None."""
        record = an_envelope(body='{"title": "é"}', tenant="t")
        with store.begin() as tx:
            assert tx.add_envelope(record) is True
        with store.begin() as tx:
            assert record == tx.envelope("e1")
            assert tx.envelope("e2") is None

    def test_second_envelope_with_an_id_changes_nothing(self, store: Store):
        """Adding an id again answers False and keeps the first record."""
        with store.begin() as tx:
            tx.add_envelope(an_envelope(reference="first"))
            assert tx.add_envelope(an_envelope(reference="second")) is False
        with store.begin() as tx:
            assert an_envelope(reference="first") == tx.envelope("e1")

    def test_envelope_moves_to_another_account(self, store: Store):
        """Only the account changes when another one carries the envelope."""
        with store.begin() as tx:
            tx.add_envelope(an_envelope())
            tx.move_envelope("e1", account="de")
        with store.begin() as tx:
            assert an_envelope(account="de") == tx.envelope("e1")
            assert () == tx.envelopes(account="hr")

    def test_moving_an_unknown_envelope_is_refused(self, store: Store):
        """A move of nothing is an error, not silence."""
        with pytest.raises(StoreError, match="no envelope"), store.begin() as tx:
            tx.move_envelope("e1", account="de")

    def test_envelopes_newest_first(self, store: Store):
        """Envelopes are listed by time, then by id in the order of code points, with filters and limit."""
        names = ["a", "B", "_", "é", "ab", "\U0001d11e", "\uffff"]
        with store.begin() as tx:
            for name in names:
                tx.add_envelope(an_envelope(name, reference=f"r-{name}"))
            tx.add_envelope(an_envelope("old", created_at=later(-0.000001)))
            tx.add_envelope(an_envelope("new", created_at=later(0.000001), account="de"))
        with store.begin() as tx:
            listed = [record.id for record in tx.envelopes()]
            assert ["new", *sorted(names, reverse=True), "old"] == listed
            assert ["new"] == [record.id for record in tx.envelopes(limit=1)]
            assert ["new"] == [record.id for record in tx.envelopes(account="de")]
            assert ["B"] == [record.id for record in tx.envelopes(account="hr", reference="r-B")]
            assert () == tx.envelopes(account="de", reference="r-B")

    def test_children_oldest_first(self, store: Store):
        """Envelopes are found by their parent, oldest first; one without children, or unknown, has none."""
        with store.begin() as tx:
            tx.add_envelope(an_envelope("p"))
            tx.add_envelope(an_envelope("other"))
            for name, seconds in (("b", 1), ("a", 1), ("c", 0)):
                tx.add_envelope(an_envelope(name, parent="p", created_at=later(seconds)))
        with store.begin() as tx:
            assert ["c", "a", "b"] == [record.id for record in tx.children("p")]
            assert [(), ()] == [tx.children("other"), tx.children("unknown")]
            assert an_envelope("c", parent="p", created_at=later(0)) == tx.envelope("c")

    def test_polls_are_due_by_account_and_time(self, store: Store):
        """Due polls are the account's whose time has come, longest first; dropped ones are forgotten."""
        times = {"a1": 1, "a2": 0, "a3": 2, "a4": 0}
        polls = {
            name: PollRecord(
                attempt_id=name, account="de" if name == "a4" else "hr", next_at=later(seconds), reads=seconds
            )
            for name, seconds in times.items()
        }
        with store.begin() as tx:
            tx.add_envelope(an_envelope())
            for name, poll in polls.items():
                tx.put_attempt(an_attempt(name))
                tx.put_poll(poll)
        with store.begin() as tx:
            assert (polls["a2"], polls["a1"]) == tx.due_polls("hr", later(1))
            assert (polls["a2"],) == tx.due_polls("hr", later(1), limit=1)
            moved = attrs.evolve(polls["a2"], next_at=later(9), reads=5)
            tx.put_poll(moved)
            tx.drop_poll("a1")
            tx.drop_poll("a1")
        with store.begin() as tx:
            assert ((), moved, None) == (tx.due_polls("hr", later(1)), tx.poll("a2"), tx.poll("a1"))

    def test_unfinished_attempts_are_open_and_have_a_poll(self, store: Store):
        """Of an account: neither what is published, nor what nobody is to look after; the oldest first."""
        with store.begin() as tx:
            tx.add_envelope(an_envelope())
            for name, state, day in (
                ("a1", AttemptState.OPEN, 2),
                ("a2", AttemptState.OPEN, 1),
                ("a3", AttemptState.PUBLISHED, 1),
                ("a4", AttemptState.OPEN, 1),
            ):
                tx.put_attempt(attrs.evolve(an_attempt(), id=name, state=state, started_at=later(day)))
            for name, account in (("a1", "hr"), ("a2", "hr"), ("a3", "hr"), ("a4", "de")):
                tx.put_poll(PollRecord(attempt_id=name, account=account, next_at=later(9)))
        with store.begin() as tx:
            assert ["a2", "a1"] == [each.id for each in tx.unfinished_attempts("hr")]
            assert ["a4"] == [each.id for each in tx.unfinished_attempts("de")]
            assert {"hr", "de"} == set(tx.polled_accounts())
            tx.drop_poll("a4")
            assert ((), ("hr",)) == (tx.unfinished_attempts("de"), tx.polled_accounts())

    def test_a_poll_of_nothing_is_refused(self, store: Store):
        """A poll of an unknown attempt is an error."""
        poll = PollRecord(attempt_id="a9", account="hr", next_at=later(0))
        with pytest.raises(StoreError), store.begin() as tx:
            tx.put_poll(poll)

    def test_attempt_is_inserted_and_replaced(self, store: Store):
        """put_attempt keeps one row per id, with every field."""
        done = an_attempt(
            state=AttemptState.PUBLISHED,
            vendor_ref="sr_1",
            signatories=(("ada", "s1"), ("bob", AWKWARD)),
            documents=(("contract", "d1"),),
        )
        with store.begin() as tx:
            tx.add_envelope(an_envelope())
            tx.put_attempt(an_attempt())
            assert an_attempt() == tx.attempt("a1")
            tx.put_attempt(done)
        with store.begin() as tx:
            assert done == tx.attempt("a1")
            assert (done,) == tx.attempts("e1")
            assert tx.attempt("a2") is None
            assert () == tx.attempts("e2")

    def test_attempts_by_number(self, store: Store):
        """Attempts of an envelope are ordered by number, also past nine."""
        with store.begin() as tx:
            tx.add_envelope(an_envelope())
            for number in (10, 2, 1):
                tx.put_attempt(an_attempt(f"a{number}", number=number))
        with store.begin() as tx:
            assert [1, 2, 10] == [record.number for record in tx.attempts("e1")]

    def test_attempt_is_found_by_the_vendors_id(self, store: Store):
        """Provider, tenant and vendor id together find the latest attempt, each alone does not."""
        with store.begin() as tx:
            tx.add_envelope(an_envelope())
            tx.put_attempt(an_attempt(vendor_ref="x"))
            tx.put_attempt(an_attempt("a2", vendor_ref="x", started_at=later(1)))
            tx.put_attempt(an_attempt("a3", vendor_ref="x", vendor_tenant="other"))
            tx.put_attempt(an_attempt("a4"))
        with store.begin() as tx:
            found = tx.attempt_by_vendor_ref(provider="fake", vendor_tenant="tenant", vendor_ref="x")
            assert found is not None
            assert "a2" == found.id
            assert tx.attempt_by_vendor_ref(provider="p", vendor_tenant="tenant", vendor_ref="x") is None
            assert tx.attempt_by_vendor_ref(provider="fake", vendor_tenant="t", vendor_ref="x") is None
            assert tx.attempt_by_vendor_ref(provider="fake", vendor_tenant="tenant", vendor_ref="y") is None

    def test_steps_keep_their_place(self, store: Store):
        """Replacing a step keeps the order of beginning; dropping and beginning again goes to the end."""
        done = a_step("b", state=StepState.DONE, kind=StepKind.PUBLISH, result='{"id": 1}', at=later(1))
        with store.begin() as tx:
            tx.add_envelope(an_envelope())
            tx.put_attempt(an_attempt())
            tx.put_attempt(an_attempt("a2"))
            for key in ("c", "b", "a"):
                tx.put_step(a_step(key))
            tx.put_step(a_step("b", attempt_id="a2"))
        with store.begin() as tx:
            tx.put_step(done)
            assert (a_step("c"), done, a_step("a")) == tx.steps("a1")
            tx.drop_step("a1", "c")
            tx.drop_step("a1", "never begun")
            tx.put_step(a_step("c"))
        with store.begin() as tx:
            assert (done, a_step("a"), a_step("c")) == tx.steps("a1")
            assert done == tx.step("a1", "b")
            assert tx.step("a1", "d") is None
            assert (a_step("b", attempt_id="a2"),) == tx.steps("a2")

    @pytest.mark.parametrize("orphan", ["attempt", "step", "event", "adopted"])
    def test_orphans_are_refused(self, store: Store, orphan: str):
        """An attempt or event without its envelope, or a step without its attempt, is an error."""
        work: dict[str, Callable[[Transaction], object]] = {
            "attempt": lambda tx: tx.put_attempt(an_attempt()),
            "step": lambda tx: tx.put_step(a_step()),
            "event": lambda tx: tx.add_event(an_event(envelope_id="e1")),
            "adopted": lambda tx: tx.adopt_events("s0", envelope_id="e1"),
        }
        with store.begin() as tx:
            tx.add_event(an_event("v0", stream="s0"))
        with pytest.raises(StoreError), store.begin() as tx:
            work[orphan](tx)

    def test_sightings_are_a_set(self, store: Store):
        """A key is stored once, within and across calls, and the number of new ones is told."""
        full = a_sighting(
            "k2",
            type=FactType.UNKNOWN,
            subject_kind=SubjectKind.CONTACT,
            at=later(-1),
            reason=AWKWARD,
            actor="Ada",
            native=AWKWARD,
            target=AWKWARD,
            inferred=True,
            trust=Trust.CLAIMED,
            source=Source.SWEEP,
        )
        with store.begin() as tx:
            assert 1 == tx.add_sightings([a_sighting(), a_sighting()])
            assert 2 == tx.add_sightings([a_sighting(), full, a_sighting("k3", stream="s2")])
            assert 0 == tx.add_sightings([])
        with store.begin() as tx:
            assert {a_sighting(), full} == set(tx.sightings("s1"))
            assert (a_sighting("k3", stream="s2"),) == tx.sightings("s2")
            assert () == tx.sightings("s3")

    def test_events_are_numbered(self, store: Store):
        """Events get rising numbers, an id is stored once, and readers page by number."""
        with store.begin() as tx:
            assert 0 == tx.last_sequence()
            tx.add_envelope(an_envelope())
            stored = [tx.add_event(an_event(f"v{n}", sequence=77)) for n in range(3)]
            assert tx.add_event(an_event("v1", account="other")) is None
        numbers = [record.sequence for record in stored if record]
        assert 3 == len(numbers)
        assert 0 < numbers[0] < numbers[1] < numbers[2]
        with store.begin() as tx:
            last = tx.add_event(an_event("v3", envelope_id="e1", account="de"))
            assert last is not None
            assert numbers[-1] < last.sequence
            assert last.sequence == tx.last_sequence()
            assert (*stored, last) == tx.events()
            assert tuple(stored[1:]) == tx.events(after=numbers[0], limit=2)
            assert (last,) == tx.events(envelope_id="e1")
            assert (last,) == tx.events(account="de")
            assert () == tx.events(account="hr", envelope_id="e1")
            assert stored[1] == tx.event("v1")
            assert tx.event("v9") is None

    def test_early_events_are_adopted(self, store: Store):
        """Events of a stream without an envelope are linked; others keep what they have."""
        with store.begin() as tx:
            tx.add_envelope(an_envelope())
            tx.add_envelope(an_envelope("e2"))
            tx.add_event(an_event("early"))
            tx.add_event(an_event("linked", envelope_id="e2"))
            tx.add_event(an_event("foreign", stream="s2"))
            tx.adopt_events("s1", envelope_id="e1")
        with store.begin() as tx:
            assert {"early": "e1", "linked": "e2", "foreign": None} == {
                record.event_id: record.envelope_id for record in tx.events()
            }

    def test_same_delivery_is_counted(self, store: Store):
        """The same account, path and bytes are one row; another account, path or body is another."""
        with store.begin() as tx:
            assert (a_delivery(), True) == tx.add_delivery(a_delivery())
            assert (a_delivery(seen=2), False) == tx.add_delivery(a_delivery("d2", received_at=later(1)))
            assert tx.add_delivery(a_delivery("d3", account="de"))[1]
            assert tx.add_delivery(a_delivery("d4", path="x"))[1]
            assert tx.add_delivery(a_delivery("d5", body=b"{ }"))[1]
        with store.begin() as tx:
            assert (a_delivery(seen=3), False) == tx.add_delivery(a_delivery())
            assert a_delivery(seen=3) == tx.delivery("d1")
            assert tx.delivery("d2") is None

    def test_delivery_id_is_unique(self, store: Store):
        """Another body under the id of a stored delivery is refused."""
        with store.begin() as tx:
            tx.add_delivery(a_delivery())
        with pytest.raises(StoreError), store.begin() as tx:
            tx.add_delivery(a_delivery(body=b"other"))

    def test_processing_of_a_delivery_is_replaced(self, store: Store):
        """put_delivery replaces what processing changes, but never takes back a copy counted meanwhile."""
        done = a_delivery(
            received_at=later(1),
            stage=DeliveryStage.PROCESSED,
            outcome="ok",
            proof="ab",
            proof_checks=2,
            attempts=2,
            next_at=later(5),
        )
        with store.begin() as tx:
            tx.add_delivery(a_delivery())
            tx.add_delivery(a_delivery())
            tx.put_delivery(done)
            assert attrs.evolve(done, seen=2) == tx.delivery("d1")
            tx.put_delivery(attrs.evolve(done, seen=7))
            assert attrs.evolve(done, seen=7) == tx.delivery("d1")

    def test_replacing_an_unknown_delivery_is_refused(self, store: Store):
        """There is nothing to replace, and that is an error."""
        with pytest.raises(StoreError, match="no delivery"), store.begin() as tx:
            tx.put_delivery(a_delivery())

    def test_what_came_stays_as_it_came(self, store: Store):
        """Account, path, headers, body and digest of a delivery never change, nor does what is the same."""
        came = a_delivery(headers=(("x", AWKWARD), ("x", "2")))
        with store.begin() as tx:
            tx.add_delivery(came)
            tx.add_delivery(a_delivery("d2", path="x"))
            tx.put_delivery(a_delivery(body=b"other", account="de", path="x", headers=()))
            assert came == tx.delivery("d1")
            assert (attrs.evolve(came, seen=2), False) == tx.add_delivery(attrs.evolve(came, id="d3"))

    def test_deliveries_with_the_same_proof(self, store: Store):
        """All of the account's deliveries with the proof are found; no proof finds nothing."""
        with store.begin() as tx:
            tx.add_delivery(a_delivery("d2", b"2", proof="p", received_at=later(1)))
            tx.add_delivery(a_delivery("d1", b"1", proof="p"))
            tx.add_delivery(a_delivery("d3", b"3", proof="q"))
            tx.add_delivery(a_delivery("d4", b"4", proof="p", account="de"))
            tx.add_delivery(a_delivery("d5", b"5"))
        with store.begin() as tx:
            assert ["d1", "d2"] == [record.id for record in tx.deliveries_with_proof("hr", "p")]
            assert () == tx.deliveries_with_proof("hr", "")

    def test_due_deliveries(self, store: Store):
        """Stored deliveries are due at once or from next_at on, the oldest first."""
        with store.begin() as tx:
            tx.add_delivery(a_delivery("now", b"1", received_at=later(3)))
            tx.add_delivery(a_delivery("past", b"2", received_at=later(2), next_at=later(9)))
            tx.add_delivery(a_delivery("exact", b"3", received_at=later(1), next_at=later(10)))
            tx.add_delivery(a_delivery("future", b"4", next_at=later(10.000001)))
            for stage in (DeliveryStage.PROCESSED, DeliveryStage.REJECTED):
                tx.add_delivery(a_delivery(stage.value, stage.value.encode(), stage=stage))
        with store.begin() as tx:
            assert ["exact", "past", "now"] == [record.id for record in tx.due_deliveries(later(10))]
            assert ["exact"] == [record.id for record in tx.due_deliveries(later(10), limit=1)]

    def test_deliveries_are_dropped_by_stage_and_age(self, store: Store):
        """Only deliveries of the stage that are old enough go, and the same bytes are new afterwards."""
        with store.begin() as tx:
            tx.add_delivery(a_delivery("old", b"1", stage=DeliveryStage.REJECTED, received_at=later(1)))
            tx.add_delivery(a_delivery("young", b"2", stage=DeliveryStage.REJECTED, received_at=later(5)))
            tx.add_delivery(a_delivery("done", b"3", stage=DeliveryStage.PROCESSED, received_at=later(1)))
        with store.begin() as tx:
            assert 1 == tx.drop_deliveries(stage=DeliveryStage.REJECTED, before=later(5))
        with store.begin() as tx:
            kept = [each for each in ("old", "young", "done") if tx.delivery(each)]
            assert ["young", "done"] == kept
            assert tx.add_delivery(a_delivery("again", b"1"))[1]

    def test_event_ids_of_a_stream(self, store: Store):
        """The ids of a stream's events are told, and no others."""
        with store.begin() as tx:
            assert frozenset() == tx.event_ids("s1")
            tx.add_event(an_event("e-1", stream="s1"))
            tx.add_event(an_event("e-2", stream="s1"))
            tx.add_event(an_event("e-3", stream="s2"))
        with store.begin() as tx:
            assert frozenset({"e-1", "e-2"}) == tx.event_ids("s1")

    def test_unprocessed_deliveries_are_counted(self, store: Store):
        """Number and bytes of the account's stored deliveries are told, and only those."""
        with store.begin() as tx:
            assert (0, 0) == tx.count_unprocessed("hr")
            tx.add_delivery(a_delivery("d1", "é\0".encode()))
            tx.add_delivery(a_delivery("d2", b"12345"))
            tx.add_delivery(a_delivery("d3", b"other", account="de"))
            assert (2, 8) == tx.count_unprocessed("hr")
            tx.put_delivery(a_delivery("d1", "é\0".encode(), stage=DeliveryStage.PROCESSED))
            assert (1, 5) == tx.count_unprocessed("hr")

    def test_contents(self, store: Store):
        """A document's bytes are kept under their key, the latest count, and dropping twice is harmless."""
        content = bytes(range(256)) * 4096
        with store.begin() as tx:
            tx.put_content("e1/contract", b"first")
            tx.put_content("e1/contract", content)
            tx.put_content("e2/contract", b"")
        with store.begin() as tx:
            assert content == tx.content("e1/contract")
            assert b"" == tx.content("e2/contract")
            tx.drop_content("e1/contract")
            tx.drop_content("e1/contract")
            assert tx.content("e1/contract") is None

    def test_private_values(self, store: Store):
        """A secret is kept per account and key, and the latest counts."""
        with store.begin() as tx:
            tx.put_private("hr", "hook", "first")
            tx.put_private("hr", "hook", "second")
            tx.put_private("de", "hook", "third")
        with store.begin() as tx:
            assert "second" == tx.private("hr", "hook")
            assert "third" == tx.private("de", "hook")
            assert tx.private("hr", "other") is None

    def test_awkward_text_survives(self, store: Store):
        """NUL, lone surrogates and four-byte characters come back unchanged and can be searched for."""
        record = an_envelope(AWKWARD, reference=AWKWARD, body=AWKWARD)
        with store.begin() as tx:
            tx.add_envelope(record)
            tx.put_private(AWKWARD, AWKWARD, AWKWARD)
        with store.begin() as tx:
            assert record == tx.envelope(AWKWARD)
            assert (record,) == tx.envelopes(reference=AWKWARD)
            assert AWKWARD == tx.private(AWKWARD, AWKWARD)

    def test_large_and_binary_bodies_survive(self, store: Store):
        """A body of one MiB with every byte value comes back unchanged."""
        record = a_delivery(body=bytes(range(256)) * 4096)
        with store.begin() as tx:
            tx.add_delivery(record)
            tx.add_delivery(a_delivery("empty", b""))
        with store.begin() as tx:
            assert record == tx.delivery("d1")
            assert a_delivery("empty", b"") == tx.delivery("empty")

    @pytest.mark.parametrize(
        "moment",
        [
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
            later(0),
        ],
    )
    def test_times_are_aware_and_exact(self, store: Store, moment: datetime):
        """A time comes back in UTC to the microsecond, even the first and last that Python knows."""
        with store.begin() as tx:
            tx.add_envelope(an_envelope(created_at=moment))
            found = tx.envelope("e1")
        assert found is not None
        assert moment == found.created_at
        assert UTC is found.created_at.tzinfo

    def test_raising_block_leaves_nothing(self, store: Store):
        """Everything that a transaction did is undone if its block raises, whatever it raises."""
        with store.begin() as tx:
            _fill(tx)
            before = _everything(tx)
        with pytest.raises(KeyboardInterrupt), store.begin() as tx:
            _change_everything(tx, before)
        with store.begin() as tx:
            assert before == _everything(tx)

    def test_swallowed_failure_is_not_committed(self, store: Store):
        """Who catches a StoreError inside the block learns at its end that nothing was kept."""

        def swallow(tx: Transaction) -> None:
            tx.add_envelope(an_envelope())
            with pytest.raises(StoreError):
                tx.put_step(a_step())

        with pytest.raises(StoreError, match="nothing of it is committed"), store.begin() as tx:
            swallow(tx)
        with store.begin() as tx:
            assert tx.envelope("e1") is None

    def test_ended_transaction_is_refused(self, store: Store):
        """A transaction that outlives its block can do nothing."""
        with store.begin() as tx:
            pass
        with pytest.raises(StoreError, match="has ended"):
            tx.add_envelope(an_envelope())

    def test_transactions_do_not_nest(self, store: Store):
        """A second transaction in the same thread is refused at once instead of waiting for itself."""
        with store.begin() as tx:
            with pytest.raises(StoreError, match="do not nest"), store.begin():
                pass
            tx.add_envelope(an_envelope())
        with store.begin() as tx:
            assert an_envelope() == tx.envelope("e1")

    def test_closing_twice_is_harmless(self, store: Store):
        """A closed store can be closed again, and opens no transaction."""
        store.close()
        store.close()
        with pytest.raises(StoreError, match="closed"), store.begin():
            pass


def _fill(tx: Transaction) -> None:
    tx.add_envelope(an_envelope())
    tx.put_attempt(an_attempt(vendor_ref="x"))
    tx.put_step(a_step("first"))
    tx.put_step(a_step("second"))
    tx.add_sightings([a_sighting()])
    tx.add_event(an_event())
    tx.add_delivery(a_delivery())
    tx.put_content("digest", b"1")
    tx.put_private("hr", "hook", "value")


def _change_everything(tx: Transaction, before: list[object]) -> None:
    tx.add_envelope(an_envelope("e9"))
    tx.move_envelope("e1", account="de")
    tx.put_attempt(an_attempt(state=AttemptState.SUPERSEDED))
    tx.drop_step("a1", "first")
    tx.put_step(a_step("first", state=StepState.DONE))
    tx.add_sightings([a_sighting("k9")])
    tx.add_event(an_event("v9"))
    tx.adopt_events("s1", envelope_id="e1")
    tx.add_delivery(a_delivery("d9", b"9"))
    tx.add_delivery(a_delivery())
    tx.put_delivery(a_delivery(stage=DeliveryStage.REJECTED, path="moved"))
    tx.put_content("digest9", b"9")
    tx.drop_content("digest")
    tx.put_private("hr", "hook", "other")
    assert before != _everything(tx)
    raise KeyboardInterrupt


def _everything(tx: Transaction) -> list[object]:
    return [
        tx.envelopes(),
        tx.attempts("e1"),
        tx.steps("a1"),
        tx.sightings("s1"),
        tx.events(),
        tx.delivery("d1"),
        tx.delivery("d9"),
        tx.due_deliveries(later(0)),
        tx.count_unprocessed("hr"),
        tx.content("digest"),
        tx.content("digest9"),
        tx.private("hr", "hook"),
    ]
