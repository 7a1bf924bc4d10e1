"""What people and tests may ask the sandbox itself, below ``/_sandbox/``."""

from __future__ import annotations

from datetime import timedelta

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from campaign.sandbox.clock import iso
from campaign.sandbox.config import FaultPlan, describe
from campaign.sandbox.exchange import Desk
from campaign.sandbox.faults import FaultsInForce
from campaign.sandbox.people.habits import Seconds
from campaign.sandbox.strict import Strict
from campaign.sandbox.vendors import NAMES
from campaign.sandbox.webhooks.subscriptions import Webhooks

_MOST_CONNECTIONS = 100


class _Advance(Strict):
    """How far the clock is to go ahead."""

    advance_seconds: Seconds


class Control:
    """The control endpoints of one desk."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self._desk = desk
        self._seed = seed

    def routes(self) -> list[Route]:
        """Return the endpoints."""
        return [
            Route("/_sandbox/journal", self.journal, methods=["GET"]),
            Route("/_sandbox/journal", self.clear, methods=["DELETE"]),
            Route("/_sandbox/counts", self.counts, methods=["GET"]),
            Route("/_sandbox/lookups", self.lookups, methods=["GET"]),
            Route("/_sandbox/faults", self.replace_faults, methods=["PUT"]),
            Route("/_sandbox/clock", self.clock, methods=["GET"]),
            Route("/_sandbox/clock", self.advance, methods=["PUT"]),
            Route("/_sandbox/people", self.people, methods=["GET"]),
            Route("/_sandbox/webhooks", self.replace_webhooks, methods=["PUT"]),
            Route("/_sandbox/post_due", self.post_due, methods=["POST"]),
        ]

    async def journal(self, request: Request) -> Response:
        """List what was accepted, of one ``vendor``, after number ``since``."""
        asked = _asked(request)
        if isinstance(asked, Response):
            return asked
        journal = self._desk.journal
        entries = journal.entries(*asked)
        return JSONResponse(
            {"last": journal.last, "entries": [entry.as_dict() for entry in entries]}
        )

    async def people(self, request: Request) -> Response:
        """Say what became of each entry by now; the same questions as for the journal."""
        asked = _asked(request)
        if isinstance(asked, Response):
            return asked
        return JSONResponse({"now": self._now(), "people": self._desk.people.acts(*asked)})

    async def clock(self, request: Request) -> Response:
        """Say what time it is."""
        del request
        return JSONResponse({"now": self._now()})

    async def advance(self, request: Request) -> Response:
        """Let time pass."""
        try:
            by = _Advance.model_validate_json(await request.body()).advance_seconds
            self._desk.clock.advance(timedelta(seconds=by))
        except ValidationError as error:
            return _wrong(*describe(error))
        return JSONResponse({"now": self._now()})

    async def clear(self, request: Request) -> Response:
        """Forget entries and counts; the file, if there is one, stays as it is."""
        del request
        self._desk.journal.clear()
        self._desk.counts.clear()
        self._desk.lookups.clear()
        return Response(status_code=204)

    async def counts(self, request: Request) -> Response:
        """Say how many requests came, and how they ended."""
        del request
        return JSONResponse(self._desk.counts.as_dict())

    async def lookups(self, request: Request) -> Response:
        """Say how many look-ups came, and how they ended."""
        del request
        return JSONResponse(self._desk.lookups.as_dict())

    async def replace_faults(self, request: Request) -> Response:
        """Replace all faults by the ones in the body; windows and tries begin anew."""
        try:
            plan = FaultPlan.model_validate_json(await request.body())
        except ValidationError as error:
            return _wrong(*describe(error))
        self._desk.faults = FaultsInForce(plan, self._seed)
        return Response(status_code=204)

    async def replace_webhooks(self, request: Request) -> Response:
        """Replace all addresses to post to by the ones in the body."""
        try:
            webhooks = Webhooks.model_validate_json(await request.body())
        except ValidationError as error:
            return _wrong(*describe(error))
        self._desk.poster.webhooks = webhooks
        return Response(status_code=204)

    async def post_due(self, request: Request) -> Response:
        """Post what is due, over ``concurrency`` connections; answer when it is done."""
        asked = request.query_params.get("concurrency", "1")
        if not asked.isdecimal() or not 1 <= int(asked) <= _MOST_CONNECTIONS:
            return _wrong(f"concurrency: a number from 1 to {_MOST_CONNECTIONS}")
        taken = await run_in_threadpool(self._desk.poster.post_due, int(asked))
        return JSONResponse({"posted": taken})

    def _now(self) -> str:
        return iso(self._desk.clock.now())


def _asked(request: Request) -> tuple[str | None, int] | Response:
    """Read ``vendor`` and ``since``, or say what is wrong with them."""
    vendor = request.query_params.get("vendor")
    since = request.query_params.get("since", "0")
    if vendor is not None and vendor not in NAMES:
        return _wrong(f"vendor: one of {', '.join(NAMES)}")
    if not since.isdecimal():
        return _wrong("since: the number of an entry")
    return vendor, int(since)


def _wrong(*problems: str) -> Response:
    return JSONResponse({"problems": problems}, status_code=400)
