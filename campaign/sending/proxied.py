"""Requests that our own connections do not carry: through a proxy, or written in some rarer way.

Invariant: what ``Clients.send`` promises holds here too, at several times the cost. Tunnels, their
passwords and their failures are httpx's, which knows them; nobody should write them again. One
client searches its whole pool for every request and slows down with the number in flight, so there
is a stack of clients with one connection each.
"""

from __future__ import annotations

import ssl
from typing import Any

import anyio
import httpx

from campaign.sending import leaving
from campaign.sending.wire import IDLE_SECONDS

_LIMITS = httpx.Limits(
    max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_SECONDS
)


class Proxied:
    """Sends requests as httpx does, through the environment's proxies where ``proxies`` is true."""

    def __init__(self, timeout: float, tls: ssl.SSLContext, *, proxies: bool) -> None:
        self._seconds = timeout
        self._timeout = httpx.Timeout(timeout).as_dict()
        self._tls = tls
        self._proxies = proxies
        self._idle: list[httpx.AsyncClient] = []
        self._all: list[httpx.AsyncClient] = []

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the whole answer.

        Raises:
            httpx.HTTPError: the exact exception of httpx.
            NotLeft: the request may not leave any more, and did not.
        """
        # Without a deadline until the request leaves, so that failing to connect stays httpx's own
        # failure and "not sent". From then on httpx's time-outs, which begin anew with every
        # byte, do not suffice: an answer that drips would be waited for without an end.
        limit = anyio.CancelScope()

        async def trace(event: str, info: dict[str, Any]) -> None:
            # The CONNECT that opens a proxy's tunnel is a part of connecting.
            if event.endswith(".send_request_body.started"):
                leaving.check(request)  # nobody acts on headers whose body never comes
            if event.endswith(".send_request_headers.started") and not _is_connect(info):
                await leaving.turn(request)
                leaving.check(request)  # connecting may have taken long
                limit.deadline = anyio.current_time() + self._seconds

        # A request made outside a client carries no time-out, and would wait for ever.
        request.extensions = {**request.extensions, "timeout": self._timeout, "trace": trace}
        client = self._idle.pop() if self._idle else self._new()
        try:
            with limit:
                return await client.send(request)
        finally:
            if not limit.cancelled_caught:
                self._idle.append(client)
        self._all.remove(client)
        await client.aclose()
        raise httpx.ReadTimeout(f"no whole answer in {self._seconds:g} s", request=request)

    async def close(self) -> None:
        """Close every connection."""
        for client in self._all:
            await client.aclose()

    def _new(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            limits=_LIMITS, verify=self._tls, trust_env=self._proxies, follow_redirects=False
        )
        self._all.append(client)
        return client


def _is_connect(info: dict[str, Any]) -> bool:
    return getattr(info.get("request"), "method", b"") == b"CONNECT"
