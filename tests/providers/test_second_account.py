"""A rehearsal asks the sandbox and nobody else, whichever second accounts the settings name."""

from __future__ import annotations

from typing import ClassVar, Self

import pytest

from campaign.definition.values import Secret
from campaign.providers.protocol import ProviderSettings
from campaign.providers.second_account import SecondAccount, in_the_sandbox
from tests.providers.look_ups import TWILIO
from tests.providers.vendors import provider


class CarrierAccount(SecondAccount):
    """An account at a vendor that nobody has heard of, with two secrets."""

    vendor: ClassVar[str] = "carrier"

    user: str
    password: Secret
    pin: Secret
    host: str = "https://carrier.example"

    def at(self, url: str) -> Self:
        return self.model_copy(update={"host": url})


class BeaconSettings(ProviderSettings):
    """Settings of a provider that sends over one such account, or over two."""

    api_key: Secret
    carrier: CarrierAccount
    other: CarrierAccount | None = None


CARRIER = {"user": "ana", "password": "${PASSWORD}", "pin": "${PIN}"}


def url_for(vendor: str) -> str:
    return f"http://127.0.0.1:9/{vendor}"


def beacon(**more: object) -> BeaconSettings:
    said = {"name": "beacon", "api_key": "${KEY}", "carrier": CARRIER, **more}
    return BeaconSettings.model_validate(said)


def test_an_account_of_any_vendor_is_in_the_sandbox_and_its_secrets_open_nothing() -> None:
    settings = beacon()
    found, secrets = in_the_sandbox(settings, url_for)
    assert found.carrier.host == "http://127.0.0.1:9/carrier"
    assert found.carrier.user == "ana"
    assert found.other is None
    assert secrets == {"carrier.password": "sandbox", "carrier.pin": "sandbox"}
    assert settings.carrier.host == "https://carrier.example", "what was asked stays as it was"


def test_every_account_is_in_the_sandbox_where_there_are_several() -> None:
    found, secrets = in_the_sandbox(beacon(other=CARRIER), url_for)
    assert found.other is not None
    assert {found.carrier.host, found.other.host} == {"http://127.0.0.1:9/carrier"}
    assert {name.split(".")[0] for name in secrets} == {"carrier", "other"}


@pytest.mark.parametrize("name", ["synthflow", "zild"])
def test_the_twilio_account_of_a_provider_is_in_the_sandbox(name: str) -> None:
    settings = provider(name, twilio=TWILIO).settings  # type: ignore[attr-defined]
    found, secrets = in_the_sandbox(settings, url_for)
    assert found.twilio == settings.twilio.at("http://127.0.0.1:9/twilio")
    assert found.twilio.base_url == "http://127.0.0.1:9/twilio"
    assert secrets == {"twilio.auth_token": "sandbox"}


@pytest.mark.parametrize("name", ["sendbird", "zild", "whippy", "synthflow"])
def test_settings_without_such_an_account_stay_as_they_are(name: str) -> None:
    settings = provider(name).settings  # type: ignore[attr-defined]
    assert in_the_sandbox(settings, url_for) == (settings, {})
