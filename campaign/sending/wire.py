"""Connections of our own: taken from a stack, given back to it, and closed when nobody needs them.

Invariant: until ``Connection.carry`` nothing of a request has left, and every failure says so; from
then on every failure says that it may have. What is done for a request costs the same however many
are in flight: nothing here searches.
"""

from __future__ import annotations

import asyncio
import ssl

import anyio
import httpx

from campaign.sending import leaving
from campaign.sending.after import After
from campaign.sending.answer import Answer
from campaign.sending.connection import Connection
from campaign.sending.opening import Opener, Origin
from campaign.sending.writing import written

IDLE_SECONDS = 4.0
"""A server may close an idle connection just when the next request leaves, and then nobody knows
whether it was read. Common servers wait five seconds or more; we let go before they do."""


class Wire:
    """Sends requests; ``timeout`` seconds for each step of connecting, and for the whole answer."""

    def __init__(self, timeout: float, tls: ssl.SSLContext) -> None:
        self._seconds = timeout
        self._tls = tls
        self._stacks: dict[Origin, Stack] = {}
        self._waiting: After[asyncio.Future[Answer]] = After(timeout, self._give_up)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request, whose body is in memory, and read the whole answer.

        Raises:
            httpx.HTTPError: the exact exception of httpx, which decides between not sent and
                unknown.
            NotLeft: the request may not leave any more, and did not.
        """
        try:
            return (await self._answer(request)).response(request)
        except httpx.RequestError as error:
            error.request = request
            raise

    async def close(self) -> None:
        """Close every connection, and wait until that is done."""
        self._waiting.stop()
        with anyio.CancelScope(shield=True):
            for stack in self._stacks.values():
                await stack.close()

    async def _answer(self, request: httpx.Request) -> Answer:
        bytes_of_it = written(request)
        stack = self._stack(request.url)
        connection = stack.take() or await stack.open()
        try:
            waited = await leaving.turn(request)
            if waited and not connection.is_usable():
                connection.close()
                connection = stack.take() or await stack.open()
            leaving.check(request)  # connecting may have taken long
        except BaseException:
            if connection.is_usable():
                stack.is_free(connection)
            else:
                connection.close()
            raise
        answered = connection.carry(bytes_of_it, request.method)
        self._waiting.add(answered)
        try:
            return await answered
        except BaseException:
            connection.break_off(answered)
            raise
        finally:
            self._waiting.remove(answered)

    def _stack(self, url: httpx.URL) -> Stack:
        origin = Origin(url.scheme, url.raw_host, url.port)
        stack = self._stacks.get(origin)
        if stack is None:
            stack = self._stacks[origin] = Stack(Opener(origin, self._seconds, self._tls))
        return stack

    def _give_up(self, answered: asyncio.Future[Answer]) -> None:
        if not answered.done():
            # httpx's own time-outs begin anew with every byte; an answer that drips has no end.
            answered.set_exception(httpx.ReadTimeout(f"no whole answer in {self._seconds:g} s"))


class Stack:
    """The connections to one origin; the one used last is used next, so that the others age."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._free: After[Connection] = After(IDLE_SECONDS, Connection.close)
        self._standing: set[Connection] = set()
        self._none_stands = asyncio.Event()

    def take(self) -> Connection | None:
        """Return a connection that is free and usable, if there is one."""
        while connection := self._free.take_latest():
            if connection.is_usable():
                return connection
            connection.close()
        return None

    async def open(self) -> Connection:
        """Return a new connection.

        Raises:
            httpx.ConnectError: there is none to be had.
            httpx.ConnectTimeout: a step took too long.
        """
        loop = asyncio.get_running_loop()
        return await self._opener.open(lambda: Connection(self, loop))

    async def close(self) -> None:
        """Close all, and wait until they are."""
        self._free.stop()
        for connection in self._standing:
            connection.close()
        while self._standing:
            self._none_stands.clear()
            await self._none_stands.wait()

    # What a connection tells.

    def stands(self, connection: Connection) -> None:
        """Take note of a new connection."""
        self._standing.add(connection)

    def is_free(self, connection: Connection) -> None:
        """Take back a connection that may carry another request."""
        self._free.add(connection)

    def is_gone(self, connection: Connection) -> None:
        """Forget a connection; it is closed."""
        self._free.remove(connection)
        self._standing.discard(connection)
        if not self._standing:
            self._none_stands.set()
