"""Real PAdES signatures in real PDF files.

Every signature is an incremental revision: the bytes that were there stay, so earlier signatures stay valid
and each one covers exactly its own revision; the last covers the whole file.
"""

from datetime import datetime
from io import BytesIO
from typing import Any

import attrs
from cryptography.hazmat.primitives import serialization
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from paraph.testing.simulator.authority import SigningIdentity

_HEADER_WINDOW = 1024  # readers look for the header in the first 1024 bytes


@attrs.frozen(kw_only=True)
class Place:
    """Where a signature is seen: page from 0, and left, bottom, right, top in the page's own user space.

    :ivar words: what stands there; characters that the built-in fonts lack become question marks.
    """

    page: int
    box: tuple[float, float, float, float]
    words: str = attrs.field(default="", repr=False)


class _ClockedPdfSigner(PdfSigner):
    """A signer whose signing time is the simulated clock's, not the machine's."""

    def __init__(
        self,
        metadata: PdfSignatureMetadata,
        signer: SimpleSigner,
        field: SigFieldSpec,
        *,
        style: TextStampStyle | None,
        at: datetime,
    ) -> None:
        super().__init__(metadata, signer, new_field_spec=field, stamp_style=style)
        self._at = at

    def init_signing_session(
        self, pdf_out: BasePdfFileWriter, *arguments: Any, **named: Any
    ) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, *arguments, **named)
        session.system_time = self._at
        return session


def sign_pdf(
    pdf: bytes,
    *,
    signer: SigningIdentity,
    field_name: str,
    reason: str,
    at: datetime,
    place: Place | None = None,
) -> bytes:
    """`pdf` plus one revision that holds a PAdES signature (ETSI.CAdES.detached, SHA-256).

    It is invisible unless it has a `place`. `field_name` must not exist in the file yet. `at` is the claimed
    signing time. Must not be called from a running event loop. Raises pyHanko's PdfError family for a file
    `pdf_problem` objects to.
    """
    issuer_der = signer.issuer.public_bytes(serialization.Encoding.DER)
    key_der = signer.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    roots = load_certs_from_pemder_data(issuer_der)
    chain = SimpleCertificateStore.from_certs(roots)  # type: ignore[no-untyped-call]  # the library has no types
    cms_signer = SimpleSigner(
        signing_cert=next(iter(load_certs_from_pemder_data(signer.der))),
        signing_key=load_private_key_from_pemder_data(key_der, passphrase=None),
        cert_registry=chain,
    )
    metadata = PdfSignatureMetadata(
        field_name=field_name, reason=reason, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    output = BytesIO()
    field, style = _seen(field_name, place)
    _ClockedPdfSigner(metadata, cms_signer, field, style=style, at=at).sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf), strict=False), output=output
    )
    return output.getvalue()


def _seen(field_name: str, place: Place | None) -> tuple[SigFieldSpec, TextStampStyle | None]:
    if place is None:
        return SigFieldSpec(sig_field_name=field_name), None
    # The library writes real numbers although it asks for whole ones.
    box: Any = place.box
    words = place.words.encode("latin-1", "replace").decode("latin-1").replace("%", "%%")
    field = SigFieldSpec(sig_field_name=field_name, on_page=place.page, box=box)
    return field, TextStampStyle(stamp_text=words, border_width=1)


def pdf_problem(data: bytes) -> str | None:
    """Why `data` cannot be signed as PDF: "empty", "not a PDF", "unreadable", "encrypted"; None if it can."""
    if not data:
        return "empty"
    if b"%PDF-" not in data[:_HEADER_WINDOW]:
        return "not a PDF"
    try:
        reader = PdfFileReader(BytesIO(data), strict=False)
        if reader.encrypted:
            return "encrypted"
        pages = reader.root["/Pages"]["/Count"]
    except (PdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        # pyHanko raises its own family for what it recognises and plain errors for the rest of the garbage.
        return "unreadable"
    return None if isinstance(pages, int) and pages > 0 else "unreadable"
