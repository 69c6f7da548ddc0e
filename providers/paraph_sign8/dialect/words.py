"""The neutral words of a dialect: what SIGN8's product does, whatever its API calls it.

Statuses are inferred (contract 4); signature types, dispatch modes and operations are confirmed as functions
of the product (contract 2 and 4), their spelling on the wire is not published.
"""

from __future__ import annotations

from enum import StrEnum


class WorkflowStatus(StrEnum):
    """Where a workflow stands (contract 4, inferred)."""

    DRAFT = "draft"
    ACTIVE = "active"
    COMPLETED = "completed"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class SignerStatus(StrEnum):
    """Where a signer stands (contract 4, inferred)."""

    WAITING = "waiting"
    """Sequential dispatch, and not yet invited."""
    INVITED = "invited"
    OPENED = "opened"
    SIGNED = "signed"
    REFUSED = "refused"


class SignatureType(StrEnum):
    """What a signer does, exactly one per workflow (contract 4)."""

    SIMPLE = "simple"
    ADVANCED = "advanced"
    QUALIFIED = "qualified"
    ADVANCED_SEAL = "advanced_seal"
    QUALIFIED_SEAL = "qualified_seal"


class Dispatch(StrEnum):
    """In which order signers are invited (contract 4)."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"


class WebhookEvent(StrEnum):
    """What a webhook's path says. Two are documented (contract 5); a dialect may know more."""

    REFUSED = "refused"
    EXPIRED = "expired"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    SIGNED = "signed"
    OPENED = "opened"


class Transfer(StrEnum):
    """How a file's content reaches the vendor (contract 7.6)."""

    BASE64 = "base64"
    """In the JSON body."""
    MULTIPART = "multipart"
    """As a part of a form, the other fields beside it."""
    URL = "url"
    """``AddFile`` answers with an address, to which the bytes are PUT without credentials."""


class DownloadForm(StrEnum):
    """What a download answers."""

    BYTES = "bytes"
    """The file itself."""
    BASE64 = "base64"
    """JSON with the content at ``answers.content``."""
    URL = "url"
    """JSON with an address at ``answers.content``, fetched without credentials."""


class Place(StrEnum):
    """Where the organisation's id travels."""

    BODY = "body"
    """With the fields: in the body, or in the query of a request without one."""
    HEADER = "header"
    NONE = "none"


class AuthType(StrEnum):
    """How a request is authenticated (contract 6); empty if it is not known."""

    UNKNOWN = ""
    NONE = "none"
    HEADER = "header"
    BEARER = "bearer"
    OAUTH2 = "oauth2"
    CERTIFICATE = "certificate"


class Origin(StrEnum):
    """The corner of the page from which coordinates count."""

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
    """As a reader shows it: cropped and rotated."""
    MEDIA = "media"
    """As it is stored: the whole media box, not rotated."""


class Instant(StrEnum):
    """How a date and time is written."""

    ISO = "iso"
    """RFC 3339 in UTC, with ``Z``."""
    UNIX = "unix"
    """Whole seconds since 1970."""
    UNIX_MS = "unix_ms"
    """Whole milliseconds since 1970."""
    DATE = "date"
    """The day in UTC alone, ``YYYY-MM-DD``: the last day that counts."""


class Token(StrEnum):
    """Where the extra shared secret of a webhook stands."""

    HEADER = "header"
    PATH = "path"
    """The first segment after the receiver's own secret."""
