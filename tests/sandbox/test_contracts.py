from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.contracts.validator import assert_request_fits, assert_response_fits
from tests.sandbox.asking import ACCOUNT, KEYS, MESSAGES
from tests.sandbox.samples import AGENT, ALL, SENDBIRD, TO, WHIPPY, ZILD, Sample


def request_of(sample: Sample, body: Any = None, **changed: Any) -> httpx.Request:
    return httpx.Request(
        "POST",
        changed.get("url", f"https://api.vendor.example{sample.path}"),
        headers=changed.get("headers", sample.headers),
        json=sample.body if body is None else body,
    )


def test_a_good_request_to_the_vendors_own_host_fits(sample):
    assert_request_fits(sample.vendor, request_of(sample))


def test_a_request_with_an_unknown_member_does_not_fit(sample):
    with pytest.raises(AssertionError, match="surprise"):
        assert_request_fits(sample.vendor, request_of(sample, {**sample.body, "surprise": 1}))


def test_a_request_without_a_key_does_not_fit(sample):
    with pytest.raises(AssertionError, match="Security"):
        assert_request_fits(sample.vendor, request_of(sample, headers={}))


def test_a_request_with_a_wrong_type_does_not_fit(sample):
    with pytest.raises(AssertionError):
        assert_request_fits(sample.vendor, request_of(sample, {**sample.body, sample.to_field: 5}))


def test_a_request_to_another_path_does_not_fit(sample):
    with pytest.raises(AssertionError, match="not a path"):
        assert_request_fits(sample.vendor, request_of(sample, url="https://x.example/v9/else"))


@pytest.mark.parametrize(
    ("sample", "missing"),
    [(s, m) for s in ALL if s is not ZILD for m in s.body if m != "channel_id"],
    ids=lambda value: value.vendor if isinstance(value, Sample) else value,
)
def test_only_the_documented_members_may_be_left_out(sample, missing):
    body = {name: value for name, value in sample.body.items() if name != missing}
    if missing in {"send_initial_message", "initial_message"}:
        assert_request_fits(sample.vendor, request_of(sample, body))
    else:
        with pytest.raises(AssertionError, match=missing):
            assert_request_fits(sample.vendor, request_of(sample, body))


def test_what_the_sandbox_accepts_and_answers_fits(sandbox, sample):
    response = sample.post(sandbox)
    assert response.status_code == sample.accepted
    assert_request_fits(sample.vendor, response.request)
    assert_response_fits(sample.vendor, response.request, response)


def test_a_messenger_conversation_fits(sandbox):
    body = {"message": "Hello", "channel_type": "messenger", "user_id": "ana"}
    response = SENDBIRD.post(sandbox, body)
    assert_request_fits("sendbird", response.request)
    assert_response_fits("sendbird", response.request, response)


def test_a_scheduled_chat_fits(sandbox):
    body = {**WHIPPY.body, "schedule_at": "2999-04-25T10:00:00Z"}
    response = WHIPPY.post(sandbox, body)
    assert response.status_code == 202
    assert_request_fits("whippy", response.request)
    assert_response_fits("whippy", response.request, response)


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        ({"throttle": 1.0}, {429}),
        ({"error_before": 1.0}, {500}),
        ({"error_before": 1.0, "error_status": 503}, {503}),
        ({"invalid_share": 1.0}, {200, 400, 422}),
    ],
)
def test_every_failure_fits(sandbox_with, sample, faults, status):
    sandbox = sandbox_with(faults=faults)
    response = sample.post(sandbox)
    assert response.status_code in status
    assert_response_fits(sample.vendor, response.request, response)


def test_refusals_of_keys_and_bodies_fit(sandbox, sample):
    good = sample.post(sandbox).request
    for refused in (sample.post(sandbox, headers={}), sample.post(sandbox, [AGENT])):
        assert 400 <= refused.status_code < 500
        assert_response_fits(sample.vendor, good, refused)


@pytest.mark.parametrize(
    ("vendor", "method", "path", "body"),
    [
        ("whippy", "POST", "/v1/conversations/search", {"query": TO, "limit": 501}),
        ("whippy", "POST", "/v1/conversations/search", {"phone": TO}),
        ("whippy", "GET", f"/v1/conversations/{AGENT}/messages?limit=501", None),
        ("whippy", "GET", "/v1/conversations/ana", None),
        ("synthflow", "GET", "/v2/chat?limit=0", None),
        ("sendbird", "POST", "/v3/ai_agent/data_exports/", {"type": "conversation"}),
        ("sendbird", "GET", "/v3/ai_agent/data_exports?limit=101", None),
        ("twilio", "GET", f"{MESSAGES}?PageSize=1001", None),
        ("twilio", "GET", f"{MESSAGES}?DateSent%3E=25.04.2026", None),
        ("twilio", "GET", MESSAGES.replace(ACCOUNT, "my-account"), None),
    ],
)
def test_a_look_up_that_the_documents_do_not_allow_does_not_fit(vendor, method, path, body):
    request = httpx.Request(
        method, f"https://api.vendor.example{path}", headers=KEYS[vendor], json=body
    )
    with pytest.raises(AssertionError):
        assert_request_fits(vendor, request)
