"""One poll is asked about a run to its end, and what was heard is taken in as it comes.

Invariant: where it goes on is kept after each page, or each few recipients, and never before what
they brought; so whoever is killed goes on there. What could not be had is counted, and costs
nothing else anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import anyio

from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Run
from campaign.outcomes.intake import Intake, Taken
from campaign.outcomes.polling import NotAsked, Poller
from campaign.plan.frozen import Plan
from campaign.providers.heard import About, Asked, Heard
from campaign.still_open import how_many, still_open

_AT_ONCE = 8
_TOO_MANY = 20
"""Recipients in a row about whom no answer came: the vendor is not asked about the others."""

Progress = Callable[[str, int, int | None], None]
"""Told what is asked, how much was heard or how many were asked about, and of how many if known."""


@dataclass(slots=True)
class Asking:
    """Asks one poll after the other: ``await asking.of(poller)``.

    ``asked`` is about how many recipients one by one, ``taken`` what the events came to.
    ``problems`` are sentences about what could not be asked, each with how often.
    """

    ledger: Ledger
    run: Run
    plan: Plan
    intake: Intake
    about: About
    progress: Progress
    asked: int = 0
    taken: Taken = field(default_factory=Taken)
    problems: Counter[str] = field(default_factory=Counter)

    async def of(self, poller: Poller) -> None:
        """Ask one poll all that there is to ask.

        Raises:
            LedgerError: the ledger cannot be read or written; what was heard until then is kept.
        """
        await (self._each(poller) if poller.poll.each else self._listed(poller))

    async def _listed(self, poller: Poller) -> None:
        """Read a list page by page; where it goes on is kept after each one."""
        source = poller.poll.title
        cursor = first = self.ledger.cursor(self.run.id, source)
        seen, heard = {cursor}, 0
        self.progress(source, heard, None)
        while True:
            try:
                page = await poller.page(self.about, cursor)
            except NotAsked as why:
                if first is None or cursor != first:
                    self.problems[f"{source}: {why}"] += 1
                    return
                # Where an earlier sync stopped is no place any more; from the beginning, then.
                cursor = first = None
                continue
            self._take(page.heard)
            heard += len(page.heard)
            self.progress(source, heard, None)
            self.ledger.set_cursor(self.run.id, source, page.cursor)
            if page.cursor is None:
                return
            if page.cursor in seen:
                self.ledger.set_cursor(self.run.id, source, None)
                self.problems[f"{source}: the pages of the list go in a circle"] += 1
                return
            seen.add(cursor := page.cursor)

    async def _each(self, poller: Poller) -> None:
        """Ask about one recipient after the other, some at a time."""
        source = poller.poll.title
        before = self.ledger.cursor(self.run.id, source)
        total, done, in_a_row = how_many(self.ledger, self.run.id), 0, 0
        answered = before
        self.progress(source, done, total)
        people = still_open(self.plan, self.ledger, self.run, -1 if before is None else int(before))
        for lot in _lots(people):
            answers: dict[int, Sequence[Heard] | NotAsked] = {}
            async with anyio.create_task_group() as tasks:
                for one in lot:
                    tasks.start_soon(self._ask_one, poller, one, answers)
            heard = list[Heard]()
            for one in lot:
                answer = answers[one.number]
                if isinstance(answer, NotAsked):
                    self.problems[f"{source}: {answer}"] += 1
                    in_a_row += 1
                else:
                    heard += answer
                    in_a_row, answered = 0, str(one.number)
            self._take(heard)
            self.ledger.set_cursor(self.run.id, source, str(lot[-1].number))
            done += len(lot)
            self.asked += len(lot)
            self.progress(source, done, max(total, done))
            if in_a_row >= _TOO_MANY:
                self.problems[f"{source}: not asked about the others"] += 1
                self.ledger.set_cursor(self.run.id, source, answered)
                return
        self.ledger.set_cursor(self.run.id, source, None)

    async def _ask_one(
        self, poller: Poller, one: Asked, answers: dict[int, Sequence[Heard] | NotAsked]
    ) -> None:
        try:
            answers[one.number] = await poller.about_one(replace(self.about, recipient=one))
        except NotAsked as why:
            answers[one.number] = why

    def _take(self, heard: Sequence[Heard]) -> None:
        self.taken += self.intake.take(heard)


def _lots(parts: Iterator[list[Asked]]) -> Iterator[list[Asked]]:
    for part in parts:
        for first in range(0, len(part), _AT_ONCE):
            yield part[first : first + _AT_ONCE]
