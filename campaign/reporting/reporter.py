"""How a run is watched: what every reporter is told, and the one that says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from campaign.ledger.protocol import Counts
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


class Silent:
    """Says nothing; the default from Python."""

    def preparing(self, what: str) -> None:
        """Say nothing."""

    def started(self, about: About) -> None:
        """Say nothing."""

    def progress(self, progress: Progress) -> None:
        """Say nothing."""

    def told(self, text: str) -> None:
        """Say nothing."""

    def finished(self, summary: Summary) -> None:
        """Say nothing."""
