"""A web server that waits for nobody without a bound.

Invariant: a request whose last byte is not there within a time is hung up on, whether its head or
its body is slow, and so is one whose head does not end. What has arrived whole is answered, however
long that takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from campaign import serving

PATIENCE = 10.0
"""Seconds for one request to arrive; a vendor's takes far less than one."""
LONGEST_HEAD = 1 << 16
"""Bytes of a request's head."""
_MOST_CONNECTIONS = 2_000
"""Above, the answer is 503, and a vendor posts again."""
_DRAIN = 20
"""Seconds for answers that are under way when the server is stopped."""


class Impatient(HttpToolsProtocol):
    """uvicorn's own protocol, which would wait for ever for a request that has begun."""

    _patience: asyncio.TimerHandle | None = None
    _head: int | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Go on waiting, for the next request where the last one was whole."""
        if self._patience is None:
            self._wait()
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self.transport.abort()

    def on_message_begin(self) -> None:
        """Count the bytes of a head, of which nobody else knows a bound."""
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop waiting: the request is there."""
        self._stop_waiting()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting: whoever it was has gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._patience = self.loop.call_later(PATIENCE, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _hang_up(self) -> None:
        self._patience = None
        self.transport.abort()


class Server(uvicorn.Server):
    """uvicorn that leaves the signals to who started it, and says when it is ready."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Impatient,
                **serving.QUIET,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_graceful_shutdown=_DRAIN,
            )
        )
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self.ready.set()

    def stop(self) -> None:
        """Take nothing new; what is under way is answered. Asked again, break that off."""
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield
