from __future__ import annotations

import pytest

from campaign.providers.protocol import Kind, Scope
from tests.providers.vendors import outcome

SESSION = {"data": {"id": "5e8c"}}


def _errors(*texts: str) -> dict[str, object]:
    return {"errors": [{"description": text} for text in texts], "status": 422}


def test_201_is_accepted_and_202_only_a_promise() -> None:
    now, later = outcome("whippy", 201, SESSION), outcome("whippy", 202, SESSION)
    assert (now.kind, now.provider_id) == (Kind.ACCEPTED, "5e8c")
    assert (later.kind, later.provider_id) == (Kind.SCHEDULED, "5e8c")


@pytest.mark.parametrize("status", [200, 203, 204, 206])
def test_any_other_success_is_unknown(status: int) -> None:
    found = outcome("whippy", status, SESSION)
    assert (found.kind, found.reason) == (Kind.UNKNOWN, "unreadable_answer")


@pytest.mark.parametrize(
    "body", [b"", {}, [], {"data": None}, {"data": []}, {"data": {"id": {}}}, {"data": {"id": ""}}]
)
@pytest.mark.parametrize("status", [201, 202])
def test_the_status_alone_is_enough_because_the_body_is_not_published(
    status: int, body: object
) -> None:
    found = outcome("whippy", status, body)
    assert found.kind in (Kind.ACCEPTED, Kind.SCHEDULED)
    assert found.provider_id is None


@pytest.mark.parametrize(
    "text",
    [
        "from is not an enabled channel",
        "'type' is invalid",
        "Send_Initial_Message: expected a boolean",
        "schedule_at must be in the future",
        "Unknown field: chat_type",
        "Unexpected field: to",
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_a_complaint_about_what_is_the_same_for_everybody_stops_the_run(
    status: int, text: str
) -> None:
    found = outcome("whippy", status, _errors(text))
    assert (found.kind, found.scope, found.reason) == (
        Kind.REJECTED,
        Scope.CAMPAIGN,
        "request_refused",
    )
    assert found.detail == text


@pytest.mark.parametrize("text", ["to is invalid", "Invalid contact: to", "", "Typeface unknown"])
def test_a_complaint_about_the_contact_is_about_the_contact(text: str) -> None:
    found = outcome("whippy", 422, _errors(text))
    assert (found.kind, found.scope, found.reason) == (Kind.REJECTED, Scope.RECIPIENT, "refused")


def test_a_renamed_field_is_known_by_its_new_name() -> None:
    fields = {"channel": "channel_id"}
    found = outcome("whippy", 422, _errors("channel_id is invalid"), fields=fields)
    assert found.scope is Scope.CAMPAIGN
    assert outcome("whippy", 422, _errors("from is"), fields=fields).scope is Scope.RECIPIENT


@pytest.mark.parametrize("text", ["type mismatch in the database", "Unknown field: x"])
@pytest.mark.parametrize(
    ("status", "kind"), [(500, Kind.UNKNOWN), (408, Kind.UNKNOWN), (429, Kind.THROTTLED)]
)
def test_words_never_turn_a_server_error_into_a_refusal(status: int, kind: Kind, text: str) -> None:
    assert outcome("whippy", status, _errors(text)).kind is kind


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (_errors("Not authenticated"), "Not authenticated"),
        (_errors("a", "b"), "a; b"),
        ({"errors": ["a", {"code": 1}]}, "a; {'code': 1}"),
        ({"error": "Not authenticated", "status": 401}, "Not authenticated"),
        ({"errors": []}, '{"errors": []}'),
        ([1], "[1]"),
        (b"", "HTTP 401"),
    ],
)
def test_the_vendors_words_are_found_in_either_form(body: object, detail: str) -> None:
    found = outcome("whippy", 401, body)
    assert (found.reason, found.detail) == ("key_refused", detail)
