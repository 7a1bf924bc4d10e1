"""Asking a vendor what came back: the pages of one poll, carried over HTTP, each one sound.

Invariant: what is handed on is what the contract says, whoever wrote the poll: events with aware
times, and no text with a secret in it. A page that cannot be had is a sentence that says why, and
costs no other page anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import httpx

from campaign.channel import Channel
from campaign.outcomes.carrying import Carrier, WaitsTooLong, carried
from campaign.providers import http
from campaign.providers.heard import About, Happening, Heard, Page, Poll, Unheard
from campaign.sending.speed import Transport

_MOST_PAGES = 100
"""Pages about one recipient; whoever has more points in a circle."""


class NotAsked(Exception):
    """A page could not be had; the message is a sentence for people, without secrets."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, and how long is waited in between, in seconds.

    ``rate`` is how many a second there are at most, where it is not the poll's own.
    """

    attempts: int
    first_wait: float
    longest_wait: float
    rate: float | None = None


class Poller:
    """Asks one poll. ``clean`` takes the secrets out of a text."""

    def __init__(
        self, transport: Transport, poll: Poll, patience: Patience, clean: Callable[[str], str]
    ) -> None:
        self.poll = poll
        self._clean = clean
        self._carrier = Carrier(
            transport,
            patience.rate or poll.rate,
            attempts=patience.attempts,
            first_wait=patience.first_wait,
            longest_wait=patience.longest_wait,
        )

    async def page(self, about: About, cursor: str | None) -> Page:
        """Return one page.

        Raises:
            NotAsked: there is none, and why.
        """
        try:
            with closing(self.poll.page(about, cursor)) as steps:
                found = await carried(steps, self._carrier, self.poll.title)
            return self._sound(found, cursor)
        except (Unheard, WaitsTooLong) as why:
            raise NotAsked(http.shorten(self._clean(str(why)))) from why
        except httpx.HTTPError as error:
            raise NotAsked(f"no answer: {http.told(error, self._clean)}") from error
        except Exception as error:  # a poll may come from anywhere
            raise NotAsked(f"the poll broke: {http.told(error, self._clean)}") from error

    async def about_one(self, about: About) -> list[Heard]:
        """Return everything that is said of one recipient.

        Raises:
            NotAsked: there is none, and why.
        """
        heard: list[Heard] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self.page(about, cursor)
            heard += page.heard
            if (cursor := page.cursor) is None:
                return heard
        raise NotAsked(f"{self.poll.title} has more than {_MOST_PAGES} pages about one recipient")

    def _sound(self, found: object, cursor: str | None) -> Page:
        if not isinstance(found, Page):
            raise TypeError(f"it gave no Page but {type(found).__name__}")
        if found.cursor is not None and found.cursor == cursor:
            raise Unheard("the list does not end: a page names itself as the next one")
        return Page(sound(found.heard, self._clean), found.cursor)


def sound(events: Sequence[Heard], clean: Callable[[str], str]) -> list[Heard]:
    """Return events without secrets.

    Raises:
        TypeError: a part of one is not of the type that the contract says.
    """
    return [_sound(event, clean) for event in events]


def _sound(event: object, clean: Callable[[str], str]) -> Heard:
    if not isinstance(event, Heard):
        raise TypeError(f"it gave no Heard but {type(event).__name__}")
    kinds: tuple[tuple[str, Any], ...] = (
        ("happening", Happening),
        ("at", datetime),
        ("ids", tuple),
        ("address", str | None),
        ("sender", str | None),
        ("channel", Channel | None),
        ("began", datetime | None),
        ("text", str | None),
        ("code", str | None),
        ("detail", str | None),
        ("at_receipt", bool),
    )
    for name, kind in kinds:
        value = getattr(event, name)
        if not isinstance(value, kind):
            raise TypeError(f"{name} of an event is of type {type(value).__name__}")
    for moment in (event.at, event.began):
        if moment is not None and moment.tzinfo is None:
            raise TypeError("a time of an event has no offset")
    if not all(isinstance(one, str) for one in event.ids):
        raise TypeError("an id of an event is no text")
    return replace(
        event,
        ids=tuple(http.storable(one) for one in event.ids),
        address=None if event.address is None else http.storable(event.address),
        sender=None if event.sender is None else http.storable(event.sender),
        code=None if event.code is None else http.shorten(clean(event.code)),
        detail=None if event.detail is None else http.shorten(clean(event.detail)),
    )
