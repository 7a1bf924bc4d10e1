from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from campaign.channel import Channel
from campaign.providers.heard import Happening, Heard, Unheard
from tests.providers.posts import AT, SECRET, hexadecimal, in_base64, posted, webhook
from tests.providers.vendors import KEY, NUMBER, SENDER

CREATED = datetime(2023, 8, 24, 10, 5, 18, 432652, tzinfo=UTC)
UPDATED = datetime(2023, 8, 24, 10, 5, 20, tzinfo=UTC)


def _message(event: str = "message.updated", **changes: Any) -> dict[str, Any]:
    """The sample of Whippy's page, as its connector completes it."""
    data = {
        "id": "5e09c7cc-27e8-4d91-89ee-4ea5bafaaa15",
        "to": NUMBER,
        "body": "The answer to the Great Question is 42.",
        "from": SENDER,
        "step_id": None,
        "language": None,
        "direction": "OUTBOUND",
        "channel_id": "be1ecaf2-9ce7-448c-8755-e5009ccc4345",
        "contact_id": "8241b8e5-98a2-44d7-975b-15f5c2bf3cf4",
        "created_at": "2023-08-24T10:05:18.432652Z",
        "updated_at": "2023-08-24T10:05:20Z",
        "attachments": [],
        "conversation_id": "742993a5-c9c6-4d7d-bf09-31417a1c04a9",
        "delivery_status": "delivered",
    }
    return {"data": data | changes, "event": event, "request_id": "647e08d7"}


def _reply(**changes: Any) -> dict[str, Any]:
    said = {"direction": "INBOUND", "from": NUMBER, "to": SENDER, "body": "STOP", "type": "sms"}
    return _message("message.created", **(said | changes))


def _conversation(event: str = "conversation.updated", **changes: Any) -> dict[str, Any]:
    data = {
        "id": "742993a5-c9c6-4d7d-bf09-31417a1c04a9",
        "status": "closed",
        "channel_type": "phone",
        "contact_id": "8241b8e5",
        "created_at": "2023-08-24T10:05:18Z",
        "updated_at": "2023-08-24T10:05:20Z",
    }
    return {"data": data | changes, "event": event, "request_id": "1"}


def _heard(event: object) -> list[Heard]:
    return list(webhook("whippy").heard(posted(event)))


def test_what_became_of_a_message_is_heard() -> None:
    (found,) = _heard(_message())
    assert (found.happening, found.at) == (Happening.DELIVERED, UPDATED)
    # Not by its conversation: what the agent says later is not what we sent.
    assert found.ids == ("5e09c7cc-27e8-4d91-89ee-4ea5bafaaa15",)
    assert (found.address, found.sender, found.began) == (NUMBER, SENDER, CREATED)
    assert (found.message,) == found.ids


@pytest.mark.parametrize(
    ("status", "happening", "at"),
    [
        ("sent", Happening.SENT, CREATED),
        ("failed", Happening.UNDELIVERED, UPDATED),
        ("read", Happening.READ, UPDATED),
        ("queued", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_delivery_status_means_what_it_says(
    status: object, happening: Happening | None, at: datetime | None
) -> None:
    heard = [(one.happening, one.at) for one in _heard(_message(delivery_status=status))]
    assert heard == ([] if happening is None else [(happening, at)])


def test_what_has_no_time_had_happened_when_it_was_received() -> None:
    (found,) = _heard(_message(updated_at=None))
    assert found.at == AT


def test_what_a_person_wrote_is_heard() -> None:
    (found,) = _heard(_reply())
    assert (found.happening, found.at, found.text) == (Happening.REPLIED, CREATED, "STOP")
    assert (found.address, found.sender, found.channel) == (NUMBER, SENDER, Channel.PHONE)
    assert "742993a5-c9c6-4d7d-bf09-31417a1c04a9" in found.ids


@pytest.mark.parametrize(
    ("kind", "channel"),
    [
        ("whatsapp", Channel.WHATSAPP),
        ("email", Channel.EMAIL),
        ("mms", Channel.PHONE),
        ("pigeon", None),
        (7, None),
    ],
)
def test_the_channel_is_the_messages_type(kind: object, channel: Channel | None) -> None:
    (found,) = _heard(_reply(type=kind))
    assert found.channel is channel


@pytest.mark.parametrize("changes", [{"type": "note"}, {"type": "call"}, {"direction": "NOTE"}])
def test_notes_and_calls_are_no_messages(changes: Any) -> None:
    assert _heard(_reply(**changes)) == []


@pytest.mark.parametrize("event", ["conversation.updated", "conversation.closed"])
def test_a_close_is_heard(event: str) -> None:
    (found,) = _heard(_conversation(event))
    assert (found.happening, found.at) == (Happening.CLOSED, UPDATED)
    assert found.ids == ("742993a5-c9c6-4d7d-bf09-31417a1c04a9",)


def test_an_open_conversation_is_not_closed() -> None:
    assert _heard(_conversation(status="open")) == []


@pytest.mark.parametrize("event", ["campaign.updated", "contact.created", "conversation.created"])
def test_other_events_say_nothing(event: str) -> None:
    assert _heard(_message(event)) == []


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"null",
        [],
        {"data": {}},
        {"event": "message.created"},
        {"event": "message.created", "data": []},
        {"event": ["message.created"], "data": {}},
        _message(created_at=None),
        _message(id=None),
        _message(id="x" * 5000),
        _conversation(updated_at="soon"),
    ],
)
def test_what_is_not_documented_is_told_in_a_sentence(event: object) -> None:
    with pytest.raises(Unheard, match="Whippy"):
        _heard(event)


BODY = posted(_message()).body


@pytest.mark.parametrize(
    "signature",
    [
        hexadecimal(BODY),
        f"sha256={hexadecimal(BODY)}",
        in_base64(BODY),
        f"t=1692871518,v={in_base64(b'1692871518.' + BODY).rstrip('=')}",
        f"t=1692871518,v1={in_base64(b'1692871518.' + BODY)}",
        f"t=1692871518, s={hexadecimal(b'1692871518.' + BODY)}",
    ],
)
def test_a_signature_is_taken_in_the_forms_that_were_seen(signature: str) -> None:
    hook = webhook("whippy")
    request = posted(_message(), {"x-whippy-signature": signature})
    assert hook.is_authentic(request, SECRET)
    assert not hook.is_authentic(request, SECRET + "x")
    assert not hook.is_authentic(
        posted(_message(id="other"), {"x-whippy-signature": signature}), SECRET
    )


@pytest.mark.parametrize(
    "signature",
    [
        "",
        ",",
        "=",
        "t=1",
        "t=1,v=",
        "v=" + "é",
        "\udc80",
        "x" * 100_000,
        # Signed for another time.
        f"t=2,v={in_base64(b'1.' + BODY)}",
        # The body alone, with a time that is not signed.
        f"t=2,v={in_base64(BODY)}",
        hexadecimal(BODY, ""),
    ],
)
def test_any_other_signature_is_not(signature: str) -> None:
    request = posted(_message(), {"x-whippy-signature": signature})
    assert not webhook("whippy").is_authentic(request, SECRET)
    assert not webhook("whippy").is_authentic(request, "")


def test_a_header_that_names_many_times_or_proofs_is_not_taken() -> None:
    proof = in_base64(b"1." + BODY)
    taken = [f"t=1,v={proof}", "t=1," + "v=x," * 7 + f"v={proof}"]
    of_both = in_base64(b"1.1." + BODY)
    too_many = [f"t=1,t=1,v={proof}", f"t=1,t=1,v={of_both}", "t=1," + "v=x," * 8 + f"v={proof}"]
    for header in (*taken, *too_many):
        request = posted(_message(), {"x-whippy-signature": header})
        assert webhook("whippy").is_authentic(request, SECRET) is (header in taken)


@pytest.mark.parametrize("header", ["t=1,v=x", ",".join(["t=1"] * 256), "v=x"])
def test_a_long_body_of_somebody_else_is_not_copied(header: str) -> None:
    request = posted(b"x" * 1_000_000, {"x-whippy-signature": header})
    hook = webhook("whippy")
    tracemalloc.start()
    try:
        assert not hook.is_authentic(request, SECRET)
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()


def test_the_headers_name_is_a_setting() -> None:
    request = posted(_message(), {"x-signature": hexadecimal(BODY)})
    assert webhook("whippy", webhook_header="X-Signature").is_authentic(request, SECRET)
    assert not webhook("whippy").is_authentic(request, SECRET)


def test_the_addresss_token_is_taken_where_a_secret_was_chosen_for_it() -> None:
    assert webhook("whippy").is_authentic(posted(_message(), token=SECRET), SECRET)
    plain = webhook("whippy", own_secret=False)
    assert plain.secret == "api_key"
    assert not plain.is_authentic(posted(_message(), token=KEY), KEY)
