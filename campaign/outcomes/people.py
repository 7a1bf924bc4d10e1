"""Who it is that a vendor speaks of: the identity behind an address as the vendor writes it.

Invariant: an identity is the one that the same person has in a plan, whichever form of a number a
vendor knows (a Mexican 521, an Argentine 549, a Brazilian number without its ninth digit). What is
no address of the kind, such as WhatsApp's ids of users without a number, has none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from campaign.audience.addresses import AddressKind
from campaign.audience.variants import canonical
from campaign.channel import Channel
from campaign.providers.heard import Heard

_SCHEME = re.compile(r"^[a-z]{2,12}:(?://)?")
_PUNCTUATION = re.compile(r"[\s().\-/\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
_NUMBER = re.compile(r"(?:\+|00)?([1-9][0-9]{6,14})")


class People:
    """Reads the addresses of a vendor's events.

    ``kinds`` are what addresses are on each channel of the provider; an event without a channel is
    of ``channel``.
    """

    def __init__(self, kinds: Mapping[Channel, AddressKind], channel: Channel) -> None:
        self._kinds = kinds
        self._channel = channel

    def channel(self, event: Heard) -> Channel:
        """Return the channel of an event."""
        named = event.channel
        return self._channel if named is None or named not in self._kinds else named

    def kind(self, event: Heard) -> AddressKind:
        """Return what an address of the event is."""
        return self._kinds[self.channel(event)]

    def of(self, events: Sequence[Heard]) -> list[str | None]:
        """Return the identity of each event's person, ``None`` where its address tells none."""
        return identities([(self.kind(event), event.address) for event in events])

    def senders(self, events: Sequence[Heard]) -> list[str]:
        """Return which of our senders each event is of, as identities; "" where it does not say."""
        kinds = [(self.kind(event), event.sender) for event in events]
        read = identities(kinds)
        # A sender may be the vendor's id of a channel, which is as good as it stands.
        return [one or (event.sender or "") for one, event in zip(read, events, strict=True)]


def identities(addresses: Sequence[tuple[AddressKind, str | None]]) -> list[str | None]:
    """Return the identity behind each address, ``None`` for what is none of its kind."""
    plain = [_plain(kind, address) for kind, address in addresses]
    return canonical(pl.Series(plain, dtype=pl.String)).to_list()


def _plain(kind: AddressKind, address: str | None) -> str | None:
    if address is None:
        return None
    text = address.strip()
    if kind == "user_id":
        return text or None
    text = _SCHEME.sub("", text.lower())
    if kind == "email":
        return text if "@" in text else None
    found = _NUMBER.fullmatch(_PUNCTUATION.sub("", text))
    return None if found is None else f"+{found[1]}"
