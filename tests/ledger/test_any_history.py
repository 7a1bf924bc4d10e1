"""Whatever happens in whatever order, the ledger agrees with the state diagram, to the last row."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from campaign.errors import LeaseLost, LedgerError
from campaign.ledger.records import Decision, Lease, Skip, State
from campaign.ledger.runs import now_ms
from tests.ledger.ledgers import FileStore, ServerStore, Store, claim, ensure, outcome, plan
from tests.postgres import PostgresForTests

ROWS = 6
REFUSED = {("skipped", "duplicate"): 2, ("held", "holdout"): 1}
NUMBERS = st.integers(0, ROWS - 1)
OUTCOMES = st.sampled_from(
    [State.ACCEPTED, State.SCHEDULED, State.FAILED, State.UNKNOWN, State.PENDING]
)
DECISIONS = st.sampled_from([State.PENDING, State.ACCEPTED, State.SKIPPED])


class AnyHistory(RuleBasedStateMachine):
    """The ledger beside a dictionary that follows the state diagram."""

    def __init__(self) -> None:
        super().__init__()
        self.rest = ExitStack()
        self.states: dict[int, State] = dict.fromkeys(range(ROWS), State.PENDING)
        self.tries: Counter[int] = Counter()
        self.due: dict[int, int] = {}
        self.fenced_out: list[Lease] = []

    def somewhere(self) -> Store:
        """Return an empty place for a ledger, gone at the end."""
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        self.store = self.somewhere()
        self.ledger = self.store.open()
        self.run_id = ensure(self.ledger).id
        self.lease = self.ledger.acquire(self.run_id)
        self.ledger.set_plan(self.lease, plan(ROWS, REFUSED))

    @rule(numbers=st.lists(NUMBERS, max_size=4))
    def claim(self, numbers: list[int]) -> None:
        expected: list[int | None] = []
        for number in numbers:
            if self.states[number] is State.PENDING:
                self.states[number] = State.SENDING
                self.tries[number] += 1
                expected.append(self.tries[number])
            else:
                expected.append(None)
        claims = [claim(number) for number in numbers]
        assert self.ledger.write(self.lease, claims=claims) == expected

    @rule(number=NUMBERS, state=OUTCOMES, off_by=st.sampled_from([0, 0, 0, 1, -1]))
    def settle(self, number: int, state: State, off_by: int) -> None:
        settlement = outcome(number, self.tries[number] + off_by, state, reason="why")
        if self.states[number] is State.SENDING and off_by == 0:
            self.ledger.write(self.lease, settlements=[settlement])
            self.states[number] = state
        else:
            with pytest.raises(LedgerError):
                self.ledger.write(self.lease, settlements=[settlement])

    @rule(number=NUMBERS)
    def skip(self, number: int) -> None:
        self.ledger.write(self.lease, skips=[Skip(number, f"key-{number}", "suppressed")])
        if self.states[number] is State.PENDING:
            self.states[number] = State.SKIPPED

    @rule(number=NUMBERS, hours=st.sampled_from([-1, 1]))
    def hold(self, number: int, hours: int) -> None:
        if self.states[number] is State.SENDING:
            due = now_ms() + hours * 3_600_000
            held = outcome(number, self.tries[number], State.HELD, not_before=due)
            self.ledger.write(self.lease, settlements=[held])
            self.states[number] = State.HELD
            self.due[number] = due

    @rule(number=NUMBERS, hours=st.sampled_from([-1, 1]))
    def hold_back(self, number: int, hours: int) -> None:
        """A rule says "not now" before anybody is claimed."""
        due = now_ms() + hours * 3_600_000
        self.ledger.write(self.lease, skips=[Skip(number, f"key-{number}", "why", due)])
        if self.states[number] is State.PENDING:
            self.states[number] = State.HELD
            self.due[number] = due

    @rule()
    def release_whose_time_has_come(self) -> None:
        due = [
            number
            for number, state in self.states.items()
            if state is State.HELD and self.due[number] <= now_ms()
        ]
        assert self.ledger.release_due(self.lease) == len(due)
        self.states |= dict.fromkeys(due, State.PENDING)

    @rule(number=NUMBERS, was=OUTCOMES, becomes=DECISIONS)
    def decide(self, number: int, was: State, becomes: State) -> None:
        decision = Decision(number, was, becomes, "why", "somebody")
        # Who was neither claimed nor held back has no row, so nothing can be decided about them.
        has_row = self.tries[number] > 0 or number in self.due
        found = self.states[number] is was and has_row
        assert self.ledger.decide(self.lease, [decision]) == int(found)
        if found:
            self.states[number] = becomes

    @rule(first=NUMBERS, second=NUMBERS)
    def write_something_impossible(self, first: int, second: int) -> None:
        with pytest.raises(LedgerError):
            self.ledger.write(
                self.lease,
                claims=[claim(first)],
                skips=[Skip(second, f"key-{second}", "suppressed")],
                settlements=[outcome(ROWS + 1, 1, State.ACCEPTED)],
            )

    @rule()
    def recover(self) -> None:
        open_claims = [n for n, state in self.states.items() if state is State.SENDING]
        assert self.ledger.recover(self.lease) == len(open_claims)
        self.states |= dict.fromkeys(open_claims, State.UNKNOWN)

    @rule()
    def reopen_it(self) -> None:
        self.ledger.close()
        self.ledger = self.store.open(create=False)

    @rule()
    def take_over(self) -> None:
        self.store.rewrite("UPDATE run SET heartbeat_at = 0")
        self.fenced_out.append(self.lease)
        self.lease = self.ledger.acquire(self.run_id)

    @rule(number=NUMBERS)
    def an_earlier_owner_comes_back(self, number: int) -> None:
        for lease in self.fenced_out[-1:]:
            with pytest.raises(LeaseLost):
                self.ledger.write(lease, claims=[claim(number)])
            with pytest.raises(LeaseLost):
                self.ledger.write(
                    lease, settlements=[outcome(number, self.tries[number], State.ACCEPTED)]
                )
            with pytest.raises(LeaseLost):
                self.ledger.beat(lease)
            self.ledger.release(lease)
        self.ledger.beat(self.lease)

    @invariant()
    def the_counts_are_those_of_the_model(self) -> None:
        counts = self.ledger.counts(self.run_id).as_dict()
        planned = counts.pop("planned")
        expected = Counter(state.value for state in self.states.values())
        expected["skipped"] += 2
        expected["held"] += 1
        assert {name: rows for name, rows in counts.items() if rows} == +expected
        assert sum(counts.values()) == planned == ROWS + 3

    @invariant()
    def the_rows_are_those_of_the_model(self) -> None:
        entries = {e.number: e for e in self.ledger.entries(self.run_id, 0, ROWS)}
        for number, state in self.states.items():
            entry = entries.pop(number, None)
            assert (entry.state if entry else State.PENDING) is state
            assert (entry.attempts if entry else 0) == self.tries[number]
        assert not entries
        assert sorted(self.ledger.decided(self.run_id, 0, ROWS)) == [
            number for number, state in self.states.items() if state is not State.PENDING
        ]

    def teardown(self) -> None:
        self.ledger.close()
        self.rest.close()


class InAFile(AnyHistory):
    """In SQLite."""

    def somewhere(self) -> Store:
        folder = self.rest.enter_context(tempfile.TemporaryDirectory())
        return FileStore(Path(folder) / "ledger.db")


@pytest.fixture(scope="class", autouse=True)
def _server(postgres: PostgresForTests) -> None:
    OnAServer.server = postgres


class OnAServer(AnyHistory):
    """In PostgreSQL."""

    server: PostgresForTests

    def somewhere(self) -> Store:
        return ServerStore(self.rest.enter_context(self.server.database()))


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


InAFile.TestCase.settings = _settings(40)
OnAServer.TestCase.settings = _settings(20)
TestInAFile = InAFile.TestCase
TestOnAServer = OnAServer.TestCase
