from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from campaign.channel import Channel
from campaign.providers.heard import Happening, Heard, Unheard
from tests.providers.posts import AT, SECRET, posted, webhook
from tests.providers.vendors import NUMBER, SENDER

ENDED = datetime(2026, 11, 20, 10, tzinfo=UTC)


def _message(minute: int, **changes: Any) -> dict[str, Any]:
    """A message of the API reference's conversation."""
    message = {
        "id": 900 + minute,
        "createdAt": f"2026-11-20T09:{minute:02}:00Z",
        "from": f"whatsapp:{SENDER}",
        "to": f"whatsapp:{NUMBER}",
        "content": "Hi Ana",
        "conversationId": 123,
        "contentSid": None,
        "messageSid": f"SM{minute}",
        "sent": False,
        "delivered": False,
        "read": False,
        "errorCode": None,
        "errorMessage": None,
    }
    return message | changes


def _ours(**changes: Any) -> dict[str, Any]:
    said = {"contentSid": "HX1", "sent": True, "delivered": True, "read": True}
    return _message(1, **(said | changes))


def _theirs(minute: int, text: str, **changes: Any) -> dict[str, Any]:
    said = {"from": f"whatsapp:{NUMBER}", "to": f"whatsapp:{SENDER}", "content": text}
    return _message(minute, **(said | changes))


def _conversation(*messages: Any, **changes: Any) -> dict[str, Any]:
    conversation = {
        "id": 123,
        "conversationId": "abc-1",
        "createdAt": "2026-11-20T09:00:00Z",
        "finishedAt": "2026-11-20T10:00:00Z",
        "messages": list(messages),
        "botId": 7,
    }
    return conversation | changes


def _heard(event: object) -> list[Heard]:
    return list(webhook("zild").heard(posted(event)))


def _at(minute: int) -> datetime:
    return datetime(2026, 11, 20, 9, minute, tzinfo=UTC)


WHOLE = _conversation(_ours(), _theirs(5, "yes"), _message(6, content="Fine"), _theirs(7, "stop"))


def test_a_conversation_that_ended_tells_all_that_happened() -> None:
    heard = _heard(WHOLE)
    assert [(one.happening, one.at) for one in heard] == [
        (Happening.SENT, _at(1)),
        (Happening.DELIVERED, ENDED),
        (Happening.READ, ENDED),
        (Happening.REPLIED, _at(5)),
        (Happening.REPLIED, _at(7)),
        (Happening.CLOSED, ENDED),
    ]
    assert [one.text for one in heard if one.text] == ["yes", "stop"]
    assert {one.address for one in heard} == {NUMBER}
    assert {one.channel for one in heard} == {Channel.WHATSAPP}
    assert heard[0].ids == ("SM1", "123", "abc-1")
    assert {one.ids for one in heard[3:]} == {("123", "abc-1")}
    assert heard[0].began == _at(1)


@pytest.mark.parametrize(
    "wrapped",
    [
        {"data": WHOLE},
        {"event": "ConversationEnded", "conversation": WHOLE},
        {"id": 1, "payload": {"data": WHOLE}},
    ],
    ids=["data", "conversation", "twice"],
)
def test_an_envelope_is_opened(wrapped: object) -> None:
    assert _heard(wrapped) == _heard(WHOLE)


def test_a_message_that_failed_is_told_with_its_code() -> None:
    failed = _ours(errorCode="63024", errorMessage="not on WhatsApp", delivered=False, read=False)
    first, closed = _heard(_conversation(failed))
    assert (first.happening, first.at) == (Happening.UNDELIVERED, ENDED)
    assert (first.code, first.detail) == ("63024", "not on WhatsApp")
    assert closed.happening is Happening.CLOSED


def test_of_two_campaigns_in_one_conversation_each_is_told_of_its_own_message() -> None:
    failed = _ours(errorCode="63049", messageSid="SMone", delivered=False, read=False)
    second = _message(30, contentSid="HX2", messageSid="SMtwo", sent=True, delivered=True)
    heard = _heard(_conversation(failed, _theirs(31, "yes"), second))
    # Not by the conversation: it is the newest campaign's.
    assert [(one.happening, one.ids, one.began) for one in heard[:3]] == [
        (Happening.UNDELIVERED, ("SMone",), _at(1)),
        (Happening.SENT, ("SMtwo",), _at(30)),
        (Happening.DELIVERED, ("SMtwo",), _at(30)),
    ]
    assert {one.address for one in heard} == {NUMBER}
    assert [one.ids for one in heard[3:]] == [("123", "abc-1")] * 2


@pytest.mark.parametrize("code", [None, "", "0", 0])
def test_no_error_is_none(code: object) -> None:
    heard = [one.happening for one in _heard(_conversation(_ours(errorCode=code)))]
    assert Happening.UNDELIVERED not in heard


def test_numbers_may_be_written_without_scheme_and_plus() -> None:
    bare = NUMBER.removeprefix("+")
    heard = _heard(_conversation(_ours(to=bare), _theirs(5, "yes", **{"from": NUMBER})))
    assert [one.text for one in heard if one.text] == ["yes"]


def test_a_conversation_that_a_person_began_has_nothing_of_ours_in_it() -> None:
    heard = _heard(_conversation(_theirs(1, "hello"), _message(2, sent=True)))
    assert [(one.happening, one.address) for one in heard] == [
        (Happening.REPLIED, NUMBER),
        (Happening.CLOSED, NUMBER),
    ]


def test_a_conversation_that_goes_on_is_not_closed() -> None:
    heard = _heard(_conversation(_ours(), finishedAt=None))
    assert Happening.CLOSED not in [one.happening for one in heard]


@pytest.mark.parametrize("no_time", ["0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "", 0])
def test_a_time_that_stands_for_none_is_none(no_time: object) -> None:
    heard = _heard(_conversation(_ours(), finishedAt=no_time))
    assert [one.happening for one in heard] == [Happening.SENT, Happening.DELIVERED, Happening.READ]
    assert [one.at for one in heard] == [_at(1), AT, AT]


def test_a_conversation_without_messages_is_closed() -> None:
    (found,) = _heard(_conversation(messages=None))
    assert (found.happening, found.ids, found.address) == (
        Happening.CLOSED,
        ("123", "abc-1"),
        None,
    )


def test_people_without_a_number_are_known_by_their_other_id() -> None:
    hidden = "whatsapp:BR.1502576394655843"
    heard = _heard(_conversation(_ours(to=hidden), _theirs(5, "yes", **{"from": hidden})))
    assert {one.address for one in heard} == {"BR.1502576394655843"}
    assert [one.text for one in heard if one.text] == ["yes"]


def test_an_evaluation_says_nothing() -> None:
    assert _heard({"event": "Evaluation Result", "score": 7}) == []


@pytest.mark.parametrize(
    "event",
    [b"", b"7", [], {}, {"data": []}, {"id": 1}, {"data": {"data": {"data": {"data": WHOLE}}}}],
)
def test_what_is_no_conversation_is_told_in_a_sentence(event: object) -> None:
    with pytest.raises(Unheard, match="Zild"):
        _heard(event)


def test_only_the_addresss_token_proves_where_it_is_from() -> None:
    hook = webhook("zild")
    assert hook.secret == "webhook_secret"
    assert hook.is_authentic(posted(WHOLE, token=SECRET), SECRET)
    for token in (None, "", SECRET + "x", "é\udc80"):
        assert not hook.is_authentic(posted(WHOLE, token=token), SECRET)
    assert not hook.is_authentic(posted(WHOLE, token=""), "")
