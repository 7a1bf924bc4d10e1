"""Whether an execution may begin now, and the moments from which on it may claim nobody.

Invariant: what is refused here is refused before anybody is claimed, so everybody stays as
they are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.sending.ending import Ending, TooLate

_LEAST_AHEAD = 3.0
"""Seconds that a scheduled time must be ahead, so that it still is when the vendor reads it."""

_SCHEDULED_TIME_PASSED = (
    "the scheduled time has passed; give message.schedule_at a new time and run again "
    "(recipients already scheduled are not touched)"
)


class InTime:
    """A job's schedule and scheduled time, held against a clock."""

    def __init__(self, job: Job, now: Callable[[], datetime]) -> None:
        self._job = job
        self._now = now

    def check_new(self) -> None:
        """Check what a run in which nobody has an outcome yet must fulfil.

        Raises:
            InvalidInput: at this hour nobody may be sent to, or the scheduled time has passed.
        """
        self.check()
        if self._scheduled_time_passed():
            raise InvalidInput(
                self._job.loaded.locate(
                    "message",
                    "schedule_at",
                    message="`message.schedule_at` is in the past, or only seconds away",
                )
            )

    def check(self) -> None:
        """Check that sending may begin, or go on, at this hour.

        Raises:
            InvalidInput: it may not; says when it may.
        """
        if found := self._job.hours.refusal(self._now()):
            locate = self._job.loaded.locate
            raise InvalidInput(locate("schedule", found.key, message=found.why, hint=found.hint))

    def deadline(self) -> datetime | None:
        """Return the moment from which on an execution that begins now sends to nobody."""
        return self._job.hours.deadline(self._now())

    def moments(self, began: datetime) -> list[TooLate]:
        """Return the moments from which on an execution that began then may claim nobody."""
        found = []
        if self._job.fixed().schedule_at is not None:
            found.append(
                TooLate(self._scheduled_time_passed, Ending.STOPPED, _SCHEDULED_TIME_PASSED)
            )
        hours = self._job.hours
        if (deadline := hours.deadline(began)) is not None:
            has_come = partial(self._has_come, deadline)
            found.append(TooLate(has_come, Ending.DEADLINE, hours.too_late(deadline)))
        return found

    def _has_come(self, deadline: datetime) -> bool:
        return self._now() >= deadline

    def _scheduled_time_passed(self) -> bool:
        at = self._job.fixed().schedule_at
        return at is not None and (at - self._now()).total_seconds() <= _LEAST_AHEAD
