"""Where a signature goes: page and rectangle, or an anchor text.

One coordinate system: PDF points (1/72 inch) from the top-left corner of the page
as it is displayed, x to the right, y down. Every other convention enters through
a named constructor, so that a mistake of origin or unit is visible where it is
written.
"""

from __future__ import annotations

from enum import StrEnum

import attrs

POINTS_PER_INCH = 72.0


class FieldKind(StrEnum):
    """What stands in the field."""

    SIGNATURE = "signature"
    INITIALS = "initials"
    DATE = "date"
    TEXT = "text"


@attrs.frozen(kw_only=True)
class PageSize:
    """A page's displayed width and height in points; A4 unless said otherwise."""

    width: float = 595.276
    height: float = 841.89


A4 = PageSize()


@attrs.frozen(kw_only=True)
class Rect:
    """A rectangle in points from the page's top-left corner.

    :ivar x: left edge. :ivar y: top edge. :ivar width: to the right. :ivar height: downwards.
    """

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def from_percent(cls, x: float, y: float, width: float, height: float, *, page: PageSize = A4) -> Rect:
        """Read percentages (0 to 100) of the page, from the top-left corner."""
        return cls.from_fraction(x / 100, y / 100, width / 100, height / 100, page=page)

    @classmethod
    def from_fraction(cls, x: float, y: float, width: float, height: float, *, page: PageSize = A4) -> Rect:
        """Read fractions (0 to 1) of the page, from the top-left corner."""
        return cls(x=x * page.width, y=y * page.height, width=width * page.width, height=height * page.height)

    @classmethod
    def from_bottom_left(
        cls, x: float, y: float, width: float, height: float, *, page: PageSize = A4
    ) -> Rect:
        """Read points from the page's bottom-left corner, ``y`` being the rectangle's lower edge."""
        return cls(x=x, y=page.height - y - height, width=width, height=height)

    @classmethod
    def from_pixels(cls, x: float, y: float, width: float, height: float, *, dpi: float) -> Rect:
        """Read pixels of an image of the page rendered at ``dpi``, from the top-left corner."""
        scale = POINTS_PER_INCH / dpi
        return cls(x=x * scale, y=y * scale, width=width * scale, height=height * scale)


@attrs.frozen(kw_only=True)
class Anchor:
    """A text in the document beside which the field stands.

    :ivar dx: offset in points to the right of the text's left edge; ``dy`` downwards from its top edge.
    """

    text: str = attrs.field(repr=False)
    dx: float = 0.0
    dy: float = 0.0


@attrs.frozen(kw_only=True)
class Field:
    """One field of one signatory on one document.

    :ivar document: local id of the document. ``signatory``: local id of who fills it in.
    :ivar page: 1 for the first page; negative counts from the end (-1 is the last).
    :ivar rect: points from the top-left corner; ``None`` where ``anchor`` is given.
    """

    document: str = attrs.field(repr=False)  # an id that may be made of a file name
    signatory: str
    page: int = 1
    rect: Rect | None = None
    anchor: Anchor | None = None
    kind: FieldKind = attrs.field(default=FieldKind.SIGNATURE, converter=FieldKind)
    required: bool = True
