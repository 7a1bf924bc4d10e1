"""What Whippy's conversations say afterwards: delivered or not, who replied, what is closed.

The answers are those of `campaign.providers.whippy_lists`. One contact is asked about at a time,
because the search finds conversations by an address and no list goes by time. The agent writes the
first message itself, so the first outbound message to the contact soon after the attempt (of a
scheduled one: after its time) is taken for it; what the agent says later is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from campaign.providers.asking import SKEW, Unanswered, moment, same_address
from campaign.providers.base import JsonProvider
from campaign.providers.heard import About, Asked, Happening, Heard, Page, Steps
from campaign.providers.polling import Polling
from campaign.providers.whippy_lists import WhippyLists, direction_of, is_from
from campaign.providers.whippy_told import closed_at, delivery_of, replied, told_of

_SOON = timedelta(hours=1)

_Message: TypeAlias = Mapping[str, Any]


class WhippyDeliveries(Polling):
    """``POST /v1/conversations/search``, then the messages of what it names, for each recipient."""

    title = "Whippy's conversations"
    each = True

    def __init__(self, provider: JsonProvider[Any]) -> None:
        super().__init__("Whippy", provider.clean)
        self._lists = WhippyLists(provider)

    def read(self, about: About, cursor: str | None) -> Steps:
        """Read the contact's conversations."""
        del cursor  # all of it is one page
        one = about.recipient
        if one is None:
            raise Unanswered("Whippy can be asked about one contact at a time only")
        due = moment(one.evidence.get("schedule_at")) if one.scheduled else None
        if due is not None and about.until < due:
            return Page(())
        heard: list[Heard] = []
        for conversation in (yield from self._lists.conversations(one.address)):
            name = self.word(conversation.get("id"))
            if name is None:
                raise Unanswered("Whippy's search names a conversation without an id")
            messages = yield from self._lists.messages(name)
            heard += self._heard(conversation, name, messages, one, due, about.until)
        return Page(heard)

    def _heard(
        self,
        conversation: Mapping[str, Any],
        name: str,
        messages: Sequence[_Message],
        one: Asked,
        due: datetime | None,
        until: datetime,
    ) -> Iterator[Heard]:
        dated = [(at, m) for m in messages if (at := moment(m.get("created_at"))) is not None]
        ours = min(
            ((at, m) for at, m in dated if _is_it(at, m, one, due)),
            key=lambda dated_one: dated_one[0],
            default=None,
        )
        if ours is None:
            return
        at, message = ours
        # The conversation's id names whatever the agent says in it.
        named = (one.provider_id, self.word(message.get("id")))
        yield from delivery_of(
            message, tuple(filter(None, named)), at, one.channel, self.clean, by=until
        )
        for when, answer in dated:
            if direction_of(answer) == "inbound" and when >= at:
                whose = answer.get("from")
                if whose is None or same_address(one.address, whose):
                    yield replied(answer, when, (), one.address, one.channel)
        closed = closed_at(conversation)
        if told_of(conversation, "status") == "closed" and closed is not None and closed >= at:
            yield Heard(
                Happening.CLOSED,
                closed,
                tuple(filter(None, (one.provider_id, name))),
                address=one.address,
                sender=one.sender,
                channel=one.channel,
                began=at,
            )


def _is_it(at: datetime, message: _Message, one: Asked, due: datetime | None) -> bool:
    """Say whether an outbound message is the one that we asked for."""
    if direction_of(message) != "outbound" or not is_from(message, one.sender):
        return False
    whose = message.get("to")
    if whose is not None and not same_address(one.address, whose):
        return False
    begins = due or one.sent_at
    # Of a scheduled one whose time is not known, whatever comes first is taken.
    in_time = at <= begins + _SOON or (one.scheduled and due is None)
    return begins - SKEW <= at and in_time
