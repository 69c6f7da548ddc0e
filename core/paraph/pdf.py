"""A closer look at PDFs, with the extra ``pdf``: whether they can be read, and how many pages they have.

Without the extra only the cheap look of :mod:`paraph.preflight` remains (first and last bytes).
Repairable PDFs pass: readers and vendors repair them too. The documents are the application's own,
so they are parsed in this process; a document above :data:`PARSED_AT_MOST` is not.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from typing import Final

from paraph.model import Document, Envelope, Problem, Severity

_QUIET = logging.NullHandler()
"""Keeps what pypdf says about repairs from stderr, where records without any handler end."""

PARSED_AT_MOST = 64 << 20
"""Bytes of a document that is looked into."""


def pdf_problems(envelope: Envelope) -> Iterator[Problem]:
    """Yield PDFs that cannot be read, are encrypted, or lack a page that a field names."""
    if importlib.util.find_spec("pypdf") is None:
        return
    pages: dict[str, int] = {}
    for index, document in enumerate(envelope.documents):
        if not _worth_a_look(document):
            continue
        found = _pages(document)
        path = f"documents[{index}]"
        if found is None:
            yield Problem(path=path, code="pdf.broken", message="the PDF cannot be read")
        elif found is LOCKED:
            yield Problem(
                path=path,
                code="pdf.locked",
                message="the PDF needs a password to be opened, so nobody could read what they sign",
            )
        elif found is ENCRYPTED:
            yield Problem(
                path=path,
                code="pdf.encrypted",
                message="the PDF is encrypted; most vendors cannot put a signature into it",
                hint="send a copy without protection",
                severity=Severity.WARNING,
            )
        else:
            pages[document.id] = found
    for index, field in enumerate(envelope.fields):
        count = pages.get(field.document)
        if count is not None and field.page != 0 and not -count <= field.page <= count:
            yield Problem(
                path=f"fields[{index}].page",
                code="page.missing",
                message=f"the document has {count} page(s)",
                hint=f"use 1 to {count}, or -1 for the last",
            )


def _worth_a_look(document: Document) -> bool:
    """Whether there is content to parse that the cheap look let pass."""
    sound = b"%PDF-" in document.head and b"%%EOF" in document.tail
    return document.is_pdf and document.has_content and sound and document.size <= PARSED_AT_MOST


LOCKED: Final = -2
"""In place of a number of pages: a password is needed to open the document."""

ENCRYPTED: Final = -1
"""In place of a number of pages: anyone can open the document, but it is protected against changes."""


def _pages(document: Document) -> int | None:
    """Return the number of pages, or one of the two marks, or ``None`` if it cannot be read."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").addHandler(_QUIET)  # once: adding the same handler again does nothing
    try:
        with document.open() as stream:
            reader = PdfReader(stream)
            if reader.is_encrypted:
                return ENCRYPTED if reader.decrypt("") else LOCKED
            return len(reader.pages) or None
    except Exception:  # noqa: BLE001 - a parser of foreign bytes raises what it likes; each means unreadable
        return None
