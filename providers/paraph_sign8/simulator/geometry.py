"""Where on a page of a real PDF a told rectangle lies.

A page is stored with a media box, which may be cropped and turned for its readers; both may be inherited from
above. A dialect counts from a corner of the page as it is displayed, or of the media box as it is stored. The
result is always in the page's own user space, where a PDF puts annotations: x to the right and y upwards, as
if it were not turned.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import attrs
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from paraph_sign8.dialect.model import Formats
from paraph_sign8.dialect.words import Frame, Origin, Unit

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

LETTER: Final[Box] = (0.0, 0.0, 612.0, 792.0)
"""What readers take for a page without any media box."""

TOLERANCE: Final = 1.0
"""Units by which a told rectangle may leave the page: page sizes get rounded. It is cut to the page then."""

SMALLEST: Final = 0.01
"""Units below which a rectangle has no area."""

_DEEPEST: Final = 40
_MOST_PAGES: Final = 5000
_BOX_NUMBERS: Final = 4


@attrs.frozen(kw_only=True)
class Page:
    """One page: its boxes, and by how many degrees clockwise it is turned for a reader.

    `unit`: points per unit of user space, where a reader sees it.
    """

    media: Box
    crop: Box
    turn: int = 0
    unit: float = 1.0


@attrs.frozen(kw_only=True)
class Told:
    """A rectangle in the dialect's numbers."""

    x: float
    y: float
    width: float
    height: float


class OutsideError(ValueError):
    """The rectangle does not lie on the page."""


def pages_of(pdf: bytes) -> tuple[Page, ...]:
    """Return the pages of a PDF that can be read.

    :raises ValueError: its tree of pages makes no sense.
    """
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        found = tuple(_walk(reader.root["/Pages"], {}, 0))
    except (PdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("its pages cannot be read") from error
    if not found:
        raise ValueError("it has no page")
    return found


def _walk(node: Any, above: dict[str, Any], depth: int) -> Iterator[Page]:
    if depth > _DEEPEST:
        raise ValueError("its pages are nested too deeply")
    known = {**above, **{key: node[key] for key in ("/MediaBox", "/CropBox", "/Rotate") if key in node}}
    if "/Kids" in node:
        for count, kid in enumerate(node["/Kids"]):
            if count > _MOST_PAGES:
                raise ValueError("it has too many pages")
            yield from _walk(kid.get_object(), known, depth + 1)
    else:
        yield _page(known, float(node.get("/UserUnit", 1)))


def _page(known: dict[str, Any], unit: float) -> Page:
    media = _box(known.get("/MediaBox")) or LETTER
    crop = _box(known.get("/CropBox")) or media
    seen = (
        max(crop[0], media[0]),
        max(crop[1], media[1]),
        min(crop[2], media[2]),
        min(crop[3], media[3]),
    )
    if seen[0] >= seen[2] or seen[1] >= seen[3]:
        seen = media  # a crop box beside the page crops nothing
    turn = int(known.get("/Rotate", 0))
    return Page(
        media=media,
        crop=seen,
        turn=turn % 360 if turn % 90 == 0 else 0,
        unit=unit if unit > 0 and math.isfinite(unit) else 1.0,
    )


def _box(value: Any) -> Box | None:
    """Read a rectangle, whose corners may be given in any order."""
    if not isinstance(value, generic.ArrayObject) or len(value) != _BOX_NUMBERS:
        return None
    a, b, c, d = (float(each.get_object()) for each in value)
    box = (min(a, c), min(b, d), max(a, c), max(b, d))
    return box if box[0] < box[2] and box[1] < box[3] else None


def locate(told: Told, page: Page, formats: Formats) -> Box:
    """Return the told rectangle in the page's user space.

    :raises OutsideError: some of it is not on the page, or it has no area.
    """
    displayed = formats.frame is Frame.DISPLAYED
    box = page.crop if displayed else page.media
    turn = page.turn if displayed else 0
    across, up = box[2] - box[0], box[3] - box[1]
    wide, high = (up, across) if turn in {90, 270} else (across, up)
    point = 1 / page.unit if displayed else 1.0
    scale_x, scale_y = {
        Unit.POINTS: (point, point),
        Unit.PERCENT: (wide / 100, high / 100),
        Unit.FRACTION: (wide, high),
    }[formats.unit]
    left, width = told.x * scale_x, told.width * scale_x
    y, height = told.y * scale_y, told.height * scale_y
    top = y if formats.origin is Origin.TOP_LEFT else high - y - height
    if width <= 0 or height <= 0:
        raise OutsideError("the rectangle has no area")
    if min(left, top, wide - left - width, high - top - height) < -TOLERANCE:
        raise OutsideError("the rectangle leaves the page")
    right, bottom = min(left + width, wide), min(top + height, high)
    left, top = max(left, 0.0), max(top, 0.0)
    if right - left < SMALLEST or bottom - top < SMALLEST:
        raise OutsideError("next to nothing of the rectangle lies on the page")
    ax, ay = _stored(left, top, box, turn)
    bx, by = _stored(right, bottom, box, turn)
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _stored(x: float, y: float, box: Box, turn: int) -> tuple[float, float]:
    """Take a point, from the displayed top-left corner and downwards, to user space.

    A page turned clockwise by 90 degrees shows its lower left corner at the top left: what a reader sees
    to the right is stored upwards, and what is seen downwards is stored to the right.
    """
    left, bottom, right, top = box
    match turn:
        case 90:
            return left + y, bottom + x
        case 180:
            return right - x, bottom + y
        case 270:
            return right - y, top - x
        case _:
            return left + x, top - y
