"""A request leaves only while its claim is fresh and no moment has come that ends the sending."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from campaign.ledger.owner import TIME_TO_LIVE
from campaign.ledger.protocol import Ledger
from campaign.providers.protocol import Outcome
from campaign.sandbox import SandboxServer
from campaign.sending import leaving
from campaign.sending.books import BooksUntil
from campaign.sending.clients import Clients
from campaign.sending.ending import Ending, TooLate
from tests.sending.stage import ACCEPTED, InOneStep, Stage, fast


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr(leaving, "clock", one)
    return one


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path, people=3) as one:
        yield one


class Asleep(InOneStep):
    """A ledger in whose first claims so many seconds pass."""

    def __init__(self, ledger: Ledger, clock: Clock, seconds: float) -> None:
        self._ledger = ledger
        self._clock = clock
        self._seconds = seconds

    def write(self, lease: Any, **writes: Any) -> list[int | None]:
        written = self._ledger.write(lease, **writes)
        if writes.get("claims"):
            self._clock.now += self._seconds
            self._seconds = 0.0
        return written


def accepted(number: int, tries: int) -> Outcome:
    return ACCEPTED


async def test_nobody_is_sent_to_on_a_claim_that_grew_old_and_everybody_on_a_new_one(
    stage: Stage, clock: Clock
) -> None:
    stage.ledger = Asleep(stage.held.ledger, clock, leaving.OLDEST)  # type: ignore[assignment]
    await stage.run(accepted, fast(concurrency=1))
    assert sorted(stage.transport.sent_to) == [0, 1, 2]
    assert stage.outcomes(0) == ["not_sent", "accepted"]
    assert stage.held.ledger.attempts(stage.held.run.id, 0)[0].reason == "not_in_time"
    assert stage.counts == {"accepted": 3}


async def test_a_claim_that_is_a_little_old_is_sent_on(stage: Stage, clock: Clock) -> None:
    stage.ledger = Asleep(  # type: ignore[assignment]
        stage.held.ledger, clock, leaving.OLDEST - 0.1
    )
    await stage.run(accepted, fast(concurrency=1))
    assert stage.outcomes(0) == ["accepted"]


async def test_a_deadline_that_comes_while_the_ledger_writes_sends_nobody_anything(
    stage: Stage, clock: Clock
) -> None:
    ledger = Asleep(stage.held.ledger, clock, 5.0)
    moment = TooLate(lambda: clock.now >= 1005.0, Ending.DEADLINE, "the deadline has passed")
    stage.ledger = ledger  # type: ignore[assignment]
    stage.books = lambda ledger, lease: BooksUntil(
        ledger, lease, [moment], lambda *how: stage.engine.stop(*how)
    )
    result = await stage.run(accepted)
    assert (result.ending, result.why) == (Ending.DEADLINE, "the deadline has passed")
    assert stage.transport.sent_to == []
    assert stage.counts == {"pending": 3}


async def test_a_request_that_may_not_leave_any_more_when_it_is_connected_does_not() -> None:
    with SandboxServer() as server:
        url = server.url_for("synthflow") + "/v2/chat/outbound"
        async with Clients(5.0, proxies=False) as clients:
            request = httpx.Request("POST", url, json={})
            leaving.ask_before(request, lambda: False)
            with pytest.raises(leaving.NotLeft):
                await clients.send(request)
            assert server.counts.as_dict()["requests"] == 0
            again = httpx.Request("POST", url, json={})
            leaving.ask_before(again, lambda: True)
            assert (await clients.send(again)).status_code == 401
            assert server.counts.as_dict()["requests"] == 1


async def test_a_request_waits_for_its_turn_when_all_stands_that_it_needs() -> None:
    seen: list[tuple[str, int]] = []
    with SandboxServer() as server:
        url = server.url_for("synthflow") + "/v2/chat/outbound"

        async def turn() -> bool:
            seen.append(("before", server.counts.as_dict()["requests"]))
            await anyio.sleep(0.05)
            seen.append(("after", server.counts.as_dict()["requests"]))
            return True

        async with Clients(5.0, proxies=False) as clients:
            for _ in range(2):
                request = httpx.Request("POST", url, json={})
                leaving.ask_before(request, lambda: True, turn)
                assert (await clients.send(request)).status_code == 401
    assert seen == [("before", 0), ("after", 0), ("before", 1), ("after", 1)]


async def test_a_request_leaves_in_one_piece_so_that_it_is_asked_once_whether_it_may() -> None:
    asked = []
    with SandboxServer() as server:
        url = server.url_for("synthflow") + "/v2/chat/outbound"
        async with Clients(5.0, proxies=False) as clients:
            request = httpx.Request("POST", url, json={"to": "x" * 10_000})
            leaving.ask_before(request, lambda: asked.append(1) or True)  # type: ignore[func-returns-value]
            assert (await clients.send(request)).status_code == 401
        assert (len(asked), server.counts.as_dict()["requests"]) == (1, 1)


async def test_through_a_proxy_a_request_that_grows_too_old_before_its_body_is_broken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with SandboxServer() as server:
        url = server.url_for("synthflow") + "/v2/chat/outbound"
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, server.url_for("synthflow"))
        answers = iter([True, False])
        async with Clients(5.0) as clients:
            request = httpx.Request("POST", url, json={})
            leaving.ask_before(request, lambda: next(answers))
            with pytest.raises(leaving.NotLeft):
                await clients.send(request)
        assert (list(answers), server.counts.as_dict()["requests"]) == ([], 0)


def test_a_claim_grows_too_old_long_before_its_run_can_be_taken_over() -> None:
    assert leaving.OLDEST <= TIME_TO_LIVE / 2
