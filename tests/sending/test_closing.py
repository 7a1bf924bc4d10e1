"""Whoever stops waiting closes a connection, and at the end none is left."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress

import anyio
import anyio.lowlevel
import httpx

from campaign.sending.clients import Clients
from campaign.sending.connection import Connection
from tests.sending.servers import (
    OK,
    Server,
    answer,
    post,
    say_nothing,
    serving,
)


async def test_an_answer_that_comes_when_nobody_waits_any_more_closes_its_connection() -> None:
    troubles: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, trouble: troubles.append(trouble))
    async with serving(answer) as server, Clients(5, proxies=False) as clients:
        await clients.send(post(server.url))
        (stack,) = clients._wire._stacks.values()
        connection = stack.take()
        assert isinstance(connection, Connection)
        connection.carry(b"GET / HTTP/1.1\r\n\r\n", "GET").cancel()
        await server.until_ended(1)
    assert troubles == []


async def test_nothing_is_kept_of_a_request_that_is_over_nor_of_a_connection_that_is_gone() -> None:
    close = asyncio.Event()

    async def close_later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await close.wait()
        writer.close()

    async with serving(close_later) as server, Clients(5, proxies=False) as clients:
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(clients.send, post(server.url))
        (stack,) = clients._wire._stacks.values()
        assert clients._wire._waiting.take_latest() is None
        assert len(stack._standing) == 3
        close.set()
        while stack._standing:
            await anyio.lowlevel.checkpoint()
        assert stack._free.take_latest() is None


async def test_a_cancelled_request_closes_its_connection() -> None:
    async with serving(say_nothing) as server, Clients(5, proxies=False) as clients:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(clients.send, post(server.url))
            await server.until_asked(1)
            tasks.cancel_scope.cancel()
        await server.until_ended(1)


async def test_who_is_cancelled_as_the_answer_comes_does_not_break_the_next_request() -> None:
    async with serving(answer) as server, Clients(5, proxies=False) as clients:
        await clients.send(post(server.url))
        (stack,) = clients._wire._stacks.values()
        connection = stack.take()
        assert isinstance(connection, Connection)
        first = connection.carry(b"GET / HTTP/1.1\r\n\r\n", "GET")
        await first
        assert stack.take() is connection  # it has gone on already
        second = connection.carry(b"GET / HTTP/1.1\r\n\r\n", "GET")
        connection.break_off(first)
        assert (await second).body == b"ok"
    assert server.connections == 1


async def test_every_connection_is_closed_at_the_end_whatever_it_does() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (say_nothing if server.requests == 1 else answer)(reader, writer)

    async with serving(talk) as server:
        async with anyio.create_task_group() as tasks:
            async with Clients(5, proxies=False) as clients:
                tasks.start_soon(_lost, clients, server)
                await server.until_asked(1)
                assert (await clients.send(post(server.url))).text == "ok"
            assert not any(stack._standing for stack in clients._wire._stacks.values())
        await server.until_ended(2)
    gc.collect()  # a connection that was forgotten warns, and a warning is an error


async def _lost(clients: Clients, server: Server) -> None:
    with suppress(httpx.ReadError):
        await clients.send(post(server.url))


async def test_what_had_come_of_an_answer_when_everything_was_closed_is_no_answer() -> None:
    begun = asyncio.Event()

    async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nthe beginning of")
        await writer.drain()
        begun.set()
        await reader.read()

    failures = []

    async def send(clients: Clients, url: str) -> None:
        try:
            await clients.send(post(url))
        except httpx.HTTPError as error:
            failures.append(type(error))

    async with (
        serving(begin) as server,
        anyio.create_task_group() as tasks,
        Clients(5, proxies=False) as clients,
    ):
        tasks.start_soon(send, clients, server.url)
        await begun.wait()
        (stack,) = clients._wire._stacks.values()
        (connection,) = stack._standing
        while not connection._reader._size:
            await anyio.lowlevel.checkpoint()
    assert failures == [httpx.ReadError]
