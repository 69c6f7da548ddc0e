"""Requests and answers in the words of an account's dialect. Pure; nothing here knows SIGN8's wire by heart.

Telling: ``request`` takes an operation, an entity (whose names are in ``dialect.fields``) and neutral
values, and puts each where the dialect says: ids that the path holds into the path, the rest into the query
of a request without a body, into a JSON object otherwise (nested by dots, under ``wrap``), or into a form
beside a file.

Reading: ``locate`` finds what a location names, and what it finds is believed only as far as it goes: an
id is a short printable text or a number; a time may be RFC 3339, or seconds or milliseconds since 1970,
whatever the dialect says of those that we write; a row without its id makes a list one that is not shown. So
any answer can be read, and what is missing is ``None``; who needs it raises
:class:`~paraph.errors.MalformedResponse`.
"""

from paraph_sign8.wire.answers import (
    Interface,
    SignerRow,
    Status,
    WorkflowRow,
    address_of,
    made_id,
    perhaps_id,
    read_interface,
    read_status,
    read_workflow,
    rows_of,
    status_in,
)
from paraph_sign8.wire.requests import (
    BODYLESS,
    Values,
    base_url,
    request,
    require,
)
from paraph_sign8.wire.values import (
    LONGEST_ID,
    MILLISECONDS_FROM,
    id_of,
    instant_of,
    locate,
    steps_of,
    word_of,
    written,
)

__all__ = [
    "BODYLESS",
    "LONGEST_ID",
    "MILLISECONDS_FROM",
    "Interface",
    "SignerRow",
    "Status",
    "Values",
    "WorkflowRow",
    "address_of",
    "base_url",
    "id_of",
    "instant_of",
    "locate",
    "made_id",
    "perhaps_id",
    "read_interface",
    "read_status",
    "read_workflow",
    "request",
    "require",
    "rows_of",
    "status_in",
    "steps_of",
    "word_of",
    "written",
]
