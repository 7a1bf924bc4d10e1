"""Twilio's list of messages: what became of a message that a vendor sends over your own account.

Source: Messages resource, "Read multiple Message resources", and Twilio's own client libraries.
Only ``To`` is asked for. A filter on ``DateSent`` would hide a message that still waits in Twilio's
queue, which has no such date yet; one on ``From`` would hide a message that the vendor sent from
another number. Invariant: ``ABSENT`` is said only of an account that has messages of this very run,
after its whole list for this recipient was read and nothing in it may be the message.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from campaign.channel import Channel
from campaign.providers.asking import (
    Asking,
    Place,
    Unanswered,
    digits,
    is_number,
    same_text,
)
from campaign.providers.base import JsonProvider
from campaign.providers.look_up import (
    Finding,
    Known,
    LookUp,
    Questions,
    Sought,
    Verdict,
    Wait,
)
from campaign.providers.protocol import Scope
from campaign.providers.twilio_list import (
    PAGE,
    Message,
    TwilioAccount,
    TwilioList,
    created_at,
    text_in,
)

if TYPE_CHECKING:
    import httpx

_MOST_PAGES = 20
_NOT_DELIVERED = frozenset({"failed", "undelivered", "canceled"})
_KEPT = ("sid", "status", "date_created", "date_sent", "from", "to", "error_code", "error_message")
# WhatsApp writes numbers of Mexico, Argentina and Brazil with a digit more or less than E.164 does.
_WRITTEN_OTHERWISE = ("+52", "+54", "+55")

_Reading: TypeAlias = "Generator[httpx.Request | Wait, httpx.Response | None, list[Message]]"


class TwilioMessages(Asking):
    """``GET /2010-04-01/Accounts/{sid}/Messages.json?To=...``, for one recipient at a time.

    Twilio has a message as soon as the vendor has handed it over. An hour leaves the vendor time
    to queue it; the vendors do not say how long they do.
    """

    title = "the message list of your Twilio account"
    authoritative = True
    delay = timedelta(hours=1)
    together = False
    rate = 10.0

    def __init__(self, account: TwilioAccount, token: str, provider: JsonProvider[Any]) -> None:
        """``provider`` reads Twilio's error codes, and knows all secrets of the definition."""
        self._list = TwilioList(account, token, provider)
        super().__init__("Twilio", self._list.clean)
        self._provider = provider
        self._has_any: dict[tuple[Known, ...], bool] = {}

    def answer(self, sought: Sequence[Sought]) -> Questions:
        """Read the list of messages to this recipient."""
        (one,) = sought
        doubtful = False
        for message in (yield from self._messages(one)):
            whose = digits(text_in(message, "to"))
            if message.get("direction") == "inbound" or whose not in ("", digits(one.address)):
                continue
            place = self.place(created_at(message), one)
            ours = _from_us(message, one) and same_text(one.text, message.get("body"))
            if place is Place.NEAR and ours and whose and _outbound(message):
                return [self._finding(one, message)]
            doubtful |= place in (Place.NEAR, Place.UNKNOWN) or (place is not Place.BEFORE and ours)
        if doubtful:
            detail = (
                "Twilio has a message to this number, but it is not certain to be this one: "
                "another text, another sender, shortly before or much later"
            )
            return [self.undecided(one, detail)]
        return [(yield from self._absent(one))]

    def _absent(
        self, one: Sought
    ) -> Generator[httpx.Request | Wait, httpx.Response | None, Finding]:
        """Make sure that this is the account over which the run was sent, before saying so."""
        nothing = "Twilio has no message to this number"
        if one.channel is Channel.WHATSAPP and one.address.startswith(_WRITTEN_OTHERWISE):
            return self.undecided(one, f"{nothing}, but WhatsApp may write it differently")
        if not one.known:
            detail = (
                f"{nothing}, but this run has reached nobody from the same sender within a day of "
                "it whose message would show that this is the account over which the vendor sends"
            )
            return self.undecided(one, detail)
        if one.known not in self._has_any:
            self._has_any[one.known] = yield from self._has_one_of(one.known)
        if self._has_any[one.known]:
            return Finding(one.recipient, Verdict.ABSENT, f"{nothing} since then")
        detail = (
            f"{nothing}, and none to those whom this run has reached, at the time when it did; is "
            "it the account over which the vendor sends, and was the sending machine's clock right?"
        )
        return self.undecided(one, detail)

    def _has_one_of(
        self, known: Sequence[Known]
    ) -> Generator[httpx.Request | Wait, httpx.Response | None, bool]:
        """Find out whether the account has what this run sent to one of these."""
        for person in known:
            for message in (yield from self._messages(person)):
                near = self.place_from(created_at(message), person.sent_at) is Place.NEAR
                theirs = digits(text_in(message, "to")) == digits(person.address)
                if near and theirs and _outbound(message) and _from_us(message, person):
                    return True
        return False

    def _finding(self, one: Sought, message: Message) -> Finding:
        status, created = str(message.get("status")), created_at(message)
        evidence = self.kept(message, _KEPT)
        sid = self.word(message.get("sid"))
        when = f"{created:%Y-%m-%d %H:%M:%S} UTC" if created else "an unknown time"
        detail = self.clean(f"Twilio has the message of {when}, status {status}")
        if status not in _NOT_DELIVERED:
            return Finding(one.recipient, Verdict.FOUND, detail, sid, evidence)
        code = self.word(message.get("error_code"))
        row = self._provider.row(code) if code is not None else None
        reason, resend = "looked_up_failed", None
        if row is not None:
            detail = self.clean(f"{detail}: {row.text}")
            if row.outcome == "rejected" and row.scope is Scope.RECIPIENT:
                reason, resend = row.reason, row.resend
        return Finding(one.recipient, Verdict.FAILED, detail, sid, evidence, reason, code, resend)

    def _messages(self, to: Sought | Known) -> _Reading:
        """Read the list of messages to somebody, page after page.

        Raises:
            Unanswered: it is longer than can be read, or a part of it cannot be understood.
        """
        prefix = "whatsapp:" if to.channel is Channel.WHATSAPP else ""
        query = {"To": prefix + to.address}
        found: list[Message] = []
        following = None
        for _ in range(_MOST_PAGES):
            messages, following = yield from self._list.page(query, following)
            found += messages
            if following is None:
                return found
        raise Unanswered(f"Twilio has more than {_MOST_PAGES * PAGE} messages to this number")


def twilio_look_ups(
    account: TwilioAccount | None, provider: JsonProvider[Any]
) -> tuple[LookUp, ...]:
    """Return the look-up at the account, where one is given; a rehearsal has no token for it."""
    token = provider.secret("twilio.auth_token")
    return () if account is None or token is None else (TwilioMessages(account, token, provider),)


def _outbound(message: Message) -> bool:
    return str(message.get("direction")).startswith("outbound")


def _from_us(message: Message, one: Sought | Known) -> bool:
    """Say whether a message has this sender; one that is no number cannot be compared."""
    return not is_number(one.sender) or digits(message.get("from")) == digits(one.sender)
