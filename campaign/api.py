"""Campaigns from Python: load, plan, run. The commands are thin over this.

::

    import campaign

    c = campaign.load("spring-sale.yaml")
    print(c.plan().counts)          # who would get it, and who not, and why
    summary = c.run()               # in a notebook too; ``await c.run_async()`` in async code
    assert summary.exit_code == 0
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from campaign import deciding, online, testing, verifying
from campaign.afterwards import Afterwards
from campaign.deciding import As, Decisions
from campaign.execution import Execution, Options
from campaign.job import Job
from campaign.ledger.records import State
from campaign.loading import environment_of
from campaign.outside_loops import outside_any_loop
from campaign.plan.watching import Tell, unwatched
from campaign.preflight.answer import Forecast
from campaign.preflight.forecast import forecast
from campaign.providers.online import OnlineFinding
from campaign.reporting.reporter import About, Reporter, Silent
from campaign.reporting.summary import Summary
from campaign.status import RunView, open_run
from campaign.suppressing import Suppressions
from campaign.testing import Preview, TeamTest
from campaign.verifying import Verified

if TYPE_CHECKING:
    from campaign.reporting.figures import Report


class Campaign(Afterwards):
    """A campaign that was loaded; make one with :func:`load`."""

    @property
    def name(self) -> str:
        """The campaign's name."""
        return self._job.loaded.definition.name

    @property
    def is_live(self) -> bool:
        """Whether a run would message real people: not the embedded sandbox."""
        return not self._job.loaded.settings.sandbox

    @property
    def job(self) -> Job:
        """The definition, made ready."""
        return self._job

    def plan(self, *, only: str | None = None, tell: Tell | None = None) -> Forecast:
        """Judge every row and render every message; send nothing.

        The refused rows stay in ``check-rejects.csv``, and a page for people in ``check.html``.

        Args:
            only: show the message of the recipient with this key or address.
            tell: is told what is being done and how many rows are through, a few times a second.

        Raises:
            InvalidInput: the list, or something it needs, is not as the definition says.
        """
        return forecast(self._job, self._environment, only, tell or unwatched)

    def run(
        self,
        *,
        limit: int | None = None,
        only: str | None = None,
        takeover: bool = False,
        replan: bool = False,
        run: str | None = None,
        reporter: Reporter | None = None,
    ) -> Summary:
        """Send, or go on where an earlier execution of the same run stopped.

        Args:
            limit: send to at most this many recipients now.
            only: send only to the recipient with this key or address.
            takeover: go on although the ledger is a copy; nothing may be sent from its original
                any more.
            replan: plan anew although somebody has an outcome: recipients are added and corrected,
                and whoever has an outcome is not sent to again.
            run: go on with the run of this name, such as last night's, instead of today's.
            reporter: who is told of the progress; nobody by default.

        Returns:
            What it came to; ``exit_code`` is what the command would exit with.

        Raises:
            InvalidInput: the definition, the list or a secret is not usable; nothing was sent.
            RunHeld: another process is sending this run.
            LedgerError: the ledger cannot be read or written; nothing was sent after that.
            Interrupted: somebody asked to stop while the list was judged; nothing was sent.
        """
        execution = self._execution(
            Options(limit, only, takeover, replan=replan, run=run), reporter
        )
        return outside_any_loop(lambda: anyio.run(execution.run), execution.interrupt)

    async def run_async(
        self,
        *,
        limit: int | None = None,
        only: str | None = None,
        takeover: bool = False,
        replan: bool = False,
        run: str | None = None,
        reporter: Reporter | None = None,
        handle_signals: bool = False,
        confirm: Callable[[About], bool] | None = None,
        again: Decisions | None = None,
    ) -> Summary:
        """Do what :meth:`run` does, in an asyncio event loop that already runs.

        ``confirm`` is asked once, when it is known how many would be sent to; nobody is when it
        says no. ``handle_signals`` makes the first Ctrl-C or SIGTERM drain and stop, and the
        second stop at once; it needs the main thread. ``again`` (`campaign.deciding.again`) chooses
        who is sent to again, once nothing refuses the run and nobody declines it.
        """
        options = Options(
            limit, only, takeover, handle_signals, confirm, replan=replan, run=run, again=again
        )
        return await self._execution(options, reporter).run()

    def _execution(self, options: Options, reporter: Reporter | None) -> Execution:
        return Execution(self._job, self._environment, reporter or Silent(), options)

    def resolve(
        self,
        answer: As,
        keys: Collection[str] | None,
        *,
        why: str | None = None,
        run: str | None = None,
    ) -> int:
        """Say what became of unknown recipients, after looking them up; return how many.

        Args:
            answer: sent, not sent (they are pending again), or skip.
            keys: their keys or addresses; ``None`` for every unknown recipient of the run.
            why: how you know; kept in the ledger with your name and the time.
            run: the name of the run, by default the newest.

        Raises:
            InvalidInput: a key is not one of an unknown recipient; nothing was decided.
            RunHeld: the run is being sent.
        """
        return deciding.resolve(self._job, self._environment, answer, keys, why, run)

    def send_again(
        self,
        *,
        state: State = State.FAILED,
        codes: Collection[str] = (),
        accept_duplicates: bool = False,
        run: str | None = None,
    ) -> int:
        """Make failed recipients pending again, for the next :meth:`run`; return how many.

        Args:
            state: failed, or unknown.
            codes: reason codes, or codes of the vendor; by default those that a resend can mend.
            accept_duplicates: needed for unknown recipients, who may get the message twice.
            run: the name of the run, by default the newest.

        Raises:
            InvalidInput: unknown recipients, and duplicates were not accepted.
            RunHeld: the run is being sent.
        """
        deciding.nobody_twice(state, unless=accept_duplicates)
        return deciding.send_again(self._job, self._environment, state, codes, run)

    def ask_online(self) -> list[OnlineFinding]:
        """Ask the vendor, as far as it can be asked; nobody is messaged, nothing is written."""
        job, environment = self._job, self._environment
        return outside_any_loop(lambda: online.ask_online(job, environment), lambda: None)

    def test(
        self,
        to: Sequence[str],
        *,
        as_row: int | None = None,
        show: Callable[[Preview], None] = lambda _: None,
        confirm: Callable[[Preview], bool] | None = None,
    ) -> TeamTest:
        """Send the message of one row to people of the team instead, outside every run.

        Args:
            to: up to twenty addresses, written as in a list.
            as_row: the row to render, as a spreadsheet counts; by default the first that may be.
            show, confirm: told what is about to leave, and asked whether it may.

        Raises:
            InvalidInput: an address or the row cannot be used.
            LedgerError: the ledger cannot be read or written.
        """
        send = partial(self.test_async, to, as_row=as_row, show=show, confirm=confirm)
        return outside_any_loop(lambda: anyio.run(send), lambda: None)

    async def test_async(
        self,
        to: Sequence[str],
        *,
        as_row: int | None = None,
        show: Callable[[Preview], None] = lambda _: None,
        confirm: Callable[[Preview], bool] | None = None,
    ) -> TeamTest:
        """Do what :meth:`test` does, in an asyncio event loop that already runs."""
        return await testing.send_tests(
            self._job, self._environment, to, as_row=as_row, show=show, confirm=confirm
        )

    def verify(self, *, run: str | None = None) -> Verified:
        """Check every invariant of the ledger, for one run or for all of this campaign.

        Raises:
            LedgerError: there is no ledger, or it cannot be read.
            InvalidInput: there is no such run.
        """
        return verifying.verify(self._job, self._environment, run)

    @property
    def suppressions(self) -> Suppressions:
        """The ledger's own list of people whom no campaign may message."""
        return Suppressions(self._job, self._environment)

    def report(
        self,
        *,
        runs: Sequence[str] = (),
        month: str | None = None,
        everything: bool = False,
        page: Path | None = None,
    ) -> Report:
        """Return what came of the newest run, of those named, of a month's (2026-11), or of all.

        Args:
            runs, month, everything: of which runs.
            page: where it will be written as a page; the lists of large groups are put beside it.

        Raises:
            LedgerError: there is no ledger yet, or it cannot be read.
            InvalidInput: there is no such run, or its plan is missing or was changed.
        """
        # Not above: who sends waits for none of it.
        from campaign.report import Asked, report_of

        asked = Asked(runs, month, everything)
        return report_of(self._job.loaded, self._environment, asked, page)

    def view(self, run: str | None = None) -> RunView:
        """Open what the ledger knows of a run, by default the newest one.

        Raises:
            LedgerError: there is no ledger yet.
            InvalidInput: there is no such run.
        """
        return open_run(self._job.loaded, self._environment, run)


def load(
    path: str | os.PathLike[str],
    *,
    env_file: str | os.PathLike[str] | None = None,
    environment: Mapping[str, str] | None = None,
    past_ok: bool = False,
) -> Campaign:
    """Load a campaign's definition.

    Args:
        path: the YAML file; paths in it are relative to its folder.
        env_file: a file of ``KEY=VALUE`` lines that hold secrets.
        environment: where secrets come from instead of the process's environment. The process's
            own variables win over ``env_file``.
        past_ok: accept a ``schedule_at`` that has passed, to look at a run that has begun, or to
            go on with it.

    Raises:
        InvalidInput: with every problem of the definition at once.
    """
    job = Job.load(Path(path), past_ok=past_ok)
    return Campaign(job, environment_of(env_file, environment))
