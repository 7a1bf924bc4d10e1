"""How scripts keep to a rate: each way sends for so many seconds, over aiohttp.

    python -m benchmarks.limiters NAME --url URL --rate 80 --seconds 10

- ``bucket``: ``AsyncLimiter(N, 1)``, as its documents show it.
- ``single``: ``AsyncLimiter(1, 1 / N)``, a bucket of one.
- ``sleep``: a request, ``asyncio.sleep(1 / N)``, the next request.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import ClientSession, TCPConnector
from aiolimiter import AsyncLimiter

from benchmarks.campaigns import body
from benchmarks.sides import KEY, PATH

WAYS: dict[str, Callable[[float], Callable[[], Awaitable[None]]]] = {
    "bucket": lambda rate: AsyncLimiter(rate, 1).acquire,
    "single": lambda rate: AsyncLimiter(1, 1 / rate).acquire,
    "sleep": lambda rate: lambda: asyncio.sleep(1 / rate),
}


async def send(way: str, url: str, rate: float, seconds: float) -> None:
    """Send at a rate for so many seconds; answers are waited for beside it."""
    place = WAYS[way](rate)
    async with ClientSession(connector=TCPConnector(limit=0)) as session:

        async def post() -> None:
            message = body("+12022000000", "Ana")
            async with session.post(url + PATH, headers=KEY, json=message) as response:
                await response.read()

        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        async with asyncio.TaskGroup() as tasks:
            while loop.time() < until:
                await place()
                tasks.create_task(post())


def main() -> None:
    """Read the arguments and send."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.limiters", description=__doc__)
    parser.add_argument("name", choices=sorted(WAYS))
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    asked = parser.parse_args()
    asyncio.run(send(asked.name, asked.url, asked.rate, asked.seconds))


if __name__ == "__main__":
    main()
