"""Bodies as the vendor's DTOs demand them: known keys, right types, nothing else.

A DTO is a table from key to `Key`; `checked` applies it. A null counts as absent unless the key is required,
as in the validators the vendor uses; the update route alone gives it a meaning and reads the raw body.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import attrs

from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.tables import (
    APP_ENVS,
    COUNTRIES,
    DIFFUSION_MODES,
    EXTENSIONS,
    LANGUAGES,
    METHODS,
    MONGO_ID,
    TOPICS,
)

_ATOM = '[^@.\\s"(),:;<>\\[\\]\\\\\x00-\x1f\x7f]+'
_LABEL = "(?!-)[a-z0-9\u00a1-\uffff-]{1,63}(?<!-)"
_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+", re.IGNORECASE)
_MIME_TYPE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9.+-]*/[A-Za-z0-9][A-Za-z0-9.+-]*( *; *[A-Za-z0-9-]+=\"?[A-Za-z0-9._+-]+\"?)*"
)
_IDS = re.compile("(?!(app|external|templateDisplayer)Id$).*(Id|Ids|IdsAsApprover)|signature")
_HALF = re.compile("[\ud800-\udfff]")
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f]")
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)  # the latter is IPv6
_ENVELOPE_STRING = 512  # contract 5
_NO_CLOCK = datetime(9999, 12, 31, tzinfo=UTC)  # the simulated clock ends with this day

Check = Callable[[Any], bool]


@attrs.frozen
class Key:
    """One key of a DTO."""

    check: Check
    required: bool = False


def text(value: Any) -> bool:
    """Accept a string, but for one with half of a surrogate pair: no UTF-8 can hold it."""
    return isinstance(value, str) and _HALF.search(value) is None


def up_to(limit: int) -> Check:
    """Accept a string of at most `limit` characters."""
    return lambda value: text(value) and len(value) <= limit


def number(value: Any) -> bool:
    """Accept a number that is not a boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def flag(value: Any) -> bool:
    """Accept true or false."""
    return isinstance(value, bool)


def anything(_value: Any) -> bool:
    """Accept every JSON value."""
    return True


def mongo_id(value: Any) -> bool:
    """Accept an id of 24 hexadecimal digits, in capitals too; `plain_ids` makes them small."""
    return text(value) and MONGO_ID.fullmatch(value) is not None


def plain_ids(value: Any, name: str) -> Any:
    """Return the value of the key `name` with the ids in it in small letters, as they are kept.

    Whatever a client names itself (`externalId`, `appId`) and its own data (`jsonContent`) stay as they are.
    """
    if isinstance(value, dict):
        return value if name == "jsonContent" else {key: plain_ids(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return value if name == "jsonContent" else [plain_ids(one, name) for one in value]
    return value.lower() if _IDS.fullmatch(name) and mongo_id(value) else value


def email(value: Any) -> bool:
    """Accept an e-mail address with a dotted domain."""
    return text(value) and _EMAIL.fullmatch(value) is not None


def url(value: Any) -> bool:
    """Accept an http(s) URL with a host; no top-level domain is asked for (contract 1, row 5)."""
    if not text(value) or _NOT_IN_URL.search(value):
        return False
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.hostname or "") is not None and port != 0
    )


def mime_type(value: Any) -> bool:
    """Accept a media type: two words around a slash, with parameters or without; no file's extension."""
    return text(value) and _MIME_TYPE.fullmatch(value) is not None


def mime_type_or_extension(value: Any) -> bool:
    """Accept a media type, or an accepted extension alone, as the vendor's own HubSpot sample sends it."""
    return mime_type(value) or (text(value) and f".{value.lower()}" in EXTENSIONS)


def moment(value: Any) -> bool:
    """Accept an ISO 8601 date or date and time."""
    if not text(value):
        return False
    try:
        return as_moment(value) < _NO_CLOCK
    except (ValueError, OverflowError):
        return False


def one_of(*values: str) -> Check:
    """Accept one of `values`."""
    return lambda value: text(value) and value in values


def each(check: Check, *, unique: bool = False) -> Check:
    """Accept an array whose items pass `check`; `unique` refuses an item given twice (assumption)."""

    def passes(value: Any) -> bool:
        return (
            isinstance(value, list)
            and all(check(item) for item in value)
            and not (unique and len(set(value)) != len(value))
        )

    return passes


def record(dto: Mapping[str, Key]) -> Check:
    """Accept an object that fits `dto`."""
    return lambda value: isinstance(value, dict) and not problems(value, dto)


def as_moment(value: str) -> datetime:
    """Return the moment of an accepted ISO 8601 value, in UTC; without an offset it is UTC."""
    parsed = datetime.fromisoformat(value)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def problems(body: Mapping[str, Any], dto: Mapping[str, Key]) -> list[str]:
    """Return the keys of `body` that are unknown, missing or of a wrong type."""
    unknown = [name for name in body if name not in dto]
    missing = [name for name, key in dto.items() if key.required and body.get(name) is None]
    wrong = [
        name
        for name, value in body.items()
        if name in dto and value is not None and not dto[name].check(value)
    ]
    return sorted({*unknown, *missing, *wrong})


def checked(body: Any, dto: Mapping[str, Key], code: str = "BODY_VALIDATION_FAILED") -> dict[str, Any]:
    """Return `body` if it fits `dto`, else raise `code` naming the keys at fault."""
    if not isinstance(body, dict):
        raise VendorError(code, "The body must be a JSON object")
    if faults := problems(body, dto):
        raise VendorError(code, f"Invalid body: {', '.join(faults)}", properties=faults)
    return body


EMPTY: dict[str, Key] = {}
AUTH = {
    "appId": Key(text, required=True),
    "appEnv": Key(one_of(*APP_ENVS), required=True),
    "secret": Key(text, required=True),
}
SIGNER_CREATE = {
    "signerProfileId": Key(mongo_id),
    "firstName": Key(text),
    "lastName": Key(text),
    "email": Key(text),
    "phoneNumber": Key(text),
    "nationality": Key(one_of(*COUNTRIES)),
    "birthCountry": Key(one_of(*COUNTRIES)),
    "birthDate": Key(moment),
    "birthPlace": Key(text),
    "externalId": Key(text),
}
SIGNER_UPDATE = {**SIGNER_CREATE, "signerId": Key(mongo_id)}
REQUEST_INIT = {"signatureProfileId": Key(mongo_id)}  # contract 9, row 16: accepted and ignored
DOCUMENT_UPDATE = {
    "label": Key(text),
    "description": Key(text),
    "externalId": Key(text),
    "templateDisplayerId": Key(text),
    "templateDisplayerVersion": Key(number),
}
DOCUMENT_INIT = {"signatureRequestId": Key(mongo_id, required=True), **DOCUMENT_UPDATE}
# The official SDK types the update's argument as the init DTO (contract 1, row 29).
DOCUMENT_UPDATE_SDK = {"signatureRequestId": Key(mongo_id), **DOCUMENT_UPDATE}
DATA_JSON = {"jsonContent": Key(anything)}
PRIVATE = {"documentHash": Key(text, required=True)}
STATEMENT = {
    "_id": Key(mongo_id),
    "appId": Key(text, required=True),
    "appEnv": Key(one_of(*APP_ENVS), required=True),
    "signatureRequestId": Key(mongo_id, required=True),
    "documentId": Key(mongo_id),
    "labelMd": Key(text, required=True),
}
PROFILE_METHOD = {
    "signerProfileId": Key(mongo_id, required=True),
    "signatureMethodRef": Key(one_of(*METHODS), required=True),
}
REQUEST_UPDATE = {
    "title": Key(up_to(1024)),
    "description": Key(up_to(4096)),
    "expirationDate": Key(moment),
    "expirationDateIsActivated": Key(flag),
    "language": Key(one_of(*LANGUAGES)),
    "documentIds": Key(each(mongo_id, unique=True)),
    "externalId": Key(text),
    "diffusionMode": Key(one_of(*DIFFUSION_MODES)),
    "diffusionDate": Key(moment),
    "statements": Key(each(record(STATEMENT))),
    "signerIds": Key(each(mongo_id, unique=True)),
    "extendedAuthSessionEnabled": Key(flag),
    "initialSignatureRequestId": Key(mongo_id),
    "signerIdsAsApprover": Key(each(mongo_id, unique=True)),
    "recipients": Key(each(email, unique=True)),  # the item is an assumption
    "fullPrivacy": Key(flag),
    "defaultSignatureMethod": Key(one_of(*METHODS)),
    "signerProfilesSignatureMethod": Key(each(record(PROFILE_METHOD))),
    "individualizeRequests": Key(flag),
}
ONE_CALL_SIGNER = {
    "email": Key(email, required=True),
    "firstName": Key(text),
    "lastName": Key(text),
    "signerProfileId": Key(mongo_id),
}
ONE_CALL_DOCUMENT = {
    "originalName": Key(text, required=True),
    "mimeType": Key(mime_type_or_extension, required=True),
    "base64": Key(text),
    "url": Key(url),
}
ONE_CALL = {
    "title": Key(up_to(1024), required=True),
    "signatureMethod": Key(one_of(*METHODS), required=True),
    "signers": Key(each(record(ONE_CALL_SIGNER)), required=True),
    "documents": Key(each(record(ONE_CALL_DOCUMENT)), required=True),
}
BATCH_STATUS = {"signatureRequestIds": Key(each(mongo_id), required=True)}
WEBHOOK = {"url": Key(url, required=True), "description": Key(text)}
DISABLED_TOPICS = {"topics": Key(record({topic: Key(flag) for topic in TOPICS}), required=True)}
TOKEN_CHECK = {
    "token": Key(up_to(_ENVELOPE_STRING)),
    "verificationToken": Key(up_to(_ENVELOPE_STRING)),
    "appId": Key(up_to(_ENVELOPE_STRING), required=True),
    "appEnv": Key(one_of(*APP_ENVS), required=True),
}
SEARCH = {"filter": Key(text), "page": Key(number), "pageSize": Key(number)}
