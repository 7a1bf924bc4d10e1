"""A run in a log: plain lines for people, or JSON lines for machines."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any, TextIO

from campaign.reporting import words
from campaign.reporting.reporter import About, Progress
from campaign.reporting.summary import Summary
from campaign.reporting.terminal import opening

_EVERY_SECONDS = 10.0


class Lines:
    """Plain lines, as a log wants them: no colours, no moving bar, progress every ten seconds."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._last = time.monotonic()

    def _say(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()

    def preparing(self, what: str) -> None:
        """Write what is being done."""
        self._say(f"{what}.")

    def working(self, what: str, rows: int) -> None:
        """Write how far it is, now and then."""
        if rows and self._is_time():
            self._say(f"{what}: {words.number(rows)} rows so far.")

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now - self._last < _EVERY_SECONDS:
            return False
        self._last = now
        return True

    def started(self, about: About) -> None:
        """Write what will be done."""
        self._say(opening(about).plain)

    def progress(self, progress: Progress) -> None:
        """Write where the run stands, now and then."""
        if not self._is_time():
            return
        eta = "" if progress.eta is None else f", {words.duration(progress.eta)} left"
        states = ", ".join(
            f"{state} {words.number(rows)}"
            for state, rows in progress.counts.as_dict().items()
            if rows and state != "planned"
        )
        self._say(
            f"{words.number(progress.sent)} of {words.number(progress.to_send)} sent at "
            f"{progress.rate:.1f}/s of {words.speed(progress.asked)}{eta}; {states}."
        )

    def told(self, text: str) -> None:
        """Write a sentence."""
        self._say(text)

    def finished(self, summary: Summary) -> None:
        """Write the counts, one state and one reason a line, and what a terminal says of them."""
        self._say(f"{summary.ending.value}: {summary.name} {summary.run}")
        if summary.why:
            self._say(summary.why)
        for state, rows in summary.counts.as_dict().items():
            self._say(f"  {state}: {words.number(rows)}")
        for (state, code), rows in sorted(summary.reasons.items(), key=lambda item: -item[1]):
            self._say(f"  {state} {code}: {words.number(rows)}")
        for said in summary.how_it_went():
            self._say(said)
        self._say(summary.where_the_results_are())
        if summary.rejects is not None:
            self._say(f"Refused rows: {summary.rejects}")
        if summary.counts.pending:
            self._say(words.going_on(summary.run))
        if summary.counts.unknown:
            self._say(words.UNKNOWN)
        self._say(f"Ledger: {summary.ledger}")
        if summary.held_until is not None:
            self._say(words.held(summary.held_until, summary.run))


class JsonLines:
    """One JSON object a line, each with its ``event`` and the time in seconds since 1970 UTC."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._last = time.monotonic()

    def _say(self, event: str, **values: Any) -> None:
        self._out.write(json.dumps({"event": event, "at": round(time.time(), 3), **values}) + "\n")
        self._out.flush()

    def preparing(self, what: str) -> None:
        """Write an event ``preparing``."""
        self._say("preparing", what=what)

    def working(self, what: str, rows: int) -> None:
        """Write an event ``working``, at most once a second."""
        now = time.monotonic()
        if rows and now - self._last >= 1:
            self._last = now
            self._say("working", what=what, rows=rows)

    def started(self, about: About) -> None:
        """Write an event ``started``."""
        self._say("started", **(asdict(about) | {"counts": about.counts.as_dict()}))

    def progress(self, progress: Progress) -> None:
        """Write an event ``progress``."""
        self._say("progress", **(asdict(progress) | {"counts": progress.counts.as_dict()}))

    def told(self, text: str) -> None:
        """Write an event ``message``."""
        self._say("message", text=text)

    def finished(self, summary: Summary) -> None:
        """Write an event ``finished``, with everything that the summary says."""
        self._say("finished", **summary.as_dict())
