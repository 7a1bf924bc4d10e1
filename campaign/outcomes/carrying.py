"""Carrying a question to a vendor: at a bounded rate, and again where the vendor says "later".

Invariant: no vendor makes us wait without a bound. The last answer is returned, whatever it says.
"""

from __future__ import annotations

import anyio
import httpx
from aiolimiter import AsyncLimiter

from campaign.providers import http
from campaign.sending.speed import Transport

_AGAIN_FROM = 500
_THROTTLED = 429


class Carrier:
    """Carries requests that only ask, ``rate`` a second.

    ``attempts`` is how often a request is tried, ``first_wait`` and ``longest_wait`` are seconds; a
    vendor that asks to be left alone for longer is not asked again.
    """

    def __init__(
        self,
        transport: Transport,
        rate: float,
        *,
        attempts: int,
        first_wait: float,
        longest_wait: float,
    ) -> None:
        self._transport = transport
        self._pace = AsyncLimiter(1, 1 / rate)
        self._attempts = attempts
        self._first_wait = first_wait
        self._longest_wait = longest_wait

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Return the vendor's answer; the last one, where it says "later" too often or too long.

        Raises:
            httpx.HTTPError: no answer came, however often it was asked.
        """
        tries = 0
        while True:
            tries += 1
            await self._pace.acquire()
            wait = min(self._first_wait * 2.0 ** min(tries - 1, 30), self._longest_wait)
            try:
                response = await self._transport.send(request)
            except httpx.HTTPError:
                if tries >= self._attempts:
                    raise
            else:
                later = response.status_code == _THROTTLED or response.status_code >= _AGAIN_FROM
                asked_for = http.wait_seconds(response) or 0.0
                if not later or tries >= self._attempts or asked_for > self._longest_wait:
                    return response
                wait = max(wait, asked_for)
            await anyio.sleep(wait)
