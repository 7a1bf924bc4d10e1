"""The web server's side of the webhooks: who may post, how much, and what is answered.

Invariants: nothing is read of an event whose signature or token is not authentic; no body is held
of whoever has neither the one nor the other; and an answer that says "kept" leaves after the events
are durable. What is answered carries no body, which every vendor takes, Twilio for an inbound
message as well (Twilio, "Messaging webhooks": 204 or empty TwiML; anything else would be sent to
the person as an answer).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from campaign.outcomes.bodies import Bodies, TooLarge, TooMuch
from campaign.outcomes.inbox import Inbox, NotKeepable, NotKept
from campaign.outcomes.polling import sound
from campaign.providers import http
from campaign.providers.heard import Received, Unheard, Webhook
from campaign.providers.posted import has_token

_TELL_EVERY = 60.0
"""Seconds between two sentences about the same kind of trouble."""

_KEPT, _UNREADABLE, _REFUSED, _NOTHING, _TOO_LARGE, _LATER = 204, 400, 401, 404, 413, 503
_LEFT = 499
"""What is counted where whoever posted has gone; nobody gets it."""


@dataclass(slots=True)
class Post:
    """One webhook at its address, with the secret that proves where its events are from."""

    webhook: Webhook
    secret: str = field(repr=False)


class Reception:
    """Answers what is posted. ``base`` is the address that the vendors know, without a path.

    ``answers`` counts what was answered, by HTTP status, and ``bodies`` what is held of requests.
    ``clean`` takes the secrets out of a text, ``tell`` is told sentences for people.
    """

    def __init__(
        self,
        posts: Sequence[Post],
        inbox: Inbox,
        base: str,
        clean: Callable[[str], str],
        tell: Callable[[str], None],
    ) -> None:
        self.answers: Counter[int] = Counter()
        self.bodies = Bodies()
        self._posts: Mapping[str, Post] = {one.webhook.name: one for one in posts}
        self._inbox = inbox
        self._base = base.rstrip("/")
        self._clean = clean
        self._tell = tell
        self._told_at: dict[str, float] = {}

    def app(self) -> Starlette:
        """Return the application."""
        app = Starlette(
            routes=[
                Route("/webhooks/{name}", self._webhook, methods=["POST"]),
                Route("/health", self._health, methods=["GET"]),
            ]
        )
        app.router.redirect_slashes = False
        return app

    async def _health(self, request: Request) -> Response:
        del request
        return Response(status_code=200)

    async def _webhook(self, request: Request) -> Response:
        status = await self._status(request)
        self.answers[status] += 1
        return Response(status_code=status)

    async def _status(self, request: Request) -> int:
        post = self._posts.get(request.path_params["name"])
        if post is None:
            return _NOTHING
        if not _may_be_authentic(self._received(request), post):
            return self._refused(post)
        try:
            async with self.bodies.of(request) as body:
                return await self._kept(self._received(request, body), post)
        except ClientDisconnect:
            return _LEFT
        except TooLarge:
            return _TOO_LARGE
        except TooMuch:
            self._say("Too much is posted at once: what comes now is to be posted again.")
            return _LATER

    async def _kept(self, received: Received, post: Post) -> int:
        title = post.webhook.title
        try:
            if not post.webhook.is_authentic(received, post.secret):
                return self._refused(post)
            heard = sound(list(post.webhook.heard(received)), self._clean)
        except Unheard as why:
            self._say(f"{title} posted what cannot be read: {self._clean(str(why))}")
            return _UNREADABLE
        except Exception as error:  # noqa: BLE001 - a webhook may come from anywhere, as may a body
            self._say(f"{title} posted what cannot be read: {http.told(error, self._clean)}")
            return _UNREADABLE
        try:
            await self._inbox.put(heard)
        except NotKept:
            return _LATER
        except NotKeepable:
            return _UNREADABLE
        return _KEPT

    def _refused(self, post: Post) -> int:
        title = post.webhook.title
        self._say(f"Refused what was posted as {title}: its signature or token is wrong.")
        return _REFUSED

    def _received(self, request: Request, body: bytes = b"") -> Received:
        path = request.scope["raw_path"].decode("latin-1")
        query = request.scope["query_string"].decode("latin-1")
        return Received(
            url=self._base + path + (f"?{query}" if query else ""),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            token=request.query_params.get("token"),
        )

    def _say(self, sentence: str) -> None:
        """Tell a person, but not of every single one."""
        kind, now = sentence.partition(":")[0], time.monotonic()
        if now - self._told_at.get(kind, -_TELL_EVERY) >= _TELL_EVERY:
            self._told_at[kind] = now
            self._tell(sentence)


def _may_be_authentic(head: Received, post: Post) -> bool:
    """Say whether a request has what its body could prove: the token, or else any signature."""
    if post.webhook.takes_token and has_token(head, post.secret):
        return True
    return post.webhook.header is not None and bool(head.headers.get(post.webhook.header))
