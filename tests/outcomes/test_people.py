"""An address as a vendor writes it becomes the identity that a plan has."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from campaign.audience.addresses import AddressKind, with_addresses
from campaign.channel import Channel
from campaign.outcomes.people import People, identities
from campaign.providers.heard import Happening, Heard


@pytest.mark.parametrize(
    ("kind", "address", "identity"),
    [
        ("number", "+491713920001", "+491713920001"),
        ("number", "whatsapp:+491713920001", "+491713920001"),
        ("number", "491713920001", "+491713920001"),
        ("number", "00491713920001", "+491713920001"),
        ("number", "+49 (171) 392-0001", "+491713920001"),
        ("number", "5215512345678", "+525512345678"),
        ("number", "+5491123456789", "+541123456789"),
        ("number", "+5511987654321", "+551187654321"),
        ("number", "551187654321", "+551187654321"),
        # A user of WhatsApp without a number, a short code, a name, nothing.
        ("number", "US.13491208655302741918", None),
        ("number", "72345", None),
        ("number", "Ana", None),
        ("number", "", None),
        ("number", None, None),
        ("email", "Ana@Example.org ", "ana@example.org"),
        ("email", "mailto:ana@example.org", "ana@example.org"),
        ("email", "+491713920001", None),
        ("user_id", " ana-7 ", "ana-7"),
        ("user_id", "", None),
    ],
)
def test_an_address_has_the_identity_of_its_person_or_none(
    kind: AddressKind, address: str | None, identity: str | None
) -> None:
    assert identities([(kind, address)]) == [identity]


@pytest.mark.parametrize(
    ("on_the_list", "from_the_vendor"),
    [
        ("+52 55 1234 5678", "5215512345678"),
        ("+54 9 11 2345 6789", "541123456789"),
        ("+54 11 2345-6789", "whatsapp:+5491123456789"),
        ("+55 11 98765-4321", "551187654321"),
    ],
)
def test_both_forms_of_a_number_are_one_person_on_the_list_and_in_an_event(
    on_the_list: str, from_the_vendor: str
) -> None:
    rows = with_addresses(
        pl.LazyFrame({"phone": [on_the_list]}),
        kind="number",
        column="phone",
        country_column=None,
        default_region=None,
    ).collect()
    assert identities([("number", from_the_vendor)]) == rows["_identity"].to_list()


def test_an_event_is_read_by_its_own_channel_and_else_by_the_campaigns() -> None:
    kinds: dict[Channel, AddressKind] = {Channel.SMS: "number", Channel.EMAIL: "email"}
    people = People(kinds, Channel.SMS)
    now = datetime.now(UTC)
    events = [
        Heard(Happening.REPLIED, now, address="A@B.de", channel=Channel.EMAIL, sender="Us@B.de"),
        Heard(Happening.REPLIED, now, address="+491713920001", sender="channel-12"),
        Heard(Happening.REPLIED, now, address="+491713920001", channel=Channel.MESSENGER),
    ]
    assert people.of(events) == ["a@b.de", "+491713920001", "+491713920001"]
    assert people.senders(events) == ["us@b.de", "channel-12", ""]
