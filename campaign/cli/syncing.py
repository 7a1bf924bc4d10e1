"""``sync``: asking the vendor what came back, and saying what it said."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import typer
from rich.console import Console
from rich.text import Text

from campaign import api
from campaign.cli.writing import print_json
from campaign.one_poll import Progress
from campaign.reporting import words
from campaign.syncing import AHEAD, Synced

_EVERY_SECONDS = 10.0


def sync(definition: Path, *, run: str | None, env_file: Path | None, json: bool) -> None:
    """Ask the vendor, and print what it said."""
    campaign = api.load(definition, env_file=env_file, past_ok=True)
    with _shown(json=json) as progress:

        async def main() -> Synced:
            return await campaign.sync_async(run=run, progress=progress)

        found = anyio.run(main)
    if json:
        print_json(found.as_dict())
    else:
        for line in lines(found):
            Console().print(Text(line))
    raise typer.Exit(found.exit_code)


@contextmanager
def _shown(*, json: bool) -> Iterator[Progress]:
    """Yield what is told of the progress: a line that changes, or in a log one now and then."""
    screen = Console(stderr=True)
    pace = _Pace()
    if json:
        yield lambda *_: None
    elif screen.is_terminal:
        with screen.status("Reading the ledger …") as status:
            yield lambda *how_far: status.update(f"{pace.told(*how_far)} …")
    else:

        def write(title: str, done: int, total: int | None) -> None:
            if pace.is_time():
                print(f"{pace.told(title, done, total)}.", file=sys.stderr, flush=True)

        yield write


class _Pace:
    """How fast a vendor is asked, and so how long it will take."""

    def __init__(self) -> None:
        self._title = ""
        self._began = self._last = time.monotonic()

    def is_time(self) -> bool:
        """Return whether a log may have another line."""
        now = time.monotonic()
        if now - self._last < _EVERY_SECONDS:
            return False
        self._last = now
        return True

    def told(self, title: str, done: int, total: int | None) -> str:
        """Return how far it is, in a sentence without its end."""
        now = time.monotonic()
        if title != self._title:
            self._title, self._began = title, now
        if total is None:
            return f"Read {words.number(done)} events from {title}"
        asked = f"Asked {title} about {words.number(done)} of {words.people(total)}"
        if not done or done >= total:
            return asked
        left = (now - self._began) / done * (total - done)
        return f"{asked}, {words.duration(left)} left"


def lines(found: Synced) -> list[str]:
    """Return what a sync came to, for people."""
    told = []
    if found.sandbox:
        hours = f"{AHEAD.total_seconds() / 3600:.0f} hours"
        told.append(f"A rehearsal: the sandbox's people have had {hours} to answer.")
    told.append(f"Run {found.run}, asked {' and '.join(found.ways)}.")
    changed = found.taken.changed + found.again.changed
    told.append(
        f"{words.number(found.taken.events)} events; {words.people(changed)} known further than "
        "before."
    )
    told += [
        f"  {delivery.value}: {words.number(count)}"
        for delivery, count in found.deliveries.by_status.items()
        if count
    ]
    told.append(f"  nothing heard: {words.number(found.deliveries.silent)}")
    told.append(f"{words.people(found.deliveries.replied)} answered at some time.")
    if found.opted_out:
        would = "would now be" if found.sandbox else "now"
        told.append(
            f"{_people(found.opted_out)} asked to be left alone: {would} on the suppression list."
        )
    told += _about_scheduled(found)
    if found.again.left:
        told.append(
            f"{words.number(found.again.left)} events fit nobody in this ledger; they are tried "
            "again for 30 days."
        )
    if found.again.dropped:
        told.append(f"{words.number(found.again.dropped)} that fitted nobody for 30 days are gone.")
    for problem, times in found.problems.most_common(5):
        told.append(f"Not asked, {words.number(times)} ×: {problem}")
    if len(found.problems) > 5:
        told.append(f"… and {words.number(len(found.problems) - 5)} other problems.")
    if found.problems:
        told.append("The same command goes on where this one stopped.")
    return told


def _about_scheduled(found: Synced) -> Iterator[str]:
    arrived = found.arrived
    if arrived.accepted:
        yield f"{words.people(arrived.accepted)} of the scheduled: sent; now accepted."
    if arrived.failed:
        yield f"{words.people(arrived.failed)} of the scheduled: not delivered; now failed."
    if arrived.held:
        yield "Another process holds the run; the next sync settles those who are scheduled."
    if arrived.missing:
        yield (
            f"{words.people(arrived.missing)} still scheduled: the vendor shows no message of "
            "theirs."
        )


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"
