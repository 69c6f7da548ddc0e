import itertools

from hypothesis import given
from hypothesis import strategies as st

from paraph.model import FactType, FieldKind, Level, SignatureKind
from paraph_sign8 import mapping
from paraph_sign8.dialect import words as w
from paraph_sign8.mapping import word_of


def test_every_neutral_word_has_a_meaning() -> None:
    """No status, event or kind of field that a dialect can name is without a row."""
    assert set(w.WorkflowStatus) == set(mapping.WORKFLOW_FACTS)
    assert set(w.SignerStatus) == set(mapping.SIGNER_FACTS)
    assert set(w.WebhookEvent) == set(mapping.WORKFLOW_EVENTS) | set(mapping.SIGNER_EVENTS)
    assert set(FieldKind) == mapping.ANNOTATIONS | {FieldKind.SIGNATURE}


def test_each_signature_type_is_one_kind_of_one_level() -> None:
    """The five types of the product are distinct, and there is no simple seal."""
    rows = [
        (kind, level, found)
        for kind, levels in mapping.SIGNATURE_TYPES.items()
        for level, found in levels.items()
    ]
    assert sorted(w.SignatureType) == sorted(found for _, _, found in rows)
    assert mapping.SEALS == {found for kind, _, found in rows if kind is SignatureKind.SEAL}
    assert Level.SES not in mapping.SIGNATURE_TYPES[SignatureKind.SEAL]


def test_levels_stand_weakest_first() -> None:
    """The first acceptable one is therefore the weakest."""
    for levels in mapping.SIGNATURE_TYPES.values():
        assert all(one < other for one, other in itertools.pairwise(levels))


def test_a_mobile_number_is_needed_from_advanced_upward_and_for_seals() -> None:
    """Only the simple signature does without (contract 4)."""
    assert {w.SignatureType.SIMPLE} == set(w.SignatureType) - mapping.NEEDS_PHONE


def test_endings_stay_apart() -> None:
    """Completed, refused, expired and cancelled are four different ends, by status and by webhook alike."""
    ends = [mapping.WORKFLOW_FACTS[status] for status in mapping.ENDED]
    assert 4 == len(set(ends)) == len(ends)
    assert {event.value: kind for event, kind in mapping.WORKFLOW_EVENTS.items()} == {
        status.value: mapping.WORKFLOW_FACTS[status] for status in mapping.ENDED
    }
    assert FactType.ENVELOPE_DECLINED is mapping.WORKFLOW_FACTS[w.WorkflowStatus.REFUSED]


@given(
    st.dictionaries(st.sampled_from(["a", "b"]), st.booleans() | st.integers() | st.text(max_size=3)),
    st.sampled_from(["a", "b"]),
)
def test_only_an_empty_text_is_no_word(table: dict[str, str | int | bool], neutral: str) -> None:
    """False and zero are words like any other; a missing or empty one cannot be said."""
    word = word_of(table, neutral)
    if table.get(neutral, "") == "":
        assert word is None
    else:
        assert (type(table[neutral]), table[neutral]) == (type(word), word)
