"""Reading answers off the bytes of one connection, with httptools.

Invariant: an answer is whole or it is none. However its bytes were cut on the way, the same answer
comes out; what is not HTTP, or more than the bounds below, raises and never passes for an answer.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import httptools
import httpx

HEAD_BYTES = 100 * 1024
"""Before the body, interim answers included; as much as httpx reads."""
HEADERS = 256
"""Vendors send about twenty; each costs memory for every request in flight."""
BODY_BYTES = 512 * 1024 * 1024
"""As it travels, and once more as it unpacks. The answer to a message is a few hundred bytes; the
largest that anybody reads is Sendbird's export of conversations, of which as much is taken. More
than that is no answer, and would end the run for want of memory instead of failing one request."""

_FRAMED = frozenset({b"content-length", b"transfer-encoding"})
_PIECE = 16 * 1024  # unpacks to sixteen megabytes at most


class Answer(NamedTuple):
    """A whole answer, as it travelled."""

    status: int
    reason: bytes
    version: str
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def response(self, request: httpx.Request) -> httpx.Response:
        """Return it unpacked, as httpx would.

        Raises:
            httpx.DecodingError: it is not packed as it says.
            httpx.RemoteProtocolError: it unpacks to more than is read.
        """
        headers = httpx.Headers(self.headers)
        packed = "content-encoding" in headers
        if packed:
            _refuse_what_unpacks_to_too_much(self.body, headers, request)
        response = (httpx.Response if packed else _Plain)(
            self.status,
            headers=headers,
            stream=httpx.ByteStream(self.body),
            request=request,
            extensions={
                "http_version": b"HTTP/" + self.version.encode("ascii"),
                "reason_phrase": self.reason,
            },
        )
        response.read()
        return response


class _Plain(httpx.Response):
    """A response whose body is here, and is not packed.

    httpx reads it through five generators, which takes longer than to parse what is in it.
    """

    def read(self) -> bytes:
        """Return the body."""
        self._content = b"".join(cast("httpx.ByteStream", self.stream))
        self.is_closed = self.is_stream_consumed = True
        return self._content


class AnswerReader:
    """Reads one answer after another; ``begin`` before each, then ``feed`` what arrives."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.begin("")

    def begin(self, method: str) -> None:
        """Be ready for the answer to a request with this method."""
        self._method = method
        self._read = 0
        self._status = 0
        self._reason = b""
        self._version = "1.1"
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_ended = False
        self._keep = False
        self._body: list[bytes] = []
        self._size = 0
        self.whole = False
        self._more = False

    @property
    def reusable(self) -> bool:
        """Whether the connection may carry another request: asked once the answer is whole."""
        return self._keep and not self._more and self._method != "HEAD"

    def feed(self, data: bytes) -> None:
        """Read what arrived; ``whole`` says whether that was all.

        Raises:
            httpx.RemoteProtocolError: it is not HTTP, or too much of it.
        """
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise httpx.RemoteProtocolError("the server changed to another protocol") from None
        except httptools.HttpParserError as error:
            if self.whole:  # what follows the answer is not a part of it
                self._more = True
                return
            if isinstance(error.__context__, httpx.RemoteProtocolError):
                raise error.__context__ from None
            raise httpx.RemoteProtocolError(f"the answer is not HTTP: {error}") from None
        if not self._head_ended:
            self._read += len(data)
            if self._read > HEAD_BYTES:
                raise httpx.RemoteProtocolError(f"the answer's head exceeds {HEAD_BYTES:,} bytes")

    def end(self) -> None:
        """Take note that nothing more arrives, which ends an answer that names no length.

        Raises:
            httpx.RemoteProtocolError: the answer is not whole.
        """
        if not self._head_ended:
            began = self._read or self._status
            what = "in the middle of" if began else "before"
            raise httpx.RemoteProtocolError(f"the server closed the connection {what} its answer")
        if any(name.lower() in _FRAMED for name, _ in self._headers):
            raise httpx.RemoteProtocolError(
                f"the server closed the connection after {self._size:,} bytes of its answer"
            )
        self.whole = True

    def answer(self) -> Answer:
        """Return the answer, once it is whole."""
        return Answer(
            self._status, self._reason, self._version, self._headers, b"".join(self._body)
        )

    # What httptools calls.

    def on_message_begin(self) -> None:
        """Take note of an answer that nobody asked for."""
        self._more = self.whole

    def on_status(self, reason: bytes) -> None:
        """Keep a piece of the reason."""
        if not self._head_ended:
            self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; what follows the body is none."""
        if not self._head_ended:
            if len(self._headers) == HEADERS:
                raise httpx.RemoteProtocolError(f"the answer has more than {HEADERS} headers")
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Read what the head says about the rest."""
        if self._more:
            return
        self._status = self._parser.get_status_code()
        self._version = self._parser.get_http_version()
        self._keep = self._parser.should_keep_alive()
        self._head_ended = self._status >= 200
        self.whole = self._head_ended and self._method == "HEAD"

    def on_body(self, piece: bytes) -> None:
        """Keep a piece of the body."""
        if self._more or self._method == "HEAD":
            return
        self._size += len(piece)
        if self._size > BODY_BYTES:
            raise httpx.RemoteProtocolError(f"the answer exceeds {BODY_BYTES:,} bytes")
        self._body.append(piece)

    def on_message_complete(self) -> None:
        """End the answer; an interim one (100, 103) only precedes it."""
        if self._head_ended:
            self.whole = True
        else:
            self._headers, self._reason = [], b""


def _refuse_what_unpacks_to_too_much(
    body: bytes, headers: httpx.Headers, request: httpx.Request
) -> None:
    # httpx unpacks without a bound; a thousandth of a gigabyte of zeros is a gigabyte.
    pieces = (body[at : at + _PIECE] for at in range(0, len(body), _PIECE))
    size = 0
    for piece in httpx.Response(200, headers=headers, content=pieces, request=request).iter_bytes():
        size += len(piece)
        if size > BODY_BYTES:
            raise httpx.RemoteProtocolError(f"the answer unpacks to more than {BODY_BYTES:,} bytes")
