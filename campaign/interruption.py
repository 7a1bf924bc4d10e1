"""What Ctrl-C means, by what an execution is doing when it is asked to stop.

Invariant: whoever is under way is waited for once; everything else is given up. What is given up
leaves nothing half written, because a file takes its place only when it is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from campaign.errors import Interrupted
from campaign.reporting.reporter import Reporter
from campaign.reporting.watching import Stoppable


class Interruption:
    """Hears that an execution is to stop, in the event loop, and passes it on."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._sender: Stoppable | None = None
        self._is_stopping = False
        self._gives_up = False

    def ask(self) -> None:
        """Stop: politely while messages are sent, at once when asked again or at any other time."""
        if self._sender is None:
            self._gives_up = True
        elif self._is_stopping:
            self._reporter.told("Stopping at once; what is under way becomes unknown.")
            self._sender.abort()
        else:
            self._is_stopping = True
            self._reporter.told(
                "Stopping: waiting for the answers that are under way. "
                "Press Ctrl-C again to stop at once."
            )
            self._sender.interrupt()

    def check(self) -> None:
        """Go on, unless what is being done was given up.

        Raises:
            Interrupted: it was.
        """
        if self._gives_up:
            raise Interrupted("Interrupted; nothing was sent.")

    def working(self, what: str, rows: int) -> None:
        """Pass on how far planning is; it ends here, in whatever thread, where it was given up.

        Raises:
            Interrupted: it was.
        """
        self.check()
        self._reporter.working(what, rows)

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Do what may be given up.

        Raises:
            Interrupted: it was; a library may have made another error of it on its way.
        """
        try:
            yield
        except Exception:  # whatever a library made of it: an interruption is told as one
            self.check()
            raise
        self.check()

    @contextmanager
    def of(self, sender: Stoppable) -> Iterator[None]:
        """Let a sender be stopped in two stages, and stop it where it was asked for already."""
        self._sender = sender
        if self._gives_up:
            self._gives_up = False
            self.ask()
        try:
            yield
        finally:
            self._sender = None
