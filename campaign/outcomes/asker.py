"""Asking a vendor: a look-up's questions carried over HTTP, at a bounded rate, tried again.

Invariant: asking sends nobody a message. What is carried are requests that a provider's look-up
makes, and a question without an answer ends in ``UNDECIDED``, never in an error of the whole; so
does a look-up that breaks its contract. No vendor and no look-up makes us wait without a bound.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing

import anyio
import httpx

from campaign.outcomes.carrying import Carrier, WaitsTooLong, carried
from campaign.outcomes.completing import completed, undecided
from campaign.providers import http
from campaign.providers.look_up import Finding, LookUp, Sought
from campaign.sending.speed import Transport

_AT_ONCE = 8
"""Questions under way at the same moment."""


class Asker:
    """Carries the questions of one look-up.

    ``attempts`` is how often a request is tried, ``first_wait`` and ``longest_wait`` are seconds; a
    vendor that asks to be left alone for longer is not asked again. ``clean`` takes the secrets out
    of a text.
    """

    def __init__(
        self,
        transport: Transport,
        way: LookUp,
        *,
        attempts: int,
        first_wait: float,
        longest_wait: float,
        clean: Callable[[str], str],
    ) -> None:
        self._way = way
        self._clean = clean
        self._carrier = Carrier(
            transport,
            way.rate,
            attempts=attempts,
            first_wait=first_wait,
            longest_wait=longest_wait,
        )

    async def findings(self, sought: Sequence[Sought]) -> AsyncIterator[list[Finding]]:
        """Yield findings as they come, some at a time, so that each lot can be written down."""
        if self._way.together:
            yield await self._asked(sought)
            return
        for first in range(0, len(sought), _AT_ONCE):
            lot = sought[first : first + _AT_ONCE]
            found: dict[int, list[Finding]] = {}
            async with anyio.create_task_group() as tasks:
                for place, one in enumerate(lot):
                    tasks.start_soon(self._ask_one, place, one, found)
            yield [finding for place in range(len(lot)) for finding in found[place]]

    async def _ask_one(self, place: int, one: Sought, found: dict[int, list[Finding]]) -> None:
        found[place] = await self._asked([one])

    async def _asked(self, sought: Sequence[Sought]) -> list[Finding]:
        try:
            with closing(self._way.ask(sought)) as questions:
                returned = await carried(questions, self._carrier, "the look-up")
            return completed(sought, returned, self._clean)
        except httpx.HTTPError as error:
            return undecided(sought, f"no answer: {http.told(error, self._clean)}")
        except WaitsTooLong as why:
            return undecided(sought, str(why))
        except Exception as error:  # noqa: BLE001 - a look-up may come from anywhere
            return undecided(sought, f"the look-up broke: {http.told(error, self._clean)}")
