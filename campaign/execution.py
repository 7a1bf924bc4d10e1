"""One execution of a run: take it, recover it, plan it, send it, report it.

The order is what makes it safe: the run is taken before anything is planned, claims that an
earlier execution left open become unknown before anybody is sent to, and the plan is frozen
before the first claim.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import anyio
import anyio.abc
import anyio.to_thread
import polars as pl

from campaign import trace
from campaign.audience.fingerprint import fingerprint
from campaign.deciding import Decisions
from campaign.errors import InvalidInput, first_error
from campaign.in_time import InTime
from campaign.job import Job, local_now
from campaign.ledger.holding import held
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Counts, Decision, Lease, Run
from campaign.leftovers import left_behind
from campaign.plan import making
from campaign.plan.frozen import Plan
from campaign.plan.of_run import Place, Renewal, has_traces, plan_of_run
from campaign.plan.remaining import left_of_one, still_to_do
from campaign.providers import http
from campaign.reporting.reporter import About, Guarded, Reporter
from campaign.reporting.results import write_rejects, write_results
from campaign.reporting.summary import Summary
from campaign.reporting.watching import listen, watch
from campaign.sandbox.embedded import embedded_sandbox
from campaign.sending.books import BooksUntil
from campaign.sending.clients import Clients, is_local
from campaign.sending.ending import TooLate, stop_at_deadline
from campaign.sending.engine import Ending, Engine, Result, Speed
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


@dataclass(frozen=True, slots=True)
class _Work:
    """A run that is taken and planned; ``again`` are the decisions of a retry."""

    ledger: Ledger
    run: Run
    lease: Lease
    plan: Plan
    suppressed: pl.Series
    recovered: int
    folder: Path
    again: Sequence[Decision]


class Execution:
    """Runs a job once: ``await Execution(...).run()``."""

    def __init__(
        self, job: Job, environment: Mapping[str, str], reporter: Reporter, options: Options
    ) -> None:
        self._job = job
        self._environment = environment
        self._reporter = Guarded(reporter)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine_at_work: Engine | None = None
        self._interrupted = False
        self._options = options
        self._in_time = InTime(job, options.now)
        self._definition = job.loaded.definition

    def interrupt(self) -> None:
        """Stop, from another thread: first politely, and at once when asked a second time."""
        again, self._interrupted = self._interrupted, True
        if self._loop is not None and self._engine_at_work is not None:
            # Gone when there is nothing more to send: the results are being written.
            engine = self._engine_at_work
            self._loop.call_soon_threadsafe(engine.abort if again else engine.interrupt)

    async def run(self) -> Summary:
        """Send to everybody who is still to be sent to."""
        self._loop = asyncio.get_running_loop()
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
        summary: Summary
        with ExitStack() as stack:
            ledger = await anyio.to_thread.run_sync(partial(location.open, create=named is None))
            stack.callback(ledger.close)
            if named is not None:
                run_named(job, ledger, named)
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
            recovered = ledger.recover(lease)
            ledger.release_due(lease)
            if ledger.may_replan(run.id):
                self._in_time.check_new()
            self._reporter.preparing("Judging every row and rendering every message")
            plan = await anyio.to_thread.run_sync(
                plan_of_run,
                ledger,
                run,
                lease,
                job.question(suppressed),
                list_hash,
                Place(folder, job.plans_from(location)),
                Renewal(self._options.replan, self._reporter.told),
            )
            self._check_only(plan)
            for sentence in plan.warnings() + left_behind(job, ledger, name, self._options.now()):
                self._reporter.told(sentence)
            again = self._options.again(ledger, run) if self._options.again is not None else []
            summary = await self._send(
                _Work(ledger, run, lease, plan, suppressed, recovered, folder, again)
            )
        return summary

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

    def _check_only(self, plan: Plan) -> None:
        only = self._options.only
        if only is None:
            return
        found = [todo for batch in plan.todo(only) for todo in batch]
        if len(found) > 1:
            raise InvalidInput(
                f"{only} is the key of one recipient and the address of another. Use the other "
                f"name of the one you mean: {' or '.join(f'{t.key}, {t.address}' for t in found)}."
            )
        if found:
            return
        for row in plan.find(only):
            if row["reason"] is None:
                raise InvalidInput(f"No recipient is known as {only}; say --only {row['key']}.")
            raise InvalidInput(
                f"{only} is not sent to: row {row['row']} was refused ({row['reason']})."
            )
        raise InvalidInput(f"No recipient of this run has the key or address {only}.")

    async def _send(self, work: _Work) -> Summary:
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
        moments = self._in_time.moments()
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
        result = Result()
        if late is not None:
            result = Result(late.ending, late.why)
        elif declined:
            result = Result(Ending.INTERRUPTED, "Not confirmed; nothing was sent.")
        elif to_send:
            result = await self._engine(work, speed, to_send, moments)
        if result.ending is Ending.DEADLINE and not ledger.counts(run.id).pending:
            result = Result()  # it came while the last answers were under way
        return await self._finished(work, result, began, speed.rate, time.monotonic() - started)

    async def _finished(
        self, work: _Work, result: Result, began: Counts, rate: float, seconds: float
    ) -> Summary:
        """Write down how it ended, and the results."""
        ledger, run, folder = work.ledger, work.run, work.folder
        ledger.note(work.lease, result.ending.value, result.why)
        counts = ledger.counts(run.id)
        results, rejects = folder / "results.csv", folder / "rejects.csv"
        summary = Summary(
            name=self._definition.name,
            run=run.run,
            counts=counts,
            held_until=ledger.next_due(run.id),
            reasons=ledger.reasons(run.id),
            ending=result.ending,
            why=result.why,
            rate=rate,
            settled=counts.done - began.done,
            sent=counts.sent - began.sent,
            seconds=seconds,
            ledger=self._job.ledger(self._environment),
            results=results,
            rejects=rejects if counts.skipped else None,
        )
        self._reporter.preparing("Writing the results")
        try:
            if not run.sandbox:
                Trace.of(ledger, run).write(folder)
            await anyio.to_thread.run_sync(write_results, work.plan, ledger, run.id, results)
            if skips := ledger.skips(run.id):
                await anyio.to_thread.run_sync(write_rejects, work.plan, rejects, skips)
        finally:
            # Who got it is told even where it cannot be written down.
            self._reporter.finished(summary)
        return summary

    async def _engine(
        self, work: _Work, speed: Speed, to_send: int, moments: Sequence[TooLate]
    ) -> Result:
        job, ledger, run = self._job, work.ledger, work.run
        settings = job.loaded.settings
        result = Result()
        with ExitStack() as stack:
            url = None
            if settings.sandbox:
                url = stack.enter_context(
                    embedded_sandbox(settings.name, work.folder / "sandbox-journal.jsonl")
                )
            books = BooksUntil(ledger, work.lease, moments, lambda *how: engine.stop(*how))
            local = is_local(url or settings.base_url)
            clients = Clients(settings.timeout.total_seconds(), proxies=not local)
            engine = Engine(
                provider=job.provider(self._environment, url),
                transport=clients,
                books=books,
                judge=job.judge(work.suppressed),
                fixed=job.fixed(),
                speed=speed,
                tell=self._reporter.told,
                clean=partial(http.without, tuple(job.secrets(self._environment).values())),
            )
            self._engine_at_work = engine
            if self._interrupted:
                engine.interrupt()
            try:
                async with clients, anyio.create_task_group() as around:
                    around.start_soon(books.keep)
                    around.start_soon(watch, self._reporter, ledger, run.id, speed.rate, to_send)
                    around.start_soon(stop_at_deadline, moments, engine.stop)
                    if self._options.handle_signals:
                        around.start_soon(listen, self._reporter, engine)
                    todos = still_to_do(work.plan, ledger, run.id, self._options.only)
                    result = await engine.run(todos)
                    around.cancel_scope.cancel()
            except BaseExceptionGroup as group:
                raise first_error(group) from group
            finally:
                self._engine_at_work = None
        return result
