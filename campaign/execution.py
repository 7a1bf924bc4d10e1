"""One execution of a run: take it, recover it, plan it, send it, report it.

The order is what makes it safe: the run is taken before anything is planned, claims that an
earlier execution left open become unknown before anybody is sent to, and the plan is frozen
before the first claim.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import anyio
import anyio.abc
import anyio.to_thread
import polars as pl

from campaign import trace
from campaign.alone import Work
from campaign.audience.fingerprint import fingerprint
from campaign.concluding import Sent, concluded
from campaign.deciding import Decisions
from campaign.errors import InvalidInput
from campaign.files import clear
from campaign.gate import OtherRuns
from campaign.in_time import InTime
from campaign.interruption import Interruption
from campaign.job import Job, local_now
from campaign.ledger.holding import held
from campaign.leftovers import left_behind
from campaign.passes import Bounds, Passes
from campaign.plan import making
from campaign.plan.inbound import written_to_us
from campaign.plan.meant import the_one
from campaign.plan.of_run import Place, Renewal, has_traces, plan_of_run
from campaign.plan.rejected import check_rejected
from campaign.plan.remaining import left_of_one
from campaign.reporting.reporter import About, Guarded, Reporter
from campaign.reporting.summary import Summary
from campaign.reporting.watching import listening
from campaign.sending.ending import Ending, Result
from campaign.sending.waited import Waited
from campaign.status import run_named
from campaign.trace import Trace


@dataclass(frozen=True, slots=True)
class Options:
    """What one execution is asked, beside the definition."""

    limit: int | None = None
    only: str | None = None
    takeover: bool = False
    handle_signals: bool = False
    confirm: Callable[[About], bool] | None = None
    now: Callable[[], datetime] = local_now
    replan: bool = False
    run: str | None = None
    again: Decisions | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"limit is at least 1, not {self.limit}")


class Execution:
    """Runs a job once: ``await Execution(...).run()``."""

    def __init__(
        self, job: Job, environment: Mapping[str, str], reporter: Reporter, options: Options
    ) -> None:
        self._job = job
        self._environment = environment
        self._reporter = Guarded(reporter)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._interruption = Interruption(self._reporter)
        self._options = options
        self._in_time = InTime(job, options.now)
        self._definition = job.loaded.definition

    def interrupt(self) -> None:
        """Stop, from another thread: first politely, and at once when asked a second time."""
        if self._loop is None:
            self._interruption.ask()
        else:
            self._loop.call_soon_threadsafe(self._interruption.ask)

    async def run(self) -> Summary:
        """Send to everybody who is still to be sent to.

        Raises:
            CampaignError: something that a person can mend, or that somebody asked for.
        """
        self._loop = asyncio.get_running_loop()
        with ExitStack() as stack:
            if self._options.handle_signals:
                stack.enter_context(listening(self._interruption.ask))
            with self._interruption.heeded():
                work = await self._prepared(stack)
            return await self._send(work)

    async def _prepared(self, stack: ExitStack) -> Work:
        """Take the run, recover it, and open or make its plan."""
        job = self._job
        if not job.loaded.settings.sandbox:
            job.provider(self._environment, None)  # a missing secret is told before anything else
        self._reporter.preparing("Reading the suppression lists and the recipient list")
        suppressed = await anyio.to_thread.run_sync(job.suppressed)
        named = self._options.run
        # Last night's run goes on with its frozen plan; the list is tonight's by now.
        of_another_night = named is not None and self._definition.run is not None
        list_hash = None
        if not of_another_night:
            list_hash = await anyio.to_thread.run_sync(self._list_hash)
        name = named or job.run_name(list_hash or "", self._options.now())
        folder = job.folder / name
        traces = not job.loaded.settings.sandbox and has_traces(folder)
        location = job.ledger(self._environment)
        if not location.exists:  # refused before an empty ledger stands in its place
            self._check_new(folder, traces=traces)
            self._in_time.check_new()
        ledger = await anyio.to_thread.run_sync(partial(location.open, create=named is None))
        stack.callback(ledger.close)
        if named is not None:
            run_named(job.loaded, ledger, named)
        # The traces were looked for first, so they are not of a run that began just now.
        if ledger.find_run(self._definition.name, name) is None:
            self._check_new(folder, traces=traces)
        run = ledger.ensure_run(
            self._definition.name,
            name,
            provider=job.loaded.settings.name,
            channel=self._definition.channel.value,
            sandbox=job.loaded.settings.sandbox,
        )
        if not self._options.takeover:
            trace.check(ledger, run, folder, location)
        lease = stack.enter_context(held(ledger, run.id, takeover=self._options.takeover))
        # Another process may have planned and sent until it gave the run back.
        run = ledger.find_run(self._definition.name, name) or run
        if not run.sandbox:
            Trace.of(ledger, run).write(folder)
        clear(folder)
        recovered = ledger.recover(lease)
        now = self._options.now()
        # Whom a rule holds is judged by the rules as they are now, where sending may begin.
        ledger.release_due(
            lease, round(now.timestamp() * 1000), ours=job.hours.refusal(now) is None
        )
        if ledger.may_replan(run.id):
            self._in_time.check_new()
        gate = await anyio.to_thread.run_sync(OtherRuns, job, ledger, run.id)
        inbound = await anyio.to_thread.run_sync(written_to_us, ledger, job.loaded)
        self._reporter.preparing("Judging every row and rendering every message")
        plan = await anyio.to_thread.run_sync(
            plan_of_run,
            ledger,
            run,
            lease,
            replace(
                job.question(pl.concat([suppressed, gate.suppressed])).knowing(inbound),
                tell=self._interruption.working,
            ),
            list_hash,
            Place(folder, job.plans_from(location)),
            Renewal(self._options.replan, self._reporter.told),
        )
        if ledger.may_replan(run.id):
            check_rejected(job.loaded, plan)
        if (only := self._options.only) is not None:
            self._options = replace(self._options, only=the_one(plan, job.loaded, only))
        for sentence in plan.warnings() + left_behind(job, ledger, name, self._options.now()):
            self._reporter.told(sentence)
        again = self._options.again(ledger, run) if self._options.again is not None else []
        return Work(ledger, run, lease, plan, suppressed, gate, recovered, folder, again)

    def _list_hash(self) -> str | None:
        try:
            return fingerprint(making.list_files(self._job.loaded))
        except (InvalidInput, OSError):
            return None  # planning says so; a run that has a plan does not need its list any more

    def _check_new(self, folder: Path, *, traces: bool) -> None:
        """Refuse to begin a run that has begun already, for all that its folder tells."""
        if traces:
            raise InvalidInput(
                f"{folder} holds the plan or the results of a run that the ledger "
                f"{self._job.ledger(self._environment)} does not know; sending would message "
                "those people again. Put the ledger back where it was, or give the campaign "
                "another `name` if that is what you want."
                + self._job.ledger(self._environment).rescued()
            )

    async def _send(self, work: Work) -> Summary:
        job, options, ledger, run = self._job, self._options, work.ledger, work.run
        speed = job.speed(options.limit)
        before = ledger.counts(run.id)
        to_send = before.pending + len(work.again)
        to_send = min(to_send, options.limit or to_send)
        if options.only is not None:
            to_send = len(left_of_one(work.plan, ledger, run.id, options.only))
        about = About(
            name=self._definition.name,
            run=run.run,
            provider=job.loaded.provider.capabilities.title,
            channel=self._definition.channel.value,
            sandbox=job.loaded.settings.sandbox,
            counts=before,
            to_send=to_send,
            rate=speed.rate,
            recovered=work.recovered,
        )
        if to_send:
            self._in_time.check()
        self._reporter.started(about)
        began_at = options.now()
        moments = self._in_time.moments(began_at)
        late = next((moment for moment in moments if to_send and moment.has_come()), None)
        ask = options.confirm if to_send > 0 and late is None else None
        declined = ask is not None and not ask(about)
        if ask is not None and not declined:
            self._in_time.check()  # an answer may be hours in coming
        if work.again and late is None and not declined:
            # Only now: whatever was refused above, or declined, has left them as they were.
            ledger.decide(work.lease, work.again)
            was = work.again[0].was.value
            ledger.note(work.lease, f"retry of {was}", f"{len(work.again)} recipients")
        # Whom the retry asks again are not yet settled by this execution.
        began = ledger.counts(run.id)
        started = time.monotonic()
        ledger.note(work.lease, "started", f"{to_send} to send")
        result, waited = Result(), Waited()
        if late is not None:
            result = Result(late.ending, late.why)
        elif declined:
            result = Result(Ending.INTERRUPTED, "Not confirmed; nothing was sent.")
        elif to_send:
            bounds = Bounds(options.only, began_at, moments, self._in_time.deadline())
            passes = Passes(job, work, bounds, speed, to_send, self._reporter, options.now)
            with self._interruption.of(passes):
                result = await passes.run(self._environment)
            waited = passes.waited
        if result.ending is Ending.DEADLINE and not ledger.counts(run.id).pending:
            result = Result()  # it came while the last answers were under way
        seconds = time.monotonic() - started
        sent = Sent(result, began, speed.rate, seconds, waited)
        location = job.ledger(self._environment)
        return await concluded(job, location, work, sent, self._reporter, self._interruption)
