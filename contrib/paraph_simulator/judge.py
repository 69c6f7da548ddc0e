"""The judge of signed PDF files: an independent look at what a vendor, or its simulator, delivered.

It trusts one certificate authority and nothing else: no system store, no network, no revocation
service. A file is sound if

1. there is one signature per signatory, told apart by the certificates' common names;
2. every signature is intact, and its certificate was issued by that authority;
3. each signature covers its own revision completely, and the last one the whole file;
4. each revision since the first signature adds exactly one signature and changes nothing else;
5. nothing but the signature itself stands in the gap that no digest covers.

The fifth is stricter than the standards ask. Without it, a changed padding byte would go unnoticed.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import cast

import attrs
from asn1crypto import cms, x509  # type: ignore[import-untyped]  # the library has no types
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    FormUpdatingRule,
    GenericFieldModificationRule,
    ModificationLevel,
    StandardDiffPolicy,
)
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

_log = logging.getLogger("paraph.judge")


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that is wrong with a file. It names no person.

    :ivar code: one of ``unreadable``, ``count``, ``signer``, ``original``, ``revision``,
        ``coverage``, ``changed``, ``broken``, ``authority``, ``container``.
    """

    code: str
    message: str


def judge(
    pdf: bytes, *, signers: Sequence[str], authority_pem: bytes, original: bytes | None = None
) -> tuple[Finding, ...]:
    """Return everything that is wrong with a signed PDF; nothing if it is sound.

    Not to be called from a running event loop.

    :param signers: the common name of each signatory's certificate, in any order.
    :param authority_pem: the one certificate to trust, as PEM or DER.
    :param original: the file before it was signed; signing may only have appended to it.
    :raises ValueError: ``authority_pem`` is not exactly one certificate.
    """
    authorities = list(load_certs_from_pemder_data(authority_pem)) if authority_pem else []
    if len(authorities) != 1:
        raise ValueError(f"exactly one authority is trusted, not {len(authorities)}")
    try:
        findings = list(_look(pdf, signers, authorities[0]))
    except Exception as error:  # noqa: BLE001 - garbage makes the PDF library raise anything; all of it means no
        _log.debug("judging failed", exc_info=True)
        text = f"the file cannot be read as a signed PDF ({type(error).__name__})"
        findings = [Finding(code="unreadable", message=text)]
    if original is not None and not pdf.startswith(original):
        findings.append(Finding(code="original", message="the file does not begin with the original's bytes"))
    return tuple(findings)


def _look(pdf: bytes, signers: Sequence[str], authority: x509.Certificate) -> Iterator[Finding]:
    reader = PdfFileReader(BytesIO(pdf), strict=False)
    found = sorted(reader.embedded_signatures, key=lambda signature: signature.signed_revision)
    if len(found) != len(signers):
        text = f"signatures in the file: {len(found)}, expected: {len(signers)}"
        yield Finding(code="count", message=text)
    if Counter(_common_name(each.signer_cert) for each in found) != Counter(signers):
        yield Finding(code="signer", message="the certificates are not those of the expected signatories")
    revisions = [each.signed_revision for each in found]
    total = reader.xrefs.total_revisions
    if revisions != list(range(total - len(found), total)):
        yield Finding(code="revision", message="there are revisions that no signature made")
    for position, signature in enumerate(found, start=1):
        last = position == len(found)
        for code, text in _signature(pdf, signature, authority, last=last):
            yield Finding(code=code, message=f"signature {position} of {len(found)} {text}")


def _signature(
    pdf: bytes, signature: EmbeddedPdfSignature, authority: x509.Certificate, *, last: bool
) -> Iterator[tuple[str, str]]:
    status = validate_pdf_signature(signature, _context(authority), diff_policy=_only_signatures())
    if not (status.intact and status.valid):
        yield "broken", "does not fit the bytes that it covers"
    if not status.trusted:
        yield "authority", "was made with a certificate that the expected authority did not issue"
    wanted = SignatureCoverageLevel.ENTIRE_FILE if last else SignatureCoverageLevel.ENTIRE_REVISION
    if status.coverage is not wanted:
        yield "coverage", f"does not cover {'the whole file' if last else 'its whole revision'}"
    if _changed(status, last=last):
        yield "changed", "was followed by other changes than further signatures"
    if not _is_container_exact(pdf, signature, authority):
        yield "container", "stands among bytes that belong to no signature"


def _context(authority: x509.Certificate) -> ValidationContext:
    return ValidationContext(trust_roots=[authority], allow_fetching=False, moment=datetime.now(UTC))


def _only_signatures() -> StandardDiffPolicy:
    """Return the library's own policy, less its permission to fill in other fields of a form."""
    usual = DEFAULT_DIFF_POLICY
    rules = usual.form_rule.field_rules if usual.form_rule is not None else []
    kept = [rule for rule in rules if not isinstance(rule, GenericFieldModificationRule)]
    return StandardDiffPolicy(usual.global_rules, FormUpdatingRule(field_rules=kept))


def _changed(status: PdfSignatureStatus, *, last: bool) -> bool:
    level = status.modification_level
    allowed = ModificationLevel.NONE if last else ModificationLevel.FORM_FILLING
    return level is None or level > allowed or not status.docmdp_ok


def _is_container_exact(pdf: bytes, signature: EmbeddedPdfSignature, authority: x509.Certificate) -> bool:
    """Whether the gap in the byte range holds the signature, then zeros, and what it holds is minimal.

    A CMS signature protects its signed attributes only; what surrounds them has one plain form here.
    """
    _, gap_start, gap_end, _ = (int(each) for each in cast("list[int]", signature.byte_range))
    gap = pdf[gap_start:gap_end]
    outer = cms.ContentInfo.load(signature.pkcs7_content)
    written = outer.dump().hex().ljust(len(gap) - 2, "0").encode()
    signed, signer = signature.signed_data, signature.signer_info
    strangers = [each for each in signature.other_embedded_certs if each.dump() != authority.dump()]
    algorithms = [each.dump() for each in signed["digest_algorithms"]]
    return (
        gap in {b"<%b>" % written, b"<%b>" % written.upper()}
        and outer.contents == outer["content_type"].dump() + outer["content"].dump()
        and not strangers
        and signed["version"].native == signer["version"].native == "v1"
        and algorithms == [signer["digest_algorithm"].dump()]
        and not signed["crls"]
        and not signer["unsigned_attrs"]
    )


def _common_name(certificate: x509.Certificate) -> str:
    name = certificate.subject.native.get("common_name", "")
    return name if isinstance(name, str) else ""
