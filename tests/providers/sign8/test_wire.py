import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paraph.errors import ConfigurationError, MalformedResponse, ParaphError, UnsupportedCapability
from paraph.model import Document
from paraph_sign8 import wire
from paraph_sign8.dialect import parse, shipped
from paraph_sign8.dialect.words import Instant
from paraph_sign8.errors import vendor_error
from support.sign8_account import BASE, PDF, account, dialect

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
LIKELY = st.sampled_from(
    ["status", "signers", "files", "signatures", "annotations", "signer_id", "file_id", "signed_at", "reason"]
)
ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LIKELY, inner, max_size=6),
    max_leaves=20,
)
KEYS = st.from_regex(r"[a-z_][a-zA-Z0-9_-]{0,6}", fullmatch=True)


def answer(value: Any) -> httpx.Response:
    """Make a successful answer with this JSON."""
    return httpx.Response(200, content=json.dumps(value).encode(), request=httpx.Request("GET", f"{BASE}/x"))


# Locations


@given(st.lists(KEYS | st.integers(0, 3), max_size=5), JSON)
def test_what_was_put_somewhere_is_found_there(path: list[str | int], value: Any) -> None:
    """A location leads to the value that stands there, through objects and lists."""
    whole: Any = value
    location = ""
    for part in reversed(path):
        if isinstance(part, int):
            whole, location = (
                [None] * part + [whole],
                f"[{part}]{'.' if location[:1] not in {'', '['} else ''}{location}",
            )
        else:
            whole, location = {part: whole}, f"{part}{'.' if location[:1] not in {'', '['} else ''}{location}"
    found = wire.locate(whole, location or "$")
    assert found is value or found == value or value != value  # noqa: PLR0124 - NaN is not itself


@given(JSON, st.text(max_size=12))
def test_any_location_in_any_answer_is_found_or_not(value: Any, location: str) -> None:
    """Looking never raises, whatever the answer and whatever the location."""
    wire.locate(value, location)


def test_an_unset_location_is_nowhere() -> None:
    """An empty location finds nothing, even in an answer with an empty key."""
    assert wire.locate({"": 1}, "") is None


# Values


@given(JSON)
@example("..")
@example("\ud800")
@example(10**300)
@example(value=True)
def test_an_id_is_short_printable_and_no_way_out(value: Any) -> None:
    """Whatever the vendor says, an id can stand in a path, a file name, a log and a database."""
    found = wire.id_of(value)
    if found is not None:
        assert 0 < len(found) <= wire.LONGEST_ID
        assert found.isprintable()
        assert found not in {".", ".."}
        found.encode()


@given(st.integers(0, 10**18))
def test_a_number_is_an_id(number: int) -> None:
    """Vendors that count instead of naming have ids, too."""
    assert str(number) == wire.id_of(number)


@given(st.datetimes(datetime(1971, 1, 2), datetime(2999, 12, 30)), st.integers(-14, 14))  # noqa: DTZ001 - made aware below
def test_a_time_that_was_written_is_read_again(naive: datetime, offset: int) -> None:
    """RFC 3339, seconds and milliseconds are read as the time they are, to the second, whatever the zone."""
    at = naive.replace(tzinfo=timezone(timedelta(hours=offset)), microsecond=0)
    late = at + timedelta(days=1800)  # milliseconds of the first years look like seconds
    for moment, form in ((at, Instant.ISO), (at, Instant.UNIX), (late, Instant.UNIX_MS)):
        read = wire.instant_of(wire.written(moment, form))
        assert moment == read
        assert read is not None
        assert timedelta() == read.utcoffset()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2025, 4, 1, 12, tzinfo=UTC), "2025-04-01"),
        (datetime(2025, 4, 1, tzinfo=UTC), "2025-03-31"),
        (datetime(2025, 4, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2025-03-31"),
    ],
)
def test_a_day_is_the_last_that_counts(at: datetime, expected: str) -> None:
    """A time is written as the day it lies in; midnight still belongs to the day before."""
    assert expected == wire.written(at, Instant.DATE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-03-01T12:00:00", datetime(2025, 3, 1, 12, tzinfo=UTC)),
        ("2025-03-01T12:00:00+02:00", datetime(2025, 3, 1, 10, tzinfo=UTC)),
        ("2025-03-01", datetime(2025, 3, 1, tzinfo=UTC)),
        ("1740830400", datetime(2025, 3, 1, 12, tzinfo=UTC)),
        (1740830400000, datetime(2025, 3, 1, 12, tzinfo=UTC)),
        (True, None),
        ("soon", None),
        ("0001-01-01T00:00:00+14:00", None),
        (10**400, None),
    ],
)
def test_times_are_read_liberally(value: Any, expected: datetime | None) -> None:
    """What can be a time is one, in UTC where no offset is given; the rest is none."""
    assert expected == wire.instant_of(value)


# Statuses


@given(ANSWERS | JSON)
def test_any_answer_is_a_status(value: Any) -> None:
    """Reading a status never raises, and its times are aware and its ids usable."""
    found = wire.read_status(value, shipped("simulator"))
    assert found.ended_at is None or found.ended_at.utcoffset() == timedelta()
    for row in found.signers or ():
        assert wire.id_of(row.id) == row.id


def test_a_status_is_read_where_the_dialect_says() -> None:
    """Word, end, reason, signers and the ids of the rest come from their locations."""
    spoken = parse(
        dialect(
            status__status="data.state",
            status__ended_at="data.ended",
            status__signers="data.people",
            status__signer_id="who.id",
            status__signer_signed_at="at",
            status__files="data.docs",
            status__file_id="$",
        )
    )
    found = wire.read_status(
        {
            "data": {
                "state": 3,
                "ended": 1740830400,
                "people": [{"who": {"id": 7}, "status": "signed", "at": "2025-03-01T12:00:00Z"}],
                "docs": ["a", "b"],
            }
        },
        spoken,
    )
    at = datetime(2025, 3, 1, 12, tzinfo=UTC)
    assert (
        wire.Status(
            status="3",
            ended_at=at,
            signers=(wire.SignerRow(id="7", status="signed", signed_at=at),),
            file_ids=("a", "b"),
        )
        == found
    )


def test_a_list_with_a_row_without_id_is_not_shown() -> None:
    """A list that lacks an id cannot prove that something is not in it."""
    found = wire.read_status(
        {"status": "x", "files": [{}, {"file_id": "f"}], "signers": [{}]}, shipped("default")
    )
    assert found.file_ids is None
    assert found.signer_ids is None
    assert () == found.signers


def test_a_refusal_reason_never_shows() -> None:
    """What a person wrote is no part of a repr."""
    answer = {"reason": "canary", "signers": [{"signer_id": "s", "reason": "canary"}]}
    assert "canary" not in repr(wire.read_status(answer, shipped("default")))


# Requests


def body_of(request: httpx.Request) -> Any:
    """Read the JSON that a request holds."""
    return json.loads(b"".join(request.stream))  # type: ignore[arg-type]  # sync stream


def test_names_with_dots_nest_below_the_wrap() -> None:
    """Dotted names are nested objects, everything below wrap, the organisation beside the rest."""
    spoken = dialect(
        operations__add_signer__wrap="data.signer",
        fields__signer__email="contact.email",
        fields__signer__phone="contact.phone",
        fields__signer__family_name="",
    )
    values = {
        "workflow_id": "w",
        "email": "e",
        "phone": "p",
        "family_name": "n",
        "given_name": None,
        "position": 2,
    }
    request = wire.request(account(spoken), "add_signer", "signer", values)
    told = {
        "workflow_id": "w",
        "contact": {"email": "e", "phone": "p"},
        "position": 2,
        "organization_id": "org-1",
    }
    assert {"data": {"signer": told}} == body_of(request)


def test_ids_of_the_path_are_told_nowhere_else() -> None:
    """An id that the path holds is percent-encoded there, and neither in the body nor in the query."""
    spoken = dialect(operations__cancel__path="/o/{organization_id}/w/{workflow_id}")
    request = wire.request(account(spoken), "cancel", "call", {"workflow_id": "a/b c", "reason": "r"})
    assert b"/o/org-1/w/a%2Fb%20c" == request.url.raw_path
    assert {"reason": "r"} == body_of(request)


@given(st.text(min_size=1, max_size=12).filter(lambda text: text not in {".", ".."}))
@example("a/b%2Fc?d#e")
@example("../x")
@example("%2e%2e")
def test_an_id_is_one_segment_of_a_path_whatever_it_holds(found: str) -> None:
    """A slash, a percent or a question mark of an id leads to no other path, and to no query."""
    id_ = wire.id_of(found)
    if id_ is None:
        return
    request = wire.request(account(dialect()), "cancel", "call", {"workflow_id": id_})
    *before, segment, last = request.url.raw_path.decode().split("/")
    assert (["", "v1", "workflow"], "cancel") == (before, last)
    assert id_ == unquote(segment)
    assert set("/?#") & set(segment) == set()


def test_requests_without_a_body_tell_in_the_query() -> None:
    """What the path does not hold goes to the query: names as they are, and no wrap."""
    spoken = dialect(
        operations__status={"path": "/status", "method": "get", "wrap": "data"},
        fields__call__workflow_id="w.id",
    )
    request = wire.request(account(spoken), "status", "call", {"workflow_id": "w1"})
    assert {"w.id": "w1", "organization_id": "org-1"} == dict(request.url.params)
    assert b"" == request.read()


@pytest.mark.parametrize(("place", "header", "told"), [("header", "org-1", {}), ("none", None, {})])
def test_the_organisation_travels_where_the_dialect_says(
    place: str, header: str | None, told: dict[str, str]
) -> None:
    """In a header, or not at all, it is in no body."""
    spoken = dialect(organization__place=place, organization__name="organisation_id")
    request = wire.request(account(spoken), "start", "call", {"workflow_id": "w"})
    assert header == request.headers.get("organisation_id")
    assert told == body_of(request)


def test_a_form_has_flat_parts_beside_the_file() -> None:
    """As multipart, names stay dotted, there is no wrap, and the content's name is the file part's."""
    spoken = dialect(
        formats__transfer="multipart",
        operations__add_file__wrap="data",
        fields__file__workflow_id="w.id",
        fields__file__content="upload",
    )
    document = Document.from_bytes(PDF, name="c.pdf")
    values = {"workflow_id": "w1", "name": "c.pdf"}
    request = wire.request(account(spoken), "add_file", "file", values, document=document)
    body = b"".join(request.stream)  # type: ignore[arg-type]  # sync stream
    for part in (
        b'name="w.id"\r\n\r\nw1\r\n',
        b'name="file_name"\r\n\r\nc.pdf\r\n',
        b'name="organization_id"\r\n\r\norg-1\r\n',
        b'name="upload"; filename="c.pdf"\r\nContent-Type: application/pdf\r\n\r\n' + PDF,
    ):
        assert part in body


def test_a_content_may_be_nested() -> None:
    """The content of a file stands below wrap and dots like every other field."""
    spoken = dialect(operations__add_file__wrap="data", fields__file__content="file.blob")
    document = Document.from_bytes(b"abc", name="c.pdf")
    request = wire.request(account(spoken), "add_file", "file", {"workflow_id": "w"}, document=document)
    inner = {"workflow_id": "w", "organization_id": "org-1", "file": {"blob": "YWJj"}}
    assert {"data": inner} == body_of(request)


def test_an_operation_without_a_path_names_the_key() -> None:
    """What is not offered says which key of the dialect is missing, before any request."""
    with pytest.raises(UnsupportedCapability, match=r"dialect\.operations\.remind\.path"):
        wire.request(account({}), "remind", "call", {"workflow_id": "w", "signer_id": "s"})


def test_a_path_that_wants_what_nobody_knows_is_a_configuration_error() -> None:
    """A placeholder that the operation has no id for is named by its key."""
    spoken = dialect(operations__cancel__path="/files/{file_id}/cancel")
    with pytest.raises(ConfigurationError, match=r"dialect\.operations\.cancel\.path"):
        wire.request(account(spoken), "cancel", "call", {"workflow_id": "w"})


def test_without_a_server_nothing_can_be_asked() -> None:
    """No base URL is an error that names both keys that mend it."""
    with pytest.raises(ConfigurationError, match=r"accounts\.de\.base_url.*dialect\.servers\.test"):
        wire.request(account(base_url=""), "status", "call", {"workflow_id": "w"})


# Hostile answers


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()), st.integers(200, 599))
def test_any_answer_gives_a_value_or_a_declared_error(content: bytes, status: int) -> None:
    """Whatever bytes come back with whatever status, only errors of ours arise."""
    response = httpx.Response(status, content=content, request=httpx.Request("GET", f"{BASE}/x"))
    spoken = shipped("simulator")
    error = vendor_error(response)
    assert (error is None) == response.is_success
    for read in (
        lambda: wire.made_id(response, spoken, "workflow_id"),
        lambda: wire.rows_of(response, spoken, "workflows"),
        lambda: wire.status_in(response, spoken),
        lambda: wire.address_of(response, account(), "link"),
        lambda: wire.perhaps_id(response, spoken, "signature_id"),
    ):
        try:
            read()
        except ParaphError as raised:
            assert isinstance(raised, MalformedResponse)


@given(JSON)
def test_any_row_is_an_interface_or_a_workflow(row: Any) -> None:
    """Rows of lists are read as far as they go."""
    wire.read_interface(row, shipped("default"))
    wire.read_workflow(row, shipped("default"))


def test_interfaces_are_read_by_their_published_columns() -> None:
    """The columns of the one published table are where the vendor says (contract 3)."""
    row = {
        "interface_id": "i",
        "primary_color": "#fff",
        "icon_file_id": "f",
        "created_at": "2025-03-01T12:00:00Z",
    }
    at = datetime(2025, 3, 1, 12, tzinfo=UTC)
    read = wire.read_interface(row, shipped("default"))
    assert ("i", "#fff", "f", at) == (
        read.interface_id,
        read.primary_color,
        read.icon_file_id,
        read.created_at,
    )


@pytest.mark.parametrize(
    ("row", "icon", "logo"),
    [
        ({"icon_file_id": "i", "logo_file_id": "l"}, "i", "l"),
        ({"icon_file_id": "i"}, "i", "i"),
        ({"logo_file_id": "l"}, None, "l"),
        ({}, None, None),
    ],
)
def test_the_logo_is_read_in_both_spellings(row: Any, icon: str | None, logo: str | None) -> None:
    """Its own name wins, else the icon's, which the published table prints twice (contract 3)."""
    read = wire.read_interface(row, shipped("default"))
    assert (icon, logo) == (read.icon_file_id, read.logo_file_id)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"code": "WORKFLOW_NOT_FOUND"}, "WORKFLOW_NOT_FOUND"),
        ({"error": "invalid_client"}, "invalid_client"),
        ({"error": {"code": 4711}}, "4711"),
        ({"errorCode": "E-42"}, "E-42"),
        ({"code": "Lovelace"}, None),
        ({"code": "ada@example.org"}, None),
        ({"error": "Ada Lovelace may not sign"}, None),
        ({"code": True}, None),
        ([], None),
    ],
)
def test_only_what_looks_like_a_code_is_one(body: Any, code: str | None) -> None:
    """A code is shown, and a name or a sentence that stands in its place is not."""
    response = httpx.Response(400, json=body, request=httpx.Request("GET", f"{BASE}/x"))
    error = vendor_error(response)
    assert error is not None
    assert code == error.code
    assert "ada" not in str(error).lower()
