from typing import Any

import pytest

from paraph.model import EvidenceKind, Level, Secret
from paraph.provider import Capability
from paraph_sign8 import CAPABILITIES
from paraph_sign8.offered import capabilities
from support.sign8_account import account, dialect, without

ALWAYS = {
    Capability.FIELDS,
    Capability.ATTACHMENTS,
    Capability.SEVERAL_DOCUMENTS,
    Capability.SEVERAL_SIGNATORIES,
    Capability.DELIVERY_EMAIL,
    Capability.WEBHOOKS,
}


def lost(spoken: dict[str, Any], **options: Any) -> set[Capability]:
    """Return what an account with this dialect lacks of everything SIGN8 can."""
    return set(CAPABILITIES.supported - capabilities(account(spoken, **options)).supported)


def test_the_simulators_dialect_has_everything() -> None:
    """With a word for everything the account offers what the plugin declares."""
    offered = capabilities(account())
    assert CAPABILITIES.supported == offered.supported
    assert CAPABILITIES.levels == offered.levels
    assert CAPABILITIES.evidence == offered.evidence


def test_the_shipped_default_offers_what_needs_no_unknown_path() -> None:
    """Of assumptions alone nothing can be read, cancelled, reminded, linked or fetched."""
    offered = capabilities(account({}))
    assert {
        Capability.CANCEL,
        Capability.REMIND,
        Capability.READ_STATUS,
        Capability.SEE_COMPLETION,
        Capability.SEE_DECLINE,
        Capability.SIGNING_LINK,
        Capability.ADOPT,
        Capability.OUR_REFERENCE,
    } == lost({})
    assert frozenset() == offered.evidence
    assert offered.supported >= ALWAYS


@pytest.mark.parametrize(
    ("spoken", "expected"),
    [
        (without("cancel"), {Capability.CANCEL}),
        (without("remind"), {Capability.REMIND}),
        (without("signature_link"), {Capability.SIGNING_LINK}),
        (
            without("status"),
            {
                Capability.READ_STATUS,
                Capability.SEE_COMPLETION,
                Capability.SEE_DECLINE,
                Capability.ADOPT,
            },
        ),
        (
            dialect(status__status=""),
            {Capability.SEE_COMPLETION, Capability.SEE_DECLINE, Capability.ADOPT},
        ),
        (without("start"), set()),
        (dialect(fields__workflow__expires_at=""), {Capability.EXPIRY}),
        (dialect(fields__workflow__description=""), {Capability.MESSAGE}),
        (dialect(fields__workflow__reference=""), {Capability.OUR_REFERENCE}),
        (dialect(fields__workflow__dispatch=""), {Capability.STAGES}),
        (dialect(fields__signer__position=""), {Capability.STAGES}),
        (dialect(words__dispatch={"sequential": True}), {Capability.STAGES}),
        (dialect(words__signature_types={"simple": "s"}), {Capability.SEALS}),
        (dialect(words__signature_types={"qualified_seal": "s"}), set()),
    ],
)
def test_what_the_dialect_cannot_say_is_not_offered(
    spoken: dict[str, Any], expected: set[Capability]
) -> None:
    """Each capability hangs on its own key, and on no other."""
    assert expected == lost(spoken)


def test_levels_are_those_that_have_a_word() -> None:
    """A level without a signature type cannot be asked for."""
    offered = capabilities(account(dialect(words__signature_types={"simple": "", "advanced": 0})))
    assert frozenset({Level.AES}) == offered.levels
    sealing = capabilities(account(dialect(words__signature_types={"qualified_seal": "QSeal"})))
    assert frozenset({Level.QES}) == sealing.levels


def test_evidence_is_what_can_be_fetched() -> None:
    """Signed documents need a download, the audit trail a report."""
    assert {EvidenceKind.AUDIT_TRAIL} == capabilities(account(without("download"))).evidence
    assert {EvidenceKind.SIGNED_DOCUMENT} == capabilities(account(without("audit_report"))).evidence


def test_without_a_status_trusted_webhooks_show_refusals() -> None:
    """A refusal is seen if webhooks can be believed; a completion only if there is a path that says it."""
    for options in ({"trust_webhooks": True}, {"webhook_token": Secret("t")}):
        assert Capability.SEE_DECLINE not in lost(without("status"), **options)
        assert Capability.SEE_COMPLETION in lost(without("status"), **options)
    tells = without("status", webhooks__events={"done": "completed"})
    assert Capability.SEE_COMPLETION in lost(tells)
    assert Capability.SEE_COMPLETION not in lost(tells, trust_webhooks=True)
    assert Capability.SEE_DECLINE in lost(tells, trust_webhooks=True)


def test_every_condition_has_a_note() -> None:
    """What an account may lack says in a note which key brings it back."""
    for capability in lost({}):
        assert "dialect" in CAPABILITIES.notes[capability]
