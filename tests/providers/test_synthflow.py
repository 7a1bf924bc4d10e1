from __future__ import annotations

import pytest

from campaign.providers.protocol import Kind, Scope
from tests.providers.vendors import AGENT, outcome


def test_a_conversation_is_accepted_with_its_id() -> None:
    found = outcome("synthflow", 200, {"status": "ok", "response": {"conversation_id": AGENT}})
    assert (found.kind, found.provider_id, found.http_status) == (Kind.ACCEPTED, AGENT, 200)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        {},
        [],
        {"status": "ok"},
        {"status": "ok", "response": None},
        {"status": "ok", "response": [AGENT]},
        {"status": "ok", "response": {"conversation_id": ""}},
        {"status": "ok", "response": {"conversation_id": {"id": AGENT}}},
    ],
    ids=repr,
)
def test_a_success_without_a_conversation_is_unknown(body: object) -> None:
    found = outcome("synthflow", 200, body)
    assert (found.kind, found.reason) == (Kind.UNKNOWN, "unreadable_answer")


@pytest.mark.parametrize("body", [{}, b"", b" { } "], ids=repr)
def test_the_bare_400_of_the_documentation_refuses_the_recipient(body: object) -> None:
    found = outcome("synthflow", 400, body)
    assert (found.kind, found.scope, found.reason) == (Kind.REJECTED, Scope.RECIPIENT, "refused")
    assert (found.code, found.detail) == (None, "HTTP 400")


@pytest.mark.parametrize(
    "text",
    [
        "Unable to create record: 63016",
        "error code 63016.",
        "[63016] Failed",
        "code=63016, status=400",
        "https://www.twilio.com/docs/errors/63016",
        '{"detail": {"twilio": {"code": 63016}}}',
        # What only looks like a code must not hide the one that is.
        "line 21000 of the flow: 63016",
    ],
)
def test_a_twilio_code_is_found_within_the_text(text: str) -> None:
    found = outcome("synthflow", 400, text.encode())
    assert (found.reason, found.code) == ("window_closed", "63016")


@pytest.mark.parametrize(
    "text",
    [
        "to_number +12025550123",
        "agent 2a886b7d-21610-4f8b",
        "request f30007e1",
        "zip 63016-1234",
        "order 630161",
        "took 0.63016s",
    ],
)
def test_a_part_of_something_else_is_no_code(text: str) -> None:
    assert outcome("synthflow", 400, text.encode()).code is None


def test_a_code_of_no_table_is_reported_and_the_status_decides() -> None:
    found = outcome("synthflow", 403, b"Twilio says 69999")
    assert (found.reason, found.code) == ("key_refused", "69999")


@pytest.mark.parametrize("status", [408, 500, 502])
def test_no_code_makes_certain_what_the_status_leaves_open(status: int) -> None:
    found = outcome("synthflow", status, b"Twilio error 21610")
    assert (found.kind, found.code) == (Kind.UNKNOWN, None)
