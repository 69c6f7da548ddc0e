"""What a person sees of the demo: colours and a spinner on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paraph import Envelope, Event, EventType

E = EventType

WORDS = {
    E.ENVELOPE_CREATED: "the vendor has a draft",
    E.ENVELOPE_UPDATED: "the draft has changed",
    E.ENVELOPE_SENT: "sent: signatories can act",
    E.ENVELOPE_CLOSED: "the vendor is finished with it",
    E.ENVELOPE_COMPLETED: "everybody has signed",
    E.ENVELOPE_DECLINED: "ended by a refusal",
    E.SIGNATORY_INVITED: "{who} is invited",
    E.SIGNATORY_OPENED: "{who} has opened the signing page",
    E.SIGNATORY_DOCUMENT_SIGNED: "{who} has signed {what}",
    E.SIGNATORY_SIGNED: "{who} has signed everything",
    E.SIGNATORY_DECLINED: "{who} has refused",
    E.EVIDENCE_READY: "evidence can be fetched: {what}",
    E.CONTACT_CREATED: "the vendor's address book has a new person",
    E.ACCOUNT_CHANGED: "the vendor account's settings have changed",
}
"""Events in a person's words; an event without words shows its type alone."""

_STYLES = {
    E.ENVELOPE_COMPLETED: "bold green",
    E.SIGNATORY_SIGNED: "green",
    E.SIGNATORY_DOCUMENT_SIGNED: "green",
    E.ENVELOPE_DECLINED: "bold red",
    E.SIGNATORY_DECLINED: "red",
    E.EVIDENCE_READY: "cyan",
    E.UNKNOWN: "yellow",
}
_TYPE_WIDTH = max(len(each.value) for each in EventType)


class Show:
    """Writes to a terminal or a stream."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=True)

    def line(self, text: str = "", *, style: str = "") -> None:
        """Write one line; it is not interpreted."""
        self._console.print(Text(text, style=style))

    def title(self, text: str) -> None:
        """Write a headline."""
        self.line()
        self.line(text, style="bold")

    def problem(self, sentence: str) -> None:
        """Write what did not hold."""
        self._console.print(Text("FAILED  ", style="bold red").append(sentence, style="not bold default"))

    @contextlib.contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Say what is being waited for: a spinner on a terminal, a line elsewhere."""
        if not self._console.is_terminal:
            self.line(text)
            yield
            return
        with self._console.status(Text(text, style="dim"), spinner="dots"):
            yield

    def event(self, event: Event, envelope: Envelope) -> None:
        """Write one neutral event: when we learned it, its type, what it means."""
        line = Text("  ").append(f"{event.recorded_at.astimezone():%H:%M:%S}  ", style="dim")
        line.append(event.type.value.ljust(_TYPE_WIDTH), style=_STYLES.get(event.type, ""))
        line.append(f"  {_sentence(event, envelope)}".rstrip())
        if event.inferred:
            line.append(" (derived)", style="dim")
        self._console.print(line)

    def message(self, who: str, text: str) -> None:
        """Write a text message that reached somebody's phone."""
        self._console.print(Text("  ").append(f"text message to {who}: {text}", style="dim"))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a table: drawn on a terminal, aligned columns elsewhere. Cells may have several lines."""
        cells = [tuple(columns), *(tuple(row) for row in rows)]
        if self._console.is_terminal:
            table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
            for row in cells[1:]:
                table.add_row(*(Text(cell) for cell in row))
            self._console.print(table)
            return
        lines = [
            line for row in cells for line in itertools.zip_longest(*map(str.splitlines, row), fillvalue="")
        ]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            padded = (part.ljust(width) for part, width in zip(line, widths, strict=True))
            self.line("  ".join(padded).rstrip())
        self.line()


def _sentence(event: Event, envelope: Envelope) -> str:
    who = next((each.full_name for each in envelope.signatories if each.id == event.signatory_id), "somebody")
    what = next((each.name for each in envelope.documents if each.id == event.document_id), "")
    if event.type is E.EVIDENCE_READY:
        what = f"{event.target.partition('/')[0].replace('_', ' ')} {what}".rstrip()
    return WORDS.get(event.type, "").format(who=who, what=what or "a document")
