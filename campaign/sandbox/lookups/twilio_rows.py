"""Messages as Twilio shows them, in its lists and its webhooks, from its OpenAPI document.

Assumed: a message that WhatsApp would not take has ``failed``, any other that did not arrive is
``undelivered``. Twilio's page on the statuses tells the two apart by whether it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import blake2b
from typing import Any

from campaign.sandbox.clock import iso
from campaign.sandbox.journal import Entry
from campaign.sandbox.people.people import Act
from campaign.sandbox.vendors.synthflow import Synthflow
from campaign.sandbox.vendors.zild import Zild

SENDING_THROUGH_IT = (Synthflow.name, Zild.name)
WHATSAPP = "whatsapp:"
_ANY_NUMBER = "+12025550100"
"""Who writes where no number is configured for a channel of Zild's."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Between whom a message goes, from the side of the account."""

    person: str
    ours: str

    @classmethod
    def of(cls, entry: Entry, zild_numbers: Mapping[str, str]) -> Ends:
        """Return both addresses, on WhatsApp with its prefix."""
        prefix = WHATSAPP if entry.channel == "whatsapp" else ""
        sender = entry.sender or ""
        if entry.vendor == Zild.name:
            sender = zild_numbers.get(sender, _ANY_NUMBER)
        return cls(prefix + _e164(entry.to), prefix + _e164(sender))


def outbound_sid(entry: Entry) -> str:
    """Return the id of what the vendor sent; Zild's answer names it."""
    return entry.message_id or "SM" + entry.provider_id.replace("-", "")


def inbound_sid(entry: Entry, act: Act) -> str:
    """Return the id of what the person wrote."""
    name = f"{entry.vendor}|{entry.provider_id}|{iso(act.at)}"
    return "SM" + blake2b(name.encode(), digest_size=16).hexdigest()


def status(act: Act) -> str | None:
    """Return the status that something gives to a message, None where it gives none."""
    if act.does == "undelivered":
        return "failed" if (act.code or "").startswith("63") else "undelivered"
    return act.does if act.does in ("delivered", "read") else None


def outbound(account: str, entry: Entry, ends: Ends, acts: Sequence[Act]) -> dict[str, Any]:
    """Describe what the vendor sent, as far as it has come."""
    told = [(reached, act) for act in acts if (reached := status(act)) is not None]
    code = next((act.code for act in acts if act.does == "undelivered"), None)
    return {
        **_message(account, outbound_sid(entry), entry.begins),
        # The text of a template is known to Twilio alone.
        "body": entry.request.get("initial_message") or "",
        "date_updated": format_datetime(told[-1][1].at if told else entry.begins),
        "direction": "outbound-api",
        "error_code": None if code is None else int(code),
        "from": ends.ours,
        "status": told[-1][0] if told else "sent",
        "to": ends.person,
    }


def inbound(account: str, entry: Entry, ends: Ends, act: Act) -> dict[str, Any]:
    """Describe what the person wrote."""
    return {
        **_message(account, inbound_sid(entry, act), act.at),
        "body": act.text,
        "direction": "inbound",
        "error_code": None,
        "from": ends.person,
        "status": "received",
        "to": ends.ours,
    }


def _message(account: str, sid: str, at: datetime) -> dict[str, Any]:
    when = format_datetime(at)
    uri = f"/2010-04-01/Accounts/{account}/Messages/{sid}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "date_created": when,
        "date_sent": when,
        "date_updated": when,
        "error_message": None,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "uri": f"{uri}.json",
    }


def _e164(number: str) -> str:
    return f"+{number.lstrip('+')}"
