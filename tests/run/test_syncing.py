"""The vendor is asked what came back; what the sandbox's people did decides."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import campaign
from campaign.account import account_of
from campaign.api import Campaign
from campaign.arriving import Arrived
from campaign.channel import Channel
from campaign.errors import InvalidInput
from campaign.ledger.delivery_records import Delivery
from campaign.outcomes.intake import Intake
from campaign.providers.heard import Happening, Heard
from campaign.sandbox import SandboxConfig, SandboxServer
from campaign.sandbox.clock import Clock
from tests.cli.commands import campaign as command
from tests.cli.commands import started
from tests.run.campaigns import Recipe
from tests.run.lists import number
from tests.run.people import DAY, Way, at_the_vendor, config, in_the_ledger, sent, synced
from tests.run.reconciled import SECRETS, SID

BY_TWILIO = frozenset({"delivered", "read", "replied", "undelivered"})
BY_WHIPPY = frozenset({"delivered", "undelivered", "replied", "closed"})
CLOSED = frozenset({"closed"})
NO_TIME = frozenset({"delivered", "undelivered"})
WAYS = [
    Way("sendbird", Channel.SMS, frozenset({"replied", "closed"})),
    Way("sendbird", Channel.MESSENGER, frozenset({"replied", "closed"})),
    Way("whippy", Channel.PHONE, BY_WHIPPY, timeless=NO_TIME),
    Way("whippy", Channel.WHATSAPP, BY_WHIPPY, timeless=NO_TIME),
    Way("whippy", Channel.EMAIL, BY_WHIPPY, timeless=NO_TIME),
    Way("synthflow", Channel.SMS, frozenset({"replied", "closed"}), timeless=CLOSED),
    Way("synthflow", Channel.SMS, BY_TWILIO | CLOSED, twilio=True, timeless=CLOSED, last_only=True),
    Way(
        "synthflow",
        Channel.WHATSAPP,
        BY_TWILIO | CLOSED,
        twilio=True,
        timeless=CLOSED,
        last_only=True,
    ),
    Way("zild", Channel.WHATSAPP, BY_TWILIO, twilio=True, last_only=True),
]


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig.model_validate(config())) as one:
        yield one


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_ledger_knows_exactly_what_the_people_did_as_far_as_the_vendor_tells(
    tmp_path: Path, server: SandboxServer, way: Way
) -> None:
    loaded = sent(tmp_path, server, way)
    server.clock.advance(DAY)
    found = synced(loaded, server)
    assert (found.exit_code, dict(found.problems)) == (0, {})
    truth, ledger = at_the_vendor(server, way), in_the_ledger(loaded, way)
    assert {"replied"} <= {what for acts in truth.values() for what in acts} <= way.tells
    assert ledger == truth
    again = synced(loaded, server)
    assert again.taken.changed == again.again.changed == 0, "asking again changes nothing"
    assert in_the_ledger(loaded, way) == ledger


WHIPPY = Way("whippy", Channel.PHONE, BY_WHIPPY, timeless=NO_TIME)


def test_a_sync_that_is_killed_goes_on_and_comes_to_the_same(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = sent(tmp_path, server, WHIPPY)
    server.clock.advance(DAY)
    asked = server.lookups.as_dict()["requests"]
    process = started("sync", tmp_path / "campaign.yaml", cwd=tmp_path)
    until = time.monotonic() + 60
    while server.lookups.as_dict()["requests"] < asked + 30:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.005)
    process.kill()
    process.communicate()
    with closing(loaded.job.ledger(SECRETS).open(create=False)) as ledger, loaded.view() as view:
        stopped_at = ledger.cursor(view.run.id, "Whippy's conversations")
    found = synced(loaded, server)
    assert found.problems == {}
    assert stopped_at is not None
    assert found.asked < len(in_the_ledger(loaded, WHIPPY)), "it went on where it was stopped"
    assert in_the_ledger(loaded, WHIPPY) == at_the_vendor(server, WHIPPY)


def test_two_at_once_do_each_other_no_harm(tmp_path: Path, server: SandboxServer) -> None:
    loaded = sent(tmp_path, server, WHIPPY, rows=20)
    server.clock.advance(DAY)
    words = ("sync", tmp_path / "campaign.yaml", "--json")
    both = [started(*words, cwd=tmp_path) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert in_the_ledger(loaded, WHIPPY) == at_the_vendor(server, WHIPPY)


def test_a_vendor_that_is_gone_is_told_and_not_asked_about_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SandboxServer(SandboxConfig.model_validate(config())) as server:
        loaded = sent(tmp_path, server, WHIPPY, rows=60)
        clock = server.clock
    found = synced(loaded, Gone(clock))
    assert found.exit_code == 3
    assert found.asked <= 32
    assert any("no answer" in problem for problem in found.problems)
    assert any("not asked about the others" in problem for problem in found.problems)
    assert found.deliveries.silent > 0


class Gone:
    """A server that has ended; only its clock is left."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock


def test_whoever_has_a_vendor_that_cannot_be_asked_is_told_to_listen(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = sent(tmp_path, server, Way("zild", Channel.WHATSAPP, frozenset()))
    with closing(loaded.job.ledger(SECRETS).open(create=False)) as ledger:
        ledger.keep_unmatched("zild", ["old"], sandbox=False)
        with closing(sqlite3.connect(tmp_path / "campaign-ledger.db")) as db:
            db.execute("UPDATE unmatched SET kept_at = 1")
            db.commit()
        with pytest.raises(InvalidInput, match="campaign listen"):
            synced(loaded, server)
        assert ledger.count_unmatched("zild", sandbox=False) == 0, (
            "forgotten by its age all the same"
        )


def test_a_run_of_another_vendor_or_a_rehearsal_is_not_asked_about(
    tmp_path: Path, server: SandboxServer
) -> None:
    way = Way("synthflow", Channel.SMS, frozenset())
    loaded = sent(tmp_path, server, way, rows=20)
    rehearsal = campaign.load(Recipe().write(tmp_path, "list.csv", None)).run().run
    other = Recipe("sendbird").write(tmp_path, "list.csv", server.url_for("sendbird"))
    with pytest.raises(InvalidInput, match="was sent through synthflow"):
        campaign.load(other, environment=SECRETS).sync(run="once")
    with pytest.raises(InvalidInput, match="was a rehearsal"):
        synced(loaded, server, rehearsal)
    assert loaded.sync(run="once").exit_code == 0


def test_nobody_is_asked_about_again_whose_conversation_is_over(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = sent(tmp_path, server, WHIPPY)
    server.clock.advance(DAY)
    first = synced(loaded, server)
    over = sum(first.deliveries.by_status[one] for one in (Delivery.CLOSED, Delivery.UNDELIVERED))
    again = synced(loaded, server)
    assert over > 0
    assert again.asked == first.asked - over


def test_the_scheduled_become_what_the_vendor_shows_and_are_left_alone_where_it_shows_nothing(
    tmp_path: Path,
) -> None:
    people = {"failed_to_begin": 0.3, "delivered": 0.6, "undelivered": 0.4}
    with SandboxServer(SandboxConfig.model_validate(config(people))) as server:
        at = server.clock.now() + timedelta(hours=3)
        rows = "".join(f"{number(place)}\n" for place in range(20))
        (tmp_path / "list.csv").write_text(f"Phone\n{rows}", encoding="utf-8")
        message = f"message: {{schedule_at: {at:%Y-%m-%dT%H:%M:%SZ}}}\n"
        recipe = Recipe("whippy", Channel.PHONE, message=message)
        path = recipe.write(tmp_path, "list.csv", server.url_for("whippy"))
        loaded = campaign.load(path, environment=SECRETS)
        assert loaded.run().counts.scheduled == 20
        assert synced(loaded, server).arrived == Arrived(), "its time has not come"
        server.clock.advance(DAY)
        with held_by_another(loaded):
            waits = synced(loaded, server).arrived
        assert waits.held
        found = synced(loaded, server).arrived
        acts = [[act["does"] for act in one["acts"]] for one in server.people.acts()]
    with loaded.view() as view:
        counts = view.counts
    assert (counts.accepted, counts.failed, counts.scheduled) == (
        sum("delivered" in one for one in acts),
        sum("undelivered" in one for one in acts),
        sum("failed_to_begin" in one for one in acts),
    )
    assert (found.accepted, found.failed, found.missing, found.held) == (
        counts.accepted,
        counts.failed,
        counts.scheduled,
        False,
    )
    assert min(counts.accepted, counts.failed, counts.scheduled) > 0
    assert loaded.verify().is_sound


@contextmanager
def held_by_another(loaded: Campaign) -> Iterator[None]:
    """Hold the newest run, as whoever sends it does."""
    with closing(loaded.job.ledger(SECRETS).open(create=False)) as ledger, loaded.view() as view:
        lease = ledger.acquire(view.run.id)
        try:
            yield
        finally:
            ledger.release(lease)


def test_an_opt_out_that_is_heard_reaches_a_run_that_is_being_sent(
    tmp_path: Path, server: SandboxServer
) -> None:
    last = number(59)
    rows = "".join(f"{number(place)},Ana,x\n" for place in range(60))
    (tmp_path / "list.csv").write_text(f"Phone,First Name,Plan\n{rows}", encoding="utf-8")
    recipe = Recipe(rate="rate: {limit: 40/s, concurrency: 4}\n")
    path = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
    loaded = campaign.load(path, environment=SECRETS)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(loaded.run)
        while len(server.journal) < 3:
            assert not running.done()
            time.sleep(0.005)
        with closing(loaded.job.ledger(SECRETS).open(create=False)) as ledger:
            account = account_of(loaded.job, loaded.job.provider(SECRETS, None), sandbox=False)
            stop = Heard(
                Happening.REPLIED, datetime.now(UTC), address=last, text="Stop!", ids=("unheard",)
            )
            assert Intake(ledger, account, "a test").take([stop]).opted_out == 1
        summary = running.result(timeout=60)
    assert last not in server.journal.addresses()
    assert (summary.counts.accepted, summary.counts.skipped) == (59, 1)


@pytest.mark.parametrize(
    ("provider", "channel"), [("zild", Channel.WHATSAPP), ("synthflow", Channel.SMS)]
)
def test_a_rehearsal_over_an_account_of_ones_own_asks_the_sandbox_and_nobody_else(
    tmp_path: Path, provider: str, channel: Channel
) -> None:
    rows = "".join(f"{number(place)},Ana,x\n" for place in range(40))
    (tmp_path / "list.csv").write_text(f"Phone,First Name,Plan\n{rows}", encoding="utf-8")
    settings = f"  twilio: {{account_sid: {SID}, auth_token: '${{NOT_THERE}}'}}\n"
    recipe = Recipe(provider, channel, settings=settings)
    loaded = campaign.load(recipe.write(tmp_path, "list.csv", None))
    loaded.run()
    found = loaded.sync()
    assert (found.exit_code, dict(found.problems)) == (0, {})
    assert found.deliveries.replied > 0
    acts = in_the_ledger(loaded, Way(provider, channel, frozenset()))
    assert {"read", "replied"} <= {what for one in acts.values() for what in one}


def test_a_rehearsal_is_synced_a_day_later_and_touches_nothing_real(tmp_path: Path) -> None:
    rows = "".join(f"{number(place)},Ana,x\n" for place in range(80))
    (tmp_path / "list.csv").write_text(f"Phone,First Name,Plan\n{rows}", encoding="utf-8")
    path = Recipe().write(tmp_path, "list.csv", None)
    assert command("run", path, "--yes", cwd=tmp_path).returncode == 0
    done = command("sync", path, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["sandbox"] is True
    assert found["replied"] > 0
    told = command("sync", path, cwd=tmp_path)
    assert "the sandbox's people have had 24 hours to answer" in told.stdout
    listed = command("suppress", "list", path, cwd=tmp_path)
    assert listed.stdout == "Nobody is on the list.\n"
