"""A poll with a vendor that gives canned answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from campaign.channel import Channel
from campaign.providers.heard import About, Asked, Happening, Heard, Poll, polls_of
from campaign.providers.look_up import Wait
from tests.providers.look_ups import TOKEN, TWILIO, Vendor
from tests.providers.vendors import NUMBER, SENDER, provider

SINCE = datetime(2026, 11, 20, 9, tzinfo=UTC)
"""When the run's first attempt began."""
UNTIL = datetime(2026, 11, 21, 18, tzinfo=UTC)
ABOUT = About(SINCE, UNTIL, Channel.SMS, (SENDER,))
ANA = Asked(7, NUMBER, SENDER, Channel.SMS, "conversation-1", SINCE)


@dataclass
class Exchange:
    """What was heard, what was asked, and how long was waited."""

    heard: list[Heard]
    requests: list[httpx.Request]
    cursors: list[str]
    waited: float = 0.0

    @property
    def happenings(self) -> list[tuple[Happening, datetime]]:
        """What happened, and when."""
        return [(one.happening, one.at) for one in self.heard]


def poll(name: str, at: int = 0, **settings: Any) -> Poll:
    """One of a vendor's polls, by its place."""
    return polls_of(provider(name, **settings))[at]


def twilio_poll(name: str = "synthflow") -> Poll:
    """Twilio's message list, as a vendor that sends over it has it."""
    return polls_of(provider(name, more={"twilio.auth_token": TOKEN}, twilio=TWILIO))[0]


def asked_of(poll: Poll, vendor: Vendor, about: About, cursor: str | None = None) -> Exchange:
    """Ask for one page."""
    found = Exchange([], [], [])
    steps = poll.page(about, cursor)
    said: httpx.Response | None = None
    while True:
        try:
            question = steps.send(said)
        except StopIteration as end:
            found.heard += end.value.heard
            if end.value.cursor is not None:
                found.cursors.append(end.value.cursor)
            return found
        if isinstance(question, Wait):
            assert question.seconds > 0
            found.waited += question.seconds
            said = None
        else:
            found.requests.append(question)
            said = vendor(question)
            assert len(found.requests) < 5000


def all_of(poll: Poll, vendor: Vendor, about: About = ABOUT) -> Exchange:
    """Ask for page after page, to the end."""
    whole = Exchange([], [], [])
    cursor: str | None = None
    while True:
        page = asked_of(poll, vendor, about, cursor)
        whole.heard += page.heard
        whole.requests += page.requests
        whole.cursors += page.cursors
        whole.waited += page.waited
        assert len(whole.cursors) < 5000
        if not page.cursors:
            return whole
        cursor = page.cursors[0]


def about(one: Asked = ANA, **changes: Any) -> About:
    """Ask about one recipient."""
    return replace(ABOUT, recipient=replace(one, **changes), channel=one.channel)


def minutes(after: float, since: datetime = SINCE) -> datetime:
    """A time so many minutes after the run began."""
    return since + timedelta(minutes=after)


def written(after: float) -> str:
    """Such a time in ISO 8601."""
    return minutes(after).isoformat().replace("+00:00", "Z")


def milliseconds(after: float) -> int:
    """Such a time in milliseconds since 1970."""
    return int(minutes(after).timestamp() * 1000)


def texts(heard: Sequence[Heard]) -> list[str | None]:
    """What people wrote."""
    return [one.text for one in heard if one.happening is Happening.REPLIED]
