"""What is due is posted: in order, until it is taken, never again, and to this machine alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from campaign.sandbox import SandboxConfig
from tests.sandbox.receiving import DAY, LIFE, SECRET, at, bodies
from tests.sandbox.samples import SENDBIRD, WHIPPY, control


def test_an_event_is_posted_when_it_is_due_and_only_once(posting, listening):
    sandbox = posting("sendbird")
    SENDBIRD.post(sandbox)
    counts = []
    for step in (0, 0, 61, 0, 86400, 0):
        sandbox.clock.advance(timedelta(seconds=step))
        counts.append(sandbox.post_due())
    assert counts == [1, 0, 1, 0, 1, 0]
    assert len(listening.posts) == 3


def test_what_was_not_taken_is_posted_again_the_next_time_and_the_same(posting, listening):
    sandbox = posting("sendbird")
    SENDBIRD.post(sandbox)
    sandbox.clock.advance(DAY)
    listening.refuse = {1}
    assert sandbox.post_due() == 2
    assert sandbox.post_due() == 1
    assert sandbox.post_due() == 0
    assert listening.posts[3] == listening.posts[1]


def test_nothing_is_lost_while_nobody_listens(posting, listening):
    sandbox = posting("sendbird")
    SENDBIRD.post(sandbox)
    hook = {"url": f"{listening.url}/webhooks", "secret": SECRET}
    sandbox.set_webhooks({"sendbird": {"url": "http://127.0.0.1:9/webhooks"}})
    assert sandbox.post_due() == 0
    sandbox.set_webhooks({"sendbird": hook})
    assert sandbox.post_due() == 1


def test_events_of_all_are_in_the_order_in_which_they_happened(posting, listening):
    people = {"delivered": 1, "replied": {"after": [30, 3600]}, "closed": {"answered": 3600}}
    sandbox = posting("whippy", people)
    for number in range(20):
        WHIPPY.post(sandbox, WHIPPY.to(f"+1555{number:07}"))
    sandbox.clock.advance(DAY)
    assert sandbox.post_due() == 80
    times = [at(body["data"]["updated_at"]) for body in bodies(listening)]
    assert times == sorted(times)


def test_events_can_come_twice_and_out_of_order_and_count_once(posting, listening):
    people = {"delivered": 1, "replied": 1}
    sandbox = posting("whippy", people, repeat=0.3, shuffle=True)
    for number in range(20):
        WHIPPY.post(sandbox, WHIPPY.to(f"+1555{number:07}"))
    sandbox.clock.advance(DAY)
    assert sandbox.post_due() == 60
    ids = [body["request_id"] for body in bodies(listening)]
    assert len({*ids}) == 60
    assert 65 < len(ids) < 95
    times = [at(body["data"]["updated_at"]) for body in bodies(listening)]
    assert times != sorted(times)
    assert sandbox.post_due() == 0


def test_many_connections_post_everything_once(posting, listening):
    sandbox = posting("sendbird", {"delivered": 1, "replied": {"after": 30}})
    for number in range(50):
        SENDBIRD.post(sandbox, SENDBIRD.to(f"+1555{number:07}"))
    sandbox.clock.advance(DAY)
    assert sandbox.post_due(concurrency=8) == 150
    assert len({body["id"] for body in bodies(listening)}) == len(listening.posts) == 150


def test_posting_can_be_asked_for_over_http(posting, listening, sandbox_with):
    sandbox = sandbox_with(people=LIFE)
    SENDBIRD.post(sandbox)
    sandbox.clock.advance(DAY)
    assert control(sandbox, "POST", "post_due").json() == {"posted": 0}
    hooks = {"sendbird": {"url": f"{listening.url}/webhooks"}}
    assert control(sandbox, "PUT", "webhooks", hooks).status_code == 204
    assert control(sandbox, "POST", "post_due?concurrency=2").json() == {"posted": 3}
    assert "x-sendbird-signature" not in listening.posts[0].headers
    assert control(sandbox, "POST", "post_due?concurrency=0").status_code == 400
    with pytest.raises(ValueError, match="at least one"):
        sandbox.post_due(concurrency=0)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com:80/webhooks",
        "http://10.0.0.1:8000/webhooks",
        "https://127.0.0.1:8000/webhooks",
        "http://127.0.0.1/webhooks",
        "http://127.0.0.1:port/webhooks",
        "127.0.0.1:8000",
        "",
    ],
)
def test_nothing_is_ever_posted_to_another_machine(sandbox, url):
    hooks = {"whippy": {"url": url, "secret": "hush"}}
    with pytest.raises(ValidationError):
        SandboxConfig.model_validate({"webhooks": hooks})
    refused = control(sandbox, "PUT", "webhooks", hooks)
    assert refused.status_code == 400
    assert "this machine alone" in refused.text
    assert "hush" not in refused.text
