"""Whippy's conversations and their messages, page after page.

Source: the description of Whippy's API by a third party (API Evangelist, "Whippy Public
Conversations API"), and the types in Whippy's own client ``whippy-mcp``. Whippy's reference does
not show these answers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx

from campaign.providers.asking import Reading, Unanswered, is_number, mappings, same_address
from campaign.providers.base import JsonProvider
from campaign.providers.look_up import Wait

# "limit: default 50, max 500".
_PAGE = 100
_MOST_PAGES = 20

Pages: TypeAlias = Generator[httpx.Request | Wait, httpx.Response | None, list[Mapping[str, Any]]]


class WhippyLists(Reading):
    """``POST /v1/conversations/search`` and ``GET /v1/conversations/{id}/messages``."""

    def __init__(self, provider: JsonProvider[Any]) -> None:
        super().__init__("Whippy", provider.clean)
        self._provider = provider

    def conversations(self, address: str) -> Pages:
        """Search for the conversations that an address occurs in."""
        return (
            yield from self._pages(
                lambda place: self._provider.question(
                    "POST", "/v1/conversations/search", json={"query": address, **place}
                )
            )
        )

    def messages(self, conversation: str) -> Pages:
        """Read the messages of a conversation."""
        path = f"/v1/conversations/{quote(conversation, safe='')}/messages"
        return (
            yield from self._pages(lambda place: self._provider.question("GET", path, params=place))
        )

    def _pages(self, request: Callable[[Mapping[str, int]], httpx.Request]) -> Pages:
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


def direction_of(message: Mapping[str, Any]) -> str:
    """Return ``outbound``, ``inbound`` or ``note``; nothing where it is not said.

    API Evangelist's description has ``direction``, Whippy's own client ``source_type``.
    """
    direction = message.get("direction") or message.get("source_type")
    return direction.casefold() if isinstance(direction, str) else ""


def is_from(message: Mapping[str, Any], sender: str | None) -> bool:
    """Say whether a message may come from this sender; a channel's id cannot be compared."""
    said = message.get("from")
    if not isinstance(said, str) or sender is None:
        return True
    comparable = is_number(sender) or "@" in sender
    return not comparable or same_address(sender, said)
