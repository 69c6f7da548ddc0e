"""Reading a vendor's JSON answer into a typed object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cattrs import BaseValidationError, Converter

from paraph.convert.paths import wrong_paths
from paraph.provider.answers import json_of, malformed

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


def structure_answer(response: httpx.Response, kind: type[T], *, converter: Converter) -> T:
    """Read a successful answer's JSON body as ``kind``.

    :param kind: an attrs class, ``tuple[X, ...]`` or any other type that the converter reads.
    :raises MalformedResponse: no JSON, or another shape; the message names paths, never values.
    """
    value: Any = json_of(response)
    try:
        return converter.structure(value, kind)
    except BaseValidationError as error:
        paths = ", ".join(wrong_paths(error))
    except (TypeError, ValueError, KeyError, RecursionError, OverflowError):
        paths = "$"
    # Outside the handlers, so that no traceback carries the values that did not fit.
    raise malformed(response, f"the vendor's answer has another shape than documented at {paths}")
