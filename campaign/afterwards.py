"""The part of the door from Python that asks, or hears, what became of what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import anyio

from campaign import reconciling, syncing
from campaign.job import Job
from campaign.one_poll import Progress
from campaign.outside_loops import outside_any_loop
from campaign.reconciling import Reconciled
from campaign.syncing import Synced

# A web server, which nothing else needs.
if TYPE_CHECKING:
    from campaign.listening import Listening, Place, Told


class Afterwards:
    """A campaign whose vendor can be asked, and listened to."""

    def __init__(self, job: Job, environment: Mapping[str, str]) -> None:
        self._job = job
        self._environment = environment

    def reconcile(
        self, *, run: str | None = None, progress: reconciling.Progress = lambda *_: None
    ) -> Reconciled:
        """Ask the vendor what became of unknown recipients, and settle whom it tells of.

        Args:
            run: the name of the run, by default the newest.
            progress: told whom is asked, about how many it was, and about how many it will be.

        Raises:
            InvalidInput: the vendor cannot be asked with these settings, or the run is a
                rehearsal.
            RunHeld: the run is being sent.
            LedgerError: the ledger cannot be read or written.
        """
        ask = partial(self.reconcile_async, run=run, progress=progress)
        return outside_any_loop(lambda: anyio.run(ask), lambda: None)

    async def reconcile_async(
        self, *, run: str | None = None, progress: reconciling.Progress = lambda *_: None
    ) -> Reconciled:
        """Do what :meth:`reconcile` does, in an asyncio event loop that already runs."""
        return await reconciling.reconcile(self._job, self._environment, run, progress)

    def sync(self, *, run: str | None = None, progress: Progress = lambda *_: None) -> Synced:
        """Ask the vendor what came back of a run: delivered, read, replied, closed.

        Raises:
            InvalidInput: there is no such run, or the vendor cannot be asked with these settings.
            LedgerError: the ledger cannot be read or written.
        """
        ask = partial(self.sync_async, run=run, progress=progress)
        return outside_any_loop(lambda: anyio.run(ask), lambda: None)

    async def sync_async(
        self, *, run: str | None = None, progress: Progress = lambda *_: None
    ) -> Synced:
        """Do what :meth:`sync` does, in an asyncio event loop that already runs."""
        return await syncing.sync(self._job, self._environment, run, progress)

    def listening(self, place: Place | None = None, told: Told | None = None) -> Listening:
        """Return what receives the vendor's webhooks: ``await it.run()``, until ``it.stop()``.

        Raises:
            InvalidInput: the vendor posts nothing, or nothing proves where an event is from.
        """
        from campaign.listening import Listening, Place

        return Listening(self._job, self._environment, place or Place(), told)
