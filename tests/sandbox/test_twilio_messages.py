"""The customer's own Twilio account lists what Synthflow and Zild really sent through it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.contracts.validator import assert_request_fits, assert_response_fits
from tests.sandbox.asking import MESSAGES, ask
from tests.sandbox.samples import SENDBIRD, SENDER, SYNTHFLOW, TO, WHIPPY, ZILD


def checked(answer):
    assert_request_fits("twilio", answer.request)
    assert_response_fits("twilio", answer.request, answer)
    assert answer.status_code == 200
    return answer.json()


def listed(sandbox, **query):
    return checked(ask(sandbox, "twilio", MESSAGES, **query))


def messages(sandbox, **query):
    return listed(sandbox, **query)["messages"]


def test_a_message_whose_answer_was_lost_is_in_the_account(sandbox_with):
    sandbox = sandbox_with(faults={"error_after": 1.0})
    assert SYNTHFLOW.post(sandbox).status_code == 500
    (message,) = messages(sandbox, To=TO, From=SENDER)
    assert (message["to"], message["from"], message["body"]) == (TO, SENDER, "Hello Ana")
    assert (message["direction"], message["status"]) == ("outbound-api", "sent")
    accepted = datetime.fromisoformat(sandbox.journal.entries()[0].time)
    assert parsedate_to_datetime(message["date_sent"]) == accepted.replace(microsecond=0)


def test_a_message_that_was_never_accepted_is_not_there(sandbox_with):
    sandbox = sandbox_with(faults={"error_before": 1.0})
    SYNTHFLOW.post(sandbox)
    assert messages(sandbox) == []


def test_on_whatsapp_both_addresses_have_their_prefix_and_are_searched_with_it(sandbox):
    SYNTHFLOW.post(sandbox, {**SYNTHFLOW.body, "channel": "whatsapp"})
    SYNTHFLOW.post(sandbox)
    (whatsapp,) = messages(sandbox, To=f"whatsapp:{TO}")
    assert (whatsapp["to"], whatsapp["from"]) == (f"whatsapp:{TO}", f"whatsapp:{SENDER}")
    (sms,) = messages(sandbox, To=TO)
    assert sms["to"] == TO
    assert [m["sid"] for m in messages(sandbox, From=f"whatsapp:{SENDER}")] == [whatsapp["sid"]]


def test_zilds_messages_have_the_sid_of_its_answer_and_the_number_of_its_channel(sandbox_with):
    sandbox = sandbox_with(twilio={"zild_numbers": {7: "+12025550199"}})
    (conversation,) = ZILD.post(sandbox).json()
    (message,) = messages(sandbox, To=f"whatsapp:{TO}")
    assert message["sid"] == conversation["messages"][0]["messageSid"]
    assert message["from"] == "whatsapp:+12025550199"
    ZILD.post(sandbox, {**ZILD.body, "channelId": 8})
    assert messages(sandbox)[0]["from"] != "whatsapp:+12025550199"


def test_a_recipient_written_without_a_plus_has_one_in_the_account(sandbox):
    ZILD.post(sandbox, {**ZILD.body, "recipient": [TO.removeprefix("+")]})
    assert len(messages(sandbox, To=f"whatsapp:{TO}")) == 1


def test_only_what_went_out_through_twilio_is_listed(sandbox):
    SENDBIRD.post(sandbox)
    WHIPPY.post(sandbox)
    ZILD.post(sandbox, {k: v for k, v in ZILD.body.items() if k != "conversationTemplateId"})
    SYNTHFLOW.post(sandbox, {k: v for k, v in SYNTHFLOW.body.items() if k != "initial_message"})
    assert messages(sandbox) == []


def test_following_the_next_page_leads_through_everything_once_the_newest_first(sandbox):
    for number in range(5):
        SYNTHFLOW.post(sandbox, SYNTHFLOW.to(f"+1555000000{number}"))
        ZILD.post(sandbox, ZILD.to(f"+1555000000{number}"))
    page = listed(sandbox, PageSize=3)
    pages = [page]
    while page["next_page_uri"] is not None:
        SYNTHFLOW.post(sandbox)  # What is sent meanwhile shifts no page.
        page = checked(ask(sandbox, "twilio", page["next_page_uri"]))
        pages.append(page)
    assert [len(page["messages"]) for page in pages] == [3, 3, 3, 1]
    assert [page["page"] for page in pages] == [0, 1, 2, 3]
    tos = [message["to"] for page in pages for message in page["messages"]]
    assert tos == [
        f"{prefix}+1555000000{number}" for number in (4, 3, 2, 1, 0) for prefix in ("whatsapp:", "")
    ]


def test_the_next_page_keeps_the_filters(sandbox):
    for _ in range(3):
        SYNTHFLOW.post(sandbox)
        SYNTHFLOW.post(sandbox, SYNTHFLOW.to("+15550000001"))
    page = listed(sandbox, PageSize=2, To=TO, **{"DateSent>": "2020-01-01"})
    following = checked(ask(sandbox, "twilio", page["next_page_uri"]))
    assert [message["to"] for message in page["messages"] + following["messages"]] == [TO] * 3
    assert following["next_page_uri"] is None


def test_a_last_page_that_is_full_leads_nowhere(sandbox):
    for _ in range(4):
        SYNTHFLOW.post(sandbox)
    page = listed(sandbox, PageSize=2)
    assert checked(ask(sandbox, "twilio", page["next_page_uri"]))["next_page_uri"] is None


def test_a_page_holds_fifty_unless_it_is_asked_for_more(sandbox):
    ZILD.post(sandbox, {**ZILD.body, "recipient": [f"+1555{number:07}" for number in range(60)]})
    assert len(messages(sandbox)) == 50
    assert len(messages(sandbox, PageSize=1000)) == 60


def test_messages_are_found_by_day_or_moment_with_both_ends_included(sandbox):
    SYNTHFLOW.post(sandbox)
    sent = datetime.fromisoformat(sandbox.journal.entries()[0].time).astimezone(UTC)

    def count(name, when, form):
        return len(messages(sandbox, **{name: f"{when:{form}}"}))

    for form, step in (("%Y-%m-%d", timedelta(days=1)), ("%Y-%m-%dT%H:%M:%SZ", timedelta(0, 1))):
        assert [count("DateSent", sent + step * n, form) for n in (-1, 0, 1)] == [0, 1, 0]
        assert [count("DateSent<", sent + step * n, form) for n in (-1, 0, 1)] == [0, 1, 1]
        assert [count("DateSent>", sent + step * n, form) for n in (-1, 0, 1)] == [1, 1, 0]


@pytest.mark.parametrize(
    "query",
    [
        {"PageSize": 0},
        {"PageSize": 1001},
        {"Page": "last"},
        {"PageToken": "?"},
        {"DateSent": "today"},
    ],
)
def test_a_malformed_question_is_refused(sandbox, query):
    refused = ask(sandbox, "twilio", MESSAGES, **query)
    assert (refused.status_code, refused.json()["status"]) == (400, 400)
    assert_response_fits("twilio", refused.request, refused)
