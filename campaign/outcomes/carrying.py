"""Carrying a question to a vendor: at a bounded rate, and again where the vendor says "later".

Invariant: no vendor makes us wait without a bound. The last answer is returned, whatever it says.
"""

from __future__ import annotations

from collections.abc import Generator

import anyio
import httpx
from aiolimiter import AsyncLimiter

from campaign.providers import http
from campaign.providers.look_up import Wait
from campaign.sending.speed import Transport

_AGAIN_FROM = 500
_THROTTLED = 429

_LONGEST_IN_ALL = 15 * 60.0
"""Seconds for which a way of asking may ask to wait, in all; a run may be held meanwhile."""


class WaitsTooLong(Exception):
    """A way of asking wants to wait for longer than it may."""


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


async def carried(
    questions: Generator[httpx.Request | Wait, httpx.Response | None, object],
    carrier: Carrier,
    what: str,
) -> object:
    """Carry requests and waits to their end; return what comes of them, which may be anything.

    ``what`` names the way of asking in a sentence.

    Raises:
        WaitsTooLong: it wants to wait for longer than it may.
        httpx.HTTPError: a request got no answer.
    """
    answer: httpx.Response | None = None
    waited = 0.0
    while True:
        try:
            wanted = questions.send(answer)
        except StopIteration as over:
            returned: object = over.value
            return returned
        if isinstance(wanted, Wait):
            waited += wanted.seconds
            if not waited <= _LONGEST_IN_ALL:  # "not": NaN is no bound either
                raise WaitsTooLong(
                    f"{what} asks to wait for more than {_LONGEST_IN_ALL / 60:.0f} minutes in "
                    "all; ask again later"
                )
            await anyio.sleep(wanted.seconds)
            answer = None
        else:
            answer = await carrier.answer(wanted)
