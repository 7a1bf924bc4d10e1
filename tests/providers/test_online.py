"""What every provider that can be asked beforehand promises, whatever the vendor answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.channel import Channel
from campaign.providers.online import Answered
from tests.providers.online_checks import TEMPLATE, always, asked
from tests.providers.vendors import KEY, NAMES, answer

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "status", "id", "response", "assistants", "whatsapp", "senders", "phone"]
            )
            | st.text(max_size=3),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


def everything(name: str, vendor: Any) -> dict[str, str]:
    found = asked(
        name,
        vendor,
        channel=Channel.WHATSAPP,
        template=TEMPLATE,
        twilio=name in ("zild", "synthflow"),
    )
    return {what: finding.verdict.value for what, finding in found.findings.items()}


@pytest.mark.parametrize("name", NAMES)
@given(status=st.sampled_from([200, 204, 301, 400, 429, 500, 503]), body=_JSON | st.binary())
def test_no_answer_breaks_a_check_or_is_taken_for_more_than_it_says(
    name: str, status: int, body: object
) -> None:
    verdicts = everything(name, always(status, body))
    assert verdicts
    if status != 200:
        assert "ok" not in {verdict for what, verdict in verdicts.items() if what != "key"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_wrong_and_says_nothing_of_the_rest(name: str, status: int) -> None:
    found = everything(name, always(status, {"error": f"{KEY} is not known"}))
    wrong = {what for what, verdict in found.items() if verdict == "wrong"}
    # Zild has no question of its own.
    assert wrong == {"zild": {"Twilio account"}, "synthflow": {"key", "Twilio account"}}.get(
        name, {"key"}
    )
    assert set(found.values()) == {"wrong", "unknown"}


@pytest.mark.parametrize(
    ("name", "things"),
    [
        ("sendbird", {"agent", "sender"}),
        ("zild", {"key", "agent", "sender", "template"}),
        ("synthflow", {"sender", "template"}),
    ],
)
def test_what_no_document_has_is_said_in_so_many_words(name: str, things: set[str]) -> None:
    found = asked(name, lambda _: answer(200, {}), template=TEMPLATE).findings
    silent = {what for what, one in found.items() if "cannot be asked beforehand" in one.sentence}
    assert silent == things
    assert {found[what].verdict for what in silent} == {Answered.UNKNOWN}
