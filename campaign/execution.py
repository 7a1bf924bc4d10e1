"""One execution of a run: take it, recover it, plan it, send it, report it.

The order is what makes it safe: the run is taken before anything is planned, claims that an
earlier execution left open become unknown before anybody is sent to, and the plan is frozen
before the first claim.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import anyio.abc
import anyio.to_thread
import polars as pl

from campaign.audience.fingerprint import fingerprint
from campaign.errors import InvalidInput, first_error
from campaign.job import Job, local_now
from campaign.ledger.holding import held
from campaign.ledger.protocol import Lease, Ledger, Run
from campaign.ledger.sqlite import SqliteLedger
from campaign.plan import making
from campaign.plan.frozen import Plan
from campaign.plan.of_run import Place, plan_of_run
from campaign.reporting.reporter import About, Reporter
from campaign.reporting.results import write_rejects, write_results
from campaign.reporting.summary import Summary
from campaign.reporting.watching import listen, watch
from campaign.sandbox.embedded import embedded_sandbox
from campaign.sending.books import Books
from campaign.sending.clients import Clients
from campaign.sending.engine import Ending, Engine, Result, Speed
from campaign.sending.todo import Todo


@dataclass(frozen=True, slots=True)
class Options:
    """What one execution is asked, beside the definition."""

    limit: int | None = None
    only: str | None = None
    handle_signals: bool = False
    confirm: Callable[[About], bool] | None = None


class Execution:
    """Runs a job once: ``await Execution(...).run()``."""

    def __init__(
        self, job: Job, environment: Mapping[str, str], reporter: Reporter, options: Options
    ) -> None:
        self._job = job
        self._environment = environment
        self._reporter = reporter
        self._options = options
        self._definition = job.loaded.definition

    async def run(self) -> Summary:
        """Send to everybody who is still to be sent to."""
        job = self._job
        if not job.loaded.settings.sandbox:
            job.provider(self._environment, None)  # a missing secret is told before anything else
        self._reporter.preparing("Reading the suppression lists and the recipient list")
        suppressed = await anyio.to_thread.run_sync(job.suppressed)
        list_hash = await anyio.to_thread.run_sync(self._list_hash)
        name = job.run_name(list_hash or "", local_now())
        summary: Summary
        with ExitStack() as stack:
            ledger = await anyio.to_thread.run_sync(SqliteLedger, job.ledger_path)
            stack.callback(ledger.close)
            run = ledger.ensure_run(
                self._definition.name,
                name,
                provider=job.loaded.settings.name,
                channel=self._definition.channel.value,
                sandbox=job.loaded.settings.sandbox,
            )
            lease = stack.enter_context(held(ledger, run.id))
            recovered = ledger.recover(lease)
            folder = job.folder / name
            self._reporter.preparing("Judging every row and rendering every message")
            plan = await anyio.to_thread.run_sync(
                plan_of_run,
                ledger,
                run,
                lease,
                job.question(suppressed),
                list_hash,
                Place(folder, job.ledger_path.parent),
            )
            self._check_only(plan)
            for warning in plan.warnings():
                self._reporter.told(warning)
            summary = await self._send(ledger, run, lease, plan, suppressed, recovered, folder)
        return summary

    def _list_hash(self) -> str | None:
        try:
            files = making.list_files(self._job.loaded)
        except InvalidInput:
            return None  # planning says so; a run that has a plan does not need its list any more
        return fingerprint(files)

    def _check_only(self, plan: Plan) -> None:
        only = self._options.only
        if only is None or any(plan.todo(only)):
            return
        refused = plan.find(only)
        if refused:
            first = refused[0]
            raise InvalidInput(
                f"{only} is not sent to: row {first['row']} was refused ({first['reason']})."
            )
        raise InvalidInput(f"No recipient of this run has the key or address {only}.")

    async def _send(
        self,
        ledger: Ledger,
        run: Run,
        lease: Lease,
        plan: Plan,
        suppressed: pl.Series,
        recovered: int,
        folder: Path,
    ) -> Summary:
        job, options = self._job, self._options
        speed = job.speed(options.limit)
        before = ledger.counts(run.id)
        to_send = min(before.pending, options.limit or before.pending)
        if options.only is not None:
            to_send = min(to_send, 1)
        about = About(
            name=self._definition.name,
            run=run.run,
            provider=job.loaded.provider.capabilities.title,
            channel=self._definition.channel.value,
            sandbox=job.loaded.settings.sandbox,
            counts=before,
            to_send=to_send,
            rate=speed.rate,
            recovered=recovered,
        )
        self._reporter.started(about)
        declined = to_send > 0 and options.confirm is not None and not options.confirm(about)
        started = time.monotonic()
        ledger.note(lease, "started", f"{to_send} to send")
        result = Result()
        if declined:
            result = Result(Ending.INTERRUPTED, "Not confirmed; nothing was sent.")
        elif to_send:
            result = await self._engine(
                ledger, run, lease, plan, suppressed, speed, to_send, folder
            )
        seconds = time.monotonic() - started
        ledger.note(lease, result.ending.value, result.why)
        counts = ledger.counts(run.id)
        self._reporter.preparing("Writing the results")
        results = folder / "results.csv"
        await anyio.to_thread.run_sync(write_results, plan, ledger, run.id, results)
        rejects, skips = folder / "rejects.csv", ledger.skips(run.id)
        if skips:
            await anyio.to_thread.run_sync(write_rejects, plan, rejects, skips)
        summary = Summary(
            name=self._definition.name,
            run=run.run,
            counts=counts,
            reasons=ledger.reasons(run.id),
            ending=result.ending,
            why=result.why,
            rate=speed.rate,
            sent=counts.done - before.done,
            seconds=seconds,
            ledger=job.ledger_path,
            results=results,
            rejects=rejects if counts.skipped else None,
        )
        self._reporter.finished(summary)
        return summary

    async def _engine(
        self,
        ledger: Ledger,
        run: Run,
        lease: Lease,
        plan: Plan,
        suppressed: pl.Series,
        speed: Speed,
        to_send: int,
        folder: Path,
    ) -> Result:
        job = self._job
        settings = job.loaded.settings
        result = Result()
        with ExitStack() as stack:
            url = None
            if settings.sandbox:
                url = stack.enter_context(
                    embedded_sandbox(settings.name, folder / "sandbox-journal.jsonl")
                )
            books = Books(ledger, lease)
            local = _is_local(url or settings.base_url)
            clients = Clients(settings.timeout.total_seconds(), proxies=not local)
            engine = Engine(
                provider=job.provider(self._environment, url),
                transport=clients,
                books=books,
                judge=job.judge(suppressed),
                fixed=job.fixed(),
                speed=speed,
                tell=self._reporter.told,
            )
            try:
                async with clients, anyio.create_task_group() as around:
                    around.start_soon(books.keep)
                    around.start_soon(watch, self._reporter, ledger, run.id, speed.rate, to_send)
                    if self._options.handle_signals:
                        around.start_soon(listen, self._reporter, engine)
                    todos = _still_to_do(plan, ledger, run.id, self._options.only)
                    result = await engine.run(todos)
                    around.cancel_scope.cancel()
            except BaseExceptionGroup as group:
                raise first_error(group) from group
        return result


async def _still_to_do(
    plan: Plan, ledger: Ledger, run_id: int, only: str | None
) -> AsyncGenerator[Todo]:
    """Yield who is still to be sent to: the plan's recipients without those the ledger settled.

    There is no cursor: what is left is asked of the ledger, range by range.
    """
    batches = plan.todo(only)
    while True:
        todos = await anyio.to_thread.run_sync(next, batches, None)
        if todos is None:
            return
        if not todos:
            continue
        decided = await anyio.to_thread.run_sync(
            ledger.decided, run_id, todos[0].number, todos[-1].number
        )
        for todo in todos:
            if todo.number not in decided:
                yield todo


def _is_local(url: str | None) -> bool:
    host = urlsplit(url).hostname if url else None
    return host in ("127.0.0.1", "localhost", "::1")
