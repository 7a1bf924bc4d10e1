"""What only a person may decide: what became of an unknown, and who is sent to again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import campaign
from campaign.api import Campaign
from campaign.deciding import As
from campaign.errors import InvalidInput
from campaign.ledger.records import State
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number

PEOPLE = 10


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig()) as server:
        yield server


@pytest.fixture
def loaded(tmp_path: Path, server: SandboxServer) -> Campaign:
    rows = "".join(f"C{place},{number(place)}\n" for place in range(PEOPLE))
    (tmp_path / "list.csv").write_text("Customer,Phone\n" + rows, encoding="utf-8")
    recipe = Recipe(message="message: Hi\n", recipients={"key": "Customer"})
    definition = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
    return campaign.load(definition, environment=ENVIRONMENT)


def lose_answers(loaded: Campaign, server: SandboxServer) -> None:
    """Send to everybody and lose every answer; the vendor has all the messages."""
    server.set_faults({"drop_after": 1.0})
    summary = loaded.run()
    assert summary.counts.unknown == PEOPLE == len(server.journal)
    server.set_faults({})


def test_who_was_sent_to_after_all_is_accepted_and_not_sent_to_again(
    loaded: Campaign, server: SandboxServer
) -> None:
    lose_answers(loaded, server)
    assert loaded.resolve(As.SENT, None, why="seen in the vendor's inbox") == PEOPLE
    summary = loaded.run()
    assert (summary.exit_code, summary.counts.accepted) == (0, PEOPLE)
    assert len(server.journal) == PEOPLE


def test_who_was_not_sent_to_gets_the_message_with_the_next_run(
    loaded: Campaign, server: SandboxServer
) -> None:
    server.set_faults({"drop_before": 1.0})
    assert loaded.run().counts.unknown == PEOPLE
    server.set_faults({})
    assert loaded.resolve(As.NOT_SENT, ["C3", number(4)]) == 2
    summary = loaded.run()
    assert set(server.journal.addresses()) == {number(3), number(4)}
    assert (summary.counts.accepted, summary.counts.unknown) == (2, PEOPLE - 2)


def test_who_is_skipped_is_left_alone_for_good(loaded: Campaign, server: SandboxServer) -> None:
    lose_answers(loaded, server)
    assert loaded.resolve(As.SKIP, None) == PEOPLE
    summary = loaded.run()
    assert (summary.exit_code, summary.counts.skipped) == (0, PEOPLE)
    assert len(server.journal) == PEOPLE


def test_a_decision_is_kept_with_who_when_and_why(loaded: Campaign, server: SandboxServer) -> None:
    lose_answers(loaded, server)
    loaded.resolve(As.SENT, ["C1"], why="called them")
    with loaded.view() as view:
        (found,) = view.find("C1")
        (decided,) = found.decisions
    assert (decided.was, decided.becomes, decided.why) == ("unknown", "accepted", "called them")
    assert "@" in decided.who


def test_a_stranger_among_the_keys_decides_nothing(loaded: Campaign, server: SandboxServer) -> None:
    lose_answers(loaded, server)
    with pytest.raises(InvalidInput, match="Not unknown in this run: C99"):
        loaded.resolve(As.SENT, ["C1", "C99"])
    with loaded.view() as view:
        assert view.counts.unknown == PEOPLE


def test_unknown_is_never_retried_without_accepting_duplicates(
    loaded: Campaign, server: SandboxServer
) -> None:
    lose_answers(loaded, server)
    with pytest.raises(InvalidInput, match="may have got the message"):
        loaded.send_again(state=State.UNKNOWN)
    assert loaded.send_again() == 0
    loaded.run()
    assert len(server.journal) == PEOPLE
    assert loaded.send_again(state=State.UNKNOWN, accept_duplicates=True) == PEOPLE
    loaded.run()
    assert set(server.journal.addresses().values()) == {2}


def test_a_retry_sends_to_whom_a_resend_can_mend_and_to_nobody_else(
    loaded: Campaign, server: SandboxServer
) -> None:
    server.set_faults({"invalid_recipients": [number(2)]})
    loaded.run()
    assert loaded.send_again() == 0, "a number that the vendor refuses is no use to try again"
    assert loaded.send_again(codes=["refused"]) == 1
    server.set_faults({})
    summary = loaded.run()
    assert (summary.exit_code, summary.counts.accepted) == (0, PEOPLE)
    assert set(server.journal.addresses().values()) == {1}


def test_the_counts_add_up_after_every_decision(loaded: Campaign, server: SandboxServer) -> None:
    lose_answers(loaded, server)
    for answer, keys in ((As.SENT, ["C0"]), (As.NOT_SENT, ["C1"]), (As.SKIP, ["C2"])):
        loaded.resolve(answer, keys)
    with loaded.view() as view:
        counts = view.counts.as_dict()
    assert counts.pop("planned") == sum(counts.values()) == PEOPLE
    assert (counts["accepted"], counts["pending"], counts["skipped"]) == (1, 1, 1)
