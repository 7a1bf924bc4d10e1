"""What leaves, and what a failure after the first byte means."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator

import anyio
import httpx
import pytest

from campaign.providers import http
from campaign.providers.protocol import Kind
from campaign.sending.clients import Clients
from tests.sending.servers import (
    LARGE,
    OK,
    Talk,
    answer,
    post,
    say_nothing,
    serving,
    texts,
)


async def test_a_request_arrives_as_it_was_written() -> None:
    bodies = []

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readexactly(13))
        writer.write(OK)

    async with serving(read) as server, Clients(5, proxies=False) as clients:
        request = httpx.Request(
            "POST",
            server.url + "v2/a b?to=ä",
            json={"to": "Zoë"},
            headers={"X-Name": "1, 2", "Authorization": "Bearer key"},
        )
        await clients.send(request)
    assert server.heads == [
        b"POST /v2/a%%20b?to=%%C3%%A4 HTTP/1.1\r\n"
        b"Host: 127.0.0.1:%d\r\n"
        b"X-Name: 1, 2\r\n"
        b"Authorization: Bearer key\r\n"
        b"Content-Length: 13\r\n"
        b"Content-Type: application/json\r\n\r\n" % server.port
    ]
    assert bodies == ['{"to":"Zoë"}'.encode()]


@pytest.mark.parametrize(
    ("headers", "method"),
    [
        ({"X-Name": "Ana\r\nX-Other: 1"}, "POST"),
        ({"X-Name": "Ana\nX-Other: 1"}, "POST"),
        ({"X-Name": "Ana\r\n\r\nPOST / HTTP/1.1"}, "POST"),
        ({"X-Name": "Ana\0"}, "POST"),
        ({"X-Name: 1\r\nX-Other": "1"}, "POST"),
        ({"X Name": "1"}, "POST"),
        ({"Transfer-Encoding": "chunked"}, "POST"),
        ({}, "POST / HTTP/1.1\r\nX-Other: 1\r\n"),
        ({}, "PO ST"),
    ],
)
async def test_a_text_cannot_become_a_header_or_a_request_of_its_own(
    headers: dict[str, str], method: str
) -> None:
    async with serving(answer) as server, Clients(5, proxies=False) as clients:
        with pytest.raises(httpx.LocalProtocolError):
            await clients.send(httpx.Request(method, server.url, headers=headers, content=b"a"))
    assert server.connections == 0


async def test_a_password_in_the_address_becomes_a_header_as_in_httpx() -> None:
    async with serving(answer) as server:
        await texts(server.url.replace("//", "//ana:key@"), 1)
    assert b"Authorization: Basic YW5hOmtleQ==\r\n" in server.heads[0]


async def test_a_body_that_streams_arrives() -> None:
    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"0\r\n\r\n") == b"5\r\nhello\r\n0\r\n\r\n"
        writer.write(OK)

    async def pieces() -> Iterator[bytes]:  # type: ignore[misc]
        yield b"hello"

    async with serving(read) as server, Clients(5, proxies=False) as clients:
        request = httpx.Request("POST", server.url, content=pieces())
        assert (await clients.send(request)).text == "ok"


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close so that what was not read is lost, and the other side is told."""
    link = writer.get_extra_info("socket")
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def not_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")


async def badly_packed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok")


@pytest.mark.parametrize(
    ("talk", "body", "error", "reason"),
    [
        (reset, b"", httpx.ReadError, "connection_lost"),
        (reset, LARGE, httpx.WriteError, "connection_lost"),
        (say_nothing, b"", httpx.ReadTimeout, "no_answer"),
        (not_http, b"", httpx.RemoteProtocolError, "connection_lost"),
        (badly_packed, b"", httpx.DecodingError, "unreadable_answer"),
    ],
    ids=["reset", "reset while it leaves", "silent", "not http", "badly packed"],
)
async def test_a_failure_after_the_first_byte_is_exact_unknown_and_names_its_request(
    talk: Talk, body: bytes, error: type[httpx.RequestError], reason: str
) -> None:
    async with serving(talk) as server, Clients(0.5, proxies=False) as clients:
        request = post(server.url, body)
        with pytest.raises(httpx.RequestError) as failure:
            await clients.send(request)
    assert failure.type is error
    assert failure.value.request is request
    outcome = http.failed(failure.value)
    assert (outcome.kind, outcome.reason) == (Kind.UNKNOWN, reason)


async def test_a_large_request_that_nobody_reads_is_not_waited_for_without_an_end() -> None:
    forever = asyncio.Event()

    async def read_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await forever.wait()

    async with serving(read_nothing) as server, Clients(0.2, proxies=False) as clients:
        with anyio.fail_after(5), pytest.raises(httpx.TimeoutException) as failure:
            await clients.send(post(server.url, LARGE))
        forever.set()
    assert http.failed(failure.value).kind is Kind.UNKNOWN


@pytest.mark.parametrize("url", ["ftp://vendor.example.com/", "vendor.example.com", "http:///a"])
async def test_an_address_that_is_none_is_certainly_not_sent(url: str) -> None:
    async with Clients(5, proxies=False) as clients:
        with pytest.raises(httpx.HTTPError) as failure:
            await clients.send(post(url))
    assert http.failed(failure.value).kind is Kind.NOT_SENT
