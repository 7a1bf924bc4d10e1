"""``sync``: the vendor is asked what came back, and the ledger keeps it.

Invariant: nobody is sent to, and nothing that is kept depends on order or on how often it is heard:
a sync that is killed goes on where it stopped, two at once do each other no harm, and a run may be
sent meanwhile. A page that cannot be had costs no other one anything, and is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from campaign.account import account_of, rehearsed
from campaign.arriving import Arrived, arrived
from campaign.channel import Channel
from campaign.deciding import who
from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.ledger.delivery_records import Deliveries
from campaign.one_poll import Asking, Progress
from campaign.outcomes.intake import Intake, Taken, TriedAgain
from campaign.outcomes.polling import Patience, Poller
from campaign.plan.frozen import Plan
from campaign.providers import http
from campaign.providers.heard import About, Poll, polls_of
from campaign.sending.clients import Clients, is_local
from campaign.status import run_named

AHEAD = timedelta(days=1)
"""How long the people of a rehearsal had when it is asked what they did."""

_REHEARSED = 1_000.0
"""Questions a second to the sandbox, which is nobody's but ours."""


@dataclass(slots=True)
class Synced:
    """What the vendor said.

    ``ways`` names where was asked, ``asked`` is about how many recipients one by one. ``taken``
    counts the events, ``again`` those of earlier that fitted nobody then. ``problems`` are
    sentences about what could not be asked, each with how often. ``deliveries`` is where the run's
    recipients stand by now.
    """

    run: str
    sandbox: bool
    ways: list[str]
    asked: int = 0
    taken: Taken = field(default_factory=Taken)
    again: TriedAgain = field(default_factory=TriedAgain)
    arrived: Arrived = field(default_factory=Arrived)
    problems: Counter[str] = field(default_factory=Counter)
    deliveries: Deliveries = field(default_factory=Deliveries)

    @property
    def exit_code(self) -> int:
        """What the command exits with: 3 when something could not be asked."""
        return 3 if self.problems else 0

    @property
    def opted_out(self) -> int:
        """How many people asked to be left alone and were not on the list."""
        return self.taken.opted_out + self.again.opted_out

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for machines."""
        return {
            "run": self.run,
            "sandbox": self.sandbox,
            "ways": self.ways,
            "asked": self.asked,
            "events": self.taken.events,
            "changed": self.taken.changed + self.again.changed,
            "opted_out": self.opted_out,
            "matched_later": self.again.matched,
            "unmatched": self.again.left,
            "dropped": self.again.dropped,
            "scheduled": {
                "accepted": self.arrived.accepted,
                "failed": self.arrived.failed,
                "missing": self.arrived.missing,
                "held": self.arrived.held,
            },
            "deliveries": {
                **{one.value: count for one, count in self.deliveries.by_status.items()},
                "silent": self.deliveries.silent,
            },
            "replied": self.deliveries.replied,
            "problems": dict(self.problems),
            "exit_code": self.exit_code,
        }


async def sync(
    job: Job,
    environment: Mapping[str, str],
    run: str | None = None,
    progress: Progress = lambda *_: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Synced:
    """Ask the vendor what came back of a run, by default the newest.

    Raises:
        InvalidInput: there is no such run, a secret is missing, or the vendor offers no way to ask.
        LedgerError: the ledger cannot be read or written; what was heard until then is kept.
    """
    settings = job.loaded.settings
    location = job.ledger(environment)
    with ExitStack() as stack:
        ledger = stack.enter_context(closing(location.open(create=False)))
        found = run_named(job.loaded, ledger, run)
        if found.sandbox and not settings.sandbox:
            raise InvalidInput(
                f"The run {found.run} was a rehearsal, and the vendor knows nothing of it."
            )
        if found.provider != settings.name:
            raise InvalidInput(
                f"The run {found.run} was sent through {found.provider}, not {settings.name}."
            )
        url, later = None, timedelta(0)
        if settings.sandbox:
            # The server and what it needs are heavy, and a live campaign never loads them.
            from campaign.sandbox.embedded import reopened

            journal = job.folder / found.run / "sandbox-journal.jsonl"
            server = stack.enter_context(reopened(journal, AHEAD))
            url, later = server.url_for(settings.name), AHEAD
            provider = rehearsed(job, server.url_for)
        else:
            provider = job.provider(environment, None)
        account = account_of(job, provider, sandbox=found.sandbox)
        intake = Intake(ledger, account, f"sync, {who()}")
        polls = polls_of(provider)
        if not polls:
            intake.forget_old()
            instead = "" if settings.sandbox else " it tells by itself: campaign listen."
            raise InvalidInput(
                f"{job.loaded.provider.capabilities.title} cannot be asked what came back with "
                f"these settings;{instead} its page in the documentation says what there is."
            )
        result = Synced(found.run, found.sandbox, [poll.title for poll in polls])
        begun = now()
        about = About(
            since=datetime.fromtimestamp(found.created_at / 1000, UTC),
            until=begun + later,
            channel=Channel(found.channel),
            senders=job.loaded.definition.sender,
        )
        if ledger.counts(found.id).sent:
            plan = Plan.of_run(found, job.plans_from(location))
            asking = Asking(ledger, found, plan, intake, about, progress)
            secrets = tuple(job.secrets(environment).values())
            await _ask(job, asking, polls, partial(http.without, secrets), url)
            result.asked, result.taken = asking.asked, asking.taken
            result.problems = asking.problems
        result.again = intake.try_again()
        where = " and ".join(result.ways)
        result.arrived = arrived(job, environment, ledger, found, begun + later, where)
        result.deliveries = ledger.deliveries(found.id)
        return result


async def _ask(
    job: Job, asking: Asking, polls: Sequence[Poll], clean: Callable[[str], str], url: str | None
) -> None:
    """Ask one way after the other."""
    settings, retry = job.loaded.settings, job.loaded.definition.retry
    patience = Patience(
        retry.attempts,
        retry.first_wait.total_seconds(),
        retry.longest_wait.total_seconds(),
        _REHEARSED if settings.sandbox else None,
    )
    local = is_local(url or settings.base_url)
    async with Clients(settings.timeout.total_seconds(), proxies=not local) as clients:
        for poll in polls:
            await asking.of(Poller(clients, poll, patience, clean))
