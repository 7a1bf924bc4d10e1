"""Every fault is what the client sees, and the journal says what was true."""

from __future__ import annotations

import time

import httpx
import pytest

from campaign.sandbox import SandboxServer
from campaign.sandbox.config import FaultPlan, Limit
from campaign.sandbox.faults import FaultsInForce, Limiter
from tests.sandbox.samples import SENDBIRD, SYNTHFLOW, TO, WHIPPY, ZILD, Sample

LOST = (httpx.RemoteProtocolError, httpx.ReadError)


@pytest.mark.parametrize("http", ["h11", "httptools"])
class TestALostConnection:
    @pytest.fixture
    def sandbox(self, http):
        with SandboxServer(http=http) as server:
            yield server

    def test_before_acceptance_leaves_no_entry(self, sandbox, sample):
        sandbox.set_faults({"drop_before": 1.0})
        with pytest.raises(LOST):
            sample.post(sandbox)
        assert not sandbox.journal.entries()
        assert endings(sandbox, sample) == {"dropped": 1}

    def test_after_acceptance_leaves_an_entry(self, sandbox, sample):
        sandbox.set_faults({"drop_after": 1.0})
        with pytest.raises(LOST):
            sample.post(sandbox)
        assert [entry.to for entry in sandbox.journal.entries()] == [TO]
        assert endings(sandbox, sample) == {"dropped": 1}

    def test_in_the_middle_of_the_answer_leaves_an_entry(self, sandbox, sample):
        sandbox.set_faults({"drop_midway": 1.0})
        with httpx.Client(trust_env=False) as client:
            request = client.build_request(
                "POST",
                sandbox.url_for(sample.vendor) + sample.path,
                headers=sample.headers,
                json=sample.body,
            )
            response = client.send(request, stream=True)
            assert response.status_code == sample.accepted
            with pytest.raises(LOST):
                response.read()
            response.close()
        assert [entry.to for entry in sandbox.journal.entries()] == [TO]
        assert endings(sandbox, sample) == {"cut": 1}

    def test_is_closed_without_one_byte(self, sandbox):
        sandbox.set_faults({"drop_after": 1.0})
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            SENDBIRD.post(sandbox)

    def test_does_not_trouble_the_next_request(self, sandbox, sample):
        sandbox.set_faults({"drop_after": 1.0})
        with pytest.raises(LOST):
            sample.post(sandbox)
        sandbox.set_faults({})
        assert sample.post(sandbox).status_code == sample.accepted


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_error_before_acceptance_leaves_no_entry(sandbox_with, sample, status):
    sandbox = sandbox_with(faults={"error_before": 1.0, "error_status": status})
    assert sample.post(sandbox).status_code == status
    assert not sandbox.journal.entries()


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_error_after_acceptance_leaves_an_entry(sandbox_with, sample, status):
    sandbox = sandbox_with(faults={"error_after": 1.0, "error_status": status})
    assert sample.post(sandbox).status_code == status
    assert len(sandbox.journal) == 1


def test_an_unreadable_answer_is_a_success_in_html(sandbox_with, sample):
    sandbox = sandbox_with(faults={"unreadable": 1.0})
    response = sample.post(sandbox)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    with pytest.raises(ValueError, match="Expecting value"):
        response.json()
    assert len(sandbox.journal) == 1


def test_a_slow_answer_outlasts_the_client_and_leaves_an_entry(sandbox_with, sample):
    sandbox = sandbox_with(faults={"slow": {"seconds": 3600}})
    with pytest.raises(httpx.ReadTimeout):
        sample.post(sandbox, timeout=0.5)
    # On a machine that is busy the request may be accepted only after the client gave up.
    deadline = time.monotonic() + 30
    while not sandbox.journal.last and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(sandbox.journal) == 1


def test_latency_delays_even_a_refusal(sandbox_with, sample):
    sandbox = sandbox_with(faults={"latency": 3600})
    with pytest.raises(httpx.ReadTimeout):
        sample.post(sandbox, headers={}, timeout=0.5)


def test_a_throttled_request_is_not_accepted(sandbox_with, sample):
    sandbox = sandbox_with(faults={"throttle": 1.0})
    assert sample.post(sandbox).status_code == 429
    assert not sandbox.journal.entries()
    assert endings(sandbox, sample) == {"429": 1}


def test_a_limit_lets_its_number_through_and_no_more(sandbox_with, sample):
    sandbox = sandbox_with(faults={"limit": {"requests": 2, "seconds": 3600}})
    statuses = [sample.post(sandbox).status_code for _ in range(4)]
    assert statuses == [sample.accepted, sample.accepted, 429, 429]
    assert len(sandbox.journal) == 2


def test_sendbird_says_in_its_own_headers_how_long_to_wait(sandbox_with):
    sandbox = sandbox_with(faults={"limit": {"requests": 1, "seconds": 3600}})
    SENDBIRD.post(sandbox)
    refused = SENDBIRD.post(sandbox)
    assert refused.headers["X-RateLimit-Limit"] == "1;w=3600"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert 0 < float(refused.headers["X-RateLimit-RetryAfter"]) <= 3600
    assert 0 < float(refused.headers["X-RateLimit-Reset"]) <= 3600
    assert "Retry-After" not in refused.headers
    assert refused.json()["message"].startswith(
        "Too many requests (scope: app, limit: 1;w=3600, remaining: 0, retry_after: "
    )


@pytest.mark.parametrize("sample", [ZILD, WHIPPY, SYNTHFLOW], ids=lambda s: s.vendor)
def test_the_others_say_so_only_where_that_is_configured(sandbox_with, sample):
    sandbox = sandbox_with(faults={"throttle": 1.0, "retry_after": 2.5})
    assert "Retry-After" not in sample.post(sandbox).headers
    sandbox.set_faults({"throttle": 1.0, "retry_after": 2.5, "retry_after_header": True})
    assert sample.post(sandbox).headers["Retry-After"] == "3"


@pytest.mark.parametrize(("sample", "status"), [(SENDBIRD, 400), (WHIPPY, 422), (SYNTHFLOW, 400)])
def test_an_invalid_recipient_is_refused(sandbox_with, sample: Sample, status):
    sandbox = sandbox_with(faults={"invalid_recipients": [TO.removeprefix("+")]})
    refused = sample.post(sandbox)
    assert refused.status_code == status
    if sample is SENDBIRD:
        assert refused.json()["code"] == 400111
    assert sample.post(sandbox, sample.to("+15550000001")).status_code == sample.accepted
    assert [entry.to for entry in sandbox.journal.entries()] == ["+15550000001"]


def test_zild_reports_an_invalid_recipient_inside_a_success(sandbox_with):
    sandbox = sandbox_with(faults={"invalid_recipients": [TO]})
    answer = ZILD.post(sandbox, {**ZILD.body, "recipient": ["+15550000001", TO]})
    assert answer.status_code == 200
    codes = {c["messages"][0]["to"]: c["messages"][0]["errorCode"] for c in answer.json()}
    assert codes == {"+15550000001": None, TO: "63024"}
    assert [entry.to for entry in sandbox.journal.entries()] == ["+15550000001"]


def test_zild_leaves_a_share_of_the_accepted_out_of_its_answer(sandbox_with):
    batch = [f"+1555{number:07}" for number in range(200)]
    sandbox = sandbox_with(faults={"missing_share": 0.3})
    answer = ZILD.post(sandbox, {**ZILD.body, "recipient": batch}).json()
    assert [entry.to for entry in sandbox.journal.entries()] == batch
    named = {c["messages"][0]["to"] for c in answer}
    assert 0 < len(named) < len(batch)
    again = ZILD.post(sandbox, {**ZILD.body, "recipient": batch}).json()
    assert {c["messages"][0]["to"] for c in again} == named


def test_a_share_of_recipients_is_invalid_however_often_it_is_asked(sandbox_with):
    people = [f"+1555{number:07}" for number in range(60)]
    sandbox = sandbox_with(faults={"invalid_share": 0.5})
    first, second = (
        [SYNTHFLOW.post(sandbox, SYNTHFLOW.to(to)).status_code for to in people] for _ in "ab"
    )
    assert first == second
    assert set(first) == {200, 400}


def test_one_vendors_faults_are_its_own(sandbox_with):
    sandbox = sandbox_with(faults={"error_before": 1.0, "whippy": {"error_before": 0.0}})
    assert WHIPPY.post(sandbox).status_code == 201
    assert SENDBIRD.post(sandbox).status_code == 500


def test_a_vendors_own_setting_leaves_the_others_in_force():
    plan = FaultPlan.model_validate(
        {"drop_after": 0.1, "throttle": 0.2, "sendbird": {"throttle": 0.0}}
    )
    assert (plan.of("sendbird").drop_after, plan.of("sendbird").throttle) == (0.1, 0.0)
    assert (plan.of("zild").drop_after, plan.of("zild").throttle) == (0.1, 0.2)


def hits(seed, people):
    faults = FaultsInForce(FaultPlan(drop_after=0.3), seed)
    return {to for to in people if faults.draws("zild", [to]).hits("drop_after")}


def test_the_same_seed_hits_the_same_people_in_any_order():
    people = [f"+1555{number:07}" for number in range(1000)]
    assert hits(1, people) == hits(1, list(reversed(people)))
    assert hits(1, people) != hits(2, people)
    assert 200 < len(hits(1, people)) < 400


def test_trying_again_draws_again():
    faults = FaultsInForce(FaultPlan(throttle=0.5), 0)
    assert {faults.draws("zild", [TO]).hits("throttle") for _ in range(50)} == {True, False}


def test_the_window_slides():
    now = 100.0
    limiter = Limiter(Limit(requests=2, seconds=1.0), clock=lambda: now)
    assert limiter.admit() is None
    now = 100.75
    assert limiter.admit() is None
    wait = limiter.admit()
    assert wait is not None
    assert (wait.retry_after, wait.reset) == (0.25, 1.0)
    now = 101.0
    assert limiter.admit() is None
    assert limiter.admit() is not None


@pytest.mark.parametrize(
    ("latency", "shortest", "longest"),
    [
        (0.5, 0.5, 0.5),
        ({"fixed": 0.5}, 0.5, 0.5),
        ({"uniform": [0.1, 0.2]}, 0.1, 0.2),
        ({"lognormal": {"median": 0.1, "sigma": 0.5}}, 0.0, 2.0),
    ],
)
def test_a_latency_is_drawn_from_what_was_asked(latency, shortest, longest):
    faults = FaultsInForce(FaultPlan.model_validate({"latency": latency}), 0)
    drawn = [faults.draws("zild", [f"+1{number}"]).latency() for number in range(200)]
    assert shortest <= min(drawn) <= max(drawn) <= longest
    assert (len(set(drawn)) > 1) == (shortest != longest)


def endings(sandbox, sample):
    return sandbox.counts.as_dict()["vendors"][sample.vendor]["endings"]
