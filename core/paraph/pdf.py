"""A closer look at PDFs, with the extra ``pdf``: whether they can be read, and what their pages are like.

Without the extra only the cheap look of :mod:`paraph.preflight` remains (first and last bytes).
Repairable PDFs pass: readers and vendors repair them too. The documents are the application's own,
so they are parsed in this process; a document above :data:`PARSED_AT_MOST` is not.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from paraph.geometry import PageBox
from paraph.model import Document, Envelope, Field, Problem, Severity

if TYPE_CHECKING:
    from pypdf import PageObject

EXTRA: Final = "paraph[pdf]"
"""What has to be installed to look into PDFs."""

_QUIET = logging.NullHandler()
"""Keeps what pypdf says about repairs from stderr, where records without any handler end."""

PARSED_AT_MOST = 64 << 20
"""Bytes of a document that is looked into."""


@attrs.frozen(kw_only=True)
class _Look:
    """What was seen of a PDF. Without pages it could not be read.

    :ivar locked: a password is needed to open it. ``encrypted``: it is protected, also if anyone can open it.
    """

    pages: tuple[PageBox, ...] = ()
    locked: bool = False
    encrypted: bool = False


def can_look() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("pypdf") is not None


def page_boxes(document: Document) -> tuple[PageBox, ...] | None:
    """Return what is known of a document's pages, in their order.

    :returns: ``None`` where nothing can be seen: without the extra, without the content, a document that is
        no PDF, larger than :data:`PARSED_AT_MOST`, broken, or locked.
    """
    if not can_look() or not _worth_a_look(document):
        return None
    return _look(document).pages or None


def pdf_problems(envelope: Envelope) -> Iterator[Problem]:
    """Yield PDFs that cannot be read or are encrypted, and fields on no page or beside theirs."""
    if not can_look():
        if any(document.is_pdf for document in envelope.documents) and envelope.fields:
            yield Problem(
                path="fields",
                code="pages.unseen",
                message="whether these places lie on their pages is not known: PDFs are not looked into",
                hint=f"pip install '{EXTRA}'",
                severity=Severity.WARNING,
            )
        return
    pages: dict[str, tuple[PageBox, ...]] = {}
    for index, document in enumerate(envelope.documents):
        if not _worth_a_look(document):
            continue
        seen = _look(document)
        path = f"documents[{index}]"
        if seen.locked:
            yield Problem(
                path=path,
                code="pdf.locked",
                message="the PDF needs a password to be opened, so nobody could read what they sign",
            )
        elif not seen.pages:
            yield Problem(path=path, code="pdf.broken", message="the PDF cannot be read")
        elif seen.encrypted:
            yield Problem(
                path=path,
                code="pdf.encrypted",
                message="the PDF is encrypted; most vendors cannot put a signature into it",
                hint="send a copy without protection",
                severity=Severity.WARNING,
            )
        pages[document.id] = seen.pages
    for index, field in enumerate(envelope.fields):
        yield from _field_problems(f"fields[{index}]", field, pages)


def _field_problems(path: str, field: Field, known: Mapping[str, tuple[PageBox, ...]]) -> Iterator[Problem]:
    pages = known.get(field.document)
    if not pages or field.page == 0:
        return
    count = len(pages)
    if not -count <= field.page <= count:
        yield Problem(
            path=f"{path}.page",
            code="page.missing",
            message=f"the document has {count} page(s)",
            hint=f"use 1 to {count}, or -1 for the last",
        )
        return
    page = pages[field.page - 1 if field.page > 0 else field.page]
    if field.rect is not None and not page.holds(field.rect):
        size = page.size
        yield Problem(
            path=f"{path}.rect",
            code="rect.outside",
            message=f"it leaves the page, which is {size.width:.0f} points wide and {size.height:.0f} high",
            hint="count in points from the top-left corner of the page as a reader shows it",
        )


def _worth_a_look(document: Document) -> bool:
    """Whether there is content to parse that the cheap look let pass."""
    sound = b"%PDF-" in document.head and b"%%EOF" in document.tail
    return document.is_pdf and document.has_content and sound and document.size <= PARSED_AT_MOST


def _look(document: Document) -> _Look:
    from pypdf import PdfReader

    logging.getLogger("pypdf").addHandler(_QUIET)  # once: adding the same handler again does nothing
    try:
        with document.open() as stream:
            reader = PdfReader(stream)
            encrypted = reader.is_encrypted
            if encrypted and not reader.decrypt(""):
                return _Look(locked=True, encrypted=True)
            return _Look(pages=tuple(_page(page) for page in reader.pages), encrypted=encrypted)
    except Exception:  # noqa: BLE001 - a parser of foreign bytes raises what it likes; each means unreadable
        return _Look()


def _page(page: PageObject) -> PageBox:
    """Read one page. What it inherits from the page tree, the reader has put into it."""
    return PageBox.of(
        _numbers(page, "/MediaBox"),
        _numbers(page, "/CropBox"),
        rotation=_number(page, "/Rotate", 0),
        user_unit=_number(page, "/UserUnit", 1),
    )


def _numbers(page: PageObject, key: str) -> tuple[float, ...] | None:
    """Return an array of numbers; ``None`` if it is missing or anything else."""
    try:
        return tuple(_float(each) for each in _resolved(page.get(key)))
    except (TypeError, ValueError):
        return None


def _number(page: PageObject, key: str, default: float) -> float:
    try:
        return _float(page.get(key, default))
    except (TypeError, ValueError):
        return default


def _float(value: Any) -> float:
    return float(_resolved(value))


def _resolved(value: Any) -> Any:
    """Follow an indirect reference."""
    return value.get_object() if hasattr(value, "get_object") else value
