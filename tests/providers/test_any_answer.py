"""What holds for every answer that could ever come, sensible or not."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaign.channel import Channel
from campaign.providers.protocol import Kind, Outcome
from campaign.reasons import reasons
from tests.providers.vendors import KEY, NUMBER, WAYS, answer, full, provider

_WORDS = st.sampled_from(
    [
        *("id", "error", "code", "message", "messages", "to", "errorCode", "data", "response"),
        *("conversation_id", "errors", "description", "status", "title", "detail", "errorMessage"),
        *("user_id", "63016", "from", "type", "ok", NUMBER, f"whatsapp:{NUMBER}", KEY, ""),
    ]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([400105, 400201, 500910, 63016, 21610])
    | st.floats()
    | _WORDS
    | st.text(st.characters(), max_size=8)  # halves of characters as well
)
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode())
STATUSES = st.integers(100, 599) | st.sampled_from([200, 201, 202, 400, 422, 429, 500])


def _documents_a_failure(body: bytes) -> bool:
    """Whether some message in the answer carries an error code, as only Zild's documents have."""

    def found(value: Any) -> bool:
        if isinstance(value, dict):
            return bool(value.get("errorCode")) or any(map(found, value.values()))
        return isinstance(value, list) and any(map(found, value))

    return found(json.loads(body))


def _text_of(outcome: Outcome) -> str:
    return repr(outcome) + json.dumps(dict(outcome.evidence))


@pytest.mark.parametrize(("name", "channel"), WAYS)
@given(status=STATUSES, body=BODIES, header=st.sampled_from(["", "1", "inf", "x", KEY]))
@example(status=200, body=b"[" * 100_000, header="")
@example(status=400, body=b'{"errors":' * 100_000, header="")
@example(status=200, body=b'{"id": "\\ud800"}', header="")
@example(status=400, body=json.dumps({"code": KEY, "message": KEY}).encode(), header="")
@example(status=200, body=json.dumps({"id": KEY, "user_id": KEY}).encode(), header="")
@example(status=200, body=b'{"id": 1' + b"0" * 5000 + b"}", header="")
@settings(max_examples=150, deadline=None)
def test_no_answer_is_too_strange(
    name: str, channel: Channel, status: int, body: bytes, header: str
) -> None:
    message = full(name, channel)
    response = answer(status, body, {"Retry-After": header} if header else None)
    outcomes = provider(name).outcomes(response, [message])
    assert len(outcomes) == 1
    (found,) = outcomes
    assert found.reason is None or found.reason in reasons()
    assert KEY not in _text_of(found)
    for text in (found.code, found.detail, found.provider_id):
        if text is not None:
            text.encode()  # or the ledger could not be written
    if 200 <= status < 300 and found.kind not in (Kind.ACCEPTED, Kind.SCHEDULED, Kind.UNKNOWN):
        assert name == "zild"
        assert _documents_a_failure(body)
    if status >= 500 and name != "sendbird":
        assert found.kind is Kind.UNKNOWN
    if found.kind in (Kind.ACCEPTED, Kind.SCHEDULED):
        assert 200 <= status < 300


@given(body=JSON)
def test_every_recipient_of_a_batch_gets_an_outcome(body: Any) -> None:
    messages = [full("zild", Channel.WHATSAPP)] * 3
    assert len(provider("zild").outcomes(answer(200, body), messages)) == 3


@pytest.mark.parametrize(("name", "channel"), WAYS)
@pytest.mark.parametrize("status", [200, 201, 202, 303, 400, 401, 422, 429, 500])
def test_a_key_that_the_vendor_echoes_is_told_to_nobody(
    name: str, channel: Channel, status: int
) -> None:
    chosen = provider(name)
    echoes: list[object] = [
        KEY,
        {"error": True, "code": KEY, "message": f"Bad key {KEY}", "errors": [{"description": KEY}]},
        {"id": KEY, "user_id": f"for {KEY}", "response": {"conversation_id": KEY}},
        [{"id": KEY, "conversationId": KEY, "messages": [{"to": NUMBER, "messageSid": KEY}]}],
        [{"id": 1, "messages": [{"to": NUMBER, "errorCode": KEY, "errorMessage": KEY}]}],
        {"data": {"id": KEY}, "title": KEY, "detail": KEY},
    ]
    for echo in echoes:
        for found in chosen.outcomes(answer(status, echo), [full(name, channel)]):
            assert KEY not in _text_of(found)
    assert KEY not in repr(chosen)
    assert KEY not in repr(chosen.settings)  # type: ignore[attr-defined]
    assert KEY not in repr(chosen.request([full(name, channel)]))


@pytest.mark.parametrize("charset", ["nope", "undefined"])
def test_an_answer_in_an_odd_encoding_is_read_as_well_as_possible(charset: str) -> None:
    headers = {"Content-Type": f"text/x; charset={charset}"}
    response = httpx.Response(400, content="Ungültig".encode("utf-16"), headers=headers)
    (found,) = provider("synthflow").outcomes(response, [full("synthflow", Channel.SMS)])
    assert found.kind is Kind.REJECTED
