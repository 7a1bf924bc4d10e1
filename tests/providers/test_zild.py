from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from campaign.providers.protocol import Kind, Message, Outcome, Scope
from tests.providers.vendors import NUMBER, answer, outcome, provider, some_message

OTHER = "+12025550123"


def _conversation(number: int, *messages: dict[str, Any]) -> dict[str, Any]:
    return {"id": number, "conversationId": f"c{number}", "messages": list(messages)}


def _to(address: object, **more: Any) -> dict[str, Any]:
    return {"to": address, "messageSid": "MM1", "messageStatus": 0, "errorCode": None} | more


def _batch(body: object, addresses: Sequence[str] = (NUMBER, OTHER)) -> list[Outcome]:
    first = some_message("zild")
    messages: list[Message] = [
        replace(first, recipient=number, address=address)
        for number, address in enumerate(addresses)
    ]
    return provider("zild", batch=100).outcomes(answer(200, body), messages)


def test_one_conversation_is_accepted_with_its_ids() -> None:
    found = outcome("zild", 201, [_conversation(5, _to(NUMBER))])
    assert (found.kind, found.provider_id) == (Kind.ACCEPTED, "5")
    assert found.evidence == {"conversationId": "c5", "messageSid": "MM1", "messageStatus": 0}


@pytest.mark.parametrize(
    "to", [NUMBER, NUMBER[1:], f"whatsapp:{NUMBER}", "whatsapp:+49 171 3920000", int(NUMBER)]
)
def test_a_recipient_is_found_however_its_number_is_written(to: object) -> None:
    first, second = _batch([_conversation(1, _to(OTHER)), _conversation(2, _to(to))])
    assert (first.provider_id, second.provider_id) == ("2", "1")


def test_the_order_of_the_answer_does_not_matter() -> None:
    answers = [_conversation(1, _to(NUMBER)), _conversation(2, _to(OTHER))]
    assert _batch(answers) == _batch(answers[::-1])
    assert [found.provider_id for found in _batch(answers)] == ["1", "2"]


def test_who_is_missing_from_the_answer_is_unknown() -> None:
    first, second = _batch([_conversation(2, _to(OTHER))])
    assert (first.kind, first.reason) == (Kind.UNKNOWN, "missing_from_answer")
    assert second.kind is Kind.ACCEPTED
    assert [found.kind for found in _batch([])] == [Kind.UNKNOWN, Kind.UNKNOWN]


def test_a_single_answer_that_names_nobody_can_only_be_the_one_who_was_asked_for() -> None:
    for nameless in ([], [{"content": "x"}], [_to(None)], [_to("")], [_to("whatsapp:")]):
        assert outcome("zild", 200, [_conversation(5, *nameless)]).kind is Kind.ACCEPTED


def test_in_a_batch_an_answer_that_names_nobody_is_nobodys() -> None:
    for answers in ([_conversation(5)], [_conversation(5), _conversation(6)]):
        assert {found.reason for found in _batch(answers)} == {"missing_from_answer"}


def test_a_single_answer_that_names_somebody_else_is_not_ours() -> None:
    found = outcome("zild", 200, [_conversation(5, _to(OTHER))])
    assert (found.kind, found.reason) == (Kind.UNKNOWN, "missing_from_answer")


def test_two_answers_that_name_nobody_are_not_guessed_at() -> None:
    found = outcome("zild", 200, [_conversation(5), _conversation(6)])
    assert found.kind is Kind.UNKNOWN


def test_a_message_that_failed_inside_a_success_is_refused_for_its_recipient_alone() -> None:
    failed = _to(NUMBER, errorCode="63024", errorMessage="Invalid message recipient.")
    first, second = _batch([_conversation(1, failed), _conversation(2, _to(OTHER))])
    assert (first.kind, first.reason, first.scope) == (
        Kind.REJECTED,
        "not_deliverable",
        Scope.RECIPIENT,
    )
    assert (first.code, first.detail) == ("63024", "Invalid message recipient.")
    assert second.kind is Kind.ACCEPTED


def test_a_code_of_no_table_is_a_failure_all_the_same() -> None:
    found = outcome("zild", 200, [_conversation(1, _to(NUMBER, errorCode="99999"))])
    assert (found.kind, found.reason, found.code) == (Kind.REJECTED, "refused", "99999")


@pytest.mark.parametrize("code", [None, "", 0, "0"], ids=repr)
def test_no_code_is_no_failure(code: object) -> None:
    assert (
        outcome("zild", 200, [_conversation(1, _to(NUMBER, errorCode=code))]).kind is Kind.ACCEPTED
    )


@pytest.mark.parametrize("code", [{"a": 1}, ["63024"], True, 1.5], ids=repr)
def test_an_error_that_is_no_code_is_unknown(code: object) -> None:
    found = outcome("zild", 200, [_conversation(1, _to(NUMBER, errorCode=code))])
    assert (found.kind, found.reason) == (Kind.UNKNOWN, "unreadable_answer")


def test_a_conversation_without_an_id_is_unknown() -> None:
    found = outcome("zild", 200, [{"messages": [_to(NUMBER)]}])
    assert (found.kind, found.reason) == (Kind.UNKNOWN, "unreadable_answer")


@pytest.mark.parametrize("body", [{}, "x", 1, None, {"value": []}], ids=repr)
def test_a_success_without_a_list_is_unknown_for_everybody(body: object) -> None:
    assert {(found.kind, found.reason) for found in _batch(body)} == {
        (Kind.UNKNOWN, "unreadable_answer")
    }


def test_a_refusal_concerns_the_whole_batch_and_tells_the_vendors_words() -> None:
    first, second = provider("zild", batch=2).outcomes(
        answer(400, {"title": "One or more errors.", "errors": {"botId": ["Unknown."]}}),
        [some_message("zild")] * 2,
    )
    assert first == second
    assert first.kind is Kind.REJECTED
    assert first.detail == "One or more errors.: {'botId': ['Unknown.']}"
