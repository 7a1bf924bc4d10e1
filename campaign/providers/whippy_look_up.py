"""Whippy's conversations: whether a contact has got a message since an attempt.

Whippy's reference does not show the answers (`campaign.providers.whippy_lists`), so what is not
found there is not taken to be absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from campaign.providers.asking import Asking, Place, Unanswered, moment, same_address
from campaign.providers.base import JsonProvider
from campaign.providers.look_up import Finding, Questions, Sought, Verdict
from campaign.providers.whippy_lists import WhippyLists, direction_of, is_from

_NOT_DELIVERED = frozenset({"failed", "undelivered"})
_KEPT = ("id", "conversation_id", "direction", "delivery_status", "from", "to", "created_at")


class WhippyConversations(Asking):
    """``POST /v1/conversations/search``, then the messages of each conversation that it names.

    The agent writes the first message itself, so any outbound message to the contact soon after
    the attempt is taken for it. The search finds texts, not only addresses: a message counts only
    if it names the contact itself.
    """

    title = "Whippy's conversation search"
    authoritative = False
    delay = timedelta(hours=1)
    together = False

    def __init__(self, provider: JsonProvider[Any]) -> None:
        super().__init__("Whippy", provider.clean)
        self._lists = WhippyLists(provider)

    def answer(self, sought: Sequence[Sought]) -> Questions:
        """Look for an outbound message to this contact."""
        (one,) = sought
        doubtful = False
        for conversation in (yield from self._lists.conversations(one.address)):
            name = self.word(conversation.get("id"))
            if name is None:
                raise Unanswered("Whippy's search names a conversation without an id")
            for message in (yield from self._lists.messages(name)):
                place = self.place(moment(message.get("created_at")), one)
                if direction_of(message) != "outbound" or place is Place.BEFORE:
                    continue
                whose = message.get("to")
                if whose is not None and not same_address(one.address, whose):
                    continue
                fits = is_from(message, one.sender)
                if place is Place.NEAR and whose is not None and fits:
                    return [self._finding(one, message)]
                doubtful |= place is not Place.SHORTLY_BEFORE or fits
        if doubtful:
            detail = (
                "Whippy has an outbound message, but it is not certain to be this one: another "
                "sender, shortly before, much later, or without the contact or the time"
            )
            return [self.undecided(one, detail)]
        detail = "Whippy's search shows no message to this contact since then"
        return [Finding(one.recipient, Verdict.ABSENT, detail)]

    def _finding(self, one: Sought, message: Mapping[str, Any]) -> Finding:
        evidence = self.kept(message, _KEPT)
        status = str(evidence.get("delivery_status", "unknown"))
        detail = self.clean(f"Whippy has a message of {evidence.get('created_at')}, {status}")
        failed = status.casefold() in _NOT_DELIVERED
        return Finding(
            one.recipient,
            Verdict.FAILED if failed else Verdict.FOUND,
            detail,
            self.word(message.get("id")),
            evidence,
            "looked_up_failed" if failed else None,
        )
