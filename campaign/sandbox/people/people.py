"""Everybody's doings, computed whenever somebody asks: nothing is kept but the journal.

Invariant: the same entry gives the same acts in every process, so a restart, a second look or
another machine sees the same people do the same things at the same times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from campaign.sandbox.clock import Clock, iso
from campaign.sandbox.journal import Entry, Journal
from campaign.sandbox.people.habits import Deed, Habits, Replied, Scripted, Span
from campaign.sandbox.vendors.sendbird import AUTO_CLOSE_SECONDS, Sendbird

SELF_CLOSING = {Sendbird.name: AUTO_CLOSE_SECONDS}
"""Vendors that close a conversation by themselves, and after how many silent seconds."""

RESPONSES = ("replied", "reacted", "opted_out")
"""What counts as an answer; the last one is an answer too, of one word."""

WRITTEN = ("replied", "opted_out")
"""What comes as a message."""

_WHOLE = float(2**64)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happened; ``text`` is what was written, ``code`` why it did not arrive."""

    does: Deed
    at: datetime
    text: str | None = None
    code: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, without what does not apply."""
        said = {"text": self.text, "code": self.code}
        return {"does": self.does, "at": iso(self.at)} | {
            name: value for name, value in said.items() if value is not None
        }


class People:
    """The people of one sandbox."""

    def __init__(self, habits: Habits, seed: int, journal: Journal, clock: Clock) -> None:
        self._habits = habits
        self._seed = seed
        self._journal = journal
        self._clock = clock
        self._script = {_bare(address): script for address, script in habits.script.items()}

    def acts(self, vendor: str | None = None, since: int = 0) -> list[dict[str, Any]]:
        """Return what happened to every entry by now: the truth against which others compare.

        ``began`` is when the message went out, None where it has not (yet).
        """
        now = self._clock.now()
        return [self._told(entry, now) for entry in self._journal.entries(vendor, since)]

    def by(self, entry: Entry, until: datetime) -> tuple[Act, ...]:
        """Return what happened to an entry until a moment, in order."""
        return tuple(act for act in self.whole(entry) if act.at <= until)

    def whole(self, entry: Entry) -> tuple[Act, ...]:
        """Return everything that will ever happen to an entry, in order."""
        if not entry.message_sent:
            return ()
        script = self._script.get(_bare(entry.to))
        acts = self._drawn(entry) if script is None else _scripted(script, entry.begins)
        return tuple(sorted(acts, key=lambda act: act.at))

    def _told(self, entry: Entry, now: datetime) -> dict[str, Any]:
        acts = self.by(entry, now)
        has_begun = entry.message_sent and entry.begins <= now and not failed_to_begin(acts)
        return {
            "number": entry.number,
            "vendor": entry.vendor,
            "to": entry.to,
            "provider_id": entry.provider_id,
            "message_id": entry.message_id,
            "began": iso(entry.begins) if has_begun else None,
            "acts": [act.as_dict() for act in acts],
        }

    def _drawn(self, entry: Entry) -> Iterator[Act]:
        """Draw a message's fate, its reading, the answer and the end, each after the one before."""
        habits, draw = self._habits, self._draws(entry)
        at = entry.begins
        if entry.scheduled_at is not None and draw[0] < habits.failed_to_begin:
            yield Act("failed_to_begin", at)
            return
        answered = None
        if draw[1] < habits.undelivered.share:
            failing = habits.undelivered
            codes = failing.whatsapp_codes if entry.channel == "whatsapp" else failing.codes
            when = _later(at, failing.after, draw[2])
            yield Act("undelivered", when, code=_choice(codes, draw[6]))
        elif draw[1] < habits.undelivered.share + habits.delivered.share:
            at = _later(at, habits.delivered.after, draw[2])
            yield Act("delivered", at)
            if draw[3] < habits.read.share:
                at = _later(at, habits.read.after, draw[4])
                yield Act("read", at)
            response = self._response(entry, at, draw)
            if response is not None:
                answered = response.at
                yield response
        end = self._end(entry, answered, draw[7])
        if end is not None:
            yield end

    def _response(self, entry: Entry, at: datetime, draw: Sequence[float]) -> Act | None:
        """Return the one answer of a person, unless they come too late for it."""
        habits, chance = self._habits, draw[5]
        ways: tuple[tuple[Deed, Replied], ...] = (
            ("opted_out", habits.opted_out),
            ("reacted", habits.reacted),
            ("replied", habits.replied),
        )
        for does, habit in ways:
            if chance < habit.share:
                # What is left of the chance is as good as a new draw.
                when = _later(at, habit.after, chance / habit.share)
                closes = self._silence(entry.vendor)
                if closes is not None and when >= entry.begins + timedelta(seconds=closes):
                    return None
                if does == "reacted" and entry.vendor != Sendbird.name:
                    return None
                return Act(does, when, text=_choice(habit.texts, draw[6]))
            chance -= habit.share
        return None

    def _end(self, entry: Entry, answered: datetime | None, draw: float) -> Act | None:
        silence = self._silence(entry.vendor)
        if answered is None:
            return None if silence is None else Act("closed", _after(entry.begins, silence))
        span = self._habits.closed.answered
        if span is not None:
            return Act("closed", _later(answered, span, draw))
        # Who closes by themselves do so after the last word, whosever it was.
        silence = SELF_CLOSING.get(entry.vendor)
        return None if silence is None else Act("closed", _after(answered, silence))

    def _silence(self, vendor: str) -> float | None:
        said = self._habits.closed.unanswered
        return SELF_CLOSING.get(vendor) if said is None else said

    def _draws(self, entry: Entry) -> tuple[float, ...]:
        """Return eight numbers from 0 up to 1 that belong to this message to this person."""
        nth = self._journal.place(entry)
        who = f"{self._seed}|people|{entry.vendor}|{_bare(entry.to)}|{nth}"
        digest = blake2b(who.encode(), digest_size=64).digest()
        return tuple(
            int.from_bytes(digest[start : start + 8]) / _WHOLE for start in range(0, 64, 8)
        )


def failed_to_begin(acts: Sequence[Act]) -> bool:
    """Say whether a scheduled session never came to be."""
    return any(act.does == "failed_to_begin" for act in acts)


def _scripted(script: Sequence[Scripted], begins: datetime) -> Iterator[Act]:
    for line in script:
        text, code = line.text, line.code
        if text is None and line.does in RESPONSES:
            text = "STOP" if line.does == "opted_out" else "Yes, please."
        if code is None and line.does == "undelivered":
            code = "30005"
        yield Act(line.does, _after(begins, line.after), text, code)


def _after(at: datetime, seconds: float) -> datetime:
    # Vendors tell milliseconds, so nothing happens between two of them.
    return at + timedelta(milliseconds=round(seconds * 1000))


def _later(at: datetime, span: Span, draw: float) -> datetime:
    shortest, longest = span
    return _after(at, shortest + (longest - shortest) * draw)


def _choice(choices: Sequence[str], draw: float) -> str:
    return choices[min(int(draw * len(choices)), len(choices) - 1)]


def _bare(address: str) -> str:
    return address.lstrip("+")
