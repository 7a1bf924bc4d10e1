"""Whippy's conversations: whether a contact has got a message since an attempt.

Source: the description of Whippy's API by a third party (API Evangelist, "Whippy Public
Conversations API"), and the types in Whippy's own client ``whippy-mcp``. Whippy's reference does
not show these answers, so what is not found there is not taken to be absent.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from campaign.providers.asking import (
    Asking,
    Place,
    Unanswered,
    is_number,
    mappings,
    moment,
    same_address,
)
from campaign.providers.base import JsonProvider
from campaign.providers.look_up import Finding, Questions, Sought, Verdict, Wait

# "limit: default 50, max 500".
_PAGE = 100
_MOST_PAGES = 20
_NOT_DELIVERED = frozenset({"failed", "undelivered"})
_KEPT = ("id", "conversation_id", "direction", "delivery_status", "from", "to", "created_at")

_Reading = Generator[httpx.Request | Wait, httpx.Response | None, list[Mapping[str, Any]]]


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
        self._provider = provider

    def answer(self, sought: Sequence[Sought]) -> Questions:
        """Look for an outbound message to this contact."""
        (one,) = sought
        doubtful = False
        for conversation in (yield from self._conversations(one)):
            name = self.word(conversation.get("id"))
            if name is None:
                raise Unanswered("Whippy's search names a conversation without an id")
            for message in (yield from self._messages(name)):
                place = self.place(moment(message.get("created_at")), one)
                if not _outbound(message) or place is Place.BEFORE:
                    continue
                whose = message.get("to")
                if whose is not None and not same_address(one.address, whose):
                    continue
                fits = _sender_fits(message, one)
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

    def _conversations(self, one: Sought) -> _Reading:
        return (
            yield from self._pages(
                lambda place: self._provider.question(
                    "POST", "/v1/conversations/search", json={"query": one.address, **place}
                )
            )
        )

    def _messages(self, conversation: str) -> _Reading:
        path = f"/v1/conversations/{quote(conversation, safe='')}/messages"
        return (
            yield from self._pages(lambda place: self._provider.question("GET", path, params=place))
        )

    def _pages(self, request: Callable[[Mapping[str, int]], httpx.Request]) -> _Reading:
        """Read a list page after page: whether the newest or the oldest come first is not known.

        Raises:
            Unanswered: it is longer than can be read, or a part of it cannot be understood.
        """
        found: list[Mapping[str, Any]] = []
        for _ in range(_MOST_PAGES):
            response = yield request({"limit": _PAGE, "offset": len(found)})
            page = self.json_of(response)
            items = page.get("data") if isinstance(page, Mapping) else None
            if not isinstance(page, Mapping) or not isinstance(items, list):
                raise self.odd("no list in it", response)
            here = mappings(items)
            if len(here) < len(items):
                raise self.odd("something in the list is no object", response)
            found += here
            total = page.get("total")
            all_read = len(found) >= total if type(total) is int else len(here) < _PAGE
            if not here or all_read:
                return found
        raise Unanswered(f"Whippy's list has more than {len(found)} entries")


def _outbound(message: Mapping[str, Any]) -> bool:
    # API Evangelist's description has `direction`, Whippy's own client `source_type`.
    direction = message.get("direction") or message.get("source_type")
    return isinstance(direction, str) and direction.casefold() == "outbound"


def _sender_fits(message: Mapping[str, Any], one: Sought) -> bool:
    """Say whether a message may come from this sender; a channel's id cannot be compared."""
    said = message.get("from")
    if not isinstance(said, str) or one.sender is None:
        return True
    comparable = is_number(one.sender) or "@" in one.sender
    return not comparable or same_address(one.sender, said)
