"""Real servers on loopback that a test lets misbehave, and what is sent to them."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager

import httpx

from campaign.sending.clients import Clients

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


LARGE = b"x" * 50_000_000
"""More than the network takes at once."""


def post(url: str, body: bytes = b"") -> httpx.Request:
    return httpx.Request("POST", url, content=body)


async def texts(url: str, requests: int) -> list[str]:
    async with Clients(5, proxies=False) as clients:
        return [(await clients.send(post(url))).text for _ in range(requests)]


class Server:
    """Counts connections, those that ended, and the requests that came over them."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.url = ""
        self.port = 0
        self.connections = 0
        self.ended = 0
        self.heads: list[bytes] = []
        self._news = asyncio.Condition()

    @property
    def requests(self) -> int:
        return len(self.heads)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.heads.append(head)
                await self._tell()
                await self._talk(reader, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.ended += 1
            await self._tell()

    async def until_asked(self, requests: int) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: self.requests >= requests)

    async def until_ended(self, connections: int) -> None:
        """Wait until so many connections have come to an end."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: self.ended >= connections)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


@asynccontextmanager
async def serving(
    talk: Talk, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    server = Server(talk)
    listening = await asyncio.start_server(server, host, 0, ssl=tls, backlog=2048)
    server.port = listening.sockets[0].getsockname()[1]
    named = f"[{host}]" if ":" in host else host
    server.url = f"{'https' if tls else 'http'}://{named}:{server.port}/"
    try:
        yield server
    finally:
        listening.close()


def saying(answer: bytes, *, then_close: bool = False) -> Talk:
    """Give every request the same answer."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        if then_close:
            await writer.drain()
            writer.close()

    return talk


answer = saying(OK)


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


@asynccontextmanager
async def nobody_accepts() -> AsyncIterator[str]:
    """A place on loopback where connections are neither taken nor refused."""
    with ExitStack() as open_until_then:
        full = open_until_then.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):  # more than wait there; the rest is not answered
            waiting = open_until_then.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield f"http://127.0.0.1:{full.getsockname()[1]}/"
