"""What a signature looks like: the picture that a browser drew, or a name written in italics.

Every picture is a PNG with a transparent ground, cut to its ink. The built-in fonts know Western European
letters; others lose their accents, and what is left without a letter becomes a question mark. A browser
draws typed names itself, so this concerns only who signs without JavaScript.
"""

import base64
import binascii
import io
import unicodedata
from typing import Final

from fpdf import FPDF
from PIL import Image

from paraph.testing.simulator import sheets

_PREFIX: Final = "data:image/png;base64,"
_MOST_CHARACTERS: Final = 1_000_000
_LARGEST: Final = 4000
"""Pixels of a side."""

_LEAST: Final = 12
"""Pixels that the ink has to extend in one direction: a dot is no signature."""

_MOST_LETTERS: Final = 80
_SIZE: Final = 48.0
"""Of the letters, in points."""


class NoInkError(ValueError):
    """What was sent is no picture of a signature."""


def drawn(address: str) -> bytes:
    """Return the picture of a `data:image/png;base64,` address; NoInkError if it is none, or is empty."""
    if not address.startswith(_PREFIX) or len(address) > _MOST_CHARACTERS:
        raise NoInkError("not a PNG image as a data address of at most 1,000,000 characters")
    try:
        raw = base64.b64decode(address.removeprefix(_PREFIX), validate=True)
        with Image.open(io.BytesIO(raw), formats=["PNG"]) as image:
            if max(image.size) > _LARGEST:
                raise NoInkError(f"the picture is larger than {_LARGEST} pixels")
            return _cut(image.convert("RGBA"))
    except (binascii.Error, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise NoInkError("the PNG image cannot be read") from error


def typed(name: str) -> bytes:
    """Return the first 80 letters of `name` as a picture; NoInkError if there is nothing to write."""
    letters = _writable(name.strip()[:_MOST_LETTERS])
    if not letters:
        raise NoInkError("there is no name")
    paper = FPDF(unit="pt", format=(max(200.0, len(letters) * _SIZE), 2.5 * _SIZE))
    paper.set_margin(0)
    paper.add_page()
    paper.set_font("times", "I", _SIZE)
    paper.set_text_color(16, 28, 58)
    paper.set_xy(_SIZE / 2, _SIZE / 2)
    paper.cell(text=letters)
    return _cut(sheets.draw(bytes(paper.output()), 0, scale=3.0, transparent=True))


def png(image: Image.Image) -> bytes:
    """Return an image as PNG."""
    packed = io.BytesIO()
    image.save(packed, "PNG")
    return packed.getvalue()


def _cut(image: Image.Image) -> bytes:
    box = image.getchannel("A").getbbox()
    if box is None or max(box[2] - box[0], box[3] - box[1]) < _LEAST:
        raise NoInkError("the picture is empty")
    return png(image.crop(box))


def _writable(words: str) -> str:
    """Return `words` in the letters of Windows-1252, which the built-in fonts have."""
    return "".join(map(_letter, words))


def _letter(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter)
    plain = "".join(part for part in bare if not unicodedata.combining(part))
    for candidate in (letter, plain):
        try:
            candidate.encode("cp1252")
        except UnicodeEncodeError:
            continue
        return candidate
    return "?"
