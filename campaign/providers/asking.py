"""What the built-in look-ups share: when to give up, and how times and numbers are compared.

Invariant: an answer that is refused, cut off or odd ends in ``UNDECIDED``, with the vendor's text
in it and our secrets out of it; no answer at all makes a look-up raise. Polls read answers in the
same way (`campaign.providers.polling`).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from campaign.providers import http
from campaign.providers.look_up import Finding, Questions, Sought, Verdict

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

SKEW = timedelta(minutes=2)
"""How far the vendor's clock may be behind the sender's for a record to count as the message."""

CLOCK_MAY_BE_WRONG = timedelta(days=1)
"""So much before the attempt a record is not taken for the message, nor for another one."""

_NOT_DIGITS = re.compile(r"\D")
# Numbers of seconds since 1970 have reached ten digits; beyond these they are milliseconds.
_MILLISECONDS_FROM = 10**11
# Older than any vendor: so "no time" is written by those who have no word for it, as 0001-01-01.
_FIRST = datetime(1990, 1, 1, tzinfo=UTC)
# Two texts that only begin alike are the same message if that much of them is alike.
_TELLING = 20
_KEY_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class Unanswered(Exception):
    """The vendor gave no answer that says anything; the text says what it gave."""


class Place(Enum):
    """Where a record of the vendor lies in time, seen from an attempt."""

    BEFORE = "before"
    """Too old to have come of it."""
    SHORTLY_BEFORE = "shortly before"
    """Before the attempt, unless the clock of the machine that sent was fast."""
    NEAR = "near"
    """Since the attempt, and soon enough to have come of it."""
    LATE = "late"
    """So long after it that it may have come of something else."""
    UNKNOWN = "unknown"
    """It has no time that can be read."""


class Reading:
    """Reads a vendor's answers."""

    def __init__(self, vendor: str, clean: Callable[[str], str]) -> None:
        """``vendor`` names who is asked, for people; ``clean`` takes secrets out of a text."""
        self.vendor = vendor
        self.clean = clean

    def word(self, value: object) -> str | None:
        """Return an id or a code as text; ``None`` for what can be neither."""
        return http.word(value, self.clean)

    def kept(self, found: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """Return the members with these names that say something, as evidence."""
        return http.kept(found, names, self.clean)

    def json_of(self, response: httpx.Response | None) -> object:
        """Return the JSON of a success.

        Raises:
            Unanswered: it is a refusal, or no JSON.
        """
        response = self.success(response)
        found = http.json_of(response)
        if found is None:
            raise self.odd("no JSON", response)
        return found

    def success(self, response: httpx.Response | None) -> httpx.Response:
        """Return an answer that is a success.

        Raises:
            Unanswered: it is a refusal; one of the key is told as that.
        """
        if response is None:
            raise Unanswered(f"{self.vendor} gave no answer")
        status = response.status_code
        if status in _KEY_REFUSED:
            text = f"{self.vendor} refused the key (HTTP {status}), so it could not be asked"
            raise Unanswered(self._quoting(text, response))
        if not response.is_success:
            raise Unanswered(self._quoting(f"{self.vendor} answered HTTP {status}", response))
        return response

    def odd(self, what: str, response: httpx.Response | None) -> Unanswered:
        """Return what to raise for a success that is not what the vendor documents."""
        text = f"{self.vendor}'s answer could not be understood ({what})"
        return Unanswered(text if response is None else self._quoting(text, response))

    def _quoting(self, text: str, response: httpx.Response) -> str:
        said = self.clean(http.text_of(response))
        return self.clean(f"{text}: {said}" if said else text)


class Asking(Reading, ABC):
    """One way to ask a vendor.

    A subclass gives ``answer``, which may raise :class:`Unanswered` wherever it cannot go on.
    """

    title: str
    authoritative: bool
    delay: timedelta
    together: bool
    rate: float = 5.0

    @abstractmethod
    def answer(self, sought: Sequence[Sought]) -> Questions:
        """Ask about these recipients: one of them, unless the look-up asks together.

        Raises:
            Unanswered: the vendor gave no answer that says anything.
        """

    def ask(self, sought: Sequence[Sought]) -> Questions:
        """Ask about these recipients; return one finding for each, in their order."""
        groups = [sought] if self.together else [[one] for one in sought]
        findings: list[Finding] = []
        for group in filter(None, groups):
            try:
                findings += yield from self.answer(group)
            except Unanswered as why:
                findings += [self.undecided(one, str(why)) for one in group]
        return findings

    def undecided(self, one: Sought, detail: str) -> Finding:
        """Return the finding that says nothing."""
        return Finding(one.recipient, Verdict.UNDECIDED, self.clean(detail))

    def place(self, at: datetime | None, one: Sought) -> Place:
        """Say where a record's time lies, seen from the attempt."""
        return self.place_from(at, one.attempted_at)

    def match(
        self, one: Sought, records: Iterable[tuple[datetime | None, bool, T]]
    ) -> tuple[T | None, bool]:
        """Find this message among the vendor's records of its recipient.

        Each record comes with its time and with whether its text fits, as far as it is known.
        Returned is the one that is certain, if any, and whether another may be the message.
        """
        doubtful = False
        for at, fits, record in records:
            place = self.place(at, one)
            if place is Place.BEFORE:
                continue
            if place is Place.NEAR and fits:
                return record, False
            doubtful |= place is not Place.SHORTLY_BEFORE or fits
        return None, doubtful

    def place_from(self, at: datetime | None, began: datetime) -> Place:
        """Say where a record's time lies, seen from a moment when something was sent."""
        if at is None:
            return Place.UNKNOWN
        early = began - at
        if early > CLOCK_MAY_BE_WRONG:
            return Place.BEFORE
        if early > SKEW:
            return Place.SHORTLY_BEFORE
        return Place.NEAR if -early <= self.delay else Place.LATE


def moment(value: object) -> datetime | None:
    """Read a time as vendors write it: ISO 8601, RFC 2822, seconds or milliseconds since 1970.

    A time without a zone is read as UTC. ``None``: it is no time, or stands for none, such as the
    first day of year 1 or of 1970.
    """
    try:
        found = _read(value)
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None
    return found if found is not None and found >= _FIRST else None


def _read(value: object) -> datetime | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
        return datetime.fromtimestamp(seconds, UTC)
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = parsedate_to_datetime(value)
    zoned = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return zoned.astimezone(UTC)


def digits(address: object) -> str:
    """Return a number's digits: ``whatsapp:+49 151`` and ``+49151`` are the same recipient."""
    return _NOT_DIGITS.sub("", str(address))


def same_address(one: object, other: object) -> bool:
    """Say whether two addresses are the same number, or the same e-mail address or user id."""
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    if is_number(one) and (number := digits(other)):
        return digits(one) == number and "@" not in other
    return one.strip().casefold() == other.strip().casefold()


def is_number(address: str | None) -> bool:
    """Say whether an address is a phone number in international form."""
    return address is not None and address.startswith("+")


def same_text(sent: str | None, found: object) -> bool:
    """Say whether the vendor's text is the one that was sent; any is, where that is not known.

    White space may differ, and longer texts may be cut off or have something before or after
    them: Twilio trims, a trial account begins with a notice, a vendor may add how to opt out.
    """
    if sent is None:
        return True
    if not isinstance(found, str):
        return False
    ours, theirs = " ".join(sent.split()), " ".join(found.split())
    if ours == theirs:
        return True
    if min(len(ours), len(theirs)) < _TELLING:
        return False
    return theirs.startswith(ours) or theirs.endswith(ours) or ours.startswith(theirs)


def first_text(found: Mapping[str, Any], *names: str) -> str | None:
    """Return the first of these members that is a text with something in it."""
    texts = (found.get(name) for name in names)
    return next((http.storable(text) for text in texts if isinstance(text, str) and text), None)


def mappings(items: Iterable[object]) -> list[Mapping[str, object]]:
    """Return those of the items that are objects."""
    return [item for item in items if isinstance(item, Mapping)]
