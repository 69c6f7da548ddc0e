"""How a page shows the documents: PDF sheets as pictures, pictures as they are, texts as text.

A private file never comes here: its keeper hands the browser an address, and the browser compares the file's
SHA-256 with the one that was announced (see `page.js`).
"""

import json
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import attrs

from paraph.testing.simulator import ink, sheets
from paraph.testing.simulator.pages import Markup
from paraph.testing.simulator.words import Words

MOST_SHEETS: Final = 40
_LONGEST_TEXT: Final = 100_000
_LONGEST_SIDE: Final = 1800.0
"""Pixels of a drawn sheet: sharp on a phone even enlarged, and small enough for its connection."""

_PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})
_TEXTS: Final = ("application/json", "application/xml")


@attrs.frozen(kw_only=True)
class Paper:
    """A document as a page shows it; `address` is the file's own, `sheet` gives that of a drawn sheet."""

    label: str
    content: bytes = attrs.field(repr=False)
    media_type: str
    address: str = attrs.field(repr=False)
    sheet: Callable[[int], str] = attrs.field(repr=False)


def show(paper: Paper, words: Words, details: Sequence[tuple[str, str]], *, unfolded: bool) -> Markup:
    """Return the part of a page that shows one document; `details` are (name, value), `unfolded` or not."""
    return Markup(
        f'<section class="card"><h2>{escape(paper.label)}</h2>{_view(paper, words)}'
        f'<a class="open" href="{escape(paper.address)}" target="_blank" rel="noopener" data-paraph-open>'
        f"{escape(words.open)}</a>{_details(details, words, unfolded=unfolded)}</section>"
    )


def show_private(
    label: str,
    words: Words,
    details: Sequence[tuple[str, str]],
    *,
    document_id: str,
    external_id: str,
    sha256: str,
    unfolded: bool,
) -> Markup:
    """Return the part that gets a private file and checks it; `sha256` in hex."""
    data = {
        "document-id": document_id,
        "external-id": external_id,
        "hash": sha256,
        "label": label,
        "open": words.open,
        "waiting": words.private_waiting,
        "shown": words.private_shown,
        "missing": words.private_missing,
        "wrong": words.private_wrong,
        "alone": words.private_alone,
    }
    told = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return Markup(
        f'<section class="card" data-paraph-private{told}><h2 tabindex="-1">{escape(label)}</h2>'
        f'<p role="status">{escape(words.sender_keeps)}</p><div class="view"></div>'
        f'<button type="button" class="second" hidden>{escape(words.again)}</button>'
        f'<label class="pick" hidden>{escape(words.private_choose)}<input class="aside" type="file"></label>'
        f"{_details(details, words, unfolded=unfolded)}</section>"
    )


def draw_sheet(pdf: bytes, number: int) -> bytes:
    """Return sheet `number` (from 0) as PNG; NotDrawableError if there is none."""
    found = sheets.sizes(pdf)
    if not 0 <= number < len(found):
        raise sheets.NotDrawableError("no such sheet")
    return ink.png(sheets.draw(pdf, number, scale=_LONGEST_SIDE / max(found[number])))


def _view(paper: Paper, words: Words) -> str:
    kind = paper.media_type.partition(";")[0].strip().lower()
    if kind == "application/pdf":
        return _sheets(paper, words)
    if kind in _PICTURES:
        return f'<img class="picture" src="{escape(paper.address)}" alt="{escape(paper.label)}">'
    if kind.startswith("text/") or kind in _TEXTS or kind.endswith(("+json", "+xml")):
        return f'<pre tabindex="0">{escape(_text(paper.content, kind))}</pre>'
    return f"<p>{escape(words.not_shown)}</p>"


def _sheets(paper: Paper, words: Words) -> str:
    try:
        found = sheets.sizes(paper.content)
    except sheets.NotDrawableError:
        return f"<p>{escape(words.not_shown)}</p>"
    count, drawn = len(found), []
    for number, (width, height) in enumerate(found[:MOST_SHEETS]):
        said = words.sheet.format(label=paper.label, number=number + 1, count=count)
        drawn.append(
            f'<img src="{escape(paper.sheet(number))}" alt="{escape(said)}" loading="lazy"'
            f' width="{max(1, round(width))}" height="{max(1, round(height))}">'
        )
    more = words.more_sheets.format(shown=MOST_SHEETS, count=count) if count > MOST_SHEETS else ""
    label = escape(paper.label)
    return (
        f'<button type="button" class="second" data-paraph-enlarge aria-pressed="false" hidden>'
        f"{escape(words.enlarge)}</button>"
        f'<div class="sheets" tabindex="0" role="region" aria-label="{label}">{"".join(drawn)}</div>'
        f"{f'<p>{escape(more)}</p>' if more else ''}"
    )


def _text(content: bytes, kind: str) -> str:
    words = content.decode("utf-8", "replace")
    if kind.endswith("json"):
        try:
            words = json.dumps(json.loads(words), indent=2, ensure_ascii=False)
        except ValueError:
            return words[:_LONGEST_TEXT]
    return words[:_LONGEST_TEXT]


def _details(details: Sequence[tuple[str, str]], words: Words, *, unfolded: bool) -> str:
    if not details:
        return ""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in details if value)
    return (
        f"<details{' open' if unfolded else ''}><summary>{escape(words.details)}</summary>"
        f"<dl>{rows}</dl></details>"
    )
