"""A listener in a thread, for a vendor that signs its JSON."""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx

from campaign.outcomes.bodies import Bodies
from campaign.outcomes.inbox import Inbox
from campaign.outcomes.intake import Intake
from campaign.outcomes.patience import Server
from campaign.outcomes.receiving import Post, Reception
from campaign.providers.heard import Happening, Heard, Received, Unheard
from tests.outcomes.sent import NOON, heard

SECRET = "a-secret-that-must-not-be-seen"


class Signed:
    """Posts a list of events: what happened, to which conversation, so many seconds from now on.

    Now is when it was made: whoever is sent to at once, in a test, is sent to soon after that.
    """

    name, title, secret = "vendor", "the vendor's events", "webhook_secret"
    takes_token, header = False, "x-signature"

    def __init__(self) -> None:
        self._now = datetime.now(UTC).replace(microsecond=0)

    def is_authentic(self, request: Received, secret: str) -> bool:
        given = request.headers.get("x-signature", "")
        return hmac.compare_digest(signature(request.body, secret).encode(), given.encode())

    def heard(self, request: Received) -> Sequence[Heard]:
        try:
            said = json.loads(request.body)
        except ValueError as error:
            raise Unheard(f"it is no JSON, {SECRET}") from error
        if not isinstance(said, list):
            raise Unheard("it is no list")
        return [self._event(**one) for one in said]

    def _event(self, what: str, id: str, seconds: float = 60, **more: Any) -> Heard:  # noqa: A002
        after = self._now + timedelta(seconds=seconds) - NOON
        return heard(Happening(what), after, ids=(id,), **more)


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, sha256).hexdigest()


class Listener:
    """Where it listens, what it said to people, and what it answered."""

    def __init__(self, intake: Intake) -> None:
        self.said: list[str] = []
        self._intake = intake
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(512)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    @property
    def answers(self) -> dict[int, int]:
        return dict(self._reception.answers)

    @property
    def bodies(self) -> Bodies:
        return self._reception.bodies

    def post(self, body: bytes, **headers: str) -> httpx.Response:
        headers.setdefault("x_signature", signature(body))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with httpx.Client(trust_env=False) as client:
            return client.post(f"{self.url}/webhooks/vendor", content=body, headers=named)

    def events(self, *events: dict[str, Any]) -> httpx.Response:
        return self.post(json.dumps(events).encode())

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join()
        self._socket.close()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        inbox = Inbox(self._intake, self.said.append)
        self._reception = Reception(
            [Post(Signed(), SECRET)],
            inbox,
            self.url,
            lambda text: text.replace(SECRET, "***"),
            self.said.append,
        )
        self._server = Server(self._reception.app())
        keeping = asyncio.create_task(inbox.keep())
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        await self._server.ready.wait()
        self._ready.set()
        await serving
        inbox.close()
        await keeping


@contextmanager
def listening(intake: Intake) -> Iterator[Listener]:
    one = Listener(intake)
    one.start()
    try:
        yield one
    finally:
        one.stop()
