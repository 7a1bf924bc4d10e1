"""HTTP connections: one client for each request in flight, kept for the next.

A single ``httpx.AsyncClient`` searches its whole pool for every request, so that its speed falls
as more requests are in flight. A stack of clients with one connection each costs the same however
many there are. The TLS context, the costly part of a client, is shared.
"""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import anyio
import httpx

from campaign.sending import leaving

# A server may close an idle connection just when the next request leaves, and then nobody knows
# whether it was read. Common servers wait five seconds or more; we let go before they do.
_IDLE_SECONDS = 4.0
_LIMITS = httpx.Limits(
    max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE_SECONDS
)


class Clients:
    """Sends requests; never follows a redirect, because a POST sent on may be sent twice.

    ``timeout`` is in seconds. It holds for each step of connecting, and then from the first byte
    of the request to the last of the answer. Proxies of the environment are used unless
    ``proxies`` is false.
    """

    def __init__(self, timeout: float, *, proxies: bool = True) -> None:
        self._seconds = timeout
        self._timeout = httpx.Timeout(timeout).as_dict()
        self._proxies = proxies
        self._tls: ssl.SSLContext = httpx.create_ssl_context(trust_env=proxies)
        self._idle: list[httpx.AsyncClient] = []
        self._all: list[httpx.AsyncClient] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for client in self._all:
            await client.aclose()

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the whole answer.

        Raises:
            httpx.HTTPError: the exact exception of httpx, which decides between not sent and
                unknown.
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

    def _new(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            limits=_LIMITS, verify=self._tls, trust_env=self._proxies, follow_redirects=False
        )
        self._all.append(client)
        return client


def _is_connect(info: dict[str, Any]) -> bool:
    return getattr(info.get("request"), "method", b"") == b"CONNECT"


def is_local(url: str | None) -> bool:
    """Return whether an address is on this machine, which no proxy leads to."""
    host = urlsplit(url).hostname if url else None
    return host in ("127.0.0.1", "localhost", "::1")
