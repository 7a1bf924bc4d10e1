"""What this project is compared with: each sends the same list, as a process of its own.

    python -m benchmarks.sides NAME --url URL --list list.csv --in-flight 64

- ``script``: what everybody writes first. One shared ``httpx.AsyncClient``, a semaphore, a task for
  each row and a CSV log. It neither plans nor claims, and forgets or repeats people after a crash.
- ``aiohttp``: so many workers over one ``aiohttp.ClientSession``, nothing written down.
- ``transport``: what carries this project's requests, by itself, with requests made beforehand.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from benchmarks.campaigns import body, read_list

PATH = "/v2/chat/outbound"
KEY = {"Authorization": "Bearer key"}
T = TypeVar("T")


async def script(url: str, people: Path, in_flight: int) -> None:
    """Send as a script does."""
    import httpx

    slots = asyncio.Semaphore(in_flight)
    limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    with people.with_name("log.csv").open("w", newline="", encoding="utf-8") as file:
        log = csv.writer(file)
        async with httpx.AsyncClient(limits=limits, timeout=60) as client:

            async def send(phone: str, name: str) -> None:
                async with slots:
                    response = await client.post(url + PATH, headers=KEY, json=body(phone, name))
                    log.writerow([phone, response.json()["response"]["conversation_id"]])

            async with asyncio.TaskGroup() as tasks:
                for phone, name in read_list(people):
                    tasks.create_task(send(phone, name))


async def aiohttp(url: str, people: Path, in_flight: int) -> None:
    """Send with aiohttp, and keep nothing."""
    from aiohttp import ClientSession, ClientTimeout, TCPConnector

    connector = TCPConnector(limit=in_flight)
    async with ClientSession(connector=connector, timeout=ClientTimeout(60)) as session:

        async def send(person: tuple[str, str]) -> None:
            async with session.post(url + PATH, headers=KEY, json=body(*person)) as response:
                assert (await response.json())["response"]["conversation_id"]

        await _each(read_list(people), in_flight, send)


async def transport(url: str, people: Path, in_flight: int) -> None:
    """Send requests that are ready with what carries this project's."""
    import httpx

    from campaign.sending.clients import Clients

    requests = [
        httpx.Request("POST", url + PATH, headers=KEY, json=body(phone, name))
        for phone, name in read_list(people)
    ]
    async with Clients(60.0, proxies=False) as clients:

        async def send(request: httpx.Request) -> None:
            assert json.loads((await clients.send(request)).content)["response"]["conversation_id"]

        await _each(requests, in_flight, send)


async def _each(things: list[T], in_flight: int, send: Callable[[T], Awaitable[None]]) -> None:
    """Send everything, so many at once."""
    left = iter(things)

    async def work() -> None:
        for thing in left:
            await send(thing)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(in_flight):
            tasks.create_task(work())


SIDES = {"script": script, "aiohttp": aiohttp, "transport": transport}


def main() -> None:
    """Read the arguments and send."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sides", description=__doc__)
    parser.add_argument("name", choices=sorted(SIDES))
    parser.add_argument("--url", required=True)
    parser.add_argument("--list", type=Path, required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    asked = parser.parse_args()
    asyncio.run(SIDES[asked.name](asked.url, asked.list, asked.in_flight))


if __name__ == "__main__":
    main()
