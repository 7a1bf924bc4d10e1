"""What type of number gets what channel."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import polars as pl
import pytest
from phonenumbers import PhoneNumberType

from campaign.channel import Channel
from campaign.rules.context import Context
from campaign.rules.number_type import _table, doubtful_type, reachable_type
from campaign.rules.window import Window

PEOPLE = ["mobile", "fixed_line_or_mobile", "personal_number", "voip", "unknown"]
NOBODY = ["premium_rate", "toll_free", "shared_cost", "pager", "uan", "voicemail"]
CONTEXT = Context(
    channel="sms",
    address="phone",
    key=None,
    used=(),
    where=None,
    own=(),
    suppressed=pl.Series("identity", [], dtype=pl.String),
    window=Window(matters=False),
)


def judged(channel: str, kind: str | None) -> str | None:
    """Return the reason, else the warning, for a number of this type."""
    frame = pl.DataFrame({"_number_type": [kind]}, schema={"_number_type": pl.String})
    finding = reachable_type(replace(CONTEXT, channel=channel))
    nothing = pl.lit(None, pl.String)
    reason = nothing if finding is None else finding.code
    found = frame.select(pl.coalesce(reason, doubtful_type(channel)))
    return cast("str | None", found.item())


@pytest.mark.parametrize("channel", ["sms", "phone", "whatsapp"])
def test_whoever_may_be_a_person_gets_the_message(channel: str) -> None:
    assert [judged(channel, kind) for kind in PEOPLE] == [None] * len(PEOPLE)


@pytest.mark.parametrize("channel", ["sms", "phone", "whatsapp"])
@pytest.mark.parametrize("kind", NOBODY)
def test_a_number_that_is_nobodys_telephone_gets_no_message(channel: str, kind: str) -> None:
    assert judged(channel, kind) == "wrong_number_type"


def test_a_fixed_line_gets_no_text_message_and_may_have_whatsapp() -> None:
    assert judged("sms", "fixed_line") == "wrong_number_type"
    assert judged("phone", "fixed_line") == "wrong_number_type"
    assert judged("whatsapp", "fixed_line") == "fixed_line_number"


def test_an_address_that_is_no_number_has_no_type_to_object_to() -> None:
    for channel in Channel:
        assert judged(channel, None) is None


def test_every_channel_and_type_of_the_table_exists() -> None:
    types = {name.lower() for name in vars(PhoneNumberType) if name.isupper()}
    assert set(_table()) <= set(Channel)
    for row in _table().values():
        assert set(row) <= types
        assert set(row.values()) <= {"refused", "doubtful"}
