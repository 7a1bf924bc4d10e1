"""What a connection may be used for again."""

from __future__ import annotations

import asyncio
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import anyio.lowlevel
import pytest

from campaign.sending import leaving, wire
from campaign.sending.clients import Clients
from tests.sending.servers import (
    LARGE,
    OK,
    answer,
    post,
    saying,
    serving,
    texts,
)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno",
        OK + b"more",
    ],
    ids=["told so", "an old server", "another answer", "a rest"],
)
async def test_a_connection_that_may_not_carry_another_request_does_not(said: bytes) -> None:
    async with serving(saying(said)) as server:
        assert await texts(server.url, 3) == ["ok"] * 3
        await server.until_ended(3)
    assert (server.connections, server.requests) == (3, 3)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK,
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    ],
    ids=["chunks", "hints", "an old server that keeps it"],
)
async def test_a_connection_that_may_carry_another_request_does(said: bytes) -> None:
    async with serving(saying(said)) as server:
        assert await texts(server.url, 3) == ["ok"] * 3
    assert (server.connections, server.requests) == (1, 3)


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_without_a_body_is_not_waited_for(status: int) -> None:
    async with serving(saying(b"HTTP/1.1 %d -\r\n\r\n" % status)) as server:
        assert await texts(server.url, 3) == [""] * 3
    assert (server.connections, server.requests) == (1, 3)


async def test_an_answer_that_names_no_length_ends_with_its_connection() -> None:
    talk = saying(b"HTTP/1.1 200 OK\r\n\r\nok", then_close=True)
    async with serving(talk) as server:
        assert await texts(server.url, 2) == ["ok", "ok"]
    assert server.connections == 2


async def test_a_server_that_speaks_unasked_is_let_go() -> None:
    speak = asyncio.Event()

    async def say_more_later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        await speak.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")

    async with serving(say_more_later) as server, Clients(5, proxies=False) as clients:
        assert (await clients.send(post(server.url))).text == "ok"
        speak.set()
        await server.until_ended(1)
        assert (await clients.send(post(server.url))).text == "ok"
    assert server.connections == 2


@pytest.mark.parametrize("last_words", [b"", b"HTTP/1.1 408 Slow\r\nContent-Length: 0\r\n\r\n"])
async def test_what_a_server_did_while_nobody_listened_is_noticed_before_the_next_request(
    last_words: bytes,
) -> None:
    said, over = threading.Event(), threading.Event()
    requests = []

    def serve() -> None:
        for _ in range(2):
            link, _ = listening.accept()
            with link:
                requests.append(link.recv(65536))
                link.sendall(OK)
                said.wait(10)
                link.sendall(last_words)
            over.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        async with Clients(5, proxies=False) as clients:
            assert (await clients.send(post(url))).text == "ok"
            said.set()
            over.wait(10)  # without the event loop, which hears of nothing meanwhile
            assert (await clients.send(post(url))).text == "ok"
        thread.join(10)
    assert len(requests) == 2


async def test_an_idle_connection_is_closed_before_the_server_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert wire.IDLE_SECONDS < 5
    monkeypatch.setattr(wire, "IDLE_SECONDS", 0.02)
    async with serving(answer) as server, Clients(5, proxies=False) as clients:
        for connections in (1, 2):
            assert (await clients.send(post(server.url))).text == "ok"
            await server.until_ended(connections)
    assert server.connections == 2


async def test_the_connection_that_was_used_last_is_used_next() -> None:
    both = asyncio.Barrier(2)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if server.requests <= 2:
            await both.wait()
        used.append(writer)
        writer.write(OK)

    used: list[asyncio.StreamWriter] = []
    async with serving(talk) as server, Clients(5, proxies=False) as clients:
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(clients.send, post(server.url))
        for _ in range(4):
            await clients.send(post(server.url))
    assert len(set(used)) == 2
    assert len(set(used[2:])) == 1


async def test_a_request_that_may_not_leave_leaves_its_connection_to_the_next() -> None:
    async with serving(answer) as server, Clients(5, proxies=False) as clients:
        held_back = post(server.url)
        leaving.ask_before(held_back, lambda: False)
        for _ in range(3):
            with pytest.raises(leaving.NotLeft):
                await clients.send(held_back)
        assert (await clients.send(post(server.url))).text == "ok"
    assert (server.connections, server.requests) == (1, 1)


async def test_cookies_are_never_kept() -> None:
    said = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    async with serving(saying(said)) as server:
        await texts(server.url, 2)
    assert not any(b"cookie" in head.lower() for head in server.heads)


async def test_an_answer_before_the_request_has_left_whole_is_the_last_on_its_connection() -> None:
    async def answer_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        if server.requests == 1:
            await reader.readexactly(len(LARGE))

    async with serving(answer_early) as server, Clients(5, proxies=False) as clients:
        assert (await clients.send(post(server.url, LARGE))).text == "ok"
        assert (await clients.send(post(server.url))).text == "ok"
    assert server.connections == 2


@contextmanager
def room_for_files(wanted: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_thousand_connections_are_opened_at_once_and_used_again() -> None:
    all_there = asyncio.Barrier(1000)

    async def together(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await all_there.wait()
        writer.write(OK)

    with room_for_files(4096):
        async with serving(together) as server, Clients(60, proxies=False) as clients:
            for _ in range(2):
                async with anyio.create_task_group() as tasks:
                    for _ in range(1000):
                        tasks.start_soon(clients.send, post(server.url))
    assert (server.connections, server.requests) == (1000, 2000)
