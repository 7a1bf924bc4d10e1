"""What a provider may tell afterwards, and one that tells nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from campaign.definition.load import load
from campaign.definition.secrets import reveal
from campaign.providers import registry
from campaign.providers.heard import names_of, polls_of, webhooks_of
from campaign.providers.protocol import Kind
from tests.providers.look_ups import TOKEN, TWILIO
from tests.providers.vendors import KEY, LATER, NAMES, answer, full, outcome, provider

HAS_TWILIO = ("synthflow", "zild")
SECRETS_OF = {"sendbird": "api_token", "whippy": "api_key", "zild": "token"}


class Plain:
    """A provider of somebody else's package, from before anything was told afterwards."""


def test_a_provider_without_these_members_tells_nothing() -> None:
    assert polls_of(Plain()) == ()
    assert webhooks_of(Plain()) == ()
    assert names_of(Plain(), "m1", {"sid": "SM1"}) == ("m1",)
    assert names_of(Plain(), None, {}) == ()


def _with_everything(name: str) -> Any:
    twilio = {"twilio": TWILIO} if name in HAS_TWILIO else {}
    return provider(name, more={"twilio.auth_token": TOKEN}, **twilio)


@pytest.mark.parametrize("name", NAMES)
def test_the_capabilities_name_what_there_is(name: str) -> None:
    found = registry.find(name)
    assert found is not None
    made = _with_everything(name)
    assert {one.title for one in polls_of(made)} == found.capabilities.polls
    assert {one.title for one in webhooks_of(made)} == found.capabilities.webhooks


@pytest.mark.parametrize("name", HAS_TWILIO)
def test_without_the_account_twilio_is_neither_asked_nor_listened_to(name: str) -> None:
    made = provider(name)
    titles = [one.title for one in (*polls_of(made), *webhooks_of(made))]
    assert not [title for title in titles if "Twilio" in title]


@pytest.mark.parametrize(
    ("name", "number", "evidence", "names"),
    [
        ("sendbird", "81218", {"channel_url": "url", "status": "open"}, ("81218", "url")),
        ("whippy", "s-1", {"conversation_id": "c", "delivery_status": "sent"}, ("s-1", "c")),
        ("whippy", None, {}, ()),
        # Found by a look-up: the chat's own name beside the one that is kept.
        ("synthflow", "u-1", {"chat_id": "u-2"}, ("u-1", "u-2")),
        ("synthflow", "SM1", {"sid": "SM1", "to": "+1"}, ("SM1",)),
        ("zild", "12", {"conversationId": "a", "messageSid": "SM1"}, ("12", "a", "SM1")),
        ("zild", "12", {"conversationId": 7, "messageSid": None}, ("12", "7")),
    ],
)
def test_later_events_name_a_conversation_by_these(
    name: str, number: str | None, evidence: Mapping[str, Any], names: tuple[str, ...]
) -> None:
    assert names_of(provider(name), number, evidence) == names


@pytest.mark.parametrize("name", ["sendbird", "whippy", "zild"])
def test_the_secret_of_a_webhook_is_not_needed_by_a_run(name: str) -> None:
    made: Any = provider(name, webhook_secret="${WEBHOOK}")
    settings = made.settings
    assert reveal(settings, {"KEY": "k"}) == {SECRETS_OF[name]: "k"}
    assert reveal(settings, {"KEY": "k", "WEBHOOK": "w"}, listening=True) == {
        SECRETS_OF[name]: "k",
        "webhook_secret": "w",
    }


DEFINITION = """
name: spring
channel: phone
provider:
  name: whippy
  agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214
  api_key: ${KEY}
sender: "+12025550100"
recipients: people.csv
"""


def test_how_events_are_signed_does_not_stand_in_the_way_of_a_resume(tmp_path: Path) -> None:
    more = "  webhook_secret: ${W}\n  webhook_header: X-Signature\nsender"
    fingerprints = []
    for text in (DEFINITION, DEFINITION.replace("sender", more, 1)):
        path = tmp_path / "spring.yaml"
        path.write_text(text, encoding="utf-8")
        fingerprints.append(load(path, registry.find, registry.names()).fingerprint)
    assert fingerprints[0] == fingerprints[1]


def test_when_a_scheduled_message_is_due_is_kept_with_it() -> None:
    made = provider("whippy")
    (found,) = made.outcomes(
        answer(202, {"data": {"id": "s-1"}}),
        [full("whippy", next(iter(made.capabilities.channels)))],
    )
    assert (found.kind, found.evidence) == (Kind.SCHEDULED, {"schedule_at": LATER.isoformat()})


def test_the_conversation_is_kept_where_whippy_names_it() -> None:
    found = outcome("whippy", 201, {"data": {"id": "s-1", "conversation_id": "c", "body": KEY}})
    assert found.evidence == {"conversation_id": "c"}


@pytest.mark.parametrize("name", NAMES)
def test_no_address_may_carry_the_key_of_the_vendor(name: str) -> None:
    own = {} if name == "synthflow" else {"webhook_secret": "${WEBHOOK}"}
    twilio = {"twilio": TWILIO} if name in HAS_TWILIO else {}
    made = [provider(name, **twilio), provider(name, **twilio, **own)]
    webhooks = [one for each in made for one in webhooks_of(each)]
    assert webhooks
    for one in webhooks:
        assert one.takes_token == (one.secret == "webhook_secret")
        assert one.header == (one.header.lower() if one.header else None)
