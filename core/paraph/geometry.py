"""Between paraph's rectangles and a vendor's coordinates. Pure; pages come from :mod:`paraph.pdf`.

Theory
======

A :class:`~paraph.Rect` is in points (1/72 inch) from the top-left corner of the page *as a reader shows
it*: cut to its crop box and turned by its rotation. A vendor may count otherwise in three ways, its
:class:`Convention`:

* the **frame**: the page as shown, or the page as stored, which is the whole media box, not turned;
* the **origin**: the frame's top-left or bottom-left corner. The corner of a rectangle that is told is the
  one towards the origin, so from the bottom-left ``y`` is the rectangle's lower edge;
* the **unit**: points, percent (0 to 100) or fractions (0 to 1) of the frame's width and height.

What a reader shows is what common readers agree on, also where the standard forbids it: a crop box is cut to
the media box and dropped if nothing is left of it, a media box without a size is US Letter, corners may come
in any order, a rotation counts clockwise in steps of 90 and is none otherwise. ``UserUnit`` stretches the
page that is shown; the stored page stays in its own units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import attrs

from paraph.model import PageSize, Rect

Point = tuple[float, float]

SLACK: Final = 1.0
"""Points by which a rectangle may leave its page: page sizes are often rounded."""


class Origin(StrEnum):
    """The corner of the frame from which coordinates count."""

    TOP_LEFT = "top-left"
    BOTTOM_LEFT = "bottom-left"


class Unit(StrEnum):
    """What a coordinate of 1 means."""

    POINTS = "points"
    PERCENT = "percent"
    FRACTION = "fraction"


class Frame(StrEnum):
    """Which page coordinates belong to."""

    DISPLAYED = "displayed"
    MEDIA = "media"


@attrs.frozen(kw_only=True)
class Convention:
    """How a vendor counts coordinates; the words may be given as text."""

    origin: Origin = attrs.field(default=Origin.TOP_LEFT, converter=Origin)
    unit: Unit = attrs.field(default=Unit.POINTS, converter=Unit)
    frame: Frame = attrs.field(default=Frame.DISPLAYED, converter=Frame)

    @property
    def needs_page(self) -> bool:
        """Whether a conversion depends on the page at all; paraph's own convention does not."""
        return self != Convention()


@attrs.frozen(kw_only=True)
class Coordinates:
    """A rectangle as a vendor counts it: its corner towards the origin, its size along the frame's axes."""

    x: float
    y: float
    width: float
    height: float


@attrs.frozen(kw_only=True)
class Box:
    """A rectangle of a page's user space: x to the right, y up, in the page's own units."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def between(cls, one: Point, other: Point) -> Box:
        """Return the box with these two opposite corners, given in any order."""
        (left, right), (bottom, top) = sorted((one[0], other[0])), sorted((one[1], other[1]))
        return cls(left=left, bottom=bottom, right=right, top=top)

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From bottom to top."""
        return self.top - self.bottom

    @property
    def has_size(self) -> bool:
        """Whether anything lies within it."""
        return self.width > 0 and self.height > 0

    def cut_to(self, other: Box) -> Box:
        """Return what both share; it has no size if they share nothing."""
        return Box(
            left=max(self.left, other.left),
            bottom=max(self.bottom, other.bottom),
            right=min(self.right, other.right),
            top=min(self.top, other.top),
        )


LETTER: Final = Box(left=0, bottom=0, right=612, top=792)
"""What readers show where a page does not say its size."""


@attrs.frozen(kw_only=True)
class PageBox:
    """What decides where things on a page are shown. Make it with :meth:`of`.

    :ivar media: the stored page. ``crop``: the part of it that is shown.
    :ivar rotation: 0, 90, 180 or 270 degrees clockwise.
    :ivar user_unit: points per unit of the page's user space.
    """

    media: Box
    crop: Box
    rotation: int = 0
    user_unit: float = 1.0

    @classmethod
    def of(
        cls,
        media: Sequence[float] | None,
        crop: Sequence[float] | None = None,
        *,
        rotation: float = 0,
        user_unit: float = 1.0,
    ) -> PageBox:
        """Read a page's attributes as readers do; nothing is refused.

        :param media: two opposite corners as four numbers; ``None`` or rubbish is US Letter.
        :param crop: likewise; ``None`` or rubbish is the media box.
        """
        whole = _box(media) or LETTER
        shown = (_box(crop) or whole).cut_to(whole)
        turned = int(rotation) % 360 if math.isfinite(rotation) and rotation % 90 == 0 else 0
        sound = math.isfinite(user_unit) and user_unit > 0
        return cls(
            media=whole,
            crop=shown if shown.has_size else whole,
            rotation=turned,
            user_unit=float(user_unit) if sound else 1.0,
        )

    @property
    def size(self) -> PageSize:
        """Width and height as shown, in points."""
        width, height = self.crop.width * self.user_unit, self.crop.height * self.user_unit
        if self.rotation in _ON_ITS_SIDE:
            width, height = height, width
        return PageSize(width=width, height=height)

    def holds(self, rect: Rect) -> bool:
        """Whether a rectangle lies on the page as shown, give or take :data:`SLACK`.

        One that holds no numbers (``nan``) lies nowhere.
        """
        size = self.size
        return (
            rect.x >= -SLACK
            and rect.y >= -SLACK
            and rect.x + rect.width <= size.width + SLACK
            and rect.y + rect.height <= size.height + SLACK
        )


_ON_ITS_SIDE: Final = frozenset({90, 270})


def _box(corners: Sequence[float] | None) -> Box | None:
    """Return the box of four numbers, or ``None`` if they are none or it has no size."""
    if corners is None or len(corners) < 4 or not all(math.isfinite(each) for each in corners[:4]):  # noqa: PLR2004 - two corners
        return None
    box = Box.between((corners[0], corners[1]), (corners[2], corners[3]))
    return box if box.has_size else None


A4_PORTRAIT: Final = PageBox.of((0, 0, 595.276, 841.89))
"""What is assumed of a page that cannot be looked at."""


def coordinates_of(rect: Rect, page: PageBox, convention: Convention) -> Coordinates:
    """Write a rectangle as a vendor counts it. :func:`rect_of` is the inverse."""
    if convention.frame is Frame.MEDIA:
        rect = _stored(rect, page)
    size = _frame_size(page, convention.frame)
    y = rect.y if convention.origin is Origin.TOP_LEFT else size.height - rect.y - rect.height
    scale = _SCALES[convention.unit]
    if scale is None:
        return Coordinates(x=rect.x, y=y, width=rect.width, height=rect.height)
    across, down = scale / size.width, scale / size.height
    return Coordinates(x=rect.x * across, y=y * down, width=rect.width * across, height=rect.height * down)


def rect_of(told: Coordinates, page: PageBox, convention: Convention) -> Rect:
    """Read a vendor's coordinates as paraph's rectangle. :func:`coordinates_of` is the inverse."""
    size = _frame_size(page, convention.frame)
    scale = _SCALES[convention.unit]
    across, down = (1.0, 1.0) if scale is None else (size.width / scale, size.height / scale)
    width, height = told.width * across, told.height * down
    y = told.y * down if convention.origin is Origin.TOP_LEFT else size.height - told.y * down - height
    rect = Rect(x=told.x * across, y=y, width=width, height=height)
    return _shown(rect, page) if convention.frame is Frame.MEDIA else rect


_SCALES: Final[Mapping[Unit, float | None]] = MappingProxyType(
    {Unit.POINTS: None, Unit.PERCENT: 100.0, Unit.FRACTION: 1.0}
)
"""What the whole width or height counts; ``None``: its points."""


def _frame_size(page: PageBox, frame: Frame) -> PageSize:
    if frame is Frame.DISPLAYED:
        return page.size
    return PageSize(width=page.media.width, height=page.media.height)


def user_box(rect: Rect, page: PageBox) -> Box:
    """Return where a rectangle lies in the page's user space, as a PDF's own objects count it."""
    place = _TO_USER_SPACE[page.rotation]
    unit = page.user_unit
    near = place(page.crop, rect.x / unit, rect.y / unit)
    far = place(page.crop, (rect.x + rect.width) / unit, (rect.y + rect.height) / unit)
    return Box.between(near, far)


def _stored(rect: Rect, page: PageBox) -> Rect:
    """Return a rectangle in units from the stored page's top-left corner."""
    box = user_box(rect, page)
    return Rect(x=box.left - page.media.left, y=page.media.top - box.top, width=box.width, height=box.height)


def _shown(stored: Rect, page: PageBox) -> Rect:
    """Return in points as shown what lies on the stored page: the inverse of :func:`_stored`."""
    left, top = page.media.left + stored.x, page.media.top - stored.y
    place = _FROM_USER_SPACE[page.rotation]
    near = place(page.crop, left, top)
    far = place(page.crop, left + stored.width, top - stored.height)
    box, unit = Box.between(near, far), page.user_unit
    return Rect(x=box.left * unit, y=box.bottom * unit, width=box.width * unit, height=box.height * unit)


Placing = Callable[[Box, float, float], Point]

# Turned clockwise by 90 degrees, a page's bottom-left corner is shown at the top-left, so that what is right
# of it there was above it; by 180 it is the bottom-right corner, by 270 the top-right one.

_TO_USER_SPACE: Final[Mapping[int, Placing]] = MappingProxyType(
    {
        0: lambda crop, x, y: (crop.left + x, crop.top - y),
        90: lambda crop, x, y: (crop.left + y, crop.bottom + x),
        180: lambda crop, x, y: (crop.right - x, crop.bottom + y),
        270: lambda crop, x, y: (crop.right - y, crop.top - x),
    }
)
"""By rotation: the point of user space that is shown ``x`` right of and ``y`` below the top-left corner."""

_FROM_USER_SPACE: Final[Mapping[int, Placing]] = MappingProxyType(
    {
        0: lambda crop, x, y: (x - crop.left, crop.top - y),
        90: lambda crop, x, y: (y - crop.bottom, x - crop.left),
        180: lambda crop, x, y: (crop.right - x, y - crop.bottom),
        270: lambda crop, x, y: (crop.top - y, crop.right - x),
    }
)
"""By rotation: how far right of and below the shown top-left corner a point of user space is."""
