"""What bound a run: its caps, a limit that nobody told it, or how slowly the vendor answers."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from rich.console import Console

from campaign.channel import Channel
from campaign.execution import Execution, Options
from campaign.job import Job
from campaign.reporting import words
from campaign.reporting.lines import Lines
from campaign.reporting.reporter import Silent
from campaign.reporting.summary import Summary
from campaign.reporting.tables import summary_view
from campaign.sandbox import SandboxConfig, SandboxServer
from campaign.sending.ending import Ending
from campaign.sending.waited import Waited
from tests.run.campaigns import ENVIRONMENT, Recipe


class Impatient(Silent):
    """Interrupts a run soon after it says that a cap is reached."""

    def __init__(self) -> None:
        self.caps: list[str] = []
        self.execution: Execution

    def told(self, text: str) -> None:
        if text.startswith("The cap of"):
            self.caps.append(text)
            # By then what was let go has left; what has not would stay pending.
            asyncio.get_running_loop().call_later(0.2, self.execution.interrupt)

    def send(self, path: Path) -> Summary:
        self.execution = Execution(Job.load(path), ENVIRONMENT, self, Options())

        async def within_a_minute() -> Summary:
            with anyio.fail_after(60):
                return await self.execution.run()
            raise AssertionError("it did not come to an end")

        return anyio.run(within_a_minute)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


def campaign(
    folder: Path, server: SandboxServer, rate: str, name: str = "spring", people: int = 20
) -> Path:
    """Write a campaign to so many people, whom every campaign has for itself."""
    first = sum(map(ord, name)) % 90
    rows = "".join(f"+4917139{first:02}{place:03}\n" for place in range(people))
    own = folder / name
    own.mkdir(exist_ok=True)
    (own / "list.csv").write_text(f"Phone\n{rows}", encoding="utf-8")
    recipe = Recipe(
        name=name, message="message: Hi\n", rate=rate, more="ledger: ../common-ledger.db\n"
    )
    return recipe.write(own, "list.csv", server.url_for("synthflow"))


def logged(summary: Summary) -> str:
    out = io.StringIO()
    Lines(out).finished(summary)
    return out.getvalue()


def shown(summary: Summary) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(summary_view(summary))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def test_two_campaigns_and_every_restart_keep_to_one_cap_of_the_account(
    tmp_path: Path, server: SandboxServer
) -> None:
    rate = "rate: {limit: 1000/s, at_most: [12/h, 100/d]}\n"
    spring, autumn = campaign(tmp_path, server, rate), campaign(tmp_path, server, rate, "autumn")
    who = Impatient()

    first = who.send(spring)
    assert first.ending is Ending.INTERRUPTED
    assert (first.counts.accepted, first.counts.pending) == (12, 8)
    assert len(who.caps) == 1
    assert who.caps[0].startswith("The cap of 12/h is reached; the next ones come at 2")

    for again in (spring, autumn):
        nobody = who.send(again)
        assert nobody.settled == 0
    assert len(server.journal) == 12

    more = campaign(tmp_path, server, rate.replace("12/h", "15/h"), "autumn")
    assert who.send(more).settled == 3
    assert len(server.journal) == 15


def test_a_batch_is_never_larger_than_the_cap(tmp_path: Path, server: SandboxServer) -> None:
    (tmp_path / "list.csv").write_text(
        "Phone,first_name\n" + "".join(f"+4917139200{n:02},Ana\n" for n in range(20)), "utf-8"
    )
    recipe = Recipe(
        "zild",
        Channel.WHATSAPP,
        rate="rate: {limit: 1000/s, at_most: 3/h}\n",
        message="message: {template: {id: 42}}\n",
        settings="  batch: 10\n",
    )
    path = recipe.write(tmp_path, "list.csv", server.url_for("zild"))
    summary = Impatient().send(path)
    assert (summary.counts.accepted, summary.counts.pending) == (3, 17)


def test_a_limit_that_nobody_told_slows_the_run_which_says_so_and_loses_nobody(
    tmp_path: Path,
) -> None:
    faults = {"limit": {"requests": 5, "seconds": 0.2}}
    with SandboxServer(SandboxConfig.model_validate({"faults": faults})) as server:
        path = campaign(tmp_path, server, "rate: {limit: 500/s}\n", people=60)
        summary = Impatient().send(path)
        assert summary.counts.accepted == len(server.journal) == 60
    slowed_to = summary.waited.slowed_to
    assert slowed_to is not None
    assert slowed_to < 500
    assert summary.waited.paused > 0
    assert summary.as_dict()["rate"]["slowed_to"] == pytest.approx(slowed_to, abs=0.01)
    text = shown(summary)
    assert "Slowed to about" in text
    assert "waited for the vendor 0 %" not in text


def test_a_vendor_that_answers_slowly_is_named_as_what_bound_the_run(tmp_path: Path) -> None:
    faults = {"latency": 0.05}
    with SandboxServer(SandboxConfig.model_validate({"faults": faults})) as server:
        path = campaign(tmp_path, server, "rate: {limit: 1000/s, concurrency: 1}\n")
        summary = Impatient().send(path)
    assert summary.counts.accepted == 20
    # Nineteen of twenty had to wait for the answer to the one before.
    assert summary.waited.in_flight >= 19 * 0.05 * 0.9
    assert summary.waited.slowed_to is None
    waited = summary.as_dict()["rate"]["waited_seconds"]
    assert waited["in_flight"] == pytest.approx(summary.waited.in_flight, abs=0.001)
    assert waited["paused"] == waited["capped"] == 0


def test_where_the_rate_bound_it_nothing_else_is_named(
    tmp_path: Path, server: SandboxServer
) -> None:
    summary = Impatient().send(campaign(tmp_path, server, "rate: {limit: 40/s}\n"))
    assert summary.counts.accepted == 20
    assert summary.waited == Waited()
    text = shown(summary)
    # Half a second says nothing of the rate; the first message does not wait for it.
    assert "asked 40/s; waited for the vendor 0 %." in text
    assert summary.as_dict()["rate"]["achieved"] > 0
    assert "Slowed" not in text
    assert "cap" not in text


@pytest.mark.parametrize(
    ("waited", "said"),
    [
        (Waited(), []),
        (Waited(slowed_to=42.34), ["Slowed to about 42/s by the vendor."]),
        (Waited(slowed_to=1234.0), ["Slowed to about 1,200/s by the vendor."]),
        (Waited(capped=90.0), ["Waited for a cap 90 % of the time."]),
        (Waited(held=1800.0), ["Waited 30 min until more people might be sent to."]),
    ],
)
def test_what_made_a_run_slower_is_said_in_sentences(waited: Waited, said: list[str]) -> None:
    assert words.slower(waited, 100.0) == said


def test_the_share_that_the_vendor_cost_is_of_the_whole_time() -> None:
    waited = Waited(in_flight=10.0, paused=2.0)
    said = words.speed_of(80.0, 79.9, waited, 100.0)
    assert said == "asked 80/s, achieved 79.9/s; waited for the vendor 12 %"


def test_a_log_says_the_same_of_the_speed_as_a_terminal(
    tmp_path: Path, server: SandboxServer
) -> None:
    summary = Impatient().send(campaign(tmp_path, server, "rate: {limit: 1000/s}\n"))
    slow = replace(
        summary, seconds=100.0, waited=Waited(capped=50.0, slowed_to=42.0), rate=80.0, settled=2000
    )
    text = logged(slow)
    assert "asked 80/s, achieved 20/s; waited for the vendor 0 %." in text
    assert "Slowed to about 42/s by the vendor." in text
    assert "Waited for a cap 50 % of the time." in text
    for said in slow.how_it_went():
        assert said in shown(slow)


def test_time_in_which_nobody_might_be_sent_to_is_not_part_of_the_speed(
    tmp_path: Path, server: SandboxServer
) -> None:
    summary = Impatient().send(campaign(tmp_path, server, "rate: {limit: 1000/s}\n"))
    ramped = replace(summary, seconds=3700.0, settled=1000, rate=10.0, waited=Waited(held=3600.0))
    assert ramped.achieved == 10.0
    assert "asked 10/s, achieved 10/s" in shown(ramped)
    assert "Waited 1 h until more people might be sent to." in logged(ramped)


def test_the_wait_of_a_ramp_is_counted(tmp_path: Path, server: SandboxServer) -> None:
    ramp = "rate: {limit: 1000/s}\nramp: {steps: [{send: 5, wait: 1s}]}\n"
    summary = Impatient().send(campaign(tmp_path, server, ramp))
    assert summary.counts.accepted == 20
    assert 0 < summary.waited.held < summary.seconds


@pytest.mark.parametrize(
    ("rate", "said"), [(80.0, "80/s"), (999.5, "999.5/s"), (1500.0, "1,500/s"), (2e4, "20,000/s")]
)
def test_a_high_rate_is_written_out(rate: float, said: str) -> None:
    assert words.speed(rate) == said
