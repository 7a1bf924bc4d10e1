"""A vendor that costs next to nothing: what every figure about sending is measured against.

One process that reads HTTP/1.1 requests off raw sockets and answers each, after a latency, as
Synthflow answers an accepted message. It judges nothing; it notes when requests arrived, which is
where a rate is measured. ``GET /arrivals`` gives those moments as JSON, in seconds of its clock
since the first, and forgets them; ``GET /count`` only says how many they are.

    python -m benchmarks.vendor --latency 0.05

It prints its address, and runs until it is terminated.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import uvloop

ROOT = Path(__file__).parents[1]
"""Where every process of a benchmark begins, so that all import the same programs."""

_BODY = b'{"status":"success","response":{"conversation_id":"%d"}}'
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Vendor:
    """What all connections share."""

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.arrivals: list[float] = []
        self.numbers = count(1)

    def answer(self) -> bytes:
        """Return the answer to one message."""
        return _whole(_BODY % next(self.numbers))

    def counted(self) -> bytes:
        """Return how many have arrived."""
        return _whole(b"%d" % len(self.arrivals))

    def told(self) -> bytes:
        """Return the arrivals so far, and forget them."""
        first = self.arrivals[0] if self.arrivals else 0.0
        moments, self.arrivals = self.arrivals, []
        return _whole(json.dumps([round(moment - first, 6) for moment in moments]).encode())


class Connection(asyncio.Protocol):
    """One connection; requests on it come one after another."""

    def __init__(self, vendor: Vendor, loop: asyncio.AbstractEventLoop) -> None:
        self._vendor = vendor
        self._loop = loop
        self._read = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._read[:end].lower()
        if head.startswith(b"get"):
            self._read = b""
            counted = b"/count" in head.split(b"\r\n", 1)[0]
            self._write(self._vendor.counted() if counted else self._vendor.told())
            return
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._read) < end + 4 + length:
            return
        self._read = self._read[end + 4 + length :]
        # Not the loop's clock, which stands still while the loop works.
        self._vendor.arrivals.append(time.perf_counter())
        if self._vendor.latency:
            self._loop.call_later(self._vendor.latency, self._write, self._vendor.answer())
        else:
            self._write(self._vendor.answer())

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _whole(body: bytes) -> bytes:
    return _HEAD % len(body) + body


@contextmanager
def vendor(latency: float = 0.0) -> Iterator[str]:
    """Run the vendor in a process of its own; yield its base URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.vendor", "--latency", str(latency)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class Asked:
    """The vendor's own figures, asked over one connection that is kept."""

    def __init__(self, url: str) -> None:
        at = urlsplit(url)
        assert at.hostname is not None
        self._connection = HTTPConnection(at.hostname, at.port, timeout=30)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def count(self) -> int:
        """Return how many requests arrived since they were forgotten."""
        return int(self._get("/count"))

    def arrivals(self) -> list[float]:
        """Return when they arrived, in seconds since the first; they are forgotten by that."""
        found: list[float] = self._get("/arrivals")
        return found

    def _get(self, path: str) -> Any:
        self._connection.request("GET", path)
        return json.loads(self._connection.getresponse().read())


def arrivals(url: str) -> list[float]:
    """Return when requests arrived, in seconds since the first, and have them forgotten."""
    with closing(Asked(url)) as vendor_at:
        return vendor_at.arrivals()


async def serve(latency: float) -> None:
    """Serve until terminated."""
    loop = asyncio.get_running_loop()
    shared = Vendor(latency)
    server = await loop.create_server(
        lambda: Connection(shared, loop), "127.0.0.1", 0, backlog=4096
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    """Read the latency and serve."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vendor", description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds to every answer")
    uvloop.run(serve(parser.parse_args().latency))


if __name__ == "__main__":
    main()
