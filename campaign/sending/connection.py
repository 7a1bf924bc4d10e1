"""One connection to a server: it carries one request at a time, or waits for the next.

Invariant: a connection is used again only if its last answer was whole, its last request left
whole, nothing came that was not asked for, and the server has not closed it. Everything else closes
it, so that no request can get the answer to another.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Protocol, cast

import httpx

from campaign.sending.answer import Answer, AnswerReader


class Home(Protocol):
    """Who keeps connections."""

    def stands(self, connection: Connection) -> None:
        """Take note of a new connection."""

    def is_free(self, connection: Connection) -> None:
        """Take back a connection that may carry another request."""

    def is_gone(self, connection: Connection) -> None:
        """Forget a connection; it is closed."""


class Connection(asyncio.Protocol):
    """A connection that stands; ``home`` hears when it is free and when it is gone."""

    def __init__(self, home: Home, loop: asyncio.AbstractEventLoop) -> None:
        self._home = home
        self._loop = loop
        self._reader = AnswerReader()
        self._answered: asyncio.Future[Answer] | None = None
        self._leaving = False  # a part of the request waits for the network to take it
        self.closed = False
        self._transport: asyncio.Transport
        self._readable: Callable[[], bool]

    def is_usable(self) -> bool:
        """Return whether a request may leave: the server has neither closed it nor spoken.

        The network is asked, because the event loop may not have come to hear of it yet.
        """
        return not self.closed and not self._readable()

    def carry(self, written: bytes, method: str) -> asyncio.Future[Answer]:
        """Let a request leave, in one piece; return what ends with its answer.

        From here on nobody can say that it has not left.
        """
        self._reader.begin(method)
        self._answered = answered = self._loop.create_future()
        self._transport.write(written)
        return answered

    def break_off(self, answered: asyncio.Future[Answer]) -> None:
        """Close it if it still carries that request; it may have gone on to another."""
        if self._answered is answered:
            self.close()

    def close(self) -> None:
        """Close at once, whatever is under way."""
        if not self.closed:
            self.closed = True
            self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        # To know whether a request has left whole: what does not leave at once pauses the writer.
        self._transport.set_write_buffer_limits(high=1)
        self._readable = _asks(transport.get_extra_info("socket").fileno())
        self._home.stands(self)

    def pause_writing(self) -> None:
        """Take note that a part of the request has not left."""
        self._leaving = True

    def resume_writing(self) -> None:
        """Take note that all of it has left."""
        self._leaving = False

    def data_received(self, data: bytes) -> None:
        """Read the answer, or let go of a server that speaks unasked."""
        if self._answered is None:
            self.close()
            return
        try:
            self._reader.feed(data)
        except httpx.RemoteProtocolError as error:
            self._fail(error)
            return
        if self._reader.whole:
            self._ended(reusable=self._reader.reusable and not self._leaving)

    def eof_received(self) -> None:
        """End an answer whose end is the end of the connection."""
        if self._answered is not None:
            self._at_the_end()
        self.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whoever waits that no answer comes."""
        by_the_server = error is None and not self.closed
        self.closed = True
        self._home.is_gone(self)
        if self._answered is None:
            return
        if by_the_server:
            self._at_the_end()
        else:
            kind = httpx.WriteError if self._leaving else httpx.ReadError
            self._fail(kind(str(error) if error else "the connection was closed"))

    def _at_the_end(self) -> None:
        try:
            self._reader.end()
        except httpx.RemoteProtocolError as error:
            self._fail(error)
        else:
            self._ended(reusable=False)

    def _ended(self, *, reusable: bool) -> None:
        answered, self._answered = self._answered, None
        if answered is None or answered.done():  # nobody waits any more
            self.close()
            return
        answered.set_result(self._reader.answer())
        if reusable and not self.closed:
            self._home.is_free(self)
        else:
            self.close()

    def _fail(self, error: httpx.HTTPError) -> None:
        answered, self._answered = self._answered, None
        self.close()
        if answered is not None and not answered.done():
            answered.set_exception(error)


def _asks(number: int) -> Callable[[], bool]:
    """Return what asks whether anything waits to be read from a socket, or its end."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return lambda: bool(poll.poll(0))
    return lambda: bool(select.select([number], [], [], 0)[0])
