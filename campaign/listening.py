"""``listen``: a web server for what vendors tell by themselves, until somebody stops it.

Invariant: it serves nothing without a secret that proves where an event is from, and an event that
was answered with "kept" is in the ledger, whatever happens to the process afterwards. Events of all
campaigns of the account that have this ledger are taken in; where there was none, that is said.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import anyio

from campaign import serving
from campaign.account import account_of
from campaign.deciding import who
from campaign.definition.secrets import reveal
from campaign.errors import InvalidInput, NoLedger
from campaign.job import Job
from campaign.ledger.location import Location
from campaign.ledger.protocol import Ledger
from campaign.outcomes.inbox import Inbox
from campaign.outcomes.intake import Intake, Taken
from campaign.outcomes.patience import Server
from campaign.outcomes.receiving import Post, Reception
from campaign.providers import http
from campaign.providers.heard import webhooks_of
from campaign.reporting.watching import listening

_BACKLOG = 2048
_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen. ``public_url`` is how the vendors reach it, through a proxy."""

    host: str = "127.0.0.1"
    port: int = 8787
    public_url: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """What to enter at a vendor. ``field`` of the settings holds the secret.

    With ``takes_token`` the address may carry it as ``?token=``, and must where nothing is
    ``signed``; without, it is a key that has no place in an address.
    """

    title: str
    url: str
    field: str
    signed: bool
    takes_token: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How much came until now; ``answers`` counts by HTTP status."""

    taken: Taken = field(default_factory=Taken)
    matched_later: int = 0
    answers: Mapping[int, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for machines."""
        return {
            "events": self.taken.events,
            "changed": self.taken.changed,
            "opted_out": self.taken.opted_out,
            "matched_later": self.matched_later,
            "answers": {str(status): count for status, count in sorted(self.answers.items())},
        }


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a listener tells: of its addresses once, of trouble, and how it stands, often."""

    ready: Callable[[str, list[Address]], None] = lambda *_: None
    sentence: Callable[[str], None] = lambda _: None
    standing: Callable[[Standing], None] = lambda _: None


class Listening:
    """Listens once: ``await Listening(...).run()``.

    Raises:
        InvalidInput: it is a rehearsal, the vendor posts nothing, or a secret or the address is
            missing.
    """

    def __init__(
        self, job: Job, environment: Mapping[str, str], place: Place, told: Told | None = None
    ) -> None:
        settings = job.loaded.settings
        if settings.sandbox:
            raise InvalidInput(
                "A rehearsal's vendor posts nothing; `campaign sync` asks it what its people did."
            )
        self._job = job
        self._environment = environment
        self._told = told or Told()
        self._place = place
        secrets = reveal(settings, environment, listening=True)
        self._provider = job.loaded.provider(settings, secrets, None)
        self._clean = partial(http.without, tuple(secrets.values()))
        known = [(one, secrets.get(one.secret, "")) for one in webhooks_of(self._provider)]
        title = job.loaded.provider.capabilities.title
        if not known:
            raise InvalidInput(f"{title} posts nothing that could be listened to: campaign sync.")
        self._posts = [Post(one, secret) for one, secret in known if secret]
        if not self._posts:
            fields = " or ".join(f"`provider.{one.secret}`" for one, _ in known)
            raise InvalidInput(
                f"Nothing proves where an event is from, so none is taken: set {fields} in the "
                "definition, such as webhook_secret: ${WEBHOOK_SECRET}."
            )
        self._base = _base(place)
        self._server: Server | None = None
        self._news = ""

    def stop(self) -> None:
        """Take nothing new and end when what came is written; asked again, end at once."""
        if self._server is not None:
            self._server.stop()

    async def run(self, *, handle_signals: bool = False) -> Standing:
        """Listen until :meth:`stop`, or with ``handle_signals`` until Ctrl-C or SIGTERM.

        Raises:
            InvalidInput: the port cannot be had.
            LedgerError: the ledger cannot be opened.
        """
        location = self._job.ledger(self._environment)
        with closing(_bound(self._place)) as listener, closing(self._opened(location)) as ledger:
            account = account_of(self._job, self._provider, sandbox=False)
            inbox = Inbox(Intake(ledger, account, f"listen, {who()}"), self._told.sentence)
            base = self._base or serving.url(listener)
            reception = Reception(self._posts, inbox, base, self._clean, self._told.sentence)
            server = self._server = Server(reception.app())

            def standing() -> Standing:
                return Standing(inbox.taken, inbox.matched_later, dict(reception.answers))

            with listening(server.stop) if handle_signals else nullcontext():
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._watch, server, base, standing)
                    async with anyio.create_task_group() as writing:
                        writing.start_soon(inbox.keep)
                        await server.serve(sockets=[listener])
                        inbox.close()
                    tasks.cancel_scope.cancel()
            return standing()

    def _opened(self, location: Location) -> Ledger:
        """Open the ledger; where there is none, make one, and have it said: it may be elsewhere."""
        try:
            return location.open(create=False)
        except NoLedger:
            self._news = (
                f"There was no ledger at {location}, so an empty one was made, and there is no run "
                "in it yet. Start `campaign run` with the same definition; or, if its ledger is "
                "elsewhere, stop, and listen with the definition that lies beside it or names it."
                f"{location.rescued()}"
            )
            return location.open()

    @property
    def broken_off(self) -> bool:
        """Whether it was stopped twice."""
        return self._server is not None and self._server.force_exit

    async def _watch(self, server: Server, base: str, standing: Callable[[], Standing]) -> None:
        await server.ready.wait()
        addresses = [
            Address(
                one.webhook.title,
                f"{base.rstrip('/')}/webhooks/{one.webhook.name}",
                one.webhook.secret,
                signed=one.webhook.header is not None,
                takes_token=one.webhook.takes_token,
            )
            for one in self._posts
        ]
        self._told.ready(base, addresses)
        if self._news:
            self._told.sentence(self._news)
        while True:
            await anyio.sleep(_SECONDS)
            self._told.standing(standing())


def _base(place: Place) -> str | None:
    """Return the address that the vendors know; ``None`` on loopback, for what the port tells."""
    if place.public_url is None:
        if not _is_loopback(place.host):
            raise InvalidInput(
                f"On {place.host} anybody can reach it, so say how the vendors do: --public-url "
                "https://campaigns.example.org. Put a proxy that speaks TLS in front of it."
            )
        return None
    parts = urlsplit(place.public_url)
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise InvalidInput("--public-url is an address such as https://campaigns.example.org.")
    if parts.scheme != "https" and not _is_loopback(parts.hostname):
        raise InvalidInput(
            "--public-url begins with https://: what people write must not travel in the clear."
        )
    return place.public_url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _bound(place: Place) -> socket.socket:
    host = "127.0.0.1" if place.host == "localhost" else place.host.strip("[]")
    try:
        return serving.listen(host, place.port, _BACKLOG)
    except (OSError, OverflowError) as error:
        raise InvalidInput(f"Cannot listen on {place.host} port {place.port}: {error}.") from error
