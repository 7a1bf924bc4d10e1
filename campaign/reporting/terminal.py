"""A run on a terminal: a live line of progress, then the tables."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from campaign.reporting import reporter, words
from campaign.reporting.reporter import About
from campaign.reporting.summary import Summary
from campaign.reporting.tables import STYLES, summary_view


class Terminal:
    """Shows a run to a person."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._status = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._work = self._status.add_task("")

    def preparing(self, what: str) -> None:
        """Show a spinner with what is being done, and for how long."""
        self._end_bar()
        self._status.reset(self._work, description=f"{what} …")
        self._status.start()

    def working(self, what: str, rows: int) -> None:
        """Show how far it is."""
        through = f" {words.number(rows)} rows" if rows else ""
        self._status.update(self._work, description=f"{what} …{through}")

    def started(self, about: About) -> None:
        """Say what will be done, and how a last execution ended."""
        self._status.stop()
        self._console.print(opening(about))
        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn("{task.fields[line]}"),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=about.to_send, line="")
        if about.to_send:
            self._bar.start()

    def progress(self, progress: reporter.Progress) -> None:
        """Move the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=progress.sent, line=line(progress))

    def told(self, text: str) -> None:
        """Print a sentence above the bar."""
        self._console.print(Text(text, style="yellow"))

    def finished(self, summary: Summary) -> None:
        """Print the tables."""
        self.close()
        self._console.print(summary_view(summary))

    def close(self) -> None:
        """Leave the terminal as it was, whatever happened."""
        self._status.stop()
        self._end_bar()

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def opening(about: About) -> Text:
    """Return the line that opens a run: what, through whom, and what is left to do."""
    text = Text()
    text.append(f"{about.name} {about.run}", style="bold")
    text.append(f": {about.channel} through {about.provider}")
    text.append(" (sandbox, nobody is messaged)" if about.sandbox else "")
    counts = about.counts
    if about.recovered:
        rows = words.number(about.recovered)
        text.append(
            f"\nThe last execution was cut off; {rows} under way then are now unknown.",
            style="magenta",
        )
    text.append(
        f"\n{words.number(counts.done - counts.unknown)} done, {words.number(counts.unknown)} "
        f"unknown, {words.number(about.to_send)} to send at {words.speed(about.rate)}."
    )
    return text


def line(progress: reporter.Progress) -> str:
    """Return rate now against asked, ETA and states, as one line of rich's markup."""
    counts = progress.counts
    states = "  ".join(
        f"[{STYLES[state]}]{state} {words.number(rows)}[/]"
        for state, rows in counts.as_dict().items()
        if state in ("accepted", "scheduled", "failed", "unknown") and rows
    )
    eta = "" if progress.eta is None else f"  {words.duration(progress.eta)} left"
    return f"{progress.rate:.1f}/s of {words.speed(progress.asked)}{eta}  {states}"
