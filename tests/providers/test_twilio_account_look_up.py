"""An account is believed to lack a message only if it shows what this very run has sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from campaign.providers.look_up import Verdict
from tests.providers.look_ups import ANA, AT, BO, asked, to, twilio
from tests.providers.twilio_look_ups import BOS, OTHER, of_ana, page
from tests.providers.vendors import answer


def test_nothing_for_this_recipient_is_absent_where_the_account_has_the_runs_own_messages() -> None:
    exchange = of_ana()
    assert exchange.verdict is Verdict.ABSENT
    assert dict(exchange.requests[1].url.params) == {"To": BO.address, "PageSize": "1000"}


def test_an_account_without_the_runs_messages_says_nothing() -> None:
    found = of_ana(own=False).finding
    assert found.verdict is Verdict.UNDECIDED
    assert "is it the account" in found.detail


@pytest.mark.parametrize(
    "changes",
    [
        {"to": OTHER},
        {"from": OTHER},
        {"direction": "inbound"},
        {"date_created": None},
        {"date_created": format_datetime(AT - timedelta(days=900))},  # the number moved away since
        {"date_created": format_datetime(AT + timedelta(hours=2))},
        # The clock of the machine that sent was fast: then no time of its can be trusted.
        {"date_created": format_datetime(AT - timedelta(minutes=4))},
    ],
    ids=["to another", "from another", "inbound", "no time", "years ago", "later", "a fast clock"],
)
def test_messages_of_others_do_not_show_that_it_is_the_account(changes: Mapping[str, Any]) -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        of_bo = request.url.params["To"] == BO.address
        return answer(200, page(*([BOS | changes] if of_bo else [])))

    assert asked(twilio(), vendor, ANA).verdict is Verdict.UNDECIDED


def test_where_the_run_has_reached_nobody_nothing_is_absent() -> None:
    exchange = of_ana(known=())
    assert exchange.verdict is Verdict.UNDECIDED
    assert "this run has reached nobody" in exchange.finding.detail
    assert len(exchange.requests) == 1


def test_one_of_those_whom_the_run_has_reached_is_enough() -> None:
    gone = replace(BO, address=OTHER)
    exchange = of_ana(known=(gone, BO, replace(BO, address="+491713920077")))
    assert exchange.verdict is Verdict.ABSENT
    assert len(exchange.requests) == 3


@pytest.mark.parametrize(("own", "verdict"), [(True, "absent"), (False, "undecided")])
def test_whether_it_is_the_account_is_asked_once_and_not_for_each_recipient(
    own: bool, verdict: str
) -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        of_bo = request.url.params["To"] == BO.address
        return answer(200, page(*([BOS] if own and of_bo else [])))

    people = [to(ANA, recipient=n, address=f"+4917139200{n}") for n in range(10, 30)]
    way = twilio()
    first, then = asked(way, vendor, *people), asked(way, vendor, *people)
    assert {found.verdict for found in first.findings + then.findings} == {verdict}
    assert (len(first.requests), len(then.requests)) == (len(people) + 1, len(people))
