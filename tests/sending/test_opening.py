"""Connecting: whatever fails until a connection stands is certainly not sent."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from campaign.providers import http
from campaign.providers.protocol import Kind
from campaign.sending.clients import Clients
from tests.sending.servers import OK, answer, nobody_accepts, post, say_nothing, saying, serving

CERTIFICATE = Path(__file__).parent / "tls" / "certificate.pem"


def can_listen(host: str) -> bool:
    try:
        socket.create_server((host, 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


LOOPBACKS = ["127.0.0.1", *(["::1"] if can_listen("::1") else [])]


@pytest.fixture
def tls() -> ssl.SSLContext:
    """A server's, with a certificate for ``localhost`` and 127.0.0.1 that nobody has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, CERTIFICATE.with_name("key.pem"))
    return context


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


async def not_sent(url: str, seconds: float = 5.0, **options: Any) -> httpx.HTTPError:
    """Return the failure to send, which is certainly one."""
    async with Clients(seconds, **options) as clients:
        with anyio.fail_after(10), pytest.raises(httpx.HTTPError) as failure:
            await clients.send(post(url))
    assert http.failed(failure.value).kind is Kind.NOT_SENT
    return failure.value


async def test_a_certificate_that_nobody_signed_is_refused(tls: ssl.SSLContext) -> None:
    async with serving(answer, tls=tls) as server:
        failure = await not_sent(server.url, proxies=False)
    assert type(failure) is httpx.ConnectError
    assert "CERTIFICATE_VERIFY_FAILED" in str(failure)
    assert server.requests == 0


@pytest.mark.usefixtures("trusted")
async def test_a_certificate_of_the_environment_is_taken(tls: ssl.SSLContext) -> None:
    async with serving(answer, tls=tls) as server, Clients(5) as clients:
        for _ in range(3):
            assert (await clients.send(post(server.url))).text == "ok"
    assert (server.connections, server.requests) == (1, 3)
    gc.collect()  # what was not closed warns


@pytest.mark.usefixtures("trusted")
async def test_the_server_is_told_the_name_and_that_http_1_1_is_spoken(
    tls: ssl.SSLContext,
) -> None:
    names = []
    tls.set_alpn_protocols(["h2", "http/1.1"])
    tls.sni_callback = lambda link, name, context: names.append((link, name))
    async with serving(answer, tls=tls) as server, Clients(5) as clients:
        await clients.send(post(f"https://localhost:{server.port}/"))
        assert [(name, link.selected_alpn_protocol()) for link, name in names] == [
            ("localhost", "http/1.1")
        ]


@pytest.mark.usefixtures("trusted")
async def test_a_certificate_of_another_name_is_refused(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, "127.0.0.1")
    async with serving(answer, tls=tls) as server:
        failure = await not_sent(f"https://vendor.example.com:{server.port}/")
    assert "Hostname mismatch" in str(failure)


async def test_a_server_that_says_nothing_before_tls_is_certainly_not_sent() -> None:
    async with serving(say_nothing) as server:
        url = server.url.replace("http:", "https:")
        assert type(await not_sent(url, 0.2, proxies=False)) is httpx.ConnectTimeout


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 This is not TLS\r\n\r\n"])
async def test_a_server_that_speaks_no_tls_is_certainly_not_sent(said: bytes) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    listening = await asyncio.start_server(speak, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    assert type(await not_sent(url, proxies=False)) is httpx.ConnectError
    listening.close()


@pytest.mark.usefixtures("trusted")
async def test_an_answer_over_tls_that_breaks_off_is_unknown(tls: ssl.SSLContext) -> None:
    async with serving(saying(OK[:-1], then_close=True), tls=tls) as server, Clients(5) as clients:
        with pytest.raises(httpx.RemoteProtocolError) as failure:
            await clients.send(post(server.url))
    assert http.failed(failure.value).kind is Kind.UNKNOWN


@pytest.mark.usefixtures("trusted")
async def test_a_connection_over_tls_that_was_closed_while_idle_is_replaced(
    tls: ssl.SSLContext,
) -> None:
    async with serving(saying(OK, then_close=True), tls=tls) as server, Clients(5) as clients:
        for connections in (1, 2):
            assert (await clients.send(post(server.url))).text == "ok"
            await server.until_ended(connections)
    assert server.connections == 2


@pytest.mark.usefixtures("trusted")
async def test_a_large_request_over_tls_arrives_whole(tls: ssl.SSLContext) -> None:
    body = bytes(range(256)) * 40_000

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        same = await reader.readexactly(len(body)) == body
        writer.write(OK if same else b"HTTP/1.1 400 No\r\n\r\n")

    async with serving(read, tls=tls) as server, Clients(30) as clients:
        for _ in range(2):
            request = httpx.Request("POST", server.url, content=body)
            assert (await clients.send(request)).text == "ok"
    assert server.connections == 1


@pytest.mark.parametrize("step", ["the address", "tls"])
async def test_who_is_cancelled_while_connecting_leaves_nothing_open(step: str) -> None:
    async with nobody_accepts() as nobody, serving(say_nothing) as silent:
        url = nobody if step == "the address" else silent.url.replace("http:", "https:")
        async with Clients(30, proxies=False) as clients:
            with anyio.move_on_after(0.1) as scope:
                await clients.send(post(url))
            assert scope.cancelled_caught
        gc.collect()  # what was not closed warns
        if step == "tls":
            await silent.until_ended(1)


async def test_a_server_that_closes_at_once_has_certainly_not_got_it() -> None:
    closed, asked = threading.Event(), threading.Event()

    def serve() -> None:
        asked.wait(10)
        listening.accept()[0].close()
        closed.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        connect = asyncio.SelectorEventLoop.sock_connect

        async def then_closed(*args: Any) -> None:
            await connect(*args)
            asked.set()
            closed.wait(10)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio.SelectorEventLoop, "sock_connect", then_closed)
            failure = await not_sent(
                f"http://127.0.0.1:{listening.getsockname()[1]}/", proxies=False
            )
        thread.join(10)
    assert type(failure) is httpx.ConnectError


@pytest.mark.parametrize("host", LOOPBACKS)
async def test_an_address_of_either_kind_is_reached(host: str) -> None:
    async with serving(answer, host=host) as server, Clients(5, proxies=False) as clients:
        assert (await clients.send(post(server.url))).text == "ok"
    assert server.heads[0].count(server.url[7:-1].encode()) == 1


def resolve_to(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> list[str]:
    """Give every name these addresses, in this order; return which names were looked up."""
    looked_up = []
    known = socket.getaddrinfo

    def resolved(name: str, port: int, *args: Any, **options: Any) -> Any:
        if name in hosts or options.get("flags"):
            return known(name, port, *args, **options)
        looked_up.append(name)
        return [one for host in hosts for one in known(host, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return looked_up


async def test_an_address_that_refuses_is_followed_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve_to(monkeypatch, "127.0.0.2", "127.0.0.3", "127.0.0.1")
    async with serving(answer) as server, Clients(5, proxies=False) as clients:
        url = f"http://vendor.example.com:{server.port}/"
        assert (await clients.send(post(url))).text == "ok"


async def test_an_address_that_does_not_answer_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve_to(monkeypatch, "127.0.0.1", "127.0.0.2")
    async with nobody_accepts() as nobody:
        port = int(nobody[:-1].rpartition(":")[2])
        other = await asyncio.start_server(_ok, "127.0.0.2", port)
        async with Clients(2, proxies=False) as clients:
            assert (await clients.send(post(f"http://vendor.example.com:{port}/"))).text == "ok"
        other.close()
    gc.collect()  # the one that lost is closed


async def _ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(OK)
    await reader.read()
    writer.close()


async def test_where_every_address_refuses_it_is_certainly_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve_to(monkeypatch, "127.0.0.2", "127.0.0.3")
    failure = await not_sent("http://vendor.example.com:9/", proxies=False)
    assert type(failure) is httpx.ConnectError
    assert "127.0.0.2" in str(failure)
    assert "127.0.0.3" in str(failure)


@pytest.mark.parametrize("name", ["nowhere.invalid", "a" * 64 + ".example.com", "a..b"])
async def test_a_name_that_nobody_has_is_certainly_not_sent(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = socket.getaddrinfo

    def nobody_has(host: str, *args: Any, **options: Any) -> Any:
        if not options.get("flags"):
            host.encode("idna")
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", nobody_has)
    failure = await not_sent(f"http://{name}/", proxies=False)
    assert isinstance(failure, httpx.ConnectError | httpx.UnsupportedProtocol)


async def test_a_name_is_looked_up_once_for_many_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_up = resolve_to(monkeypatch, "127.0.0.1")
    all_there = asyncio.Barrier(50)

    async def together(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await all_there.wait()
        writer.write(OK)

    async with (
        serving(together) as server,
        Clients(30, proxies=False) as clients,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(50):
            tasks.start_soon(clients.send, post(f"http://vendor.example.com:{server.port}/"))
    assert looked_up == ["vendor.example.com"]
    assert server.connections == 50


@pytest.fixture(autouse=True)
def _no_warning_is_lost() -> Iterator[None]:
    gc.collect()
    yield
    gc.collect()
