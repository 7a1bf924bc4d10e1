"""One look-up from the first byte to the last.

It is kept apart from sending: it draws its own faults, uses up no limit, is counted by itself, and
never adds to the journal.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from campaign.sandbox.answers import Answer, Refusal
from campaign.sandbox.connection import read_body, send_answer
from campaign.sandbox.exchange import Desk, json_object, retry_after
from campaign.sandbox.lookups.lookup import Lookup, Question, View
from campaign.sandbox.vendors.vendor import Headers, Service


class Inquiry:
    """An ASGI application that answers one look-up of one API."""

    def __init__(self, service: Service, lookup: Lookup, desk: Desk) -> None:
        self._service = service
        self._lookup = lookup
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one look-up, with whatever its faults make of it."""
        raw = await read_body(receive)
        if raw is None:
            return
        try:
            answer = self._answer(Request(scope), raw)
        except Refusal as refusal:
            answer = refusal.answer
        # Counted first, so that whoever has the answer finds it counted.
        self._desk.lookups.add(self._service.name, str(answer.status))
        await send_answer(answer, send)

    def _answer(self, request: Request, raw: bytes) -> Answer:
        service = self._service
        headers: Headers = dict(request.scope["headers"])
        faults = self._desk.faults
        asked = f"{request.url.path}?{request.url.query}|{raw!r}"
        draws = faults.draws_for_lookup(service.name, asked)
        if draws.hits("lookup_errors"):
            return service.broken(500)
        if self._lookup.needs_key and not service.knows_key(headers):
            return service.unauthorised()
        wait = faults.lookup_throttled(service.name, draws)
        if wait is not None:
            said = retry_after(wait) if draws.faults.retry_after_header else {}
            return service.throttled(wait, said)
        now = self._desk.clock.now()
        return self._lookup.answer(
            Question(
                path=request.path_params,
                query=request.query_params,
                body=json_object(raw, headers),
                headers=headers,
                base=f"{request.url.scheme}://{request.url.netloc}/{service.name}",
                now=now,
                view=View.at(self._desk.journal, self._desk.people, now, draws.faults.lookup_delay),
            )
        )
