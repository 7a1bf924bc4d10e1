"""``check --online``: the vendor is asked whether key, agent, sender and template are ready.

Invariant: nobody is messaged and nothing is written, here or at the vendor's: a request that does
more than read is not sent. Whatever goes wrong with a question is the finding of that question
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial

import anyio
import httpx

from campaign.definition.secrets import missing_secrets
from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.outcomes.carrying import Carrier
from campaign.providers import http
from campaign.providers.online import (
    Answered,
    AsksOnline,
    OnlineCheck,
    OnlineFinding,
    Subject,
    unknown,
    wrong,
)
from campaign.sandbox.embedded import embedded_sandbox
from campaign.sending.clients import Clients, is_local

_RATE = 2.0
"""Questions a second, to a vendor that also has a campaign to send."""
_TRIES = 2
_LONGEST_WAIT = 10.0
_MOST_REQUESTS = 20
_ONLY_READ = ("GET", "HEAD")


def ask_online(job: Job, environment: Mapping[str, str]) -> list[OnlineFinding]:
    """Ask the vendor what it can be asked before a run; return what it says, in order.

    A rehearsal asks the embedded sandbox. Only where no event loop runs.
    """
    return anyio.run(_asked, job, environment)


async def _asked(job: Job, environment: Mapping[str, str]) -> list[OnlineFinding]:
    settings = job.loaded.settings
    if not settings.sandbox and (missing := missing_secrets(settings, environment)):
        return [
            wrong(
                field,
                f"the environment variable {secret.name} is not set, so nothing could be asked",
                f"export {secret.name}=... or put it into an environment file",
            )
            for field, secret in missing
        ]
    with ExitStack() as stack:
        try:
            url = None
            if settings.sandbox:
                url = stack.enter_context(embedded_sandbox(settings.name, None))
            provider = job.provider(environment, url)
        except InvalidInput as error:
            return [wrong("provider", error.problems[0].message, error.problems[0].hint)]
        checks: Sequence[OnlineCheck] = ()
        if isinstance(provider, AsksOnline):
            checks = provider.online_checks(_subject(job))
        if not checks:
            title = job.loaded.provider.capabilities.title
            return [unknown("everything", f"{title} cannot be asked beforehand")]
        clients = Clients(
            settings.timeout.total_seconds(), proxies=not is_local(url or settings.base_url)
        )
        retry = job.loaded.definition.retry
        carrier = Carrier(
            clients,
            _RATE,
            attempts=_TRIES,
            first_wait=retry.first_wait.total_seconds(),
            longest_wait=min(retry.longest_wait.total_seconds(), _LONGEST_WAIT),
        )
        clean = partial(http.without, tuple(job.secrets(environment).values()))
        found: dict[int, list[OnlineFinding]] = {}
        async with clients, anyio.create_task_group() as tasks:
            for place, check in enumerate(checks):
                tasks.start_soon(_one, place, check, carrier, clean, found)
        return [finding for place in range(len(checks)) for finding in found[place]]


def _subject(job: Job) -> Subject:
    """Return what every variant would send with; a template that several share is asked once."""
    definition = job.loaded.definition
    messages = [one.loaded.definition.message for one in job.each]
    templates = [str(one.template.id) for one in messages if one and one.template]
    return Subject(definition.channel, definition.sender, list(dict.fromkeys(templates)))


async def _one(
    place: int,
    check: OnlineCheck,
    carrier: Carrier,
    clean: Callable[[str], str],
    found: dict[int, list[OnlineFinding]],
) -> None:
    try:
        findings = await _carried(check, carrier)
        # A check cleans what it quotes; this is for the one that forgot.
        found[place] = [
            replace(
                finding,
                verdict=Answered(finding.verdict),
                sentence=clean(finding.sentence),
                hint=None if finding.hint is None else clean(finding.hint),
            )
            for finding in findings
        ]
    except httpx.HTTPError as error:
        hint = "Is the network there, and is the address of the vendor right?"
        found[place] = [unknown(check.what, f"no answer: {http.told(error, clean)}", hint)]
    except Exception as error:  # noqa: BLE001 - a check may come from anywhere
        found[place] = [unknown(check.what, f"the check broke: {http.told(error, clean)}")]


async def _carried(check: OnlineCheck, carrier: Carrier) -> list[OnlineFinding]:
    with closing(check.ask()) as questions:
        answer: httpx.Response | None = None
        for _ in range(_MOST_REQUESTS):
            try:
                request = next(questions) if answer is None else questions.send(answer)
            except StopIteration as over:
                findings: list[OnlineFinding] = over.value
                return findings
            if request.method not in _ONLY_READ:
                raise AssertionError(f"{request.method} does more than read, and was not sent")
            answer = await carrier.answer(request)
    raise AssertionError(f"it asks more than {_MOST_REQUESTS} times")
