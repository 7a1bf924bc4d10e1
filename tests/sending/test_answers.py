"""Answers are read off whatever slices of bytes arrive, whole or not at all, and within bounds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from itertools import pairwise

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaign.sending import answer
from campaign.sending.answer import AnswerReader

ASKED = httpx.Request("POST", "http://vendor.example.com/")

ANSWERS = {
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nX-A: 2\r\n\r\nhello",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n",
    "a trailer": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
    "hints before": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello",
    "nothing": b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    "no reason": b"HTTP/1.1 429\r\nContent-Length: 0\r\n\r\n",
    "an end": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
    "an old server": b"HTTP/1.0 500 No\r\n\r\nhello",
    "gzip": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b"
        % (len(gzip.compress(b"hello", mtime=0)), gzip.compress(b"hello", mtime=0))
    ),
    "deflate": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n%b"
        % (len(zlib.compress(b"hello")), zlib.compress(b"hello"))
    ),
}
UNTIL_THE_END = {"an end", "an old server"}
EMPTY = {"nothing", "not modified", "no reason"}


def read(slices: Sequence[bytes], *, ends: bool = False, method: str = "POST") -> httpx.Response:
    """Return the answer that comes in these slices, and not before the last of them."""
    reader = AnswerReader()
    reader.begin(method)
    for piece in slices:
        assert not reader.whole
        reader.feed(piece)
    if ends:
        reader.end()
    assert reader.whole
    return reader.answer().response(ASKED)


@given(name=st.sampled_from(sorted(ANSWERS)), cuts=st.sets(st.integers(1, 200)))
@example(name="chunks", cuts=set(range(1, 200)))
def test_an_answer_is_the_same_however_it_is_cut_on_its_way(name: str, cuts: set[int]) -> None:
    data = ANSWERS[name]
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    slices = [data[a:b] for a, b in pairwise(places)]
    found, at_once = (read(cut, ends=name in UNTIL_THE_END) for cut in (slices, [data]))
    assert (found.status_code, found.reason_phrase, found.http_version) == (
        at_once.status_code,
        at_once.reason_phrase,
        at_once.http_version,
    )
    assert found.headers.multi_items() == at_once.headers.multi_items()
    assert found.content == at_once.content == (b"" if name in EMPTY else b"hello")


@pytest.mark.parametrize("name", sorted(set(ANSWERS) - UNTIL_THE_END))
def test_an_answer_that_breaks_off_anywhere_is_none(name: str) -> None:
    data = ANSWERS[name]
    for length in range(len(data)):
        reader = AnswerReader()
        reader.begin("POST")
        reader.feed(data[:length])
        assert not reader.whole
        with pytest.raises(httpx.RemoteProtocolError, match="closed the connection"):
            reader.end()


def test_headers_are_those_of_the_answer_and_not_of_what_came_before_or_after() -> None:
    assert "link" not in read([ANSWERS["hints before"]]).headers
    assert "x-t" not in read([ANSWERS["a trailer"]]).headers
    assert read([ANSWERS["a length"]]).headers.get_list("x-a") == ["1", "2"]
    assert "content-length" not in read([ANSWERS["chunks"]]).headers


def test_an_answer_to_head_ends_with_its_head() -> None:
    assert read([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"], method="HEAD").content == b""


def test_an_answer_knows_its_request_and_json() -> None:
    found = read([b'HTTP/1.1 200 Fine\r\nContent-Length: 7\r\n\r\n{"a":1}'])
    assert (found.json(), found.request, found.reason_phrase) == ({"a": 1}, ASKED, "Fine")


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\nConnection: Upgrade\r\n\r\n",
    ],
)
def test_what_is_not_http_is_no_answer(data: bytes) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        read([data, b"\r\n"], ends=True)


@pytest.mark.parametrize(
    "slices",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"X-%d: 1\r\n" % n for n in range(answer.HEADERS + 1)]],
        [b"HTTP/1.1 200 OK\r\nX-A: ", *[b"x" * 1024] * 101],
        [b"HTTP/1.1 100 Continue\r\n\r\n"] * 5000,
    ],
    ids=["many headers", "a long one", "interim answers without an end"],
)
def test_a_head_without_an_end_is_not_read_on(slices: list[bytes]) -> None:
    reader = AnswerReader()
    reader.begin("POST")
    with pytest.raises(httpx.RemoteProtocolError, match=r"head exceeds|headers"):
        any(reader.feed(piece) for piece in [*slices, b"\r\n"])  # type: ignore[func-returns-value]


def test_a_body_that_is_larger_than_anybody_reads_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answer, "BODY_BYTES", 1000)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"
    with pytest.raises(httpx.RemoteProtocolError, match="exceeds 1,000 bytes"):
        read([head, *[b"x" * 91] * 11])


def test_what_unpacks_to_more_than_anybody_reads_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answer, "BODY_BYTES", 1_000_000)
    packed = gzip.compress(b"\0" * 1_000_001)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with pytest.raises(httpx.RemoteProtocolError, match="unpacks to more than 1,000,000 bytes"):
        read([head + packed])


def test_an_answer_that_is_not_packed_as_it_says_is_unreadable() -> None:
    with pytest.raises(httpx.DecodingError):
        read([b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"])


@pytest.mark.parametrize(
    ("data", "reusable"),
    [
        (ANSWERS["a length"], True),
        (ANSWERS["chunks"], True),
        (ANSWERS["nothing"], True),
        (ANSWERS["a length"] + b"HTTP/1.1 200 OK\r\n", False),
        (ANSWERS["a length"] + b"more", False),
        (ANSWERS["chunks"] + b"HTTP/1.1 404 No\r\nX-B: 1\r\nContent-Length: 2\r\n\r\nno", False),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", False),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nxyz", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", True),
    ],
)
def test_a_connection_is_used_again_only_where_nothing_is_left_in_it(
    data: bytes, reusable: bool
) -> None:
    reader = AnswerReader()
    reader.begin("POST")
    reader.feed(data)
    assert (reader.whole, reader.reusable) == (True, reusable)
    found = reader.answer().response(ASKED)
    assert (found.status_code, found.reason_phrase) in [(200, "OK"), (204, "No Content")]
    assert "x-b" not in found.headers
    assert found.content in (b"hello", b"x", b"")


def test_the_next_answer_holds_nothing_of_the_one_before() -> None:
    reader = AnswerReader()
    for data in (ANSWERS["a length"], ANSWERS["nothing"], ANSWERS["chunks"]):
        reader.begin("POST")
        reader.feed(data)
        found, alone = reader.answer().response(ASKED), read([data])
        assert (found.content, found.headers) == (alone.content, alone.headers)
