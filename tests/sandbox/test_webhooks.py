"""Vendors post what happened in the form that each of them documents, signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import pytest

from tests.sandbox.receiving import DAY, SECRET, at, bodies
from tests.sandbox.samples import AGENT, SENDBIRD, SENDER, SYNTHFLOW, TO, WHIPPY, ZILD

LOST = {"script": {TO: [{"after": 5, "does": "undelivered", "code": 63024}]}}


def acts(sandbox):
    (one,) = sandbox.people.acts()
    began = {"began": datetime.fromisoformat(one["began"])}
    return began | {act["does"]: datetime.fromisoformat(act["at"]) for act in one["acts"]}


def test_sendbird_tells_of_beginning_answer_and_end_in_its_envelope(posting, listening):
    sandbox = posting("sendbird")
    started = SENDBIRD.post(sandbox).json()
    sandbox.clock.advance(DAY)
    assert sandbox.post_due() == 3
    first, answer, end = bodies(listening)
    assert [one["category"] for one in (first, answer, end)] == [
        "conversation:started",
        "message:user_sent",
        "conversation:closed",
    ]
    did = acts(sandbox)
    conversation = answer["data"]["conversation"]
    assert conversation["id"] == int(started["id"])
    assert conversation["channel_url"] == started["channel_url"]
    assert conversation["ai_agent_context"]["context"] == {"phone_number": TO}
    assert answer["data"]["ai_agent_id"] == AGENT
    assert answer["data"]["message"]["content"] == "Yes – çok güzel"
    assert at(answer["data"]["sent_at"]) == at(answer["created_at"]) == did["replied"]
    assert at(conversation["started_at"]) == did["began"]
    closed = end["data"]["conversation"]
    assert (closed["status"], closed["closed_reason"]) == ("closed", "user_resolved")
    assert at(closed["closed_at"]) == did["closed"]
    assert len({one["id"] for one in (first, answer, end)}) == 3


def test_whippy_tells_of_messages_in_both_directions_and_how_far_they_came(posting, listening):
    sandbox = posting("whippy")
    WHIPPY.post(sandbox)
    sandbox.clock.advance(DAY)
    assert sandbox.post_due() == 4
    created, updated, answer, closed = bodies(listening)
    assert [one["event"] for one in (created, updated, answer, closed)] == [
        "message.created",
        "message.updated",
        "message.created",
        "conversation.updated",
    ]
    did = acts(sandbox)
    assert created["data"]["id"] == updated["data"]["id"] != answer["data"]["id"]
    assert [one["data"]["delivery_status"] for one in (created, updated)] == ["sent", "delivered"]
    assert at(updated["data"]["created_at"]) == did["began"]
    assert at(updated["data"]["updated_at"]) == did["delivered"]
    assert (answer["data"]["direction"], answer["data"]["from"]) == ("INBOUND", TO)
    assert (answer["data"]["to"], at(answer["data"]["created_at"])) == (SENDER, did["replied"])
    assert closed["data"]["status"] == "closed"
    assert closed["data"]["id"] == answer["data"]["conversation_id"]
    assert at(closed["data"]["updated_at"]) == did["closed"]


def test_whippy_says_that_a_message_failed(posting, listening):
    sandbox = posting("whippy", LOST)
    WHIPPY.post(sandbox)
    sandbox.clock.advance(DAY)
    sandbox.post_due()
    assert [one["data"]["delivery_status"] for one in bodies(listening)] == ["sent", "failed"]


def test_a_scheduled_session_that_failed_to_begin_is_not_told_of(posting, listening):
    for people, count in (({}, 1), ({"failed_to_begin": 1}, 0)):
        listening.posts.clear()
        sandbox = posting("whippy", people)
        later = (sandbox.clock.now() + DAY).isoformat()
        WHIPPY.post(sandbox, {**WHIPPY.body, "schedule_at": later})
        assert sandbox.post_due() == 0
        sandbox.clock.advance(2 * DAY)
        assert sandbox.post_due() == len(listening.posts) == count


def test_zild_tells_of_the_end_with_everything_that_was_said(posting, listening):
    sandbox = posting("zild")
    (opened,) = ZILD.post(sandbox).json()
    sandbox.clock.advance(timedelta(seconds=100))
    assert sandbox.post_due() == 0
    sandbox.clock.advance(DAY)
    assert sandbox.post_due() == 1
    (ended,) = bodies(listening)
    assert {name: ended[name] for name in ("id", "conversationId", "from", "botId")} == {
        name: opened[name] for name in ("id", "conversationId", "from", "botId")
    }
    assert ended.keys() == opened.keys()
    did = acts(sandbox)
    assert (ended["active"], at(ended["finishedAt"])) == (False, did["closed"])
    sent, answer = ended["messages"]
    assert sent["messageSid"] == opened["messages"][0]["messageSid"]
    assert (sent["to"], sent["delivered"], sent["read"]) == (TO, True, True)
    assert (answer["from"], answer["content"]) == (TO, "Yes – çok güzel")
    assert at(answer["createdAt"]) == did["replied"]
    assert listening.posts[0].path == "/webhooks/zild?token=t"


def test_zild_says_with_which_code_a_message_did_not_arrive(posting, listening):
    sandbox = posting("zild", {"undelivered": 1, "closed": {"unanswered": 60}})
    ZILD.post(sandbox)
    sandbox.clock.advance(DAY)
    sandbox.post_due()
    (sent,) = bodies(listening)[0]["messages"]
    assert (sent["delivered"], sent["errorCode"]) == (
        False,
        sandbox.people.acts()[0]["acts"][0]["code"],
    )


def forms(listening):
    return [
        {name: value for name, (value,) in parse_qs(post.body.decode()).items()}
        for post in listening.posts
    ]


@pytest.mark.parametrize("sample", [SYNTHFLOW, ZILD], ids=lambda sample: sample.vendor)
def test_twilio_reports_each_status_and_what_came_in(posting, listening, sample):
    sandbox = posting("twilio")
    sample.post(sandbox)
    sandbox.clock.advance(DAY)
    assert sandbox.post_due() == 4
    *reports, answer = forms(listening)
    assert [form["MessageStatus"] for form in reports] == ["sent", "delivered", "read"]
    assert len({form["MessageSid"] for form in reports}) == 1
    prefix = "whatsapp:" if sample is ZILD else ""
    assert {form["To"] for form in reports} == {answer["From"]} == {prefix + TO}
    assert answer["Body"] == "Yes – çok güzel"
    assert answer["To"] == reports[0]["From"]
    assert answer["MessageSid"] != reports[0]["MessageSid"]
    assert answer.get("WaId") == (TO.removeprefix("+") if sample is ZILD else None)
    entry = sandbox.journal.entries()[0]
    if sample is ZILD:
        assert reports[0]["MessageSid"] == entry.message_id


def test_twilio_reports_why_a_message_did_not_arrive(posting, listening):
    sandbox = posting("twilio", LOST)
    SYNTHFLOW.post(sandbox)
    sandbox.clock.advance(DAY)
    sandbox.post_due()
    report = forms(listening)[-1]
    assert (report["MessageStatus"], report["ErrorCode"]) == ("failed", "63024")


@pytest.mark.parametrize(
    ("vendor", "sample", "header"),
    [
        ("sendbird", SENDBIRD, "x-sendbird-signature"),
        ("whippy", WHIPPY, "x-whippy-signature"),
    ],
)
def test_the_body_is_signed_with_the_secret(posting, listening, vendor, sample, header):
    sandbox = posting(vendor)
    sample.post(sandbox)
    sandbox.clock.advance(DAY)
    sandbox.post_due()
    for post in listening.posts:
        signed = hmac.new(SECRET.encode(), post.body, hashlib.sha256).hexdigest()
        assert post.headers[header] == signed
        assert post.headers["content-type"] == "application/json"


def test_twilio_signs_the_whole_address_and_the_sorted_parameters(posting, listening):
    sandbox = posting("twilio")
    ZILD.post(sandbox)
    sandbox.clock.advance(DAY)
    sandbox.post_due()
    for post, form in zip(listening.posts, forms(listening), strict=True):
        signed = listening.url + post.path + "".join(n + form[n] for n in sorted(form))
        digest = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha1).digest()
        assert post.headers["x-twilio-signature"] == base64.b64encode(digest).decode()
        assert post.headers["content-type"].startswith("application/x-www-form-urlencoded")


def test_twilios_signature_is_that_of_its_own_example():
    # The example that Twilio's "Security" page computes step by step.
    from campaign.sandbox.webhooks.twilio import signature

    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature(url, form, "12345") == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
