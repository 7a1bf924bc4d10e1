"""What the message list of your own Twilio account says afterwards, of both directions.

Source: Messages resource, "Read multiple Message resources": "sorted by the DateSent field, with
the most recent messages appearing first". A filter on that field would hide what was never sent, so
the list is read from its beginning, until a whole page is older than the run. A message says when
it was made, when it was sent, and when it changed last: the last is the time of its status.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from campaign.channel import Channel
from campaign.providers import http
from campaign.providers.asking import CLOCK_MAY_BE_WRONG, is_number, moment
from campaign.providers.base import JsonProvider
from campaign.providers.heard import About, Happening, Heard, Page, Poll, Steps
from campaign.providers.polling import Polling
from campaign.providers.twilio_list import (
    Message,
    TwilioAccount,
    TwilioList,
    created_at,
    text_in,
)
from campaign.providers.twilio_told import HAPPENINGS, without_scheme

# Said of a message that has left Twilio, whatever became of it afterwards.
_LEFT = frozenset({"sent", "delivered", "read", "undelivered"})


class TwilioDeliveries(Polling):
    """``GET /2010-04-01/Accounts/{sid}/Messages.json``: from each of our numbers, and to it.

    Where the senders are no numbers (Zild's are its own ids), all of the account is read.
    """

    title = "the message list of your Twilio account"
    each = False
    rate = 10.0

    def __init__(self, account: TwilioAccount, token: str, provider: JsonProvider[Any]) -> None:
        """``provider`` reads Twilio's error codes, and knows all secrets of the definition."""
        self._list = TwilioList(account, token, provider)
        super().__init__("Twilio", self._list.clean)
        self._provider = provider

    def read(self, about: About, cursor: str | None) -> Steps:
        """Read one page of one of the lists; the cursor is which, and where in it."""
        queries = _queries(about)
        place, following = (0, None) if cursor is None else self._place(cursor, len(queries))
        messages, following = yield from self._list.page(queries[place], following)
        if _all_older(messages, about.since - CLOCK_MAY_BE_WRONG):
            following = None
        heard = [one for message in messages for one in self._heard(message)]
        if following is None:
            place += 1
        return Page(heard, json.dumps([place, following]) if place < len(queries) else None)

    def _place(self, cursor: str, lists: int) -> tuple[int, str | None]:
        try:
            place, following = json.loads(cursor)
        except (ValueError, TypeError, RecursionError):
            raise self.strange() from None
        in_list = type(place) is int and 0 <= place < lists
        if not in_list or not (following is None or isinstance(following, str)):
            raise self.strange()
        return place, following

    def _heard(self, message: Message) -> Iterator[Heard]:
        began = created_at(message)
        name = self.word(message.get("sid"))
        if began is None or name is None:
            return
        to, channel = without_scheme(text_in(message, "to"))
        sender, _ = without_scheme(text_in(message, "from"))
        sent = moment(text_in(message, "date_sent"))
        if text_in(message, "direction") == "inbound":
            yield Heard(
                Happening.REPLIED,
                sent or began,
                (name,),
                address=sender,
                sender=to,
                channel=channel,
                text=http.storable(text_in(message, "body")) or None,
            )
            return
        status = text_in(message, "status")
        if status in _LEFT and sent is not None:
            yield Heard(Happening.SENT, sent, (name,), to, sender, channel, began, message=name)
        happening = HAPPENINGS.get(status)
        if happening is None or happening is Happening.SENT:
            return
        at = moment(text_in(message, "date_updated")) or sent or began
        code = detail = None
        if happening is Happening.UNDELIVERED:
            code = self.word(message.get("error_code"))
            detail = self._detail(text_in(message, "error_message"), code, status)
        yield Heard(
            happening,
            at,
            (name,),
            to,
            sender,
            channel,
            began,
            code=code,
            detail=detail,
            message=name,
        )

    def _detail(self, said: str, code: str | None, status: str) -> str:
        row = self._provider.row(code) if code is not None else None
        return self.clean(said or (row.text if row is not None else "") or status)


def twilio_polls(account: TwilioAccount | None, provider: JsonProvider[Any]) -> tuple[Poll, ...]:
    """Return the poll of the account, where one is given; a rehearsal has no token for it."""
    token = provider.secret("twilio.auth_token")
    return () if account is None or token is None else (TwilioDeliveries(account, token, provider),)


def _queries(about: About) -> Sequence[dict[str, str]]:
    scheme = "whatsapp:" if about.channel is Channel.WHATSAPP else ""
    numbers = [sender for sender in about.senders if is_number(sender)]
    if not numbers or len(numbers) < len(about.senders):
        return [{}]
    return [{end: f"{scheme}{number}"} for number in numbers for end in ("From", "To")]


def _all_older(messages: Sequence[Message], earliest: datetime) -> bool:
    """Say whether a whole page is older than the run: what follows is older still."""
    made = [created_at(message) for message in messages]
    return bool(made) and all(at is not None and at < earliest for at in made)
