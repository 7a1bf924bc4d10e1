"""What it costs to carry a request: our connections, httpx's clients, and aiohttp.

Each sends the same request to the same vendor with so many in flight, until its time is up. The
figure that carries over to another machine is the processor time of this process for each request;
the vendor has a process of its own. A request of httpx is written beforehand, since that is not the
carrier's work; aiohttp alone has no such thing to be given.

    python -m benchmarks wire --seconds 2 --latency 0.05
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx

from benchmarks.vendor import vendor
from campaign.sending.clients import Clients
from campaign.sending.proxied import Proxied

IN_FLIGHT = "16,64,256,1000"
ROUNDS = 2
TIMEOUT = 60.0
BODY = {
    "agent_id": "2a886b7d-d52d-4f8b-8ea0-19d3edc79214",
    "channel": "sms",
    "to_number": "+12025550101",
    "from_number": "+12025550100",
    "initial_message": "Hi Ana",
}
HEADERS = {"Authorization": "Bearer key"}

Send = Callable[[httpx.Request], Awaitable[Any]]
"""Sends one message, and reads its answer."""


@asynccontextmanager
async def ours(_: int) -> AsyncIterator[Send]:
    """What the engine sends over."""
    async with Clients(TIMEOUT, proxies=False) as clients:
        yield clients.send


@asynccontextmanager
async def httpx_each(_: int) -> AsyncIterator[Send]:
    """One ``httpx.AsyncClient`` for each request in flight."""
    clients = Proxied(TIMEOUT, ssl.create_default_context(), proxies=False)
    yield clients.send
    await clients.close()


@asynccontextmanager
async def httpx_shared(in_flight: int) -> AsyncIterator[Send]:
    """One ``httpx.AsyncClient``, as scripts have it."""
    limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    async with httpx.AsyncClient(limits=limits, timeout=TIMEOUT, trust_env=False) as client:
        yield client.send


@asynccontextmanager
async def aiohttp_alone(in_flight: int) -> AsyncIterator[Send]:
    """aiohttp with its own requests and answers."""
    async with _session(in_flight) as session:

        async def send(asked: httpx.Request) -> bytes:
            async with session.post(str(asked.url), json=BODY, headers=HEADERS) as answer:
                return await answer.read()

        yield send


@asynccontextmanager
async def aiohttp_with_httpx(in_flight: int) -> AsyncIterator[Send]:
    """aiohttp beneath httpx's requests and answers, without anything else that is promised."""
    async with _session(in_flight) as session:

        async def send(asked: httpx.Request) -> httpx.Response:
            async with session.request(
                asked.method,
                str(asked.url),
                data=asked.content,
                headers=asked.headers.multi_items(),
            ) as answer:
                content = await answer.read()
                return httpx.Response(
                    answer.status, headers=answer.raw_headers, content=content, request=asked
                )

        yield send


def _session(in_flight: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=in_flight),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT),
    )


CARRIERS = {
    "ours": ours,
    "httpx, a client each": httpx_each,
    "httpx, shared": httpx_shared,
    "aiohttp with httpx's objects": aiohttp_with_httpx,
    "aiohttp alone": aiohttp_alone,
}


async def measured(carrier: str, url: str, in_flight: int, seconds: float) -> tuple[float, float]:
    """Return processor seconds for each request, and requests a second."""
    done = 0
    async with CARRIERS[carrier](in_flight) as send:

        async def keep_sending(until: float) -> None:
            nonlocal done
            request = httpx.Request("POST", url, json=BODY, headers=HEADERS)
            while time.monotonic() < until:
                await send(request)
                done += 1

        async def all_of_them(seconds: float) -> None:
            until = time.monotonic() + seconds
            await asyncio.gather(*[keep_sending(until) for _ in range(in_flight)])

        await all_of_them(seconds / 10)  # the connections stand
        gc.collect()
        done, used, began = 0, time.process_time(), time.monotonic()
        await all_of_them(seconds)
        return (time.process_time() - used) / done, done / (time.monotonic() - began)


def main(arguments: list[str]) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks wire", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds to every answer")
    parser.add_argument("--in-flight", default=IN_FLIGHT, help="how many, separated by commas")
    chosen = parser.parse_args(arguments)
    print("| carried by | in flight | processor time, µs | × ours | requests/s |")
    print("|---|---:|---:|---:|---:|")
    for in_flight in (int(one) for one in chosen.in_flight.split(",")):
        least: dict[str, tuple[float, float]] = {}
        with vendor(chosen.latency) as url:
            for _ in range(ROUNDS):
                for carrier in CARRIERS:
                    found = asyncio.run(measured(carrier, url, in_flight, chosen.seconds))
                    least[carrier] = min(found, least.get(carrier, found))
        for carrier, (cost, speed) in least.items():
            times = cost / least["ours"][0]
            print(f"| {carrier} | {in_flight:,} | {cost * 1e6:,.0f} | {times:.1f} | {speed:,.0f} |")
