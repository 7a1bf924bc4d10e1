"""Posting what is due: in order, once it was taken never again, and until then every time.

Invariant: an event counts as posted exactly when its receiver answered 2xx. What was posted is
known as long as the sandbox runs; one that is opened anew posts everything again, as vendors may.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from campaign.sandbox.clock import Clock
from campaign.sandbox.journal import Entry, Journal
from campaign.sandbox.lookups.twilio_rows import SENDING_THROUGH_IT
from campaign.sandbox.people.people import Act, People
from campaign.sandbox.webhooks import sendbird, twilio, whippy, zild
from campaign.sandbox.webhooks.event import Event
from campaign.sandbox.webhooks.subscriptions import Webhooks

_TIMEOUT = 30.0
_WHOLE = float(2**64)

_Told = Callable[[Entry, Sequence[Act]], Iterator[Event]]


class _Key(NamedTuple):
    """Which event it is: of which API, of which entry, the how many-th."""

    service: str
    number: int
    nth: int


class _Due(NamedTuple):
    at: datetime
    key: _Key
    url: str
    event: Event


class Poster:
    """Posts for all vendors of one sandbox; one call at a time."""

    def __init__(
        self,
        webhooks: Webhooks,
        zild_numbers: Mapping[str, str],
        seed: int,
        journal: Journal,
        people: People,
        clock: Clock,
    ) -> None:
        self.webhooks = webhooks
        self._zild_numbers = zild_numbers
        self._seed = seed
        self._journal = journal
        self._people = people
        self._clock = clock
        self._posted: set[_Key] = set()
        self._one_at_a_time = threading.Lock()

    def post_due(self, concurrency: int = 1) -> int:
        """Post every event that is due and was not taken yet; return how many were taken now.

        Over so many connections at once; only one alone keeps the order. A receiver that cannot
        be reached ends it, and the rest waits for the next time.

        Raises:
            ValueError: ``concurrency`` is less than 1.
        """
        if concurrency < 1:
            raise ValueError("it takes at least one connection")
        with self._one_at_a_time:
            due = iter(self._due())
            taken: set[_Key] = set()
            pull, is_gone = threading.Lock(), threading.Event()

            def post() -> None:
                with _Lines() as lines:
                    while not is_gone.is_set():
                        with pull:
                            one = next(due, None)
                        if one is None:
                            return
                        try:
                            if lines.post(one.url, one.event):
                                taken.add(one.key)
                        except (OSError, http.client.HTTPException):
                            is_gone.set()

            with ThreadPoolExecutor(concurrency) as pool:
                for posting in [pool.submit(post) for _ in range(concurrency)]:
                    posting.result()
            self._posted |= taken
            return len(taken)

    def _due(self) -> list[_Due]:
        """Return what is due, in order, or shuffled and repeated as it is configured."""
        now = self._clock.now()
        due = sorted(
            (one for service in self._services() for one in self._of(*service, now)),
            key=lambda one: one[:2],
        )
        webhooks = self.webhooks
        if webhooks.repeat:
            due = [
                again
                for one in due
                for again in [one] * (2 if self._luck("repeat", one.key) < webhooks.repeat else 1)
            ]
        if webhooks.shuffle:
            due = [
                one
                for _, one in sorted(
                    enumerate(due), key=lambda pair: self._luck(f"shuffle|{pair[0]}", pair[1].key)
                )
            ]
        return due

    def _services(self) -> Iterator[tuple[str, str, Sequence[str], _Told]]:
        """Return who posts where, of which vendors' sends, and how it is told."""
        hooks = self.webhooks
        if (hook := hooks.sendbird) is not None:
            yield "sendbird", hook.url, ("sendbird",), partial(sendbird.events, hook=hook)
        if (hook := hooks.zild) is not None:
            yield "zild", hook.url, ("zild",), partial(zild.events, hook=hook)
        if (hook := hooks.whippy) is not None:
            yield "whippy", hook.url, ("whippy",), partial(whippy.events, hook=hook)
        if (own := hooks.twilio) is not None:
            told = partial(twilio.events, hook=own, zild_numbers=self._zild_numbers)
            yield "twilio", own.url, SENDING_THROUGH_IT, told

    def _of(
        self, service: str, url: str, vendors: Sequence[str], told: _Told, now: datetime
    ) -> Iterator[_Due]:
        for vendor in vendors:
            for entry in self._journal.entries(vendor):
                if not entry.message_sent or entry.begins > now:
                    continue
                for nth, event in enumerate(told(entry, self._people.by(entry, now))):
                    key = _Key(service, entry.number, nth)
                    if key not in self._posted:
                        yield _Due(event.at, key, url, event)

    def _luck(self, what: str, key: _Key) -> float:
        text = f"{self._seed}|{what}|{key}".encode()
        return int.from_bytes(blake2b(text, digest_size=8).digest()) / _WHOLE


class _Lines:
    """The open connections of one thread, one for each receiver."""

    def __init__(self) -> None:
        self._open: dict[str, http.client.HTTPConnection] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for line in self._open.values():
            line.close()

    def post(self, url: str, event: Event) -> bool:
        """Post one event; say whether it was taken.

        A connection that the receiver has closed meanwhile is opened once more.

        Raises:
            OSError, http.client.HTTPException: the receiver cannot be reached, or says no HTTP.
        """
        parts = urlsplit(url)
        target = parts.path or "/"
        if parts.query:
            target += f"?{parts.query}"
        is_new = parts.netloc not in self._open
        if is_new:
            self._open[parts.netloc] = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT)
        line = self._open[parts.netloc]
        headers = {"Content-Type": event.media_type, **dict(event.headers)}
        try:
            line.request("POST", target, event.body, headers)
            answer = line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            line.close()
            del self._open[parts.netloc]
            if is_new:
                raise
            return self.post(url, event)
        return 200 <= answer.status < 300
