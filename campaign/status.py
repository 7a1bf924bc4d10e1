"""Looking at a run that has begun, from the ledger and the plan alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from campaign import trace, whereabouts
from campaign.definition.load import Loaded
from campaign.errors import InvalidInput
from campaign.ledger.delivery_records import Deliveries
from campaign.ledger.hearing import COLUMNS
from campaign.ledger.location import Location
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Attempt, Counts, Decided, Decision, Entry, Run

# The plan needs polars, which takes longer to load than the rest of a command that needs no plan.
if TYPE_CHECKING:
    from campaign.plan.frozen import Plan


@dataclass(frozen=True, slots=True)
class Found:
    """One row of the list: the plan's row, and what the ledger says of it, if anything.

    ``earlier`` is when other runs messaged somebody whom a frequency cap refused, in milliseconds
    UTC. ``returned`` is what came back, by the names of the ledger's columns; nothing where nothing
    was heard.
    """

    planned: Mapping[str, Any]
    entry: Entry | None
    attempts: list[Attempt]
    decisions: list[Decided]
    earlier: list[int]
    returned: Mapping[str, Any]


class RunView:
    """One run, to read; close it when done, or use it as a context manager."""

    def __init__(self, ledger: Ledger, run: Run, location: Location, loaded: Loaded) -> None:
        self._ledger = ledger
        self.run = run
        self._location = location
        self._loaded = loaded

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the ledger."""
        self._ledger.close()

    @property
    def running(self) -> bool:
        """Whether a process that gives signs of life holds the run now."""
        return self._ledger.is_held(self.run.id)

    @property
    def counts(self) -> Counts:
        """How many rows stand where, now."""
        counts = self._ledger.counts(self.run.id)
        if not counts.sending or self.running:
            return counts
        # Whoever made these claims is gone; the next run will say the same.
        return replace(counts, unknown=counts.unknown + counts.sending, sending=0)

    @property
    def reasons(self) -> Mapping[tuple[str, str], int]:
        """How many rows have each (state, reason)."""
        found = Counter(self._ledger.reasons(self.run.id))
        if not self.running:
            found["unknown", "interrupted"] += self._ledger.counts(self.run.id).sending
        return +found

    @property
    def held_until(self) -> int | None:
        """When the first of those who wait for their time may be sent to, in milliseconds UTC."""
        return self._ledger.next_due(self.run.id)

    @property
    def events(self) -> list[tuple[int, str, str | None]]:
        """What happened to the run as a whole: time in milliseconds UTC, what, detail."""
        return self._ledger.events(self.run.id)

    @property
    def plan(self) -> Plan:
        """The frozen plan.

        Raises:
            InvalidInput: the run has no plan, or its file is missing or was changed.
        """
        from campaign.plan.frozen import Plan

        return Plan.of_run(self.run, whereabouts.plans_from(self._loaded, self._location))

    @property
    def deliveries(self) -> Deliveries:
        """How many recipients stand where by what came back."""
        return self._ledger.deliveries(self.run.id)

    def results(self, path: Path, *, excel: bool = False) -> None:
        """Write the per-recipient results to a ``.csv`` or ``.parquet`` file.

        ``excel`` writes CSV of which a spreadsheet changes nothing.

        Raises:
            InvalidInput: the file is in the run's own folder, and the ledger is older than what
                stands there.
        """
        from campaign.reporting.results import write_results

        folder = whereabouts.folder_of(self._loaded) / self.run.run
        if folder.resolve() in path.resolve().parents:
            trace.check(self._ledger, self.run, folder, self._location)
        write_results(self.plan, self._ledger, self.run.id, path, running=self.running, excel=excel)

    def chosen(self, decisions: Callable[[Ledger, Run], Sequence[Decision]]) -> int:
        """Return about how many recipients something would be decided now."""
        return len(decisions(self._ledger, self.run))

    def find(self, text: str) -> list[Found]:
        """Return the rows whose key, address or spreadsheet row is ``text``.

        Where there is none, those of the number that it writes otherwise.
        """
        plan = self.plan
        rows = plan.find(text)
        if not rows:
            # Not above: to read numbers takes as long to load as everything else here.
            from campaign.plan.meant import meant

            rows = plan.find(meant(plan, self._loaded, [text])[text])
        found = []
        for planned in rows:
            number = planned["number"]
            entry = next(iter(self._ledger.entries(self.run.id, number, number)), None)
            attempts = self._ledger.attempts(self.run.id, number)
            decisions = self._ledger.decisions(self.run.id, number)
            earlier = self._earlier(planned["identity"], entry)
            returned = self._returned(number)
            found.append(Found(planned, entry, attempts, decisions, earlier, returned))
        return found

    def _returned(self, number: int) -> Mapping[str, Any]:
        found = self._ledger.columns(self.run.id, number, number)
        if not any(found["delivery"]):
            return {}
        return {name: found[name][0] for name in COLUMNS if found[name][0] is not None}

    def _earlier(self, identity: str, entry: Entry | None) -> list[int]:
        from campaign.rules.frequency import CODE

        caps = self._loaded.definition.frequency_cap
        if entry is None or entry.reason != CODE or entry.settled_at is None or not caps:
            return []
        refused_at = entry.settled_at
        since = refused_at - round(max(cap.window.total_seconds() for cap in caps) * 1000)
        contacts = self._ledger.contacts_of_one(
            identity, self.run.id, since=since, until=refused_at, sandbox=self.run.sandbox
        )
        return [one.at for one in contacts if one.counts]


def inputs_of(planned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cells of the list from a row of the plan."""
    from campaign.plan.frozen import INPUT

    return {
        name.removeprefix(INPUT): value for name, value in planned.items() if name.startswith(INPUT)
    }


def open_run(loaded: Loaded, environment: Mapping[str, str], name: str | None) -> RunView:
    """Open a run of a campaign, by default the newest one.

    Raises:
        LedgerError: there is no ledger yet.
        InvalidInput: there is no such run.
    """
    location = whereabouts.ledger_of(loaded, environment)
    ledger = location.open(create=False)
    try:
        run = run_named(loaded, ledger, name)
    except BaseException:
        ledger.close()
        raise
    return RunView(ledger, run, location, loaded)


def run_named(loaded: Loaded, ledger: Ledger, name: str | None) -> Run:
    """Return a run of a campaign, by default the newest one.

    Raises:
        InvalidInput: there is no such run.
    """
    campaign = loaded.definition.name
    if name is not None:
        run = ledger.find_run(campaign, name)
    else:
        run = ledger.latest_run(campaign, sandbox=loaded.settings.sandbox)
    if run is None:
        wanted = f"run {name}" if name else "run yet"
        names = ledger.run_names(campaign, newest=20)
        known = f" It has: {', '.join(names)}." if names else ""
        raise InvalidInput(f"The campaign {campaign} has no {wanted}.{known}")
    return run
