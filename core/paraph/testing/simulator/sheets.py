"""Sheets of a PDF as pictures, because no phone shows a PDF inside a page."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pypdfium2  # type: ignore[import-untyped] # the library ships no types
from PIL import Image

_ONE_AT_A_TIME: Final = threading.Lock()  # PDFium keeps state of its own and is not made for threads


class NotDrawableError(ValueError):
    """The bytes are no PDF that can be drawn: damaged, or locked by a password; or there is no such sheet."""


def sizes(pdf: bytes) -> list[tuple[float, float]]:
    """Return width and height of every sheet in points, as it is shown; NotDrawableError."""
    with _opened(pdf) as paper:
        return [paper.get_page_size(number) for number in range(len(paper))]


def draw(pdf: bytes, number: int, *, scale: float, transparent: bool = False) -> Image.Image:
    """Return sheet `number` (from 0), forms and signatures included; `scale` in pixels per point."""
    ground = (255, 255, 255, 0 if transparent else 255)
    with _opened(pdf) as paper:
        if not 0 <= number < len(paper):
            raise NotDrawableError("no such sheet")
        paper.init_forms()
        sheet: Any = paper[number]
        image: Image.Image = sheet.render(scale=scale, fill_color=ground).to_pil()
        # What PDFium drew into is released with the paper.
        return image.copy()


@contextmanager
def _opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    with _ONE_AT_A_TIME:
        try:
            paper = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise NotDrawableError("the PDF cannot be opened") from error
        try:
            yield paper
        except pypdfium2.PdfiumError as error:
            raise NotDrawableError("the PDF cannot be drawn") from error
        finally:
            paper.close()
