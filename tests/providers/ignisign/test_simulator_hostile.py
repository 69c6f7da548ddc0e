"""Bytes that no client means to send: each gets the vendor's refusal, never a broken server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph_ignisign.simulator import create
from paraph_ignisign.simulator.agenda import next_tick
from paraph_ignisign.simulator.javascript import parse, stringify
from paraph_ignisign.simulator.shapes import as_moment, email, moment, text, url
from providers.ignisign.constraints import BODY
from providers.ignisign.simulator_driver import Driver

_JSON = {"content-type": "application/json"}
_HALF = '"\\ud800"'
_CHECK = "/v4/tokens/webhook-verification/checking-consumption"
_ONE_CALL = """{"title": "T", "signatureMethod": "SIMPLE_STD", "signers": [{"email": "a@example.org"}],
 "documents": [{"originalName": "a.txt", "mimeType": "text/plain", "url": "http://localhost/\\u0000"}]}"""


@pytest.fixture(scope="module")
def vendor() -> Iterator[Driver]:
    """Serve one simulator for the whole module."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"jsonContent":' + b"[" * 200 + b"]" * 200 + b"}", id="201 levels"),
        pytest.param(b'{"jsonContent":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="100001 levels"),
        pytest.param(b'{"jsonContent": NaN}', id="NaN"),
        pytest.param(b'{"jsonContent": -Infinity}', id="Infinity"),
        pytest.param(b'{"jsonContent": "\xe9"}', id="Latin-1"),
        pytest.param('{"jsonContent": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b"\x00", id="NUL"),
    ],
)
def test_what_is_no_json_in_utf_8_is_refused(vendor: Driver, body: bytes) -> None:
    """A body that the vendor's server could not read is a bad request, however it is broken."""
    path = f"/v4/documents/{vendor.document(vendor.draft())}/data-json-content"
    assert (400, "BAD_REQUEST") == vendor.refusal("POST", path, content=body, headers=_JSON)


def test_what_is_unusual_json_is_read_as_javascript_reads_it(vendor: Driver) -> None:
    """200 levels are read, and a number of 5000 digits is infinite, which prints as null."""
    path = f"/v4/documents/{vendor.document(vendor.draft())}"
    deep = b'{"jsonContent":' + b"[" * 198 + b"-" + b"9" * 5000 + b"]" * 198 + b"}"
    vendor.ok("POST", f"{path}/data-json-content", content=deep, headers=_JSON)
    assert "[" * 198 + "null" + "]" * 198 == vendor.ok("GET", path)["dataJsonContent"]


@pytest.mark.parametrize(
    ("method", "path", "body", "refused"),
    [
        ("PUT", "REQUEST", f'{{"title": {_HALF}}}', BODY),
        ("PUT", "REQUEST", f'{{"externalId": {_HALF}}}', BODY),
        ("PUT", "REQUEST", f"{{{_HALF}: 1}}", BODY),
        ("POST", "APP/signers", f'{{"externalId": {_HALF}}}', BODY),
        ("POST", "APP/webhooks", f'{{"url": "http://localhost/", "description": {_HALF}}}', BODY),
        ("POST", "APP/webhooks", '{"url": "http://localhost/\\ud800"}', BODY),
        ("POST", "APP/webhooks", '{"url": "http://localhost/\\u0000"}', BODY),
        ("POST", "APP/webhooks", '{"url": "http://a b/"}', BODY),
        ("POST", "APP/webhooks", '{"url": "http://../"}', BODY),
        ("POST", "APP/signers-search", f'{{"filter": {_HALF}}}', BODY),
        ("POST", _CHECK, f'{{"token": {_HALF}, "appId": "a", "appEnv": "STAGING"}}', BODY),
        (
            "POST", "/v4/auth/app-api", f'{{"appId": "a", "appEnv": "STAGING", "secret": {_HALF}}}',
            (400, "API_AUTH_BAD_REQUEST"),
        ),
        ("POST", "/v4/signature-requests/one-call-sign", _ONE_CALL, BODY),
    ],
)  # fmt: skip
def test_text_that_nobody_can_store_is_refused(
    vendor: Driver, method: str, path: str, body: str, refused: tuple[int, str]
) -> None:
    """Half of a surrogate pair is no text, and what no request can be made of is no address."""
    path = path.replace("REQUEST", f"/v4/signature-requests/{vendor.draft()}")
    assert refused == vendor.refusal(method, path, content=body.encode(), headers=_JSON)


@pytest.mark.parametrize("number", ["9" * 5000, "1" + "0" * 15, "\u0663", "\u00b2", "1.0", "", "-1", "\x00"])
@pytest.mark.parametrize("name", ["page", "pageSize"])
def test_a_page_is_a_plain_number(vendor: Driver, name: str, number: str) -> None:
    """What JavaScript does not count exactly, or not at all, is no page."""
    for path in ("APP/signature-requests", "APP/signers-paginate"):
        assert (400, "QUERY_VALIDATION_FAILED") == vendor.refusal("GET", path, params={name: number})
        assert 200 == vendor.raw("GET", path, params={name: "9" * 15}).status_code


@pytest.mark.parametrize("name", ["expirationDate", "diffusionDate"])
def test_a_date_is_one_that_the_clock_can_reach(vendor: Driver, name: str) -> None:
    """A date at the end of all dates is refused; one a day earlier is accepted."""
    path = f"/v4/signature-requests/{vendor.draft()}"
    for beyond in ("9999-12-31T23:59:59Z", "9999-12-31T00:00:00-14:00", "0001-01-01T00:00:00+14:00"):
        assert BODY == vendor.refusal("PUT", path, {name: beyond})
    assert 200 == vendor.raw("PUT", path, {name: "9999-12-30T23:59:59Z"}).status_code


@given(
    st.datetimes(datetime(2030, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - aware
    st.integers(-56, 56),
)
def test_ticks_are_the_vendor_s_wherever_the_client_is(at: datetime, quarters: int) -> None:
    """The same moment written with another offset, such as +05:45, ends at the same tick."""
    minutes = abs(quarters) * 15
    local = (at + timedelta(minutes=quarters * 15)).replace(tzinfo=None).isoformat()
    written = f"{local}{'-' if quarters < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    assert moment(written)
    assert next_tick(at) == next_tick(as_moment(written))


@given(st.text(st.characters()))
def test_text_is_what_utf_8_can_hold(value: str) -> None:
    """A text is accepted exactly if it can be encoded."""
    assert (value == value.encode("utf-8", "ignore").decode()) == text(value)


_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
)


@given(_ANY_JSON)
def test_what_is_printed_reads_back(value: Any) -> None:
    """Printing what was read gives the same text again."""
    printed = stringify(parse(json.dumps(value).encode())) if _finite(value) else "null"
    assert printed == stringify(parse(printed.encode()))


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "example.org", "xn--bcher-kva.example", "bücher.example"]
)
def test_hosts_that_are_addresses(host: str) -> None:
    """No top-level domain is asked for, and every way to name a machine is accepted."""
    assert url(f"https://{host}:8443/hook?a=b")


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("ada@example.org", True),
        ("ada.l+x@mail.example.org", True),
        ("zoë@bücher.example", True),
        (".ada@example.org", False),
        ("ada.@example.org", False),
        ("a..b@example.org", False),
        ("ada@-example.org", False),
        ("ada@example-.org", False),
        ("ada@example", False),
        ("ada\x00@example.org", False),
        ("ada@example.org\n", False),
    ],
)
def test_an_e_mail_address(address: str, *, accepted: bool) -> None:
    """Dots and hyphens stand between something, and control characters nowhere."""
    assert accepted == email(address)


def _finite(value: Any) -> bool:
    return "Infinity" not in json.dumps(value)


@pytest.mark.parametrize("kind", ["", "text", "text/plain\x01", "text/日本", "text/plain; charset"])
def test_a_file_s_media_type_fits_into_a_header(vendor: Driver, kind: str) -> None:
    """What no answer could carry back is refused, and a type with a parameter comes back as it went."""
    path = f"/v4/documents/{vendor.document(vendor.draft())}/file"
    form = {"content-type": "multipart/form-data; boundary=zz"}

    def part(kind: str) -> bytes:
        head = f'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: {kind}'
        return f"--zz\r\n{head}\r\n\r\ntext\r\n--zz--\r\n".encode()

    assert (400, "DOCUMENT_NOT_PROVIDED") == vendor.refusal("POST", path, content=part(kind), headers=form)
    vendor.ok("POST", path, content=part("text/plain; charset=utf-8"), headers=form)
    assert "text/plain; charset=utf-8" == vendor.raw("GET", path).headers["content-type"]


def test_a_blocked_application_gets_no_token() -> None:
    """The exchange of an old secret is refused while the application is blocked."""
    simulator = create(key_format="legacy")
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        secret = simulator.tenant.credentials.old_secret("STAGING")
        body = {"appId": vendor.app_id, "appEnv": "STAGING", "secret": secret}
        simulator.console.set_application_status("BLOCKED")
        assert (403, "APP_BLOCKED") == vendor.refusal("POST", "/v4/auth/app-api", body)
        simulator.console.set_application_status("ACTIVE")
        assert "jwtToken" in vendor.ok("POST", "/v4/auth/app-api", body)
