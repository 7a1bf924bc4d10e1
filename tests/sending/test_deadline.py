"""The schedule at work: a run at the wrong hour is refused, and a deadline ends one under way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import pytest

from campaign.errors import InvalidInput
from campaign.execution import Execution, Options
from campaign.job import Job
from campaign.ledger.records import Claim, Lease
from campaign.preflight.forecast import forecast
from campaign.reporting.reporter import About, Silent
from campaign.reporting.summary import Summary
from campaign.sandbox import SandboxServer
from campaign.sending.books import BooksUntil
from campaign.sending.ending import Ending, Result, TooLate, stop_at_deadline
from campaign.sending.engine import Engine
from tests.cli.commands import campaign
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number

Clock = Callable[[], datetime]
DAY = "schedule: {start: 09:00, not_after: 12:00, deadline: 18:00, timezone: Europe/Berlin}\n"
NIGHT = "schedule: {start: 22:00, not_after: 02:00, deadline: 06:00, timezone: Europe/Berlin}\n"
UNTIL = "schedule: {deadline: 18:00, timezone: Europe/Berlin}\n"
FAST = "rate: {limit: 100000/s, concurrency: 1}\n"


def at(text: str) -> Clock:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    return lambda: moment


MORNING, AFTERNOON, EVENING = (at(f"2026-03-10 {hour}:00") for hour in (10, 13, 19))


class Place:
    """A campaign of ``people`` over a server of its own, run by a clock that a test sets."""

    def __init__(self, folder: Path, server: SandboxServer) -> None:
        self.folder = folder
        self.server = server

    def job(self, more: str, people: int = 6, rate: str = FAST) -> Job:
        rows = "".join(f"{number(place)},Ana\n" for place in range(people))
        (self.folder / "list.csv").write_text(f"Phone,first_name\n{rows}", encoding="utf-8")
        message = "message: 'Hi {{ first_name }}'\n"
        recipe = Recipe(message=message, rate=rate, more=more)
        return Job.load(recipe.write(self.folder, "list.csv", self.server.url_for("synthflow")))

    def run(self, job: Job, now: Clock, limit: int | None = None, **options: object) -> Summary:
        execution = Execution(
            job,
            ENVIRONMENT,
            Silent(),
            Options(limit=limit, now=now, **options),  # type: ignore[arg-type]
        )

        async def within_a_minute() -> Summary:
            with anyio.fail_after(60):
                return await execution.run()
            raise AssertionError("it did not come to an end")

        return anyio.run(within_a_minute)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with SandboxServer() as server:
        yield Place(tmp_path, server)


def test_a_run_at_the_wrong_hour_is_refused_at_its_line_and_leaves_nothing_behind(
    place: Place,
) -> None:
    job = place.job(DAY)
    with pytest.raises(
        InvalidInput, match=r"it is 2026-03-10 13:00 CET .*from 09:00 to 12:00"
    ) as e:
        place.run(job, AFTERNOON)
    (problem,) = e.value.problems
    assert e.value.exit_code == 2
    assert (problem.file, problem.snippet) == (job.loaded.path, DAY.strip())
    assert len(place.server.journal) == 0
    assert not job.ledger({}).exists


def test_a_run_at_the_right_hour_sends_to_everybody(place: Place) -> None:
    assert place.run(place.job(DAY), MORNING).exit_code == 0
    assert len(place.server.journal) == 6


def test_a_resume_at_the_wrong_hour_is_refused_and_claims_nobody(place: Place) -> None:
    first = place.run(place.job(DAY), MORNING, limit=2)
    with pytest.raises(InvalidInput, match="next on 2026-03-11 09:00"):
        place.run(place.job(DAY), AFTERNOON)
    assert len(place.server.journal) == 2
    last = place.run(place.job(DAY), at("2026-03-11 09:00"))
    assert (first.exit_code, first.counts.pending, last.counts.accepted) == (5, 4, 6)


def test_a_resume_at_the_wrong_hour_with_nobody_to_send_to_ends_well(place: Place) -> None:
    place.run(place.job(DAY), MORNING)
    again = place.run(place.job(DAY), EVENING)
    assert (again.exit_code, again.counts.accepted) == (0, 6)
    assert len(place.server.journal) == 6


def test_a_question_that_is_answered_too_late_sends_to_nobody(place: Place) -> None:
    hour = MORNING

    def confirm(about: About) -> bool:
        nonlocal hour
        hour = AFTERNOON
        return True

    with pytest.raises(InvalidInput, match="from 09:00 to 12:00"):
        place.run(place.job(DAY), lambda: hour(), confirm=confirm)
    assert len(place.server.journal) == 0


def test_a_night_that_goes_on_past_midnight_is_one_run(place: Place) -> None:
    more = f'{NIGHT}run: "%Y-%m-%d"\n'
    first = place.run(place.job(more), at("2026-03-10 23:50"), limit=2)
    last = place.run(place.job(more), at("2026-03-11 00:10"))
    assert (first.run, last.run) == ("2026-03-10", "2026-03-10")
    assert (first.exit_code, last.exit_code, last.counts.accepted) == (5, 0, 6)


def test_after_the_deadline_a_run_sends_to_nobody_and_says_why(place: Place) -> None:
    summary = place.run(place.job(UNTIL), EVENING)
    assert (summary.exit_code, summary.ending) == (5, Ending.DEADLINE)
    assert summary.why == (
        "`schedule.deadline` has passed (2026-03-10 18:00 CET); who was not sent to stays pending"
    )
    assert summary.counts.pending == 6
    assert len(place.server.journal) == 0


def test_at_the_deadline_the_rest_stays_pending_and_goes_on_the_next_day(place: Place) -> None:
    def clock() -> datetime:
        return EVENING() if len(place.server.journal) >= 3 else MORNING()

    summary = place.run(place.job(UNTIL, people=50), clock)
    sent = len(place.server.journal)
    assert (summary.exit_code, summary.ending) == (5, Ending.DEADLINE)
    assert 3 <= sent == summary.counts.accepted < 50
    assert summary.counts.pending == 50 - sent
    done = place.run(place.job(UNTIL, people=50), at("2026-03-11 10:00"))
    assert (done.exit_code, done.counts.accepted) == (0, 50)
    assert set(place.server.journal.addresses().values()) == {1}


def test_a_deadline_is_not_waited_past_for_a_place_in_the_pace(place: Place) -> None:
    def clock() -> datetime:
        return EVENING() if len(place.server.journal) >= 1 else MORNING()

    summary = place.run(place.job(UNTIL, rate="rate: 1/h\n"), clock)
    assert (summary.ending, summary.counts.accepted, summary.counts.pending) == (
        Ending.DEADLINE,
        1,
        5,
    )


def test_a_deadline_that_comes_with_the_last_answer_leaves_nobody_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "campaign.sending.engine.Engine.run", _stopped_after(Ending.DEADLINE, "too late")
    )
    summary = place.run(place.job(UNTIL), MORNING)
    assert (summary.exit_code, summary.ending, summary.why) == (0, Ending.FINISHED, None)


def _stopped_after(ending: Ending, why: str) -> Callable[..., Awaitable[Result]]:
    run = Engine.run

    async def late(engine: Engine, todos: Any) -> Result:
        await run(engine, todos)
        engine.stop(ending, why)
        return engine._result

    return late


def test_a_forecast_may_be_made_at_any_hour(place: Place) -> None:
    past = "schedule: {start: 2020-03-10T09:00:00Z, not_after: 2020-03-10T12:00:00Z}\n"
    assert forecast(place.job(past), ENVIRONMENT).sendable == 6


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        ("schedule: {not_after: 2020-03-10T12:00:00Z}\n", 2, "sending may not begin after"),
        ("schedule: {start: 2098-03-10T12:00:00Z}\n", 2, "may be sent from"),
        ("schedule: {deadline: 2020-03-10T12:00:00Z}\n", 5, "`schedule.deadline` has passed"),
    ],
)
def test_the_command_ends_with_a_code_for_schedulers(
    place: Place, more: str, code: int, says: str
) -> None:
    path = place.job(more).loaded.path
    checked = campaign("check", path, cwd=place.folder)
    ended = campaign("run", path, "--yes", cwd=place.folder)
    assert (checked.returncode, ended.returncode) == (0, code)
    assert says in " ".join((ended.stdout + ended.stderr).split())
    assert len(place.server.journal) == 0


async def test_every_moment_is_asked_at_the_claim_and_the_first_that_has_come_decides() -> None:
    class NoLedger:
        def write(self, lease: Lease, **writes: object) -> list[int | None]:
            raise AssertionError("somebody was claimed")

    stopped: list[tuple[Ending, str | None]] = []
    moments = [
        TooLate(lambda: False, Ending.STOPPED, "not yet"),
        TooLate(lambda: True, Ending.DEADLINE, "it is late"),
        TooLate(lambda: True, Ending.STOPPED, "later"),
    ]
    books = BooksUntil(
        NoLedger(),  # type: ignore[arg-type]
        Lease(1, 1, "me"),
        moments,
        lambda ending, why: stopped.append((ending, why)),
    )
    assert await books.claim([Claim(1, "1"), Claim(2, "2")]) == [None, None]
    assert stopped == [(Ending.DEADLINE, "it is late")]


async def test_only_a_deadline_stops_a_run_that_waits_for_something_else() -> None:
    stopped: list[Ending] = []
    moments = [
        TooLate(lambda: True, Ending.STOPPED, "asked at the claim"),
        TooLate(lambda: True, Ending.DEADLINE, "now"),
    ]
    await stop_at_deadline(moments, lambda ending, why: stopped.append(ending))
    await stop_at_deadline(moments[:1], lambda ending, why: stopped.append(ending))
    assert stopped == [Ending.DEADLINE]


def test_the_ledger_keeps_that_a_deadline_ended_the_run(place: Place) -> None:
    job = place.job(UNTIL)
    summary = place.run(job, EVENING)
    ledger = job.ledger({}).open()
    try:
        run = ledger.find_run(summary.name, summary.run)
        assert run is not None
        assert [what for _, what, _ in ledger.events(run.id)][-1] == "deadline"
    finally:
        ledger.close()
