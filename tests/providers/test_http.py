from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.providers import http
from campaign.providers.protocol import Kind
from tests.providers.vendors import KEY, answer

# Why each of these is certain to have been raised before the first byte of the request left:
# ConnectError, ConnectTimeout: there was no connection (name look-up, refusal, TLS, a tunnel that
# nobody answers); PoolTimeout: none was free to begin with; UnsupportedProtocol: the URL names no
# transport; ProxyError: raised only for a tunnel (CONNECT, SOCKS) that the proxy refused to open.
CERTAINLY_NOT_SENT = {
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
}
PERHAPS_SENT = {
    httpx.HTTPError: "connection_lost",
    httpx.HTTPStatusError: "connection_lost",
    httpx.RequestError: "connection_lost",
    httpx.TransportError: "connection_lost",
    httpx.NetworkError: "connection_lost",
    httpx.ReadError: "connection_lost",
    httpx.WriteError: "connection_lost",
    httpx.CloseError: "connection_lost",
    httpx.ProtocolError: "connection_lost",
    httpx.LocalProtocolError: "connection_lost",  # can come in the middle of the body
    httpx.RemoteProtocolError: "connection_lost",
    httpx.TooManyRedirects: "connection_lost",
    httpx.DecodingError: "unreadable_answer",
    httpx.TimeoutException: "no_answer",
    httpx.ReadTimeout: "no_answer",
    httpx.WriteTimeout: "no_answer",
}


def _tree(root: type[httpx.HTTPError]) -> Iterator[type[httpx.HTTPError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


def _raised(kind: type[httpx.HTTPError]) -> httpx.HTTPError:
    request = httpx.Request("POST", "https://example.com")
    if kind is httpx.HTTPStatusError:
        return httpx.HTTPStatusError("no", request=request, response=httpx.Response(500))
    return kind("no")


def test_every_class_of_httpxs_tree_has_been_thought_about() -> None:
    found = {kind for kind in _tree(httpx.HTTPError) if kind.__module__.startswith("httpx")}
    assert found == CERTAINLY_NOT_SENT | PERHAPS_SENT.keys()


@pytest.mark.parametrize("kind", sorted(CERTAINLY_NOT_SENT, key=lambda kind: kind.__name__))
def test_what_fails_before_the_first_byte_was_not_sent(kind: type[httpx.HTTPError]) -> None:
    found = http.failed(_raised(kind))
    assert (found.kind, found.reason) == (Kind.NOT_SENT, "not_connected")
    assert found.detail == f"{kind.__name__}: no"


@pytest.mark.parametrize(("kind", "reason"), PERHAPS_SENT.items(), ids=lambda v: str(v))
def test_everything_else_may_have_been_sent(kind: type[httpx.HTTPError], reason: str) -> None:
    found = http.failed(_raised(kind))
    assert (found.kind, found.reason) == (Kind.UNKNOWN, reason)


def test_an_error_without_a_text_is_told_by_its_name() -> None:
    assert http.failed(httpx.ReadTimeout("")).detail == "ReadTimeout"


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, b"", 7.0),
        ({"Retry-After": " 0 "}, b"", 0.0),
        ({"Retry-After": "-3"}, b"", 0.0),
        ({"X-RateLimit-RetryAfter": "0.069786"}, b"", 0.069786),
        ({"X-RateLimit-RetryAfter": "0.5", "Retry-After": "60"}, b"", 0.5),
        ({"X-RateLimit-RetryAfter": "soon", "Retry-After": "60"}, b"", 60.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, b"", 0.0),
        ({}, b"Too many requests (remaining: 0, retry_after: 0.07s, reset: 0.97s)", 0.07),
        ({}, b'{"message": "Retry after 3 s"}', 3.0),
        ({"Retry-After": "soon"}, b"retry_after: 2s", 2.0),
        # A number that is no length of time must not become a pause without an end.
        ({"Retry-After": "inf"}, b"", None),
        ({"Retry-After": "Infinity"}, b"retry_after: 2s", 2.0),
        ({"Retry-After": "nan"}, b"", None),
        ({"Retry-After": "1e999"}, b"", None),
        ({}, b"retry_after: " + b"9" * 400 + b"s", None),
        ({}, b"", None),
        ({}, b"limit: 10;w=1", None),
        # Dates that no calendar holds, alone or in UTC.
        ({"Retry-After": "Mon, 01 Jan 99999999999 00:00:00 GMT"}, b"", None),
        ({"Retry-After": "Mon, 01 Jan 99999999999 00:00:00 GMT"}, b"retry_after: 2s", 2.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 +99999999999"}, b"retry_after: 2s", 2.0),
        ({"Content-Type": "text/plain; charset=undefined"}, b"retry_after: 2s", 2.0),
    ],
)
def test_the_vendors_wait_is_read_wherever_it_is_written(
    headers: dict[str, str], body: bytes, seconds: float | None
) -> None:
    found = http.wait_seconds(answer(429, body, headers), "X-RateLimit-RetryAfter")
    assert found == seconds


def test_a_date_is_read_as_the_time_that_is_left_until_then() -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    found = http.wait_seconds(answer(429, b"", {"Retry-After": format_datetime(until)}))
    assert found is not None
    assert 3590 < found <= 3600


def test_a_date_without_a_zone_is_utc() -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    text = until.strftime("%a, %d %b %Y %H:%M:%S -0000")
    found = http.wait_seconds(answer(503, b"", {"Retry-After": text}))
    assert found is not None
    assert 3590 < found <= 3600


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0")), st.binary())
def test_no_header_and_no_body_breaks_the_reading_of_the_wait(value: str, body: bytes) -> None:
    response = httpx.Response(429, content=body, headers={b"Retry-After": value.encode("latin-1")})
    found = http.wait_seconds(response)
    assert found is None or 0 <= found < float("inf")


@given(st.text(max_size=1000))
def test_a_shortened_text_fits_a_table_cell_and_a_database(text: str) -> None:
    short = http.shorten(text)
    assert len(short) <= http.DETAIL_LENGTH
    assert short == " ".join(short.split())  # one line, and no white space but single spaces
    assert not any(char < " " or "\x7f" <= char <= "\x9f" for char in short)
    short.encode()


def test_a_short_text_stays_as_it_is() -> None:
    assert http.shorten("Nummer ungültig: 👍") == "Nummer ungültig: 👍"
    assert http.shorten("a\n\t b\x1b[31mred\0 ") == "a b [31mred"
    assert http.shorten("x" * 301) == "x" * 299 + "…"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("SM1", "SM1"),
        (" SM1\n", "SM1"),
        (17, "17"),
        ("\ud83d", "?"),
        ("x" * 512, "x" * 512),
        *[(odd, None) for odd in ("", "  ", True, None, 1.5, [], "x" * 513, 10**600)],
    ],
)
def test_an_id_is_text_or_a_number_of_a_length_that_ids_have(
    value: object, text: str | None
) -> None:
    assert http.word(value) == text
    assert http.word(10**5000) is None, "of more digits than Python writes"


@pytest.mark.parametrize("charset", ["undefined", "hex", "zlib", "rot13", "bz2", "idna", "nope"])
def test_an_answer_has_a_text_whatever_encoding_it_claims(charset: str) -> None:
    headers = {"Content-Type": f"text/html; charset={charset}"}
    assert http.text_of(answer(400, "ungültig".encode(), headers)).endswith("ltig")


ODD_KEY = 'sk/li"ve\\77+aa ü='


@pytest.mark.parametrize(
    "echo",
    [
        ODD_KEY,
        json.dumps(ODD_KEY),
        json.dumps(ODD_KEY).replace("/", r"\/"),
        json.dumps(ODD_KEY, ensure_ascii=False),
        json.dumps(ODD_KEY, ensure_ascii=False).replace("/", r"\/"),
        str(bytearray(ODD_KEY.encode())),
        quote(ODD_KEY),
        quote(ODD_KEY, safe=""),
        quote_plus(ODD_KEY),
        "sk%2fli%22ve%5c77%2baa%20%c3%bc%3d",
        "sk%2fli%22ve%5c77%2baa+%c3%bc%3d",
    ],
)
def test_a_secret_is_found_however_an_answer_spells_it(echo: str) -> None:
    found = http.without([ODD_KEY], f"<{echo}>")
    assert "***" in found
    assert "77" not in found


def test_a_secret_in_the_text_of_an_error_is_taken_out_before_the_text_is_cut() -> None:
    noise = "x" * (http.DETAIL_LENGTH - len("RemoteProtocolError: ") - 6)
    error = httpx.RemoteProtocolError(f"{noise}{KEY}")
    found = http.failed(error, lambda text: http.without([KEY], text))
    assert found.detail == f"RemoteProtocolError: {noise}***"


def test_secrets_are_taken_out_and_an_empty_one_takes_nothing_out() -> None:
    assert http.without([KEY, ""], f"the key {KEY} is wrong: {KEY}") == "the key *** is wrong: ***"
