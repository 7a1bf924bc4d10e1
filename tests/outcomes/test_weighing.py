"""What may be concluded from what a vendor says, and what never may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaign.channel import Channel
from campaign.ledger.records import Decision, State
from campaign.outcomes.weighing import StillUnknown, weighed
from campaign.providers.look_up import Finding, Questions, Sought, Verdict

BEGAN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SOUGHT = Sought(7, "+491713920001", Channel.SMS, "+12025550100", "Hi", BEGAN)


@dataclass
class Way:
    """A look-up of which only the promises matter."""

    authoritative: bool
    delay: timedelta = timedelta(hours=1)
    title: str = "the vendor's list"
    together: bool = False
    rate: float = 1.0

    def ask(self, sought: list[Sought]) -> Questions:  # type: ignore[override]
        raise AssertionError("nobody asks here")


def weigh(verdict: Verdict, *, authoritative: bool, after: timedelta) -> Decision | StillUnknown:
    finding = Finding(7, verdict, "what it says", "sid-1", {"status": "sent"}, None, "30003")
    return weighed(Way(authoritative), finding, SOUGHT, BEGAN + after, "ana@host")  # type: ignore[arg-type]


LATER, EARLIER = timedelta(hours=1), timedelta(minutes=59)


@pytest.mark.parametrize("authoritative", [True, False])
@pytest.mark.parametrize("after", [LATER, EARLIER])
@pytest.mark.parametrize(
    ("verdict", "becomes", "reason"),
    [
        (Verdict.FOUND, State.ACCEPTED, "looked_up_sent"),
        (Verdict.FAILED, State.FAILED, "looked_up_failed"),
    ],
)
def test_what_was_found_settles_at_once_with_its_evidence(
    verdict: Verdict, becomes: State, reason: str, authoritative: bool, after: timedelta
) -> None:
    decision = weigh(verdict, authoritative=authoritative, after=after)
    assert isinstance(decision, Decision)
    assert (decision.number, decision.was, decision.becomes) == (7, State.UNKNOWN, becomes)
    assert (decision.reason, decision.code, decision.provider_id) == (reason, "30003", "sid-1")
    assert (decision.who, decision.evidence) == ("ana@host", {"status": "sent"})
    assert decision.why == "the vendor's list: what it says"


def test_nothing_found_means_not_sent_only_where_that_is_certain_and_late_enough() -> None:
    decision = weigh(Verdict.ABSENT, authoritative=True, after=LATER)
    assert isinstance(decision, Decision)
    assert (decision.becomes, decision.reason) == (State.PENDING, "looked_up_not_sent")


@pytest.mark.parametrize("after", [LATER, EARLIER, timedelta(days=30)])
@pytest.mark.parametrize("authoritative", [True, False])
def test_a_vendor_that_cannot_tell_leaves_them_unknown_however_late(
    authoritative: bool, after: timedelta
) -> None:
    found = weigh(Verdict.UNDECIDED, authoritative=authoritative, after=after)
    assert found == StillUnknown("what it says")


def test_what_is_no_verdict_is_never_weighed_as_not_sent() -> None:
    odd: Any = "found"
    assert weigh(odd, authoritative=True, after=LATER) == StillUnknown("what it says")


def test_a_list_that_may_lack_messages_never_says_not_sent() -> None:
    found = weigh(Verdict.ABSENT, authoritative=False, after=timedelta(days=30))
    assert found == StillUnknown("what it says")


def test_before_the_vendors_delay_it_is_said_when_to_ask_again() -> None:
    found = weigh(Verdict.ABSENT, authoritative=True, after=EARLIER)
    assert found == StillUnknown("what it says, but it may take an hour to appear", BEGAN + LATER)
