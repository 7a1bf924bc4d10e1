"""What `campaign listen` tells people to enter at a vendor, and what it never tells them to."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.channel import Channel
from tests.run.campaigns import Recipe
from tests.run.listened import TOKEN, in_a_log

OWN = "  webhook_secret: ${HOOK}\n"
TWILIO = f"  twilio: {{account_sid: AC{'0' * 32}, auth_token: '${{TOKEN}}'}}\n"


def said_about(folder: Path, name: str, channel: Channel, settings: str) -> list[str]:
    """Listen, stop at once, and return what it said about what proves an event."""
    (folder / "list.csv").write_text("Phone,First Name,Plan\n+12025550111,Ana,x\n", "utf-8")
    recipe = Recipe(name, channel, settings=settings)
    path = recipe.write(folder, "list.csv", "http://127.0.0.1:1")
    said = in_a_log(path)
    assert not any(TOKEN in line for line in said)
    return [line.strip() for line in said if line.strip().startswith("(")]


@pytest.mark.parametrize(
    ("name", "channel", "settings", "field"),
    [
        ("sendbird", Channel.SMS, "", "api_token"),
        ("whippy", Channel.PHONE, "", "api_key"),
        ("synthflow", Channel.SMS, TWILIO, "twilio.auth_token"),
    ],
)
def test_nobody_is_told_to_put_a_key_into_an_address(
    tmp_path: Path, name: str, channel: Channel, settings: str, field: str
) -> None:
    (said,) = said_about(tmp_path, name, channel, settings)
    assert said == f"(signed with provider.{field}; that key has no place in the address)"


@pytest.mark.parametrize(
    ("name", "channel"), [("sendbird", Channel.SMS), ("whippy", Channel.PHONE)]
)
def test_a_secret_made_for_it_may_be_the_key_of_a_signature_or_a_token(
    tmp_path: Path, name: str, channel: Channel
) -> None:
    (said,) = said_about(tmp_path, name, channel, OWN)
    assert "signed with provider.webhook_secret, or add ?token=***" in said


def test_where_nothing_is_signed_the_address_must_carry_the_token(tmp_path: Path) -> None:
    said = said_about(tmp_path, "zild", Channel.WHATSAPP, OWN + TWILIO)
    assert said == [
        "(add ?token=*** with provider.webhook_secret: nothing is signed)",
        "(signed with provider.twilio.auth_token; that key has no place in the address)",
    ]
