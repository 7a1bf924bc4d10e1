"""What a sync says on a screen, and of its progress."""

from __future__ import annotations

from collections import Counter

import pytest

from campaign.arriving import Arrived
from campaign.cli import syncing
from campaign.ledger.delivery_records import Deliveries, Delivery
from campaign.outcomes.intake import Taken, TriedAgain
from campaign.syncing import Synced


def test_everything_that_a_person_should_know_is_said() -> None:
    found = Synced(
        run="once",
        sandbox=False,
        ways=["the vendor's list"],
        taken=Taken(events=1200, changed=800, opted_out=1),
        again=TriedAgain(matched=2, changed=2, dropped=3, left=4),
        arrived=Arrived(accepted=5, failed=1, missing=2),
        problems=Counter({"the vendor's list: no answer": 7}),
        deliveries=Deliveries({Delivery.READ: 9}, replied=3, silent=11),
    )
    assert syncing.lines(found) == [
        "Run once, asked the vendor's list.",
        "1,200 events; 802 recipients known further than before.",
        "  read: 9",
        "  nothing heard: 11",
        "3 recipients answered at some time.",
        "1 person asked to be left alone: now on the suppression list.",
        "5 recipients of the scheduled: sent; now accepted.",
        "1 recipient of the scheduled: not delivered; now failed.",
        "2 recipients still scheduled: the vendor shows no message of theirs.",
        "4 events fit nobody in this ledger; they are tried again for 30 days.",
        "3 that fitted nobody for 30 days are gone.",
        "Not asked, 7 ×: the vendor's list: no answer",
        "The same command goes on where this one stopped.",
    ]
    assert found.exit_code == 3


def test_progress_says_how_long_it_takes_once_that_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 100.0, 130.0, 160.0])
    monkeypatch.setattr(syncing.time, "monotonic", lambda: next(clock))
    pace = syncing._Pace()
    told = [pace.told("the list", done, 400) for done in (0, 100, 400)]
    assert told == [
        "Asked the list about 0 of 400 recipients",
        "Asked the list about 100 of 400 recipients, 1 min 30 s left",
        "Asked the list about 400 of 400 recipients",
    ]
