"""A Twilio account over which a vendor sends, and its list of messages, page after page.

Source: Messages resource, "Read multiple Message resources", and Twilio's own client libraries. The
account is only ever read.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Generator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from pydantic import ConfigDict, Field, field_validator

from campaign.definition.values import Secret
from campaign.providers import http
from campaign.providers.asking import Reading, mappings, moment
from campaign.providers.base import JsonProvider
from campaign.providers.look_up import Wait
from campaign.providers.protocol import no_login
from campaign.providers.second_account import SecondAccount

if TYPE_CHECKING:
    import httpx

PAGE = 1000

Message: TypeAlias = Mapping[str, object]


class TwilioAccount(SecondAccount):
    """Your own Twilio account, over which the vendor sends; it is only ever read."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    vendor: ClassVar[str] = "twilio"

    account_sid: str = Field(
        pattern=r"^AC[0-9a-fA-F]{32}$", description="The account's SID, AC and 32 digits."
    )
    auth_token: Secret = Field(description="The account's auth token.")
    base_url: str = Field(
        default="https://api.twilio.com",
        pattern=r"^https?://[^\s]+$",
        description="Where Twilio's API lives, for accounts outside its first region.",
    )

    @field_validator("base_url")
    @classmethod
    def _names_nobody(cls, value: str) -> str:
        return no_login(value)

    def at(self, url: str) -> Self:
        """Return the same account with Twilio's API at another address."""
        return self.model_copy(update={"base_url": url})


class TwilioList(Reading):
    """``GET /2010-04-01/Accounts/{sid}/Messages.json``."""

    def __init__(self, account: TwilioAccount, token: str, provider: JsonProvider[Any]) -> None:
        """``provider`` knows all secrets of the definition."""
        login = b64encode(f"{account.account_sid}:{token}".encode()).decode()
        super().__init__("Twilio", lambda text: provider.clean(http.without([login], text)))
        self._base = account.base_url.rstrip("/")
        self._list = f"{self._base}/2010-04-01/Accounts/{account.account_sid}/Messages.json"
        self._headers = {"Authorization": f"Basic {login}"}

    def page(
        self, query: Mapping[str, str], following: str | None = None
    ) -> Generator[httpx.Request | Wait, httpx.Response | None, tuple[list[Message], str | None]]:
        """Read one page, the first or the ``following`` one; and where the next one is, if any.

        Raises:
            Unanswered: Twilio refused, or the page cannot be understood.
        """
        # Not above: whoever reads a definition needs no client.
        import httpx

        if following is None:
            params = {**query, "PageSize": str(PAGE)}
            request = httpx.Request("GET", self._list, params=params, headers=self._headers)
        else:
            request = self._next(following)
        response = yield request
        page = self.json_of(response)
        items = page.get("messages") if isinstance(page, Mapping) else None
        if not isinstance(page, Mapping) or not isinstance(items, list):
            raise self.odd("no list of messages", response)
        messages = mappings(items)
        if len(messages) < len(items):
            raise self.odd("a message that is none", response)
        next_one = page.get("next_page_uri")
        if next_one is None or next_one == "":
            return messages, None
        if not isinstance(next_one, str) or not next_one.startswith("/"):
            raise self.odd("the next page is at another address", None)
        return messages, next_one

    def _next(self, uri: str) -> httpx.Request:
        """Return the request for the next page, which must be in the same place: it has the key."""
        import httpx

        try:
            return httpx.Request("GET", self._base + uri, headers=self._headers)
        except (httpx.InvalidURL, ValueError):
            raise self.odd("no address of the next page", None) from None


def created_at(message: Mapping[str, object]) -> datetime | None:
    """Return when a message was made: what still waits in Twilio's queue has no date_sent."""
    return moment(text_in(message, "date_created")) or moment(text_in(message, "date_sent"))


def text_in(message: Mapping[str, object], name: str) -> str:
    """Return a member that Twilio writes as text; nothing where it is anything else."""
    found = message.get(name)
    return found if isinstance(found, str) else ""
