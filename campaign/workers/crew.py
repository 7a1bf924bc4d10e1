"""The workers of a run as one sender: begun together, stopped together, waited for together.

Invariant: when a pass has ended, nothing is under way in any worker. The first reason to stop stops
all of them; whom a worker that was killed had under way is ``unknown`` then, never pending. One
that was killed between two passes had nobody under way: another takes its place in the next one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread

from campaign.errors import CampaignError
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Lease
from campaign.sending.ending import Ending, Result
from campaign.sending.shard import Shard
from campaign.sending.speed import Speed
from campaign.sending.waited import Waited, at_once
from campaign.workers.hand import Hand
from campaign.workers.orders import Line, Orders, error_of, result_of

_STOP: Line = {"do": "stop"}
_ABORT: Line = {"do": "abort"}
_BY_ITSELF = (Ending.FINISHED, Ending.LIMIT, Ending.FULL)
"""How a worker ends that sent to all whom it might; the others go on."""


class Crew:
    """Workers that send one run, at the ``speed`` that all of them have together.

    ``tell`` is called with sentences for people.
    """

    def __init__(
        self, ledger: Ledger, lease: Lease, speed: Speed, tell: Callable[[str], None]
    ) -> None:
        self._ledger = ledger
        self._lease = lease
        self._rate = speed.rate
        self._room = speed.limit
        self._tell = tell
        self._hands: list[Hand] = []
        self._busy: set[Hand] = set()
        self._gone: set[Hand] = set()
        self._environment: Mapping[str, str] = {}
        # By the workers' places, which others may take.
        self._results: dict[int, Result] = {}
        self._waits: dict[int, Waited] = {}
        self._before: dict[int, Waited] = {}
        self._stopped: Result | None = None
        self._error: CampaignError | None = None
        self._dead: Hand | None = None
        self._is_over = False
        self._news = anyio.Event()

    def hire(self, orders: Sequence[Orders], environment: Mapping[str, str]) -> None:
        """Start the workers; they make themselves ready meanwhile."""
        self._environment = environment
        self._hands = [self._started(one) for one in orders]

    async def dismiss(self) -> None:
        """Let the workers end, and wait until they have."""
        self._is_over = True
        with anyio.CancelScope(shield=True):
            for hand in self._hands:
                hand.dismiss()
            while len(self._gone) < len(self._hands):
                await self._wait()

    def stop(self, ending: Ending, why: str | None = None) -> None:
        """Claim nobody any more; what is under way is waited for."""
        self._stopped = self._stopped or Result(ending, why)
        for hand in self._hands:
            hand.tell(_STOP)

    def abort(self) -> None:
        """Stop at once; what is under way is settled as unknown."""
        self.stop(Ending.INTERRUPTED)
        for hand in self._hands:
            hand.tell(_ABORT)

    async def run(self) -> Result:
        """Send to everybody who may be sent to now.

        Raises:
            CampaignError: that of a worker, such as a ledger that cannot be written.
        """
        going = list(range(len(self._hands)))
        while going and self._room != 0 and await self._is_ready():
            self._results.clear()
            for part, place in enumerate(going):
                hand = self._hands[place]
                self._busy.add(hand)
                hand.tell({"do": "go", "limit": self._share(part, len(going))})
            await self._until_idle()
            # Whoever has nobody left leaves its part of the limit to the others.
            going = [place for place in going if self._ending(place) is Ending.LIMIT]
        if self._error is not None:
            raise self._error
        if self._dead is not None:
            await self._bury(self._dead)
        if self._stopped is not None:
            return self._stopped
        if going:
            return Result(Ending.LIMIT)
        full = (one for one in self._results.values() if one.ending is Ending.FULL)
        return next(full, Result())

    @property
    def waited(self) -> Waited:
        """What was waited for in the passes that have ended, by those who told."""
        return at_once(list(self._waits.values()), self._rate / max(1, len(self._hands)))

    def _started(self, orders: Orders) -> Hand:
        hand = Hand(orders, self._environment, self._hear)
        self._busy.add(hand)
        return hand

    async def _is_ready(self) -> bool:
        """Wait until every place has a worker that is ready, or until one never will be."""
        await self._until_idle()
        while self._stopped is None and (ended := [one for one in self._hands if one.has_ended]):
            for hand in ended:
                while hand not in self._gone:
                    await self._wait()
                self._replace(hand)
            await self._until_idle()
        return self._stopped is None

    def _replace(self, hand: Hand) -> None:
        """Give the place of a worker that has gone to another one."""
        how = f"{hand.how_it_ended()} while it sent to nobody"
        self._tell(f"The {hand.name} {how}; another one takes its place.")
        place = hand.shard.place
        self._gone.discard(hand)
        self._hands[place] = self._started(hand.orders)
        self._before[place] = self._waits.get(place, Waited())

    def _share(self, part: int, of: int) -> int | None:
        return None if self._room is None else Shard(part, of, 0).share(self._room)

    def _ending(self, place: int) -> Ending | None:
        result = self._results.get(place)
        return None if result is None else result.ending

    async def _bury(self, hand: Hand) -> None:
        """Make unknown what a worker that was killed had under way."""
        cut_off = await anyio.to_thread.run_sync(self._ledger.recover, self._lease)
        whom = "1 recipient" if cut_off == 1 else f"{cut_off:,} recipients"
        self._tell(f"The {hand.name} {hand.how_it_ended()}; {whom} under way then are now unknown.")

    async def _until_idle(self) -> None:
        while self._busy:
            await self._wait()

    async def _wait(self) -> None:
        self._news = anyio.Event()
        await self._news.wait()

    def _hear(self, hand: Hand, line: Line | None) -> None:
        """Take in what a worker says, or (``None``) that it is gone."""
        match line:
            case None:
                self._gone.add(hand)
                if hand in self._busy:
                    self._busy.discard(hand)
                    self._has_died(hand)
            case {"ready": _}:
                self._busy.discard(hand)
            case {"told": text}:
                self._tell(f"{hand.name.capitalize()}: {text}")
            case {"stopping": _}:
                self._stop_for(result_of(line, "stopping"))
            case {"ended": _}:
                self._busy.discard(hand)
                place = hand.shard.place
                self._results[place] = result = result_of(line, "ended")
                before = self._before.get(place, Waited())
                self._waits[place] = before.then(Waited(**line["waited"]))
                if self._room is not None:
                    self._room -= line["begun"]
                self._stop_for(result)
            case {"failed": _}:
                self._error = self._error or error_of(line)
                self._busy.discard(hand)
                self.stop(Ending.STOPPED, str(self._error))
        self._news.set()

    def _stop_for(self, result: Result) -> None:
        if result.ending not in _BY_ITSELF and self._stopped is None:
            self.stop(result.ending, result.why)

    def _has_died(self, hand: Hand) -> None:
        if self._is_over or self._error is not None:
            return  # as it was told to, or after another one said why
        self._dead = self._dead or hand
        if self._stopped is None:
            self.stop(
                Ending.STOPPED,
                f"the {hand.name} {hand.how_it_ended()}; run again to go on with the others",
            )


@asynccontextmanager
async def crew(
    ledger: Ledger,
    orders: Sequence[Orders],
    environment: Mapping[str, str],
    speed: Speed,
    tell: Callable[[str], None],
) -> AsyncIterator[Crew]:
    """Start a worker for each of the ``orders``; none is left when the block ends."""
    found = Crew(ledger, orders[0].lease, speed, tell)
    try:
        found.hire(orders, environment)
        yield found
    finally:
        await found.dismiss()
