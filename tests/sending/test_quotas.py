"""Caps of an account per minute, hour and day: over restarts, other runs and other processes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.ledger.records import Run
from campaign.ledger.traffic import Traffic
from campaign.sending.pace import Pace
from campaign.sending.quotas import Quota, Quotas
from tests.ledger.ledgers import FileStore, Held
from tests.sending.clocks import VirtualClock
from tests.sending.stage import ACCEPTED, Stage, fast

NOW = 1_790_000_000.0
MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Account:
    """A ledger file, with runs of one provider's account and others."""

    def __init__(self, path: Path) -> None:
        self.store = FileStore(path)
        self.held = Held(self.store, sendable=10_000)
        self.told: list[tuple[Quota, float]] = []
        self._next = 0

    def other(self, name: str, provider: str = "sendbird", *, sandbox: bool = False) -> Run:
        return self.held.ledger.ensure_run(
            name, "once", provider=provider, channel="sms", sandbox=sandbox
        )

    def claimed(self, run: Run, count: int, at: float, state: str = "accepted") -> None:
        """Write down that so many were claimed at a time."""
        for _ in range(count):
            self._next += 1
            self.store.rewrite(
                "INSERT INTO recipient (run_id, number, key, state, attempts, claimed_at) "
                "VALUES (?, ?, ?, ?, 1, ?)",
                *(run.id, self._next, f"k{self._next}", state, round(at * 1000)),
            )
            outcome = "throttled" if state == "pending" else "accepted"
            self.store.rewrite(
                "INSERT INTO attempt (run_id, number, attempt, started_at, ended_at, outcome) "
                "VALUES (?, ?, 1, ?, ?, ?)",
                *(run.id, self._next, round(at * 1000), round(at * 1000), outcome),
            )

    def quotas(self, clock: Callable[[], float], *quotas: Quota, run: Run | None = None) -> Quotas:
        return Quotas(
            quotas,
            self.held.ledger,
            run or self.held.run,
            clock=clock,
            tell=lambda quota, until: self.told.append((quota, until)),
        )


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    one = Account(tmp_path / "ledger.db")
    yield one
    one.held.ledger.close()


def room(quotas: Quotas) -> int:
    """Return how many may leave now."""
    count = 0
    while quotas.reached(1) is None:
        quotas.leave(1)
        count += 1
    return count


def test_what_was_sent_before_a_restart_takes_its_room(account: Account) -> None:
    clock = Hand()
    account.claimed(account.held.run, 30, NOW - 1_800)
    account.claimed(account.held.run, 4, NOW - 3_700)  # no longer in the hour
    assert room(account.quotas(clock, Quota(100, HOUR))) == 70


def test_all_runs_of_the_account_count_and_those_of_others_do_not(account: Account) -> None:
    clock = Hand()
    account.claimed(account.other("autumn"), 5, NOW - 60)
    account.claimed(account.other("winter"), 7, NOW - 60, state="unknown")
    account.claimed(account.other("elsewhere", "zild"), 11, NOW - 60)
    account.claimed(account.other("rehearsal", sandbox=True), 13, NOW - 60)
    assert room(account.quotas(clock, Quota(100, HOUR))) == 88


def test_whoever_was_certainly_not_sent_to_takes_no_room(account: Account) -> None:
    account.claimed(account.held.run, 9, NOW - 60, state="pending")
    assert room(account.quotas(Hand(), Quota(100, HOUR))) == 100


def test_a_rehearsal_counts_itself_alone(account: Account) -> None:
    rehearsal = account.other("rehearsal", sandbox=True)
    account.claimed(account.held.run, 50, NOW - 60)
    account.claimed(account.other("another", sandbox=True), 20, NOW - 60)
    account.claimed(rehearsal, 3, NOW - 60)
    assert room(account.quotas(Hand(), Quota(100, HOUR), run=rehearsal)) == 97


def test_the_smallest_room_of_all_caps_holds_and_names_its_cap(account: Account) -> None:
    quotas = account.quotas(Hand(), Quota(10, MINUTE), Quota(50, HOUR), Quota(200, DAY))
    assert room(quotas) == 10
    reached = quotas.reached(1)
    assert reached is not None
    assert reached[0] == Quota(10, MINUTE)
    assert NOW + 60 <= reached[1] <= NOW + 60.2


def test_a_window_moves_and_does_not_begin_anew_on_the_hour(account: Account) -> None:
    clock = Hand()
    quotas = account.quotas(clock, Quota(10, HOUR))
    for minutes in range(10):
        clock.now = NOW + minutes * 60
        quotas.leave(1)
    clock.now = NOW + 3_500
    assert quotas.reached(1) is not None
    clock.now = NOW + 3_620
    assert room(quotas) == 1
    clock.now = NOW + 3_680
    assert room(quotas) == 1


@pytest.mark.anyio
async def test_what_another_process_sends_meanwhile_is_learnt(account: Account) -> None:
    clock = Hand()
    ours = account.quotas(clock, Quota(100, MINUTE))
    second = FileStore(account.store.path).open()
    theirs_run = account.other("autumn")
    theirs = Quotas(
        [Quota(100, MINUTE)], second, theirs_run, clock=clock, tell=lambda quota, until: None
    )
    ours.leave(10)
    account.claimed(account.held.run, 10, clock.now)
    theirs.leave(30)
    account.claimed(theirs_run, 30, clock.now)
    clock.now += 4
    await ours.look()
    await theirs.look()
    # Whoever asks first takes what is left, and neither counts itself twice.
    ours_full, theirs_full = ours.reached(61), theirs.reached(61)
    assert ours.reached(60) is theirs.reached(60) is None
    assert ours_full is not None
    assert theirs_full is not None
    second.close()


@pytest.mark.anyio
async def test_a_look_forgets_nothing_that_was_known_before(account: Account) -> None:
    clock = Hand()
    other = account.other("autumn")
    account.claimed(other, 20, NOW - 1_000)
    account.claimed(account.held.run, 5, NOW - 2)
    quotas = account.quotas(clock, Quota(100, HOUR))
    for _ in range(3):
        clock.now += 61
        account.claimed(other, 1, clock.now - 30)
        await quotas.look()
    assert room(quotas) == 100 - 20 - 5 - 3


@pytest.mark.anyio
async def test_the_ledger_is_not_asked_for_every_message(account: Account) -> None:
    clock, looks = Hand(), 0

    class Counting:
        def claimed_by_time(self, run: Run, since: int, width: int, *, own: bool) -> dict[int, int]:
            nonlocal looks
            looks += 1
            return {}

    ledger: Traffic = Counting()
    quotas = Quotas(
        [Quota(10**6, DAY)], ledger, account.held.run, clock=clock, tell=lambda quota, until: None
    )
    at_start = looks
    for _ in range(1_000):
        clock.now += 0.1
        await quotas.look()
        quotas.leave(1)
    assert looks - at_start == 1  # 100 seconds, a look a minute


@settings(deadline=None, max_examples=60)
@given(
    quota=st.builds(Quota, st.integers(1, 40), st.sampled_from([MINUTE, HOUR, DAY])),
    steps=st.lists(st.tuples(st.floats(0, 0.6), st.integers(1, 5)), min_size=1, max_size=80),
)
def test_no_window_holds_more_than_its_cap_whenever_it_begins(
    tmp_path_factory: pytest.TempPathFactory, quota: Quota, steps: Sequence[tuple[float, int]]
) -> None:
    account = Account(tmp_path_factory.mktemp("account") / "ledger.db")
    clock = Hand()
    quotas = account.quotas(clock, quota)
    left: deque[tuple[float, int]] = deque()
    for share, wanted in steps:
        clock.now += share * quota.seconds
        messages = min(wanted, quota.messages)
        while (reached := quotas.reached(messages)) is not None:
            assert reached[1] > clock.now - 0.001
            clock.now = max(reached[1], clock.now + 0.001)
        quotas.leave(messages)
        left.append((clock.now, messages))
        inside = sum(count for at, count in left if at > clock.now - quota.seconds)
        assert inside <= quota.messages
    account.held.ledger.close()


def test_a_cap_that_is_reached_is_waited_for_and_told_once(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualClock(monkeypatch)
    began = clock.wall()
    quotas = account.quotas(clock.wall, Quota(100, MINUTE))
    pace = Pace(fast(rate=50.0), quotas)
    left: list[float] = []

    async def send() -> None:
        for _ in range(250):
            await pace.take(1)
            left.append(clock.wall() - began)

    clock.run(send())
    assert left[99] == pytest.approx(2.0, abs=0.1)
    assert left[100] == pytest.approx(60.0, abs=0.3)
    assert left[200] == pytest.approx(120.0, abs=0.6)
    assert [quota for quota, _ in account.told] == [Quota(100, MINUTE)] * 2
    assert account.told[0][1] == pytest.approx(began + 60, abs=0.3)
    assert pace.waited.capped == pytest.approx(116, abs=1)
    assert pace.waited.for_the_vendor == 0


@pytest.mark.anyio
async def test_nobody_is_claimed_while_a_cap_is_waited_for(stage: Stage) -> None:
    stage.quotas = [Quota(4, DAY)]
    stage.tell_of_cap = lambda quota, until: stage.engine.interrupt()
    await stage.run(lambda number, tries: ACCEPTED)
    assert stage.counts == {"accepted": 4, "pending": 6}
    assert len(stage.entries) == 4


@pytest.mark.anyio
async def test_the_next_execution_goes_by_what_the_last_one_sent(stage: Stage) -> None:
    stage.quotas = [Quota(4, DAY)]
    # When what was let go has left: what has not is left to the next execution.
    stage.tell_of_cap = lambda quota, until: asyncio.get_running_loop().call_later(
        0.1, stage.engine.interrupt
    )
    for _ in range(3):
        await stage.run(lambda number, tries: ACCEPTED)
    assert stage.counts == {"accepted": 4, "pending": 6}
    stage.quotas = [Quota(7, DAY)]
    await stage.run(lambda number, tries: ACCEPTED)
    assert stage.counts == {"accepted": 7, "pending": 3}
