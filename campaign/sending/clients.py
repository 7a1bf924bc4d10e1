"""How requests travel: by connections of our own, and by httpx's clients where a proxy is between.

Invariant: whichever carries it, a failure before the first byte of a request leaves is one of
httpx's exceptions that say *not sent*, and a failure after it one of those that say *unknown*.
"""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from campaign.sending.proxied import Proxied
from campaign.sending.wire import Wire

_SCHEMES = frozenset({"http", "https"})


class Clients:
    """Sends requests; never follows a redirect, because a POST sent on may be sent twice.

    ``timeout`` is in seconds. It holds for each step of connecting, and then from the first byte
    of the request to the last of the answer. Proxies of the environment are used unless
    ``proxies`` is false.
    """

    def __init__(self, timeout: float, *, proxies: bool = True) -> None:
        tls: ssl.SSLContext = httpx.create_ssl_context(trust_env=proxies)
        tls.set_alpn_protocols(["http/1.1"])
        self._proxied = Proxied(timeout, tls, proxies=proxies)
        self._wire = Wire(timeout, tls)
        self._direct = _SCHEMES - (_with_a_proxy() if proxies else frozenset())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._wire.close()
        await self._proxied.close()

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the whole answer.

        Raises:
            httpx.HTTPError: the exact exception of httpx, which decides between not sent and
                unknown.
            NotLeft: the request may not leave any more, and did not.
        """
        url = request.url
        if (
            url.scheme in self._direct
            and url.raw_host
            and not url.userinfo  # of which httpx makes a header
            and isinstance(request.stream, httpx.ByteStream)
        ):
            return await self._wire.send(request)
        return await self._proxied.send(request)


def _with_a_proxy() -> frozenset[str]:
    """Return the schemes for which the environment names a proxy, as httpx reads it.

    Which hosts ``NO_PROXY`` takes out of that is left to httpx.
    """
    named = {scheme for scheme, proxy in getproxies().items() if proxy}
    return _SCHEMES if "all" in named else _SCHEMES & named


def is_local(url: str | None) -> bool:
    """Return whether an address is on this machine, which no proxy leads to."""
    host = urlsplit(url).hostname if url else None
    return host in ("127.0.0.1", "localhost", "::1")
