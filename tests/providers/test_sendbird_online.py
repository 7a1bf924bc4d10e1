"""Sendbird is asked about its token alone, by a list that makes no export."""

from __future__ import annotations

import pytest

from tests.providers.online_checks import always, asked


def test_a_token_that_may_list_exports_is_right() -> None:
    found = asked("sendbird", always(200, {"items": [], "next": None}), senders=())
    assert found["key"] == "ok"
    assert found["agent"] == "unknown"
    (request,) = found.requests
    assert (request.method, request.url.path) == ("GET", "/v3/ai_agent/data_exports")
    assert request.url.params["limit"] == "1"


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (400, 400401, "wrong"),
        (400, 400108, "wrong"),
        (400, 400111, "unknown"),
        (400, None, "unknown"),
        (500, 500901, "unknown"),
        (401, None, "wrong"),
    ],
)
def test_a_refused_token_is_told_by_its_code_for_http_says_400(
    status: int, code: int | None, verdict: str
) -> None:
    body = {"error": True, "message": "Invalid value", "code": code}
    assert asked("sendbird", always(status, body))["key"] == verdict
