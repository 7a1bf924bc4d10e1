"""One request from the first byte to the last: what is asked of it, and in which order.

The order is that of a vendor: proxy, key, speed, content, acceptance, answer. The journal is
written at acceptance, so every fault after it leaves an entry and every fault before it none.
"""

from __future__ import annotations

import asyncio
import json
import math
from functools import partial
from typing import Any

from starlette.types import Receive, Scope, Send

from campaign.sandbox.answers import UNREADABLE, Answer, Refusal
from campaign.sandbox.clock import Clock
from campaign.sandbox.connection import cut, drop, read_body, send_answer
from campaign.sandbox.faults import Draws, FaultsInForce, Wait
from campaign.sandbox.journal import Counts, Journal
from campaign.sandbox.people.people import People
from campaign.sandbox.vendors.vendor import Call, Headers, Vendor
from campaign.sandbox.webhooks.posting import Poster

DROPPED = "dropped"
CUT = "cut"
_NOTHING = Answer(0, b"")
_ONLY_POST = Answer(405, b"", headers=(("Allow", "POST"),))


class Desk:
    """What all vendors share: clock, journal, people, webhooks, counts and faults.

    ``counts`` are of sending alone; ``lookups`` counts what was asked about it afterwards. Limits
    and latencies are of real time, everything else goes by the clock.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        people: People,
        poster: Poster,
        faults: FaultsInForce,
    ) -> None:
        self.clock = clock
        self.journal = journal
        self.people = people
        self.poster = poster
        self.counts = Counts()
        self.lookups = Counts()
        self.faults = faults


class Exchange:
    """An ASGI application that answers for one vendor at its one path."""

    def __init__(self, vendor: Vendor, desk: Desk) -> None:
        self._vendor = vendor
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with whatever the faults make of it."""
        raw = await read_body(receive)
        if raw is None:
            return
        answer, ending = await self._answer(scope, raw)
        # Counted first, so that whoever has the answer finds it counted.
        self._desk.counts.add(self._vendor.name, ending)
        if ending == DROPPED:
            await drop(scope, receive)
        elif ending == CUT:
            await cut(answer, scope, receive, send)
        else:
            await send_answer(answer, send)

    async def _answer(self, scope: Scope, raw: bytes) -> tuple[Answer, str]:
        """Return the answer, and how it ends: whole (its status), dropped or cut."""
        if scope["method"] != "POST":
            return _whole(_ONLY_POST)
        vendor = self._vendor
        headers: Headers = dict(scope["headers"])
        body = json_object(raw, headers)
        faults = self._desk.faults  # The same to the end, even if they are replaced meanwhile.
        draws = faults.draws(vendor.name, vendor.recipients(body) if body is not None else ())

        if draws.hits("drop_before"):
            return _NOTHING, DROPPED
        if draws.hits("error_before"):
            return _whole(vendor.broken(draws.faults.error_status))
        refused = self._refused_at_the_door(headers, faults, draws)
        if seconds := draws.latency():
            await asyncio.sleep(seconds)
        if refused is not None:
            return _whole(refused)
        try:
            answer = self._accept(scope, body, faults)
        except Refusal as refusal:
            return _whole(refusal.answer)

        if seconds := draws.slow():
            await asyncio.sleep(seconds)
        if draws.hits("drop_after"):
            return answer, DROPPED
        if draws.hits("drop_midway"):
            return answer, CUT
        if draws.hits("error_after"):
            return _whole(vendor.broken(draws.faults.error_status))
        return _whole(UNREADABLE if draws.hits("unreadable") else answer)

    def _refused_at_the_door(
        self, headers: Headers, faults: FaultsInForce, draws: Draws
    ) -> Answer | None:
        """Check key and speed at the moment the request arrives, whatever the latency."""
        vendor = self._vendor
        if not vendor.knows_key(headers):
            return vendor.unauthorised()
        wait = faults.throttled(vendor.name, draws)
        if wait is None:
            return None
        return vendor.throttled(wait, retry_after(wait) if draws.faults.retry_after_header else {})

    def _accept(self, scope: Scope, body: dict[str, Any] | None, faults: FaultsInForce) -> Answer:
        vendor = self._vendor
        if body is None:
            raise Refusal(vendor.malformed())
        # The answer and the journal name the same moment.
        now = self._desk.clock.now()
        accepted = vendor.accept(
            Call(
                agent=scope["path_params"].get("agent"),
                body=body,
                now=now,
                is_invalid=partial(faults.is_invalid, vendor.name),
                is_missing=partial(faults.is_missing, vendor.name),
            )
        )
        self._desk.journal.append(vendor.name, accepted.drafts, now)
        return accepted.answer


def _whole(answer: Answer) -> tuple[Answer, str]:
    return answer, str(answer.status)


def json_object(raw: bytes, headers: Headers) -> dict[str, Any] | None:
    """Read a JSON object that says it is one; None for anything else."""
    if not headers.get(b"content-type", b"").lower().startswith(b"application/json"):
        return None
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def retry_after(wait: Wait) -> dict[str, str]:
    """Say it in whole seconds, as RFC 9110 has it."""
    return {"Retry-After": str(math.ceil(wait.retry_after))}
