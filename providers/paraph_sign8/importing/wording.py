"""Words and formats: what is told in which words, and how dates, pages and places on them are written.

Words that we tell are a whole table or none: those that the file lists are all there are, and a word that it
does not know must not be sent. Words that we hear come from an enumeration, or from examples that show how
the good end is called; a few examples of running workflows would make an unknown status of everything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from paraph_sign8.dialect import Word
from paraph_sign8.importing.agreeing import Offered
from paraph_sign8.importing.description import is_data, shown
from paraph_sign8.importing.findings import SURE, Board
from paraph_sign8.importing.heard import find_status
from paraph_sign8.importing.naming import NEAR, WEAK, joined
from paraph_sign8.importing.shapes import Kind, Look, Shape, Spot
from paraph_sign8.importing.vocabulary import WORDS

SAID: Final = 80
"""The score of what the file says in a sentence."""

_GUESS: Final = SURE - 1
_EARLIEST_SECONDS: Final = 1_000_000_000
_EARLIEST_MILLISECONDS: Final = 100_000_000_000

_UNITS: Final[Mapping[str, re.Pattern[str]]] = {
    "percent": re.compile(r"\bpercent|\bprozent|%", re.IGNORECASE),
    "points": re.compile(r"\bpoints?\b|\bpt\b|\bpunkte?n?\b|1/72", re.IGNORECASE),
    "fraction": re.compile(r"\bfraction|\banteil|\b0(\.0)?\s*(to|bis|-|\.\.+)\s*1(\.0)?\b", re.IGNORECASE),
}
_OTHER_UNITS: Final = re.compile(r"\bmm\b|millimet|\bpx\b|\bpixels?\b|\bcm\b", re.IGNORECASE)
_ORIGINS: Final[Mapping[str, re.Pattern[str]]] = {
    "top-left": re.compile(
        r"top[- ]?left|upper[- ]?left|(oben|oberen?) links|links oben|linken? oberen?", re.IGNORECASE
    ),
    "bottom-left": re.compile(
        r"bottom[- ]?left|lower[- ]?left|(unten|unteren?) links|links unten|linken? unteren?", re.IGNORECASE
    ),
}
_BASES: Final[Mapping[int, re.Pattern[str]]] = {
    base: re.compile(
        rf"\b{word}[- ]based|\b{base}[- ]?basiert"
        rf"|(start|begin|beginn|zaehl|zähl)\w* (\w+ )?(at|with|from|bei|mit|ab) {base}\b"
        rf"|\[minimum {base}\]|first page is {base}\b|erste seite (ist|hat) (die )?{base}\b",
        re.IGNORECASE,
    )
    for base, word in ((0, "(zero|0)"), (1, "(one|1)"))
}
_PAGE: Final = re.compile(r"page|seite", re.IGNORECASE)
_ORDERED: Final = re.compile("reihenfolge|order")
_SIDES: Final = {"top": "top-left", "oben": "top-left", "bottom": "bottom-left", "unten": "bottom-left"}


def place_words(offered: Offered, board: Board) -> None:
    """Place the tables of words."""
    for table, operation, key in (
        ("signature_types", "add_signer", "signature_type"),
        ("annotations", "add_annotation", "text"),
    ):
        _place_told(table, _field(offered, operation, key), board)
    _place_dispatch(_field(offered, "add_workflow", "dispatch"), board)
    for table, row, good in (
        ("workflow_statuses", False, "completed"),
        ("signer_statuses", True, "signed"),
    ):
        _place_heard(table, find_status(offered, in_row=row), good, board)


def _field(offered: Offered, operation: str, key: str) -> Spot | None:
    found = offered.named.get(operation)
    if found is None or key not in found.found or operation not in offered.matches:
        return None
    return found.found[key].spot


def understood(table: str, words: Iterable[Word]) -> tuple[dict[str, str], list[str]]:
    """Return what words mean, and those that mean nothing or two things here."""
    known: dict[str, str] = {}
    strange: list[str] = []
    for word in words:
        if not isinstance(word, str):
            continue
        name = joined(word)
        meanings = [meaning for meaning, names in WORDS[table].items() if name in names]
        if len(meanings) == 1 and word.isprintable():
            known[word] = meanings[0]
        else:
            strange.append("…" if is_data(word) else shown(word))
    return known, strange


def _place_told(table: str, spot: Spot | None, board: Board) -> None:
    known, strange = understood(table, spot.shape.words) if spot else ({}, [])
    said: dict[str, str] = {}
    for word, meaning in known.items():
        said.setdefault(meaning, word)
    if spot is None or not said:
        for meaning in WORDS[table]:
            board.miss(f"words.{table}.{meaning}", "the file shows no words for it")
        return
    sure = spot.shape.closed
    why = f"{'listed' if sure else 'in an example'} at {'.'.join(spot.names)}"
    for meaning in WORDS[table]:
        path = f"words.{table}.{meaning}"
        if meaning in said:
            board.put(path, said[meaning], NEAR if sure else _GUESS, why)
        else:
            board.miss(path, f"turned off: the file {'lists' if sure else 'shows'} other words only")
    # Words of an example that were not understood may be anybody's data.
    if strange and sure:
        board.note(f"words of {'.'.join(spot.names)} that were not understood: {', '.join(strange)}")


def _place_dispatch(spot: Spot | None, board: Board) -> None:
    paths = {meaning: f"words.dispatch.{meaning}" for meaning in ("sequential", "parallel")}
    if spot is not None and Kind.BOOLEAN in spot.shape.kinds:
        name = joined(spot.name)
        says = [meaning for meaning in paths if any(each in name for each in WORDS["dispatch"][meaning])]
        if len(says) == 1:
            reason = f"{spot.name} is true or false"
            for meaning, path in paths.items():
                board.put(path, meaning == says[0], NEAR, reason)
            return
        if not says and _ORDERED.search(name):
            reason = f"{spot.name} is true or false, and true may mean that it is kept"
            for meaning, path in paths.items():
                board.put(path, meaning == "sequential", _GUESS, reason)
            return
    if spot is not None and Kind.BOOLEAN not in spot.shape.kinds:
        _place_told("dispatch", spot, board)
        return
    off = board.findings.get("fields.workflow.dispatch")
    for path in paths.values():
        if spot is None and off is not None and off.value == "" and off.written:
            board.clear(path, "turned off: no field tells it")
        else:
            board.miss(path, "the file shows no words for it")


def _place_heard(table: str, shape: Shape | None, good: str, board: Board) -> None:
    known, strange = understood(table, shape.words) if shape else ({}, [])
    where = f"words.{table}"
    sure = shape is not None and shape.closed
    if not known or not (sure or good in known.values()):
        seen = f"; examples show {', '.join(shown(word) for word in known)} only" if known else ""
        for meaning in WORDS[table]:
            board.miss(f"{where}.{meaning}", f"the file does not list the words{seen}")
        return
    for word, meaning in known.items():
        board.put(f"{where}.{word}", meaning, NEAR if sure else _GUESS, "listed" if sure else "in examples")
    for meaning in WORDS[table]:
        if meaning not in known.values():
            board.miss(f"{where}.{meaning}", "no word of the file means it")
    if strange and sure:
        board.note(f"words of {table} that were not understood: {', '.join(strange)}")


def place_formats(offered: Offered, board: Board) -> None:
    """Place how values are written; what the file does not say is not guessed."""
    _place_transfer(offered, board)
    _place_instant(_field(offered, "add_workflow", "expires_at"), board)
    spots = {key: _field(offered, "add_signature", key) for key in ("page", "x", "y", "width", "height")}
    request = offered.request("add_signature")
    about = request.about if request else ""
    places = " ".join([about, *(spot.shape.about for key, spot in spots.items() if spot and key != "page")])
    page = spots["page"]
    _place_unit(places, [spot for key, spot in spots.items() if spot and key != "page"], board)
    _place_origin(places, spots["y"], board)
    _place_base(page, about, board)
    board.miss("formats.frame", "no file says this; try a rotated page")


def _place_transfer(offered: Offered, board: Board) -> None:
    path = "formats.transfer"
    spot = _field(offered, "add_file", "content")
    upload = board.findings.get("answers.upload_url")
    if spot is None and upload is not None and upload.written and offered.request("add_file"):
        board.put(path, "url", min(upload.score, NEAR), f"{upload.value} in the answer of add_file")
    elif spot is None:
        board.miss(path, "no field holds a file's content")
    elif Kind.FILE in spot.shape.kinds:
        board.put(path, "multipart", NEAR, f"{spot.name} is a file in a form")
    elif Look.BASE64 in spot.shape.looks or "base64" in f"{joined(spot.name)} {spot.shape.about}".lower():
        board.put(path, "base64", NEAR, f"{spot.name} holds base64")
    else:
        board.miss(path, f"nothing says what {spot.name} holds")


def _place_instant(spot: Spot | None, board: Board) -> None:
    path = "formats.instant"
    if spot is None:
        board.miss(path, "no field holds a time")
        return
    numbers = [word for word in spot.shape.words if isinstance(word, int) and not isinstance(word, bool)]
    if Look.TIME in spot.shape.looks:
        board.put(path, "iso", SAID, f"as {spot.name} is written")
    elif Look.DATE in spot.shape.looks:
        board.put(path, "date", SAID, f"as {spot.name} is written")
    elif any(number >= _EARLIEST_SECONDS for number in numbers):
        unit = "unix_ms" if any(number >= _EARLIEST_MILLISECONDS for number in numbers) else "unix"
        board.put(path, unit, SAID, f"as {spot.name} is written")
    else:
        board.miss(path, f"nothing says how {spot.name} is written")


def _place_unit(text: str, spots: Iterable[Spot], board: Board) -> None:
    path = "formats.unit"
    said = {unit for unit, pattern in _UNITS.items() if pattern.search(text)}
    named = {unit for spot in spots for unit in ("percent",) if unit in joined(spot.name)}
    if len(said) == 1 and not _OTHER_UNITS.search(text):
        board.put(path, said.pop(), SAID, "said about the place of a signature")
    elif named and not said:
        board.put(path, named.pop(), WEAK, "the name of a coordinate")
    else:
        board.miss(path, "the file names several units" if said else "the file does not say it")


def _place_origin(text: str, y: Spot | None, board: Board) -> None:
    path = "formats.origin"
    said = {origin for origin, pattern in _ORIGINS.items() if pattern.search(text)}
    side = _SIDES.get(joined(y.name)) if y else None
    if len(said) == 1:
        board.put(path, said.pop(), SAID, "said about the place of a signature")
    elif side and y and not said:
        board.put(path, side, WEAK, f"a coordinate is called {y.name}")
    else:
        board.miss(path, "the file names several corners" if said else "the file does not say it")


def _place_base(page: Spot | None, about: str, board: Board) -> None:
    path = "formats.page_base"
    text = f"{page.shape.about if page else ''} {about if _PAGE.search(about) else ''}"
    said = {base for base, pattern in _BASES.items() if pattern.search(text)}
    if len(said) == 1:
        board.put(path, said.pop(), SAID, "said about the page")
    elif page and not said and 0 in [word for word in page.shape.words if type(word) is int]:
        board.put(path, 0, WEAK, "an example names page 0")
    else:
        board.miss(path, "the file does not say it")
