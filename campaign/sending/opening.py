"""Opening connections: a name's addresses, the first that answers, and TLS.

Invariant: whatever fails here, no byte of a request has left, so every failure is a
``ConnectError`` or a ``ConnectTimeout``, which say *not sent*.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import anyio
import httpx

from campaign.sending.connection import Connection

_NEXT_ADDRESS = 0.25
"""Seconds until the next address is tried beside the one that does not answer (RFC 8305, 8)."""
_KNOWN_SECONDS = 1.0
"""Many connections that are opened at once look a name up once."""


class Origin(NamedTuple):
    """Where a request goes; a connection belongs to one."""

    scheme: str
    host: bytes
    port: int | None


Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


class Opener:
    """Opens connections to one origin; ``timeout`` seconds for each step."""

    def __init__(self, origin: Origin, timeout: float, tls: ssl.SSLContext) -> None:
        self._host = origin.host.decode("ascii")
        self._tls = tls if origin.scheme == "https" else None
        self._port = origin.port or (443 if self._tls else 80)
        self._seconds = timeout
        self._one_at_a_time = anyio.Lock()
        self._known: Sequence[Address] = ()
        self._known_until = 0.0

    async def open(self, connection: Callable[[], Connection]) -> Connection:
        """Return a connection that stands.

        Raises:
            httpx.ConnectTimeout: a step took too long.
            httpx.ConnectError: there is no such name, nobody answers, or TLS finds fault.
        """
        try:
            with anyio.fail_after(self._seconds):
                link = await _first_to_answer(await self._addresses())
            with anyio.fail_after(self._seconds):
                standing = await self._over(link, connection)
        except TimeoutError as error:
            what = str(error) or f"no connection in {self._seconds:g} s"
            raise httpx.ConnectTimeout(what) from error
        except (OSError, ValueError) as error:  # a ValueError: a name that cannot be one
            raise httpx.ConnectError(str(error) or type(error).__name__) from error
        # With TLS there may be more to read that is not an answer: tickets for the next session.
        if standing.closed or (self._tls is None and not standing.is_usable()):
            raise httpx.ConnectError("the server closed the connection at once")
        return standing

    async def _addresses(self) -> Sequence[Address]:
        loop = asyncio.get_running_loop()
        async with self._one_at_a_time:
            if loop.time() >= self._known_until:
                self._known = await _look_up(self._host, self._port)
                self._known_until = loop.time() + _KNOWN_SECONDS
            return self._known

    async def _over(self, link: socket.socket, connection: Callable[[], Connection]) -> Connection:
        with_tls: dict[str, Any] = {}
        if self._tls:
            # Ours comes first: the loop's own time-out is no time-out to tell by its type.
            with_tls = {
                "ssl": self._tls,
                "server_hostname": self._host,
                "ssl_handshake_timeout": self._seconds + 60,
            }
        loop = asyncio.get_running_loop()
        try:
            _, standing = await loop.create_connection(connection, sock=link, **with_tls)
        except BaseException:
            link.close()
            raise
        return standing


async def _look_up(host: str, port: int) -> Sequence[Address]:
    with suppress(socket.gaierror):  # an address needs no look-up
        flags = socket.AI_NUMERICHOST
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return _by_turns(found)


def _by_turns(found: Sequence[Address]) -> list[Address]:
    """Let the kinds of address take turns, the resolver's favourite first (RFC 8305, 4)."""
    same = [address for address in found if address[0] == found[0][0]]
    other = [address for address in found if address[0] != found[0][0]]
    turns = [address for pair in zip(same, other, strict=False) for address in pair]
    shorter = min(len(same), len(other))
    return turns + same[shorter:] + other[shorter:]


async def _first_to_answer(addresses: Sequence[Address]) -> socket.socket:
    if len(addresses) == 1:
        return await _dial(addresses[0])
    race = _Race()
    try:
        async with anyio.create_task_group() as tasks:
            for address in addresses:
                failed = anyio.Event()
                tasks.start_soon(race.run, address, failed, tasks.cancel_scope)
                with anyio.move_on_after(_NEXT_ADDRESS):
                    await failed.wait()
    except BaseException:
        if race.won is not None:
            race.won.close()
        raise
    if race.won is None:
        raise OSError("; ".join(dict.fromkeys(map(str, race.errors))))
    return race.won


class _Race:
    """Addresses that are tried side by side; the first that answers ends it."""

    def __init__(self) -> None:
        self.won: socket.socket | None = None
        self.errors: list[OSError] = []

    async def run(self, address: Address, failed: anyio.Event, others: anyio.CancelScope) -> None:
        try:
            link = await _dial(address)
        except OSError as error:
            self.errors.append(error)
            failed.set()
            return
        if self.won is not None:
            link.close()
            return
        self.won = link
        others.cancel()


async def _dial(address: Address) -> socket.socket:
    family, kind, protocol, _, where = address
    link = socket.socket(family, kind, protocol)
    try:
        link.setblocking(False)
        await asyncio.get_running_loop().sock_connect(link, where)
    except BaseException:
        link.close()
        raise
    return link
