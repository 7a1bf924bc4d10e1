"""Events that fit nobody yet, as the ledger keeps them.

Invariant: no text of a person is written down but a word of the opt-out lists that is the whole of
it, and the same event is always the same JSON, so that it is kept once however often it is heard.
When it was received makes no other event of one that names no time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from campaign.channel import Channel
from campaign.message.opt_out import wish
from campaign.providers.heard import Happening, Heard


def kept(event: Heard) -> str:
    """Return an event as it is kept."""
    return _json(_said(event))


def same(event: Heard) -> str:
    """Return what is equal of one event that is heard twice, and of no other."""
    said = _said(event)
    if event.at_receipt:
        del said["at"]
    return _json(said)


def _json(said: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in said.items() if value}, sort_keys=True)


def _said(event: Heard) -> dict[str, Any]:
    return {
        "happening": event.happening.value,
        "at": event.at.isoformat(),
        "ids": list(event.ids),
        "address": event.address,
        "sender": event.sender,
        "channel": None if event.channel is None else event.channel.value,
        "began": None if event.began is None else event.began.isoformat(),
        "code": event.code,
        "detail": event.detail,
        "message": event.message,
        "wish": wish(event.text),
    }


def read(text: str) -> Heard:
    """Return a kept event, whose text is at most the wish to be left alone."""
    said = json.loads(text)
    channel, began = said.get("channel"), said.get("began")
    return Heard(
        happening=Happening(said["happening"]),
        at=datetime.fromisoformat(said["at"]),
        ids=tuple(said.get("ids", ())),
        address=said.get("address"),
        sender=said.get("sender"),
        channel=None if channel is None else Channel(channel),
        began=None if began is None else datetime.fromisoformat(began),
        code=said.get("code"),
        detail=said.get("detail"),
        text=said.get("wish"),
        message=said.get("message"),
    )
