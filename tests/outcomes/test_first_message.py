"""Of several messages to a person after our claim only the first is ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from campaign.providers.heard import Happening, Heard
from tests.outcomes.sent import ANA, MINUTE, SECOND, Sent, heard


def of(
    message: str, made: timedelta, what: Happening, after: timedelta, *ids: str, **more: str
) -> Heard:
    """Return what is said of a message that is known by its address alone."""
    names = (*ids, message)
    return heard(what, after, ids=names, address=ANA, began=made, message=message, **more)


DELIVERED = of("ours", SECOND, Happening.DELIVERED, MINUTE)
READ = of("ours", SECOND, Happening.READ, 2 * MINUTE)
# To somebody who has written STOP, Twilio refuses the agent's answer.
REFUSED = of("agents", 90 * SECOND, Happening.UNDELIVERED, 2 * MINUTE, code="21610")
REPLIED = heard(after=MINUTE, address=ANA)


def told_in(sent: Sent, order: tuple[Heard, ...]) -> Mapping[str, Sequence[Any]]:
    """Hear events in an order, and return what the ledger says of the one person then."""
    run = sent.run("spring", {ANA: "session"})
    for event in order:
        sent.intake().take([event])
    return sent.ledger.columns(run.id, 0, 0)


@pytest.mark.parametrize("order", [*permutations([DELIVERED, READ, REFUSED, REPLIED])])
def test_an_agents_answer_that_is_refused_leaves_our_message_as_it_was(
    sent: Sent, order: tuple[Heard, ...]
) -> None:
    columns = told_in(sent, order)
    assert columns["delivery"] == ["replied"]
    assert columns["undelivered_at"] == columns["delivery_code"] == [None]
    assert None not in columns["delivered_at"] + columns["read_at"]


def test_a_page_with_the_newest_message_first_is_read_like_any_other(sent: Sent) -> None:
    run = sent.run("spring", {ANA: "session"})
    sent.intake().take([REFUSED, READ, DELIVERED])
    assert sent.told(run) == {0: "read"}


def test_a_message_that_the_vendors_answer_named_outweighs_what_was_known_by_the_address(
    sent: Sent,
) -> None:
    run = sent.run("spring", {ANA: "ours"})
    sent.intake().take([REFUSED])
    assert sent.told(run) == {0: "undelivered"}
    sent.intake().take([DELIVERED])
    sent.intake().take([REFUSED])
    assert sent.told(run) == {0: "delivered"}


def test_an_answer_that_is_made_later_than_ours_is_nobodys(sent: Sent) -> None:
    run = sent.run("spring", {ANA: "session"})
    late = of("agents", 3 * MINUTE, Happening.UNDELIVERED, 4 * MINUTE)
    assert sent.intake().take([late]).unmatched == 1
    assert sent.told(run) == {0: None}


BY_SESSION = of("ours", SECOND, Happening.READ, 2 * MINUTE, "session")


@pytest.mark.parametrize("order", [*permutations([DELIVERED, BY_SESSION, REFUSED])])
def test_what_a_poll_and_a_webhook_say_of_one_message_is_kept_together(
    sent: Sent, order: tuple[Heard, ...]
) -> None:
    """The poll knows it by the session that the vendor's answer named, the webhook does not."""
    columns = told_in(sent, order)
    assert columns["delivery"] == ["read"]
    assert columns["delivered_at"] != [None]
