"""``test``: the message of one row of the list, sent to people of the team instead.

Invariant: a test is claimed in the ledger before it leaves and settled after, it is sent once, and
it belongs to no run: no count, no cap and no plan knows of it. A person asked for it, so the
campaign's hours, its quiet hours, caps and ``schedule_at`` do not hold for it; every suppression
list does, the ledger's own among them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import httpx
from aiolimiter import AsyncLimiter

from campaign.deciding import who
from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import State
from campaign.ledger.team_records import TeamClaim, TeamSend
from campaign.message.form import Form
from campaign.providers import http
from campaign.providers.protocol import Kind, Message, Outcome, Provider, Scope
from campaign.reasons import sentence
from campaign.sandbox.embedded import embedded_sandbox
from campaign.sending import leaving
from campaign.sending.clients import Clients, is_local
from campaign.sending.exchange import Exchange
from campaign.suppressing import all_suppressed
from campaign.team import refuse_undelivered, row_to_test, team

_STATES = {
    Kind.ACCEPTED: State.ACCEPTED,
    Kind.SCHEDULED: State.SCHEDULED,
    Kind.UNKNOWN: State.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What is about to leave, and to whom.

    ``source`` names the row that was rendered, ``variant`` whose message of a split test it is,
    ``texts`` are the rendered texts by their names, and ``open`` the newest test to one of the
    addresses where that has no answer.
    """

    name: str
    provider: str
    channel: str
    sandbox: bool
    source: str
    variant: str | None
    form: Form
    texts: Mapping[str, str]
    addresses: Sequence[str]
    open: Sequence[TeamSend]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the test to one address; ``pending`` where it was not tried at all."""

    address: str
    state: State
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class TeamTest:
    """The end of a test; ``answers`` is empty where a person did not confirm."""

    preview: Preview
    answers: Sequence[Answer]

    @property
    def exit_code(self) -> int:
        """What the command exits with; as a run does."""
        if not self.answers:
            return 130
        if any(_is_for_all(answer.outcome) for answer in self.answers):
            return 4
        sent = (State.ACCEPTED, State.SCHEDULED)
        return 0 if all(answer.state in sent for answer in self.answers) else 3

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for machines."""
        preview = self.preview
        return {
            "name": preview.name,
            "provider": preview.provider,
            "channel": preview.channel,
            "sandbox": preview.sandbox,
            "source": preview.source,
            "variant": preview.variant,
            "form": preview.form.value,
            "texts": dict(preview.texts),
            "tests": [
                {
                    "address": answer.address,
                    "state": answer.state.value,
                    "reason": answer.outcome.reason if answer.outcome else None,
                    "code": answer.outcome.code if answer.outcome else None,
                    "detail": answer.outcome.detail if answer.outcome else None,
                    "provider_id": answer.outcome.provider_id if answer.outcome else None,
                    "earlier_without_answer": answer.address
                    in {one.address for one in preview.open},
                }
                for answer in self.answers
            ],
            "exit_code": self.exit_code,
        }


async def send_tests(
    job: Job,
    environment: Mapping[str, str],
    to: Sequence[str],
    *,
    as_row: int | None = None,
    show: Callable[[Preview], None] = lambda _: None,
    confirm: Callable[[Preview], bool] | None = None,
) -> TeamTest:
    """Send one row's message to each of some addresses.

    Args:
        job: the campaign.
        environment: where secrets come from.
        to: the addresses, written as in a list.
        as_row: the row of the list to render, as a spreadsheet counts; by default the first that
            would be sent to.
        show: told what is about to leave.
        confirm: asked before anything leaves.

    Raises:
        InvalidInput: an address cannot be used, or may not be messaged; the row would not be sent
            to; a secret is missing.
        LedgerError: the ledger cannot be read or written; nothing more is sent.
    """
    settings = job.loaded.settings
    if not settings.sandbox:
        job.provider(environment, None)  # a missing secret is told before anything else
    suppressed = await anyio.to_thread.run_sync(all_suppressed, job, environment)
    people = team(job, to, suppressed)
    todo, source = await anyio.to_thread.run_sync(row_to_test, job, suppressed, as_row)
    form = job.form(todo, time.time())
    if not isinstance(form, Form):
        raise InvalidInput(f"{source} would not be sent to: {sentence(form)}")
    refuse_undelivered(job if todo.variant is None else job.variants[todo.variant], people, form)
    messages = [
        # Scheduled at the vendor's, a test would come when it is of no use any more.
        replace(job.fixed().message(replace(todo, address=one), form), schedule_at=None)
        for one in people
    ]
    with closing(job.ledger(environment).open()) as ledger, ExitStack() as stack:
        preview = _preview(job, ledger, source, todo.variant, form, messages)
        show(preview)
        if confirm is not None and not confirm(preview):
            return TeamTest(preview, ())
        url = None
        if settings.sandbox:
            journal = job.folder / "test-journal.jsonl"
            url = stack.enter_context(embedded_sandbox(settings.name, journal))
        sender = _Sender(
            ledger,
            job.provider(environment, url),
            Clients(
                settings.timeout.total_seconds(), proxies=not is_local(url or settings.base_url)
            ),
            partial(http.without, tuple(job.secrets(environment).values())),
            partial(TeamClaim, preview.name, settings.name, preview.channel, settings.sandbox),
            source,
        )
        return TeamTest(preview, await sender.send(messages, job.speed().rate))


def _preview(
    job: Job,
    ledger: Ledger,
    source: str,
    variant: str | None,
    form: Form,
    messages: Sequence[Message],
) -> Preview:
    loaded, message = job.loaded, messages[0]
    name, sandbox = loaded.definition.name, loaded.settings.sandbox
    last = [ledger.last_test(name, one.address, sandbox=sandbox) for one in messages]
    texts = {} if message.text is None else {"text": message.text}
    return Preview(
        name=name,
        provider=loaded.provider.capabilities.title,
        channel=loaded.definition.channel.value,
        sandbox=sandbox,
        source=source,
        variant=variant,
        form=form,
        texts=texts
        | dict(message.template.variables if message.template else {})
        | dict(message.variables),
        addresses=[one.address for one in messages],
        open=[one for one in last if one and one.state in (State.SENDING, State.UNKNOWN)],
    )


@dataclass(frozen=True, slots=True)
class _Sender:
    ledger: Ledger
    provider: Provider
    clients: Clients
    clean: Callable[[str], str]
    claim: Callable[..., TeamClaim]
    source: str

    async def send(self, messages: Sequence[Message], rate: float) -> list[Answer]:
        """Send to one after the other; after a refusal of everybody the others are not tried."""
        pace, answers = AsyncLimiter(1, 1 / rate), list[Answer]()
        async with self.clients:
            for message in messages:
                if answers and _is_for_all(answers[-1].outcome):
                    break
                await pace.acquire()
                outcome = await self._sent(message)
                state = _STATES.get(outcome.kind, State.FAILED)
                answers.append(Answer(message.address, state, outcome))
        left = messages[len(answers) :]
        return answers + [Answer(message.address, State.PENDING) for message in left]

    async def _sent(self, message: Message) -> Outcome:
        """Claim, send, settle."""
        # Before the claim: a provider that cannot write the request leaves none behind.
        request = self.provider.request([message])
        asked_at = leaving.clock()
        number = self.ledger.claim_test(
            self.claim(address=message.address, source=self.source, who=who())
        )
        leaving.ask_before(request, lambda: leaving.clock() - asked_at < leaving.OLDEST)
        outcome = Outcome(Kind.UNKNOWN, "interrupted")
        try:
            outcome = await self._exchange(request, message)
        finally:
            self.ledger.settle_test(
                number,
                _STATES.get(outcome.kind, State.FAILED),
                reason=outcome.reason,
                code=outcome.code,
                detail=outcome.detail,
                provider_id=outcome.provider_id,
            )
        return outcome

    async def _exchange(self, request: httpx.Request, message: Message) -> Outcome:
        exchange = Exchange(self.provider, self.clients, self.clean)
        try:
            (outcome,) = await exchange.outcomes(request, [message])
        except leaving.NotLeft:
            return Outcome(Kind.NOT_SENT, "not_in_time")
        return outcome


def _is_for_all(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.kind is Kind.REJECTED and outcome.scope is Scope.CAMPAIGN
