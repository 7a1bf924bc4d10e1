"""How a run is watched: what every reporter is told, and the one that says nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from campaign.ledger.records import Counts
from campaign.reporting.summary import Summary


@dataclass(frozen=True, slots=True)
class About:
    """What is known when sending begins.

    ``to_send`` is how many this execution may send to; ``rate`` the asked messages a second.
    """

    name: str
    run: str
    provider: str
    channel: str
    sandbox: bool
    counts: Counts
    to_send: int
    rate: float
    recovered: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: ``rate`` is messages a second just now, ``eta`` seconds to the end."""

    counts: Counts
    sent: int
    to_send: int
    rate: float
    asked: float
    eta: float | None


class Reporter(Protocol):
    """Somebody who watches a run."""

    def preparing(self, what: str) -> None:
        """Something that may take longer than a second begins."""
        ...

    def working(self, what: str, rows: int) -> None:
        """So many rows are through of what is being prepared; told a few times a second."""
        ...

    def started(self, about: About) -> None:
        """Sending begins."""
        ...

    def progress(self, progress: Progress) -> None:
        """Told about twice a second."""
        ...

    def told(self, text: str) -> None:
        """Something happened that a person should know; a sentence."""
        ...

    def finished(self, summary: Summary) -> None:
        """The run came to an end."""
        ...


class Guarded:
    """Passes everything on until it fails once, and is silent from then on.

    Whoever watches must never cost a recipient their outcome: a log on a full disk or a reader of
    the JSON lines that has gone is no reason to break off requests that are under way.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter: Reporter = reporter

    def _pass_on(self, tell: Callable[[Reporter], None]) -> None:
        try:
            tell(self._reporter)
        except Exception:  # noqa: BLE001 - watching costs nobody an outcome
            self._reporter = Silent()

    def preparing(self, what: str) -> None:
        """Pass it on."""
        self._pass_on(lambda reporter: reporter.preparing(what))

    def working(self, what: str, rows: int) -> None:
        """Pass it on."""
        self._pass_on(lambda reporter: reporter.working(what, rows))

    def started(self, about: About) -> None:
        """Pass it on."""
        self._pass_on(lambda reporter: reporter.started(about))

    def progress(self, progress: Progress) -> None:
        """Pass it on."""
        self._pass_on(lambda reporter: reporter.progress(progress))

    def told(self, text: str) -> None:
        """Pass it on."""
        self._pass_on(lambda reporter: reporter.told(text))

    def finished(self, summary: Summary) -> None:
        """Pass it on."""
        self._pass_on(lambda reporter: reporter.finished(summary))


class Silent:
    """Says nothing; the default from Python."""

    def preparing(self, what: str) -> None:
        """Say nothing."""

    def working(self, what: str, rows: int) -> None:
        """Say nothing."""

    def started(self, about: About) -> None:
        """Say nothing."""

    def progress(self, progress: Progress) -> None:
        """Say nothing."""

    def told(self, text: str) -> None:
        """Say nothing."""

    def finished(self, summary: Summary) -> None:
        """Say nothing."""
