"""Connections to a real server: kept, with time-outs, and with the exact failure."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import anyio
import httpx
import pytest

from campaign.providers import http
from campaign.providers.protocol import Kind
from campaign.sending.clients import Clients
from tests.sending.servers import OK, Talk, answer, nobody_accepts, post, say_nothing, serving


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def hang_up_midway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK[:-1])
    await writer.drain()
    writer.close()


async def send_elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 307 Moved\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")


async def test_one_connection_is_used_again_and_again() -> None:
    async with serving(answer) as server, Clients(5, proxies=False) as clients:
        for _ in range(20):
            assert (await clients.send(post(server.url))).text == "ok"
    assert (server.connections, server.requests) == (1, 20)


async def test_there_are_as_many_connections_as_requests_side_by_side() -> None:
    together = anyio.Event()

    async def wait_for_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if server.requests >= 8:
            together.set()
        await together.wait()
        writer.write(OK)

    async with serving(wait_for_all) as server, Clients(5, proxies=False) as clients:
        for _ in range(3):
            async with anyio.create_task_group() as tasks:
                for _ in range(8):
                    tasks.start_soon(clients.send, post(server.url))
    assert (server.connections, server.requests) == (8, 24)


async def test_a_request_that_was_cancelled_does_not_spoil_the_next() -> None:
    first = True

    async def only_later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal first
        if first:
            first = False
            scope.cancel()
            await reader.read()
        writer.write(OK)

    async with serving(only_later) as server, Clients(5, proxies=False) as clients:
        with anyio.CancelScope() as scope:
            await clients.send(post(server.url))
        assert scope.cancelled_caught
        await server.until_ended(1)  # its answer would be taken for the next one's
        assert (await clients.send(post(server.url))).text == "ok"
    assert server.connections == 2


async def test_a_redirect_is_not_followed() -> None:
    async with serving(send_elsewhere) as server, Clients(5, proxies=False) as clients:
        response = await clients.send(post(server.url))
    assert (response.status_code, server.requests) == (307, 1)


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (say_nothing, httpx.ReadTimeout),
        (hang_up, httpx.RemoteProtocolError),
        (hang_up_midway, httpx.RemoteProtocolError),
    ],
    ids=["no answer", "closed", "cut"],
)
async def test_an_answer_that_is_lost_has_the_exact_failure_and_is_unknown(
    talk: Talk, error: type[httpx.HTTPError]
) -> None:
    async with serving(talk) as server, Clients(0.3, proxies=False) as clients:
        with pytest.raises(httpx.HTTPError) as failure:
            await clients.send(post(server.url))
    assert failure.type is error
    assert http.failed(failure.value).kind is Kind.UNKNOWN
    assert server.requests == 1


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def test_an_answer_that_drips_is_not_waited_for_without_an_end() -> None:
    slow = True

    async def first_slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (drip if slow else answer)(reader, writer)

    async with serving(first_slow) as server, Clients(0.2, proxies=False) as clients:
        with anyio.fail_after(5), pytest.raises(httpx.ReadTimeout) as failure:
            await clients.send(post(server.url))
        slow = False
        await server.until_ended(1)  # a connection in the middle of an answer is not used again
        assert (await clients.send(post(server.url))).text == "ok"
    assert http.failed(failure.value).reason == "no_answer"
    assert http.failed(failure.value).kind is Kind.UNKNOWN


async def test_connecting_does_not_use_up_the_time_for_the_answer() -> None:
    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        await answer(reader, writer)

    async with serving(late) as server, Clients(0.5, proxies=False) as clients:
        connect = asyncio.SelectorEventLoop.sock_connect

        async def slowly(*args: Any) -> None:
            await anyio.sleep(0.3)
            await connect(*args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio.SelectorEventLoop, "sock_connect", slowly)
            assert (await clients.send(post(server.url))).text == "ok"


async def test_a_connection_that_does_not_stand_in_time_is_certainly_not_sent() -> None:
    async with Clients(0.1, proxies=False) as clients, nobody_accepts() as url:
        with anyio.fail_after(5), pytest.raises(httpx.ConnectTimeout) as failure:
            await clients.send(post(url))
    assert http.failed(failure.value).kind is Kind.NOT_SENT


async def test_opening_a_proxys_tunnel_is_a_part_of_connecting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def open_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await reader.read()  # and nobody answers the TLS handshake

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with serving(open_late) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("https_proxy", proxy.url)
        async with Clients(0.3) as clients:
            with pytest.raises(httpx.ConnectTimeout) as failure:
                await clients.send(post("https://vendor.example.com/"))
    assert http.failed(failure.value).kind is Kind.NOT_SENT


async def test_a_refused_connection_is_certainly_not_sent() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        async with Clients(5, proxies=False) as clients:
            with pytest.raises(httpx.ConnectError) as failure:
                await clients.send(post(url))
    assert http.failed(failure.value).kind is Kind.NOT_SENT


async def test_a_connection_that_the_server_closed_while_idle_is_replaced() -> None:
    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        writer.close()

    async with serving(answer_once) as server, Clients(5, proxies=False) as clients:
        for _ in range(3):
            assert (await clients.send(post(server.url))).text == "ok"
            await anyio.sleep(0.02)  # the end of the connection has to arrive
    assert (server.connections, server.requests) == (3, 3)


@pytest.mark.parametrize("proxies", [True, False])
async def test_the_environments_proxy_is_used_only_where_it_is_wanted(
    proxies: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(answer) as proxy, serving(answer) as server:
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with Clients(5, proxies=proxies) as clients:
            await clients.send(post(server.url))
        assert (proxy.requests, server.requests) == ((1, 0) if proxies else (0, 1))


async def test_a_host_that_the_environment_excepts_is_reached_without_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(answer) as proxy, serving(answer) as server:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "127.0.0.1")
        async with Clients(5) as clients:
            await clients.send(post(server.url))
        assert (proxy.requests, server.requests) == (0, 1)


@pytest.mark.parametrize("named", ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"])
async def test_a_proxy_is_for_the_scheme_that_names_it(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    async with serving(answer) as proxy, serving(answer) as server:
        monkeypatch.setenv(named, proxy.url)
        async with Clients(5) as clients:
            await clients.send(post(server.url))
        through = named != "HTTPS_PROXY"
        assert (proxy.requests, server.requests) == ((1, 0) if through else (0, 1))
