"""The engine against a vendor on loopback that loses, refuses, delays and garbles.

The sandbox's journal is the truth of what went out; the ledger has to be right about it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from campaign.channel import Channel
from campaign.ledger.records import State
from campaign.message.form import Form
from campaign.providers.protocol import Provider
from campaign.providers.sendbird import Sendbird, SendbirdSettings
from campaign.providers.zild import Zild, ZildSettings
from campaign.sandbox import SandboxConfig, SandboxServer
from campaign.sending.books import Books
from campaign.sending.clients import Clients
from campaign.sending.ending import Ending, Result
from campaign.sending.engine import Engine
from campaign.sending.pace import Pace
from campaign.sending.ramp import Ramp
from campaign.sending.speed import Speed
from campaign.sending.todo import Fixed, Todo
from tests.ledger.ledgers import FileStore, Held
from tests.sending.stage import fast, one_error

MAYBE_SENT = {State.ACCEPTED, State.SCHEDULED, State.UNKNOWN}


def address(number: int) -> str:
    return f"+1555{number:07d}"


def sendbird(sandbox: SandboxServer) -> Provider:
    settings = SendbirdSettings(app_id="app", ai_agent_id="agent", sandbox=True)
    return Sendbird(settings, {}, sandbox.url_for("sendbird"))


def zild(sandbox: SandboxServer) -> Provider:
    return Zild(ZildSettings(bot_id=1, sandbox=True, batch=10), {}, sandbox.url_for("zild"))


class Campaign:
    """A ledger, a provider in the sandbox and as many passes as a test wants."""

    def __init__(self, folder: Path, people: int) -> None:
        self.people = people
        self.held = Held(FileStore(folder / "ledger.db"), sendable=people)

    async def send(
        self, provider: Provider, speed: Speed, patience: float = 10.0, fixed: Fixed | None = None
    ) -> Result:
        books = Books(self.held.ledger, self.held.lease)
        with one_error():
            async with Clients(patience, proxies=False) as clients:
                engine = Engine(
                    provider=provider,
                    transport=clients,
                    books=books,
                    judge=lambda todo, now: Form.TEMPLATE if fixed else Form.TEXT,
                    fixed=fixed or Fixed(Channel.SMS),
                    speed=speed,
                    pace=Pace(speed),
                    tell=lambda sentence: None,
                    clean=str,
                    ramp=Ramp(
                        (),
                        self.held.ledger,
                        self.held.lease,
                        clock=time.time,
                        tell=lambda reached, until: None,
                    ),
                )
                async with anyio.create_task_group() as around:
                    around.start_soon(books.keep)
                    try:
                        return await engine.run(self._left())
                    finally:
                        books.close()
        raise AssertionError("the engine did not come to an end")

    async def _left(self) -> AsyncGenerator[Todo]:
        for number in range(self.people):
            if not self.held.ledger.decided(self.held.run.id, number, number):
                to = address(number)
                yield Todo(number, to, to, to, "12", None, "Hello", {"1": "Ana"})

    @property
    def counts(self) -> Mapping[str, int]:
        counts = self.held.ledger.counts(self.held.run.id).as_dict()
        planned = counts.pop("planned")
        assert sum(counts.values()) == planned == self.people
        return {name: rows for name, rows in counts.items() if rows}

    @property
    def states(self) -> dict[str, State]:
        """Where everybody stands, by address."""
        known = dict.fromkeys(map(address, range(self.people)), State.PENDING)
        entries = self.held.ledger.entries(self.held.run.id, 0, self.people)
        return known | {entry.key: entry.state for entry in entries}

    def agrees_with(self, sandbox: SandboxServer) -> None:
        """The ledger never claims more than the vendor did, and never less than it may have."""
        got = sandbox.journal.addresses()
        assert not {to for to, times in got.items() if times > 1}
        states = self.states
        assert {states[to] for to in got} <= MAYBE_SENT
        accepted = {to for to, state in states.items() if state is State.ACCEPTED}
        assert accepted <= set(got)
        surely_not = {to for to, state in states.items() if state not in MAYBE_SENT}
        assert not surely_not & set(got)


def sandbox_with(**faults: Any) -> SandboxServer:
    return SandboxServer(SandboxConfig.model_validate({"faults": faults}))


@pytest.mark.parametrize(
    ("faults", "expected", "got"),
    [
        ({}, {"accepted": 30}, 30),
        ({"throttle": 0.3, "retry_after": 0.01}, {"accepted": 30}, 30),
        ({"limit": {"requests": 10, "seconds": 0.2}}, {"accepted": 30}, 30),
        ({"invalid_share": 1.0}, {"failed": 30}, 0),
    ],
    ids=["nothing wrong", "throttle", "limit", "invalid"],
)
async def test_what_the_vendor_says_clearly_is_what_the_ledger_says(
    tmp_path: Path, faults: dict[str, Any], expected: dict[str, int], got: int
) -> None:
    campaign = Campaign(tmp_path, 30)
    with sandbox_with(**faults) as sandbox:
        result = await campaign.send(sendbird(sandbox), fast())
        campaign.agrees_with(sandbox)
        assert (result.ending, campaign.counts) == (Ending.FINISHED, expected)
        assert len(sandbox.journal) == got


@pytest.mark.parametrize(
    ("fault", "got"),
    [
        ("drop_before", 0),
        ("error_before", 0),
        ("drop_after", 10),
        ("drop_midway", 10),
        ("error_after", 10),
        ("unreadable", 10),
    ],
)
async def test_whatever_is_not_clear_is_unknown_and_not_sent_again(
    tmp_path: Path, fault: str, got: int
) -> None:
    campaign = Campaign(tmp_path, 10)
    with sandbox_with(**{fault: 1.0}) as sandbox:
        for _ in range(2):
            await campaign.send(sendbird(sandbox), fast())
            assert campaign.counts == {"unknown": 10}
            assert len(sandbox.journal) == got
        assert sandbox.counts.as_dict()["requests"] == 10


async def test_a_vendor_that_is_switched_off_leaves_everybody_pending(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, 10)
    with sandbox_with() as sandbox:
        provider = sendbird(sandbox)
    result = await campaign.send(provider, fast())
    assert result.ending is Ending.STOPPED
    assert "cannot be reached" in (result.why or "")
    assert campaign.counts == {"pending": 10}


async def test_people_in_one_request_whom_the_answer_leaves_out_are_unknown(
    tmp_path: Path,
) -> None:
    campaign = Campaign(tmp_path, 60)
    with sandbox_with(missing_share=0.3) as sandbox:
        fixed = Fixed(Channel.WHATSAPP, template_id="5")
        await campaign.send(zild(sandbox), fast(batch=10), fixed=fixed)
        campaign.agrees_with(sandbox)
        assert sandbox.counts.as_dict()["requests"] == 6
        assert len(sandbox.journal) == 60
        assert set(campaign.counts) == {"accepted", "unknown"}


async def test_in_any_mixture_of_faults_nobody_is_sent_to_twice_and_nobody_is_left_out(
    tmp_path: Path,
) -> None:
    campaign = Campaign(tmp_path, 2_000)
    faults = {
        "drop_before": 0.03,
        "drop_after": 0.03,
        "error_before": 0.03,
        "error_after": 0.03,
        "throttle": 0.02,
        "retry_after": 0.004,
        "slow": {"probability": 0.005, "seconds": 3.0},
        "unreadable": 0.03,
        "invalid_share": 0.05,
    }
    with sandbox_with(**faults) as sandbox:
        provider = sendbird(sandbox)
        speed = fast(concurrency=24)
        for _ in range(5):  # a stop because of many unknown in a row is possible
            await campaign.send(provider, speed, patience=1.0)
            campaign.agrees_with(sandbox)
        assert campaign.counts["accepted"] > 1_000
        assert set(campaign.counts) == {"accepted", "failed", "unknown"}
        settled, sent = campaign.states, len(sandbox.journal)

        sandbox.set_faults({})
        assert (await campaign.send(provider, speed)).ending is Ending.FINISHED
        # Not the count of requests: a slow one of the first pass is counted when it ends, later.
        assert (campaign.states, len(sandbox.journal)) == (settled, sent)


async def test_a_stop_and_a_second_pass_together_reach_everybody_once(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, 40)
    with sandbox_with() as sandbox:
        first = await campaign.send(sendbird(sandbox), fast(limit=15))
        assert (first.ending, campaign.counts) == (Ending.LIMIT, {"accepted": 15, "pending": 25})
        await campaign.send(sendbird(sandbox), fast())
        assert sandbox.journal.addresses() == dict.fromkeys(map(address, range(40)), 1)
