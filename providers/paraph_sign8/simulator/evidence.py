"""What proves a signature: signed files, and the audit report, which is a PDF of the simulator's own design.

A signer signs each file once, at the first of the places that were asked for; one signature covers the whole
file, and PDF forbids one signature to show in two places. The other places are named in the audit report. So
are annotations: the simulator notes them and draws nothing, since a drawing after the first signature would
spoil it.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.general import SigningError
from starlette.responses import Response

from paraph.testing.simulator import Place, sign_pdf
from paraph_sign8.dialect.words import DownloadForm
from paraph_sign8.simulator import answers
from paraph_sign8.simulator.model import File, Signer, Workflow
from paraph_sign8.simulator.tenant import Tenant, new_key


class CannotSignError(Exception):
    """A file does not take a signature, for example a certified PDF that forbids changes."""


def sign(tenant: Tenant, workflow: Workflow, file: File, signer: Signer) -> bytes:
    """Return a file with one more signature; changes nothing."""
    mine = [each for each in workflow.signatures if (each.file_id, each.signer_id) == (file.id, signer.id)]
    now = tenant.clock.now()
    words = f"{signer.full_name}\n{now:%Y-%m-%d %H:%M:%S} UTC"
    seen = next((Place(page=each.page, box=each.box, words=words) for each in mine if each.box), None)
    try:
        return sign_pdf(
            file.current,
            signer=tenant.authority.issue(signer.full_name, reference=signer.id),
            field_name=f"Signature-{mine[0].id}",
            reason=f"{workflow.name} ({signer.signature_type.value})",
            at=now,
            place=seen,
        )
    except (PdfError, SigningError) as error:
        raise CannotSignError(file.id) from error


def hand_out(tenant: Tenant, content: bytes, base_url: str) -> Any:
    """Return a file as the dialect wants downloads."""
    shape = tenant.dialect.formats.download
    if shape is DownloadForm.BYTES:
        return Response(content, media_type="application/pdf")
    if shape is DownloadForm.BASE64:
        told = base64.b64encode(content).decode("ascii")
    else:
        key = new_key()
        tenant.contents[key] = content
        told = f"{base_url}/_sign8/contents/{key}"
    return answers.build([(tenant.dialect.answers.content, told)])


def audit_report(tenant: Tenant, workflow: Workflow) -> bytes:
    """Return what happened, as a PDF."""
    paper = FPDF()
    paper.set_creation_date(workflow.ended_at or tenant.clock.now())
    paper.add_page()
    for size, words in _lines(workflow):
        paper.set_font("Helvetica", size=size)
        # The built-in fonts know Latin-1 only.
        shown = words.encode("latin-1", "replace").decode("latin-1")
        paper.multi_cell(0, text=shown, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    return bytes(paper.output())


def _lines(workflow: Workflow) -> list[tuple[int, str]]:
    names = {signer.id: signer.full_name for signer in workflow.signers.values()}
    files = {file.id: file.name or file.id for file in workflow.files.values()}
    lines = [
        (16, f"Audit report: {workflow.name}"),
        (9, "Simulated: without legal effect."),
        (9, workflow.id),
    ]
    lines.append((12, "Signers"))
    lines += [(9, f"{each.full_name}, {each.signature_type.value}, {each.id}") for each in workflow.in_turn()]
    lines.append((12, "Files, with the SHA-256 before and after signing"))
    for file in workflow.files.values():
        digests = [hashlib.sha256(each).hexdigest() for each in (file.content or b"", file.current)]
        lines += [(9, files[file.id]), *((7, digest) for digest in digests)]
    lines.append((12, "Places"))
    for each in (*workflow.signatures, *workflow.annotations):
        what = each.word or "signature"
        lines.append((9, f"{what} of {names[each.signer_id]}: {files[each.file_id]}, page {each.page + 1}"))
    lines.append((12, "What happened"))
    for event in workflow.history:
        who = f" ({names[event.who]})" if event.who else ""
        lines.append((9, f"{event.at:%Y-%m-%d %H:%M:%S} UTC  {event.what}{who}"))
    return lines
