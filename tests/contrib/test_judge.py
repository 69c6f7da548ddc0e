"""What the judge of signed files accepts and what it finds."""

from __future__ import annotations

import io
import logging
import re
from datetime import UTC, datetime
from functools import cache

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.generic import NameObject, TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from paraph.testing.simulator import CertificateAuthority, sign_pdf
from paraph_simulator.documents import annex, contract
from paraph_simulator.judge import judge

NAMES = ("Ada Lovelace", "Charles Babbage")
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Case:
    original: bytes
    signed: bytes
    authority: CertificateAuthority

    @property
    def pem(self) -> bytes:
        return self.authority.root_pem.encode()


def sign(pdf: bytes, authority: CertificateAuthority, *names: str) -> bytes:
    for number, name in enumerate(names):
        identity = authority.issue(name, reference=name)
        field = f"Signature-{name}-{number}-{len(pdf)}"
        pdf = sign_pdf(pdf, signer=identity, field_name=field, reason="test", at=AT)
    return pdf


@cache
def case() -> Case:
    """Sign the demo's contract once by both."""
    authority, original = CertificateAuthority(), contract(NAMES)
    return Case(original=original, signed=sign(original, authority, *NAMES), authority=authority)


def codes(pdf: bytes, *, pem: bytes | None = None, signers: tuple[str, ...] = NAMES) -> set[str]:
    found = judge(pdf, signers=signers, authority_pem=pem or case().pem)
    return {finding.code for finding in found}


def revised(pdf: bytes) -> bytes:
    """Append a revision that is no signature."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.root[NameObject("/Remark")] = TextStringObject("added later")
    writer.update_root()
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def test_a_soundly_signed_file_has_no_findings() -> None:
    """Both documents of the demo, signed by both in either order, are sound."""
    assert () == judge(case().signed, signers=NAMES, authority_pem=case().pem, original=case().original)
    other = sign(annex(), case().authority, *reversed(NAMES))
    assert set() == codes(other)
    assert set() == codes(other, signers=NAMES[::-1])


@given(position=st.integers(0, 10**9), mask=st.integers(1, 255))
@settings(max_examples=40, deadline=None)
def test_any_changed_byte_is_found(position: int, mask: int) -> None:
    """Wherever a byte is changed and however, something is found."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    changed = bytearray(case().signed)
    changed[position % len(changed)] ^= mask
    assert codes(bytes(changed))


@given(position=st.integers(0, 10**9), mask=st.sampled_from([0x01, 0x20, 0x07]))
@settings(max_examples=40, deadline=None)
def test_a_changed_byte_between_the_signed_ranges_is_found(position: int, mask: int) -> None:
    """Also in the last signature's own place, which no digest covers: in its padding and its envelope."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    changed = bytearray(case().signed)
    gap = list(re.finditer(rb"/Contents <([0-9A-F]{1000,})>", changed))[-1]
    changed[gap.start(1) + position % (gap.end(1) - gap.start(1))] ^= mask
    assert codes(bytes(changed))


def test_a_foreign_authority_with_the_same_names_is_found() -> None:
    """Certificates with the right names count only if the trusted authority issued them."""
    foreign = CertificateAuthority()
    assert {"authority", "container"} == codes(case().signed, pem=foreign.root_pem.encode())
    assert "authority" in codes(sign(case().original, foreign, *NAMES))
    mixed = sign(sign(case().original, case().authority, NAMES[0]), foreign, NAMES[1])
    found = judge(mixed, signers=NAMES, authority_pem=case().pem)
    assert ["signature 2 of 2"] == [each.message[:16] for each in found if each.code == "authority"]


def test_a_missing_signature_is_found() -> None:
    """One signature, or none, where two are expected."""
    once = sign(case().original, case().authority, NAMES[0])
    assert {"count", "signer"} == codes(once)
    assert {"count", "signer"} == codes(case().original)


def test_a_signature_of_somebody_else_is_found() -> None:
    """Two signatures of one person, or one of a stranger, are not those of the two."""
    twice = sign(case().original, case().authority, NAMES[0], NAMES[0])
    assert {"signer"} == codes(twice)
    assert {"count", "signer"} == codes(sign(case().signed, case().authority, "Somebody Else"))


def test_a_revision_without_signature_is_found() -> None:
    """Whether it was added after the signatures or between them."""
    assert {"revision", "coverage", "changed"} <= codes(revised(case().signed))
    between = sign(revised(sign(case().original, case().authority, NAMES[0])), case().authority, NAMES[1])
    assert {"revision", "changed"} <= codes(between)


def test_bytes_after_the_end_are_found() -> None:
    """Appended bytes are covered by no signature."""
    assert codes(case().signed + b"\n")


def test_another_original_is_found() -> None:
    """A sound signature on other content than what was given is not enough."""
    found = judge(case().signed, signers=NAMES, authority_pem=case().pem, original=annex())
    assert ["original"] == [each.code for each in found]


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda data: b"%PDF-1.7\n" + data))
@settings(max_examples=40, deadline=None)
def test_garbage_is_a_finding(data: bytes) -> None:
    """What is no signed PDF never raises."""
    assert codes(data)


def test_findings_name_nobody() -> None:
    """No message holds a signatory's name."""
    found = judge(case().original, signers=NAMES, authority_pem=case().pem)
    assert not [each for each in found for name in NAMES if name in each.message]


def test_exactly_one_authority_is_trusted() -> None:
    """No certificate, or two, is a mistake of the caller."""
    for wrong in (b"", case().pem * 2):
        with pytest.raises(ValueError, match="exactly one"):
            judge(case().signed, signers=NAMES, authority_pem=wrong)
