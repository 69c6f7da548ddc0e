"""The documents of the demo, drawn with fpdf2 and its built-in fonts: nothing is fetched or stored.

Same input, same bytes: the creation date is fixed, so that a digest can be compared between runs.
"""

from __future__ import annotations

from datetime import UTC, datetime

from fpdf import FPDF
from fpdf.enums import XPos, YPos

_INK = (28, 38, 56)
_ACCENT = (26, 79, 163)
_PALE = (120, 128, 140)
_MARGIN = 24.0  # millimetres
_MADE = datetime(2026, 1, 1, tzinfo=UTC)

_CLAUSES = {
    "Subject": (
        "The Supplier builds one analytical engine of brass and steel for the Client, according to the "
        "drawings of the annex, and explains its use to two people whom the Client names."
    ),
    "Delivery": (
        "The engine is delivered within nine months after the last signature. Parts that were ordered "
        "elsewhere do not prolong this time unless the Client chose where to order them."
    ),
    "Price": (
        "The price is 17,000 in the currency of the Client's country, payable in three equal parts: at "
        "signature, when the mill turns for the first time, and at acceptance."
    ),
    "Acceptance": (
        "The engine is accepted when it prints the first forty Bernoulli numbers without a fault. The "
        "Client lends a table of these numbers and a person who can read it."
    ),
    "Warranty": (
        "The Supplier mends every fault that shows within two years, free of charge. Faults from cards "
        "punched in a hurry are mended at cost."
    ),
    "Drawings": (
        "All drawings stay with the Supplier. The Client may copy them for the upkeep of this engine and "
        "for teaching, and names the Supplier when doing so."
    ),
    "Confidence": (
        "Neither party tells others the price, nor how it was found. Everything else may be told, and "
        "both parties hope that it will be."
    ),
    "Changes": (
        "Changes of this contract are valid when both parties have signed them, on paper or "
        "electronically with the same level of assurance as this contract."
    ),
}

_ANNEX = (
    ("Mill", "2 columns of 50 wheels, 40 digits each"),
    ("Store", "100 numbers of 40 digits"),
    ("Cards", "Operations, variables and numbers, strung separately"),
    ("Output", "Printing in duplicate, with a bell"),
    ("Drive", "Hand crank, one person"),
)


class _Page(FPDF):
    """A page with a running title and page numbers."""

    def __init__(self, running: str) -> None:
        super().__init__(format="A4")
        self._running = running
        self.set_creation_date(_MADE)
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN)
        self.alias_nb_pages()
        self.add_page()

    def footer(self) -> None:
        self.set_y(-16)
        self.set_font("Helvetica", size=8)
        self.set_text_color(*_PALE)
        self.cell(0, 5, f"{self._running}   -   page {self.page_no()} of {{nb}}", align="C")

    def line_of(
        self, text: str, *, size: float, style: str = "", colour: tuple[int, int, int] = _INK
    ) -> None:
        """Write one line."""
        self.set_font("Helvetica", style=style, size=size)
        self.set_text_color(*colour)
        self.cell(0, size * 0.55, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def paragraph(self, text: str) -> None:
        """Write a paragraph and leave a gap after it."""
        self.set_font("Times", size=11.5)
        self.set_text_color(*_INK)
        self.multi_cell(0, 6, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(3.5)

    def rule(self) -> None:
        """Draw a line over the whole width."""
        self.set_draw_color(*_ACCENT)
        self.set_line_width(0.6)
        self.line(_MARGIN, self.get_y(), self.w - _MARGIN, self.get_y())
        self.ln(7)


def contract(parties: tuple[str, ...]) -> bytes:
    """Draw a contract of two pages between these people, named as they may be printed (Latin-1)."""
    page = _Page("Contract for one analytical engine")
    page.set_title("Contract for one analytical engine")
    page.line_of("Simulated document without legal effect", size=8.5, colour=_PALE)
    page.ln(8)
    page.line_of("Contract", size=30, style="B", colour=_ACCENT)
    page.ln(2)
    page.line_of("for the construction of one analytical engine", size=13)
    page.ln(6)
    page.rule()
    page.line_of("between", size=10, colour=_PALE)
    page.ln(2)
    for position, party in enumerate(parties):
        role = "Client" if position == 0 else "Supplier"
        page.line_of(f"{_printable(party)}, {role}", size=12.5, style="B")
        page.ln(1.5)
    page.ln(6)
    for number, (title, text) in enumerate(_CLAUSES.items(), start=1):
        page.line_of(f"{number}   {title}", size=12, style="B", colour=_ACCENT)
        page.ln(1)
        page.paragraph(text)
    page.ln(4)
    page.paragraph("Signed electronically. The signatures are inside this file; any PDF reader shows them.")
    return bytes(page.output())


def annex() -> bytes:
    """Draw the contract's annex: one page with a table."""
    page = _Page("Annex: drawings and parts")
    page.set_title("Annex: drawings and parts")
    page.line_of("Simulated document without legal effect", size=8.5, colour=_PALE)
    page.ln(8)
    page.line_of("Annex", size=30, style="B", colour=_ACCENT)
    page.ln(2)
    page.line_of("Drawings and parts of the engine", size=13)
    page.ln(6)
    page.rule()
    page.set_font("Helvetica", size=11)
    page.set_text_color(*_INK)
    page.set_draw_color(*_PALE)
    page.set_line_width(0.2)
    with page.table(col_widths=(1, 3), line_height=9, padding=1.5, text_align="LEFT") as table:
        for row in (("Part", "Description"), *_ANNEX):
            table.row(row)
    page.ln(8)
    page.paragraph("The drawings are numbered as in the Supplier's book of 1837 and go with the engine.")
    return bytes(page.output())


def _printable(text: str) -> str:
    """Replace what the built-in fonts cannot show."""
    return text.encode("latin-1", "replace").decode("latin-1")
