"""A running sandbox: in a thread beside a test, or in the foreground for a person.

Stopping takes well under two seconds whatever is under way: an answer that has not left by then
never leaves, and its client sees a lost connection, as with any server that is stopped.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from threading import Event, Thread
from types import TracebackType
from typing import Any, Literal, Self

import uvicorn

from campaign import serving
from campaign.errors import InvalidInput
from campaign.sandbox import loopback
from campaign.sandbox.app import build
from campaign.sandbox.clock import Clock
from campaign.sandbox.config import FaultPlan, SandboxConfig
from campaign.sandbox.connection import http_protocol
from campaign.sandbox.exchange import Desk
from campaign.sandbox.faults import FaultsInForce
from campaign.sandbox.journal import Counts, Journal
from campaign.sandbox.lookups import SERVICES
from campaign.sandbox.people.people import People
from campaign.sandbox.webhooks.posting import Poster
from campaign.sandbox.webhooks.subscriptions import Webhooks

# A server that closes idle connections early makes clients lose requests that they sent at the
# same instant. Only configured faults may do that here.
_KEEP_ALIVE_SECONDS = 3600

Http = Literal["auto", "h11", "httptools"]


class _Uvicorn(uvicorn.Server):
    """uvicorn that says when it is ready, and hangs up when it is told to stop."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # One turn of the loop, for every request to learn that its client is gone; after that
        # uvicorn takes no failure of theirs for an error to report.
        await asyncio.sleep(0)
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class SandboxServer:
    """A sandbox on a socket of its own, run in a daemon thread.

    The socket is bound at once, so ``url`` is known before the server is entered::

        with SandboxServer(SandboxConfig()) as sandbox:
            httpx.post(sandbox.url_for("sendbird") + "/v3/...")
            assert sandbox.journal.entries("sendbird")

    Raises:
        InvalidInput: the host is not loopback, the port is taken, or the journal's file cannot
            be opened.
    """

    def __init__(
        self,
        config: SandboxConfig | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        http: Http = "auto",
        clock: Clock | None = None,
    ) -> None:
        self._config = config or SandboxConfig()
        self._desk = _desk(self._config, clock or Clock())
        try:
            self._socket = loopback.listen(host, port)
        except InvalidInput:
            self.journal.close()
            raise
        self.url = serving.url(self._socket)
        self._ready = Event()
        self._uvicorn = _Uvicorn(_uvicorn_config(self._config, self._desk, http), self._ready.set)
        self._thread = Thread(target=self._run, name="sandbox", daemon=True)

    @property
    def journal(self) -> Journal:
        """What was accepted; may be read at any time, and after the end."""
        return self._desk.journal

    @property
    def clock(self) -> Clock:
        """The sandbox's own time; advance it, and people have done more."""
        return self._desk.clock

    @property
    def people(self) -> People:
        """What became of everything that was accepted, as the clock stands."""
        return self._desk.people

    @property
    def counts(self) -> Counts:
        """How many requests to send came, and how they ended."""
        return self._desk.counts

    @property
    def lookups(self) -> Counts:
        """How many look-ups came, and how they ended."""
        return self._desk.lookups

    def url_for(self, vendor: str) -> str:
        """Return the base URL that stands for the vendor's own host, or for Twilio's.

        Raises:
            ValueError: the sandbox does not speak for that vendor.
        """
        if vendor not in SERVICES:
            raise ValueError(f"no vendor {vendor!r}; the sandbox speaks for {', '.join(SERVICES)}")
        return f"{self.url}/{vendor}"

    def set_faults(self, plan: FaultPlan | Mapping[str, Any]) -> None:
        """Replace all faults, as ``PUT /_sandbox/faults`` does.

        Raises:
            ValueError: the plan says something unknown or impossible.
        """
        self._desk.faults = FaultsInForce(FaultPlan.model_validate(plan), self._config.seed)

    def set_webhooks(self, webhooks: Webhooks | Mapping[str, Any]) -> None:
        """Replace all addresses to post to, as ``PUT /_sandbox/webhooks`` does.

        Raises:
            ValueError: they say something unknown, or name another machine.
        """
        self._desk.poster.webhooks = Webhooks.model_validate(webhooks)

    def post_due(self, concurrency: int = 1) -> int:
        """Post what is due by the clock and was not taken yet; return how much was taken now.

        Over so many connections at once; with one, in order.

        Raises:
            ValueError: ``concurrency`` is less than 1.
        """
        return self._desk.poster.post_due(concurrency)

    def start(self) -> Self:
        """Start answering; returns once the server does."""
        self._thread.start()
        self._ready.wait()
        if not self._uvicorn.started:
            raise RuntimeError("the sandbox did not start")
        return self

    def close(self) -> None:
        """Stop, hanging up on whatever is under way."""
        self._uvicorn.should_exit = True
        if self._thread.ident is not None:
            self._thread.join()
        self._socket.close()
        self.journal.close()

    def run(self) -> None:
        """Answer in this thread until a signal (Ctrl-C, SIGTERM) or :meth:`close`."""
        try:
            self._uvicorn.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self.journal.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self._uvicorn.run(sockets=[self._socket])
        finally:
            self._ready.set()  # Or a failure to start would leave start() waiting.


def serve(
    config: SandboxConfig | None = None,
    host: str = "127.0.0.1",
    port: int = 8025,
    *,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Run a sandbox in the foreground until Ctrl-C or SIGTERM.

    ``ready`` is called with the base URL as soon as connections are possible.

    Raises:
        InvalidInput: the host is not loopback, the port is taken, or the journal's file cannot
            be opened.
        KeyboardInterrupt: it was stopped with Ctrl-C.
    """
    server = SandboxServer(config, host, port)
    if ready is not None:
        ready(server.url)
    server.run()


def _desk(config: SandboxConfig, clock: Clock) -> Desk:
    try:
        journal = Journal(config.journal, clock.now)
    except OSError as error:
        raise InvalidInput(f"the sandbox's journal cannot be opened: {error}") from error
    people = People(config.people, config.seed, journal, clock)
    poster = Poster(
        config.webhooks, config.twilio.zild_numbers, config.seed, journal, people, clock
    )
    return Desk(clock, journal, people, poster, FaultsInForce(config.faults, config.seed))


def _uvicorn_config(config: SandboxConfig, desk: Desk, http: Http) -> uvicorn.Config:
    return uvicorn.Config(
        build(config, desk),
        http=http_protocol(http),
        **serving.QUIET,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        backlog=loopback.BACKLOG,
    )
