"""What became of a run, or of several: every figure, computed once from the ledger and the plans.

Invariant: nothing is sent and nothing is written to the ledger; a report of a run that is under way
is one of that moment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from campaign import trace, whereabouts
from campaign.definition.load import Loaded
from campaign.errors import InvalidInput
from campaign.how_fast import asked_rate
from campaign.ledger.delivery_records import Deliveries, Delivery
from campaign.ledger.location import Location
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Run
from campaign.plan.frozen import Plan
from campaign.providers import codes
from campaign.reporting import holdout, metrics, notes, over_time, standing, stopped
from campaign.reporting.compared import counts_of
from campaign.reporting.figures import Group, Report, Table
from campaign.reporting.groups import Counting, Sorting, sorting
from campaign.reporting.results import Lines, columns_of_results
from campaign.reporting.rows import rows_as_they_stand
from campaign.reporting.sums import Sums, columns_of
from campaign.status import run_named

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which runs: those named, those of a month (``2026-11``), all; else the newest one."""

    runs: Sequence[str] = ()
    month: str | None = None
    everything: bool = False

    @property
    def several(self) -> bool:
        """Whether there may be more than one run."""
        return len(self.runs) > 1 or self.month is not None or self.everything


def report_of(
    loaded: Loaded, environment: Mapping[str, str], asked: Asked, page: Path | None = None
) -> Report:
    """Return the report.

    ``page`` is where it will be written as a page, with the lists of its groups in it or beside it;
    without, or of several runs, there are no such lists.

    Raises:
        LedgerError: there is no ledger yet, or it cannot be read.
        InvalidInput: there is no such run, or its plan is missing or was changed.
        OutputError: a list beside the page cannot be written.
    """
    location = whereabouts.ledger_of(loaded, environment)
    ledger = location.open(create=False)
    try:
        runs = runs_asked(loaded, ledger, asked)
        return _Reporting(loaded, ledger, location).of(runs, page, several=asked.several)
    finally:
        ledger.close()


def zone_of(loaded: Loaded) -> str:
    """Return in which zone times of day are told: the one of the definition's hours, or UTC."""
    schedule = loaded.definition.schedule
    return (schedule.timezone if schedule is not None else None) or "UTC"


def place_of(loaded: Loaded, environment: Mapping[str, str], asked: Asked, suffix: str) -> Path:
    """Return where a report is written by default: beside the results, or in the folder of all."""
    folder = whereabouts.folder_of(loaded)
    if asked.month is not None:
        return folder / f"report-{asked.month}.{suffix}"
    if asked.several:
        return folder / f"report.{suffix}"
    location = whereabouts.ledger_of(loaded, environment)
    ledger = location.open(create=False)
    try:
        (run,) = runs_asked(loaded, ledger, asked)
    finally:
        ledger.close()
    return folder / run.run / f"report.{suffix}"


def runs_asked(loaded: Loaded, ledger: Ledger, asked: Asked) -> list[Run]:
    """Return the runs, the earliest first: real ones or rehearsals, never both.

    Raises:
        InvalidInput: there is none, or those that were named are of both kinds.
    """
    if asked.runs:
        return _of_one_kind([run_named(loaded, ledger, name) for name in dict.fromkeys(asked.runs)])
    if not asked.several:
        return [run_named(loaded, ledger, None)]
    name = loaded.definition.name
    every = [ledger.find_run(name, run) for run in reversed(ledger.run_names(name))]
    sandbox = loaded.settings.sandbox
    runs = [run for run in every if run is not None and run.sandbox == sandbox]
    runs = [run for run in runs if run.plan_path is not None]
    if asked.month is not None:
        first, end = _month(asked.month, zone_of(loaded))
        runs = [run for run in runs if first <= run.created_at < end]
    if not runs:
        when = f" in {asked.month}" if asked.month is not None else ""
        raise InvalidInput(f"The campaign {name} has no run that was planned{when}.")
    return runs


def _of_one_kind(runs: list[Run]) -> list[Run]:
    """Return the runs, the earliest first, so that no made-up people are added to real ones."""
    rehearsals = [run.run for run in runs if run.sandbox]
    real = [run.run for run in runs if not run.sandbox]
    if rehearsals and real:
        which = "is a rehearsal" if len(rehearsals) == 1 else "are rehearsals"
        raise InvalidInput(
            f"{', '.join(rehearsals)} {which}, whose answers are made up; they cannot be added to "
            f"those of the real {', '.join(real)}. Name runs of one kind."
        )
    return sorted(runs, key=lambda run: run.created_at)


def _month(text: str, zone: str) -> tuple[int, int]:
    found = _MONTH.fullmatch(text)
    if found is None:
        raise InvalidInput(f"A month is written as 2026-11, not {text}.")
    year, month = int(found[1]), int(found[2])
    first = datetime(year, month, 1, tzinfo=ZoneInfo(zone))
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=ZoneInfo(zone))
    return round(first.timestamp() * 1000), round(end.timestamp() * 1000)


_REHEARSED = "A rehearsal: nobody was messaged, and the answers are made up. "


class _Reporting:
    """The reading of some runs of one ledger."""

    def __init__(self, loaded: Loaded, ledger: Ledger, location: Location) -> None:
        self._loaded = loaded
        self._ledger = ledger
        self._location = location
        self._zone = zone_of(loaded)

    def of(self, runs: Sequence[Run], page: Path | None, *, several: bool) -> Report:
        messages = self._messages(runs)
        total = Sums(self._zone, runs=len(runs))
        comparable = []
        groups: Sequence[Group] = ()
        each: list[tuple[str, Sums]] = []
        for run in runs:
            wrote = None if messages is None else holdout.wrote(run, messages, self._ledger)
            sums = Sums(self._zone, wrote)
            groups = self._read(run, sums, page, lists=not several)
            each.append((run.run, sums))
            total.absorb(sums)
            if sums.hears_the_holdout:
                comparable.append(sums)
        found = _together([self._ledger.deliveries(run.id) for run in runs])
        refused = counts_of(total).get("refused", 0)
        found = replace(found, silent=found.silent - refused)
        with_holdout = Sums(self._zone, runs=len(comparable))
        for sums in comparable:
            with_holdout.absorb(sums)
        asked = metrics.stopped(total)
        tables = [
            metrics.funnel(total),
            metrics.response(total, "all"),
            *([asked] if asked is not None else []),
            *([metrics.runs(each)] if several else []),
            standing.delivery(found, refused),
            *metrics.parts(total, with_holdout),
            *self._standing(total),
            *self._over_time(runs, total),
        ]
        definition = self._loaded.definition
        rehearsal = " (sandbox: a rehearsal, nobody is messaged)" if runs[0].sandbox else ""
        return Report(
            name=definition.name,
            runs=[run.run for run in runs],
            about=f"{runs[-1].channel} through {runs[-1].provider}{rehearsal}",
            made_at=datetime.now(ZoneInfo(self._zone)),
            zone=self._zone,
            headline=_REHEARSED + metrics.headline(total)
            if runs[0].sandbox
            else metrics.headline(total),
            notes=notes.notes(
                total,
                found,
                running=[run.run for run in runs if self._ledger.is_held(run.id)],
                several=several,
                comparable=with_holdout,
            ),
            tables=tables,
            groups=groups,
        )

    def _read(self, run: Run, sums: Sums, page: Path | None, *, lists: bool) -> Sequence[Group]:
        """Count a run's rows, and sort them into groups where there are to be lists."""
        plan = Plan.of_run(run, whereabouts.plans_from(self._loaded, self._location))
        columns = list(dict.fromkeys([*columns_of_results(plan), *columns_of(plan)]))
        running = self._ledger.is_held(run.id)
        left_alone = stopped.asked_to_stop(run, self._kind, self._ledger)
        with ExitStack() as stack:
            groups: Counting | Sorting = Counting()
            if page is not None and lists:
                self._check_age(run, page)
                groups = stack.enter_context(sorting(page, Lines(plan)))
            for rows in rows_as_they_stand(plan, self._ledger, run.id, columns, running=running):
                known = stopped.marked(rows, left_alone)
                sums.add(known)
                groups.add(known)
            return groups.done() if lists else ()

    def _check_age(self, run: Run, page: Path) -> None:
        folder = whereabouts.folder_of(self._loaded) / run.run
        if folder.resolve() in page.resolve().parents:
            trace.check(self._ledger, run, folder, self._location)

    def _standing(self, total: Sums) -> list[Table]:
        read = self._codes()
        found = [standing.states(total), standing.unknown(total), standing.codes(total, read)]
        return [table for table in found if table is not None]

    def _over_time(self, runs: Sequence[Run], total: Sums) -> list[Table]:
        answers: Counter[int] = Counter()
        for run in runs:
            answers.update(self._ledger.answer_times(run.id))
        found = [over_time.latency(answers), over_time.latencies(answers)]
        if len(runs) == 1 and total.between is not None:
            width = over_time.width_for(total.between)
            sent = self._ledger.attempts_by_time(runs[0].id, width)
            asked = asked_rate(self._loaded.definition, self._loaded.provider.capabilities)
            found.insert(0, over_time.pace(sent, width, asked, self._zone))
        return [table for table in found if table is not None]

    def _messages(self, runs: Sequence[Run]) -> pl.DataFrame | None:
        """Return who last wrote to us since the first run, where a holdout is to be compared."""
        runs = [run for run in runs if any(one == "holdout" for _, one in self._reasons(run))]
        if not runs:
            return None
        channel = self._loaded.definition.channel.value
        since = min(run.created_at for run in runs)
        return holdout.last_messages(
            self._ledger.last_inbound(self._kind, channel, None, since=since)
        )

    @property
    def _kind(self) -> str:
        """Of which kind the identities of the people are."""
        return self._loaded.provider.capabilities.channels[self._loaded.definition.channel]

    def _reasons(self, run: Run) -> Mapping[tuple[str, str], int]:
        return self._ledger.reasons(run.id)

    def _codes(self) -> Mapping[str, tuple[str, str]]:
        """Return what each code of the vendor means, and the reason that it stands for."""
        # A provider of somebody else may have no table.
        vendor = getattr(self._loaded.provider, "code_table", None)
        table = codes.table(vendor) if vendor is not None else {}
        read = {**table, **self._loaded.settings.codes}
        return {code: (one.text, one.reason) for code, one in read.items()}


def _together(found: Sequence[Deliveries]) -> Deliveries:
    by_status: Counter[Delivery] = Counter()
    for one in found:
        by_status.update(one.by_status)
    replied = sum(one.replied for one in found)
    return Deliveries(by_status, replied, sum(one.silent for one in found))
