from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from campaign.channel import Channel
from campaign.providers.heard import Happening, Heard, Unheard, polls_of
from tests.providers.look_ups import SID, TOKEN, TWILIO, Vendor, always
from tests.providers.polls import ABOUT, Exchange, all_of, asked_of, minutes, twilio_poll
from tests.providers.vendors import NUMBER, SENDER, answer, provider

BEFORE = -3000
"""Minutes: long before the run."""


def _at(after: float) -> str:
    return format_datetime(minutes(after))


def _message(after: float = 0.5, **changes: Any) -> dict[str, Any]:
    """A message as the Messages resource has it."""
    message = {
        "sid": "SM1",
        "to": NUMBER,
        "from": SENDER,
        "body": "Hi Ana",
        "direction": "outbound-api",
        "status": "delivered",
        "date_created": _at(after),
        "date_sent": _at(after + 1),
        "date_updated": _at(after + 2),
        "error_code": None,
        "error_message": None,
    }
    return message | changes


def _page(*messages: Any, following: str | None = None) -> dict[str, Any]:
    return {"messages": list(messages), "next_page_uri": following}


def _heard(*messages: Any, channel: Channel = Channel.SMS) -> list[Heard]:
    """What an account with these messages, all in one list, says."""

    def vendor(request: httpx.Request) -> httpx.Response:
        return answer(200, _page(*(messages if "From" in request.url.params else ())))

    return all_of(twilio_poll(), vendor, replace(ABOUT, channel=channel)).heard


def test_a_message_that_arrived_was_sent_and_delivered() -> None:
    sent, delivered = _heard(_message())
    assert (sent.happening, sent.at) == (Happening.SENT, minutes(1.5))
    assert (delivered.happening, delivered.at) == (Happening.DELIVERED, minutes(2.5))
    assert {(one.ids, one.address, one.sender) for one in (sent, delivered)} == {
        (("SM1",), NUMBER, SENDER)
    }
    # The sid is not known of a message that a vendor sent: when it was made tells whose it is.
    assert {one.began for one in (sent, delivered)} == {minutes(0.5)}
    assert {one.message for one in (sent, delivered)} == {"SM1"}


@pytest.mark.parametrize(
    ("status", "heard"),
    [
        ("queued", []),
        ("sending", []),
        ("accepted", []),
        ("scheduled", []),
        ("sent", [Happening.SENT]),
        ("read", [Happening.SENT, Happening.READ]),
        ("undelivered", [Happening.SENT, Happening.UNDELIVERED]),
        ("failed", [Happening.UNDELIVERED]),
        ("canceled", [Happening.UNDELIVERED]),
        ("partially_delivered", []),
        (None, []),
    ],
)
def test_a_status_means_what_it_says(status: object, heard: list[Happening]) -> None:
    assert [one.happening for one in _heard(_message(status=status))] == heard


@pytest.mark.parametrize(
    ("changes", "code", "detail"),
    [
        ({"error_code": 30003}, "30003", "unreachable"),
        ({"error_code": 30003, "error_message": f"off {TOKEN}"}, "30003", "off ***"),
        ({"error_code": 99999}, "99999", "failed"),
        ({}, None, "failed"),
    ],
    ids=repr,
)
def test_why_a_message_did_not_arrive_is_told(changes: Any, code: str | None, detail: str) -> None:
    (found,) = _heard(_message(status="failed", date_sent=None, **changes))
    assert (found.at, found.code) == (minutes(2.5), code)
    assert detail in (found.detail or "").casefold()


def test_what_people_write_is_heard_without_the_scheme_of_the_channel() -> None:
    message = _message(
        30,
        direction="inbound",
        status="received",
        body="yes",
        to=f"whatsapp:{SENDER}",
        **{"from": f"whatsapp:{NUMBER}"},
    )
    (found,) = _heard(message, channel=Channel.WHATSAPP)
    assert (found.happening, found.at, found.text) == (Happening.REPLIED, minutes(31), "yes")
    assert (found.address, found.sender, found.channel) == (NUMBER, SENDER, Channel.WHATSAPP)


@pytest.mark.parametrize("changes", [{"date_created": None, "date_sent": None}, {"sid": None}])
def test_a_message_without_a_time_or_a_name_says_nothing(changes: Any) -> None:
    assert _heard(_message(**changes)) == []


def test_each_of_our_numbers_is_asked_for_in_both_directions() -> None:
    other = "+12025550199"
    about = replace(ABOUT, channel=Channel.WHATSAPP, senders=(SENDER, other))
    exchange = all_of(twilio_poll(), always(200, _page()), about)
    assert [dict(one.url.params) for one in exchange.requests] == [
        {"From": f"whatsapp:{SENDER}", "PageSize": "1000"},
        {"To": f"whatsapp:{SENDER}", "PageSize": "1000"},
        {"From": f"whatsapp:{other}", "PageSize": "1000"},
        {"To": f"whatsapp:{other}", "PageSize": "1000"},
    ]
    login = b64encode(f"{SID}:{TOKEN}".encode()).decode()
    assert {one.headers["Authorization"] for one in exchange.requests} == {f"Basic {login}"}


@pytest.mark.parametrize("senders", [("12",), (), (SENDER, "12")])
def test_where_senders_are_no_numbers_all_of_the_account_is_read(senders: tuple[str, ...]) -> None:
    about = replace(ABOUT, senders=senders)
    exchange = all_of(twilio_poll("zild"), always(200, _page()), about)
    assert [dict(one.url.params) for one in exchange.requests] == [{"PageSize": "1000"}]


def _paged(request: httpx.Request) -> httpx.Response:
    """An account with two pages from our number, and one to it."""
    if "To" in request.url.params:
        return answer(200, _page(_message(9, sid="SM3", direction="inbound")))
    if "PageToken" in request.url.params:
        return answer(200, _page(_message(1, sid="SM1")))
    following = f"/2010-04-01/Accounts/{SID}/Messages.json?From=x&PageToken=PA2"
    return answer(200, _page(_message(2, sid="SM2"), following=following))


def _sids(exchange: Exchange) -> list[str]:
    return list(dict.fromkeys(one.ids[0] for one in exchange.heard))


def test_pages_are_followed_and_whoever_is_interrupted_goes_on_there() -> None:
    whole = all_of(twilio_poll(), _paged)
    assert _sids(whole) == ["SM2", "SM1", "SM3"]
    assert TOKEN not in "".join(whole.cursors)
    for at, cursor in enumerate(whole.cursors):
        page = asked_of(twilio_poll(), _paged, ABOUT, cursor)
        assert _sids(page) == [_sids(whole)[at + 1]]


def test_the_list_is_left_where_it_gets_older_than_the_run() -> None:
    following = "/2010-04-01/more"
    asked: list[str] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        old = _message(BEFORE, date_sent=None)
        return answer(200, _page(old, old, following=following))

    all_of(twilio_poll(), vendor)
    assert following not in asked


def test_a_page_with_one_newer_message_does_not_end_the_list() -> None:
    pages = [_page(_message(BEFORE), _message(1), following="/2010-04-01/more"), _page(), _page()]
    assert len(all_of(twilio_poll(), lambda request: answer(200, pages.pop(0))).requests) == 3


@pytest.mark.parametrize(
    "vendor",
    [
        always(401, {"message": f"bad token {TOKEN}"}),
        always(429, b""),
        always(200, {}),
        always(200, {"messages": [7]}),
        always(200, _page(following="https://evil.example/")),
        always(200, {"messages": [], "next_page_uri": 7}),
    ],
)
def test_what_cannot_be_understood_says_nothing(vendor: Vendor) -> None:
    with pytest.raises(Unheard) as why:
        asked_of(twilio_poll(), vendor, ABOUT)
    assert "Twilio" in str(why.value)
    assert TOKEN not in str(why.value)


@pytest.mark.parametrize(
    "cursor", ["", "7", "[]", "[9, null]", '["0", null]', "[0, 7]", "[" * 9999]
)
def test_a_cursor_that_is_none_is_not_followed(cursor: str) -> None:
    with pytest.raises(Unheard):
        asked_of(twilio_poll(), always(200, _page()), ABOUT, cursor)


def test_a_rehearsal_has_no_token_for_the_account() -> None:
    titles = [one.title for one in polls_of(provider("synthflow", twilio=TWILIO))]
    assert titles == ["Synthflow's list of chats"]
