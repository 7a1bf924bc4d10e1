from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import campaign
from campaign.channel import Channel
from campaign.providers import codes, http
from campaign.providers.protocol import Kind, Outcome, Refused, Scope
from campaign.reasons import reasons, sentence
from tests.providers.vendors import NUMBER, outcome

SOURCE = Path(campaign.__file__).parent
ROWS = [(vendor, code) for vendor in ("sendbird", "twilio") for code in codes.table(vendor)]


def _is(found: Outcome, code: str, row: Refused) -> None:
    assert (found.kind.value, found.scope, found.reason, found.code) == (
        row.outcome,
        row.scope,
        row.reason,
        code,
    )
    assert (found.retry, found.resend) == (row.retry, row.resend)
    assert found.hold == (row.hold.total_seconds() if row.hold is not None else None)


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("code", codes.table("sendbird"))
def test_sendbird_goes_by_the_code_whatever_http_says(code: str, status: int) -> None:
    body = {"error": True, "code": int(code), "message": "No."}
    found = outcome("sendbird", status, body, channel=Channel.SMS)
    _is(found, code, codes.table("sendbird")[code])
    assert found.detail == "No."


@pytest.mark.parametrize("code", codes.table("twilio"))
def test_synthflow_goes_by_the_twilio_code_in_the_text(code: str) -> None:
    found = outcome("synthflow", 400, {"message": f"Twilio error {code}: refused"})
    _is(found, code, codes.table("twilio")[code])


@pytest.mark.parametrize("code", codes.table("twilio"))
def test_zild_goes_by_the_code_of_the_message_inside_a_success(code: str) -> None:
    message = {"to": NUMBER, "errorCode": code, "errorMessage": None}
    found = outcome("zild", 200, [{"id": 1, "messages": [message]}])
    row = codes.table("twilio")[code]
    _is(found, code, row)
    assert found.detail == row.text


@pytest.mark.parametrize(("vendor", "code"), ROWS)
def test_every_row_says_what_the_code_means(vendor: str, code: str) -> None:
    row = codes.table(vendor)[code]
    assert row.text.endswith(".")
    assert row.reason in reasons()
    assert reasons()[row.reason].state == (
        "pending"
        if row.outcome == "throttled" or row.scope is Scope.CAMPAIGN
        else _state_of(row.reason)
    )


def _state_of(reason: str) -> str:
    # A closed window is known to the rules, too, under the same reason.
    return {"window_closed": "skipped", "capped_for_now": "held"}.get(reason, "failed")


def test_a_row_for_the_whole_campaign_is_always_a_refusal() -> None:
    for vendor, code in ROWS:
        row = codes.table(vendor)[code]
        assert row.scope is Scope.RECIPIENT or row.outcome == "rejected", (vendor, code)


@pytest.mark.parametrize(("vendor", "code"), ROWS)
def test_only_a_refusal_of_one_recipient_is_ever_sent_again(vendor: str, code: str) -> None:
    row = codes.table(vendor)[code]
    one_refusal = row.outcome == "rejected" and row.scope is Scope.RECIPIENT
    if row.retry or row.resend is not None or row.hold is not None:
        assert one_refusal
    if row.retry or row.hold is not None:
        # What passes by itself is worth sending again by hand, too, once it was given up.
        resend = reasons()[row.reason].resend if row.resend is None else row.resend
        assert resend
    assert (row.hold is not None) == (reasons()[row.reason].state == "held")


def test_three_kinds_of_again_are_told_apart() -> None:
    table = codes.table("twilio")
    assert {code for code, row in table.items() if row.retry} == {"30003", "30500"}
    assert {code: row.hold for code, row in table.items() if row.hold} == {
        "63049": timedelta(hours=24)
    }
    asked_not_to_be_messaged = ("21610", "63014", "63032", "30004")
    for code in asked_not_to_be_messaged:
        row = table[code]
        again = (row.retry, bool(row.resend), row.hold, reasons()[row.reason].resend)
        assert again == (False, False, None, False), code


@pytest.mark.parametrize(
    "row",
    [
        {"outcome": "unknown", "retry": True},
        {"outcome": "throttled", "hold": "24h"},
        {"outcome": "rejected", "scope": "campaign", "retry": True},
        {"outcome": "rejected", "scope": "campaign", "hold": "1h"},
        {"outcome": "rejected", "retry": True, "hold": "1h"},
    ],
    ids=repr,
)
def test_a_row_that_tries_again_what_may_have_gone_out_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="retry"):
        Refused.model_validate(row)


def test_a_definition_says_what_is_tried_again() -> None:
    said = {"63024": {"outcome": "rejected", "reason": "ours", "hold": "2h", "resend": True}}
    found = outcome("synthflow", 400, b"Twilio says 63024", codes=said)
    assert (found.hold, found.resend, found.retry) == (7200.0, True, False)


def test_the_definition_overrides_a_row_and_adds_others() -> None:
    said = {
        "400301": {"outcome": "rejected", "scope": "campaign", "reason": "ours"},
        "400999": {"outcome": "unknown", "reason": "no_answer"},
        "400201": {"outcome": "rejected", "reason": "ours"},
    }
    for code, row in said.items():
        body = {"error": True, "code": int(code), "message": "User not found."}
        found = outcome("sendbird", 400, body, channel=Channel.MESSENGER, codes=said)
        _is(found, code, Refused.model_validate(row))
    assert sentence("ours") == "ours"  # a made-up reason stands for itself


def _said_in_source() -> set[str]:
    """Every word in quotes that the source could give as a reason, and every row's reason."""
    texts = [path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")]
    texts += [path.read_text(encoding="utf-8") for path in SOURCE.glob("ledger/sql/*.sql")]
    words = {word for text in texts for word in re.findall(r"[\"']([a-z_]+)[\"']", text)}
    return words | {codes.table(vendor)[code].reason for vendor, code in ROWS}


def test_every_reason_has_a_use() -> None:
    assert not set(reasons()) - _said_in_source()


def test_every_reason_that_a_provider_gives_is_explained() -> None:
    given = set()
    for path in (SOURCE / "providers").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        given |= set(re.findall(r"\breason=\"(\w+)\"", text))
        given |= set(re.findall(r"Kind\.[A-Z_]+,\s*\"(\w+)\"", text))
        given |= set(re.findall(r"\breason = \"(\w+)\"", text))
    assert {"unreadable_answer", "no_answer", "key_refused", "not_connected"} <= given
    assert not given - set(reasons())


def test_every_reason_is_a_sentence_with_advice() -> None:
    for reason in reasons().values():
        assert re.fullmatch(r"[A-Z].*\.", reason.sentence), reason.code
        assert reason.advice
        assert reason.state in (
            "skipped",
            "held",
            "failed",
            "pending",
            "unknown",
            "accepted",
            "warning",
        )


@pytest.mark.parametrize(
    ("status", "kind", "reason", "scope"),
    [
        (400, Kind.REJECTED, "refused", Scope.RECIPIENT),
        (401, Kind.REJECTED, "key_refused", Scope.CAMPAIGN),
        (402, Kind.REJECTED, "account_problem", Scope.CAMPAIGN),
        (403, Kind.REJECTED, "key_refused", Scope.CAMPAIGN),
        (404, Kind.REJECTED, "not_found", Scope.CAMPAIGN),
        (405, Kind.REJECTED, "not_found", Scope.CAMPAIGN),
        (407, Kind.NOT_SENT, "not_connected", Scope.RECIPIENT),
        (408, Kind.UNKNOWN, "no_answer", Scope.RECIPIENT),
        (410, Kind.REJECTED, "not_found", Scope.CAMPAIGN),
        (415, Kind.REJECTED, "request_refused", Scope.CAMPAIGN),
        (422, Kind.REJECTED, "refused", Scope.RECIPIENT),
        (429, Kind.THROTTLED, "throttled", Scope.RECIPIENT),
        # A redirect was not carried out, except for 303, which says that the POST was.
        (301, Kind.REJECTED, "not_found", Scope.CAMPAIGN),
        (302, Kind.REJECTED, "not_found", Scope.CAMPAIGN),
        (303, Kind.UNKNOWN, "unreadable_answer", Scope.RECIPIENT),
        (304, Kind.UNKNOWN, "unreadable_answer", Scope.RECIPIENT),
        (307, Kind.REJECTED, "not_found", Scope.CAMPAIGN),
        (308, Kind.REJECTED, "not_found", Scope.CAMPAIGN),
        (500, Kind.UNKNOWN, "server_error", Scope.RECIPIENT),
        (502, Kind.UNKNOWN, "server_error", Scope.RECIPIENT),
        (503, Kind.UNKNOWN, "server_error", Scope.RECIPIENT),
        (504, Kind.UNKNOWN, "server_error", Scope.RECIPIENT),
        (599, Kind.UNKNOWN, "server_error", Scope.RECIPIENT),
    ],
)
@pytest.mark.parametrize("name", ["sendbird", "zild", "whippy", "synthflow"])
@pytest.mark.parametrize("body", [b"", b"<html>nginx</html>", {}, [], "x"], ids=repr)
def test_without_a_code_the_status_decides(
    name: str, body: object, status: int, kind: Kind, reason: str, scope: Scope
) -> None:
    found = outcome(name, status, body)
    assert (found.kind, found.reason, found.scope) == (kind, reason, scope)
    assert found.http_status == status
    assert found.detail


def test_no_status_below_500_is_left_without_a_meaning() -> None:
    for status in range(300, 600):
        assert http.by_status(status).reason in reasons()
