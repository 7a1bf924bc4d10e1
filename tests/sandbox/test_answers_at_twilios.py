"""The customer's Twilio account lists how far messages came and what people wrote back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.contracts.validator import assert_response_fits
from tests.sandbox.asking import MESSAGES, ask
from tests.sandbox.samples import SENDER, SYNTHFLOW, TO, ZILD
from tests.sandbox.seen import ANSWERS, DAY, ENDS, acts, checked


def messages(sandbox, **query):
    return checked("twilio", ask(sandbox, "twilio", MESSAGES, **query))["messages"]


@pytest.mark.parametrize("sample", [SYNTHFLOW, ZILD], ids=lambda sample: sample.vendor)
def test_a_message_at_twilios_goes_from_sent_to_delivered_to_read(sandbox_with, sample):
    sandbox = sandbox_with(people=ENDS)
    sample.post(sandbox)
    statuses = []
    for step in (0, 6, 30):
        sandbox.clock.advance(timedelta(seconds=step))
        (message,) = messages(sandbox)
        statuses.append((message["status"], message["error_code"]))
    assert statuses == [("sent", None), ("delivered", None), ("read", None)]
    updated = parsedate_to_datetime(message["date_updated"])
    assert updated == acts(sandbox)["read"].replace(microsecond=0)
    one = checked(
        "twilio", ask(sandbox, "twilio", MESSAGES.replace(".json", f"/{message['sid']}.json"))
    )
    assert one == message


def test_what_people_write_is_in_the_account_from_them_to_us(sandbox_with):
    sandbox = sandbox_with(people=ENDS)
    SYNTHFLOW.post(sandbox, {**SYNTHFLOW.body, "channel": "whatsapp"})
    sandbox.clock.advance(DAY)
    stop, yes, sent = messages(sandbox)
    assert [m["direction"] for m in (stop, yes, sent)] == ["inbound", "inbound", "outbound-api"]
    assert (yes["from"], yes["to"]) == (f"whatsapp:{TO}", f"whatsapp:{SENDER}")
    assert (yes["body"], yes["status"], stop["body"]) == ("Yes", "received", "STOP")
    assert parsedate_to_datetime(yes["date_sent"]) == acts(sandbox)["replied"].replace(
        microsecond=0
    )
    assert messages(sandbox, From=f"whatsapp:{TO}") == [stop, yes]
    assert messages(sandbox, To=f"whatsapp:{SENDER}") == [stop, yes]
    assert messages(sandbox, To=f"whatsapp:{TO}") == [sent]
    one = checked(
        "twilio", ask(sandbox, "twilio", MESSAGES.replace(".json", f"/{yes['sid']}.json"))
    )
    assert one == yes


def test_pages_hold_both_directions_once_the_newest_first_whatever_happens_meanwhile(sandbox_with):
    sandbox = sandbox_with(people={"delivered": 1, "replied": {"after": [30, 3600]}})
    for number in range(7):
        SYNTHFLOW.post(sandbox, SYNTHFLOW.to(f"+1555000000{number}"))
        ZILD.post(sandbox, ZILD.to(f"+1555000000{number}"))
    sandbox.clock.advance(DAY)
    page = checked("twilio", ask(sandbox, "twilio", MESSAGES, PageSize=5))
    seen = page["messages"]
    while page["next_page_uri"] is not None:
        assert len(seen) <= 28, "the pages lead back"
        SYNTHFLOW.post(sandbox)
        sandbox.clock.advance(timedelta(hours=2))
        page = checked("twilio", ask(sandbox, "twilio", page["next_page_uri"]))
        seen += page["messages"]
    assert len(seen) == len({message["sid"] for message in seen}) == 28
    dates = [parsedate_to_datetime(message["date_sent"]) for message in seen]
    assert dates == sorted(dates, reverse=True)
    assert sum(message["direction"] == "inbound" for message in seen) == 14


@pytest.mark.parametrize(
    ("code", "status"), [("30005", "undelivered"), ("63024", "failed"), ("63049", "failed")]
)
def test_what_does_not_arrive_has_its_code_at_twilios(sandbox_with, code, status):
    sandbox = sandbox_with(
        people={"script": {TO: [{"after": 1, "does": "undelivered", "code": code}]}}
    )
    SYNTHFLOW.post(sandbox)
    sandbox.clock.advance(DAY)
    (message,) = messages(sandbox)
    assert (message["status"], message["error_code"]) == (status, int(code))


def test_an_unknown_message_is_not_found_and_none_is_after_the_journal_was_emptied(sandbox_with):
    sandbox = sandbox_with(people=ANSWERS)
    SYNTHFLOW.post(sandbox)
    sandbox.clock.advance(DAY)
    sids = [message["sid"] for message in messages(sandbox)]
    assert len(sids) == 2
    sandbox.journal.clear()
    assert messages(sandbox) == []
    for sid in (*sids, "SM" + "0" * 32):
        gone = ask(sandbox, "twilio", MESSAGES.replace(".json", f"/{sid}.json"))
        assert gone.status_code == 404
        assert_response_fits("twilio", gone.request, gone)


def test_what_people_do_shows_as_late_as_everything_else(sandbox_with):
    sandbox = sandbox_with(people=ANSWERS, faults={"lookup_delay": 3600})
    SYNTHFLOW.post(sandbox)
    sandbox.clock.advance(timedelta(seconds=3605))
    assert [m["direction"] for m in messages(sandbox)] == ["outbound-api"]
    sandbox.clock.advance(timedelta(seconds=60))
    assert [m["direction"] for m in messages(sandbox)] == ["inbound", "outbound-api"]


def test_the_days_of_a_list_are_those_of_the_clock(sandbox_with):
    sandbox = sandbox_with(people=ANSWERS)
    SYNTHFLOW.post(sandbox)
    sandbox.clock.advance(2 * DAY)
    SYNTHFLOW.post(sandbox)
    day = datetime.fromisoformat(sandbox.journal.entries()[1].time).astimezone(UTC).date()
    assert len(messages(sandbox, **{"DateSent>": day.isoformat()})) == 1
