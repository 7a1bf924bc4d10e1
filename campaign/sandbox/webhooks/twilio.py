"""Twilio's status callbacks and incoming messages, for whatever went through the account.

From "Outbound Message Status in Status Callbacks", "Twilio's request to your incoming message
Webhook URL" and "Secure webhooks": forms, signed with HMAC-SHA1 of the URL and the sorted
parameters, by the account's token. Neither says when it happened; it is posted when it does.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha1
from urllib.parse import urlencode

from campaign.sandbox.journal import Entry
from campaign.sandbox.lookups import twilio_rows as rows
from campaign.sandbox.people.people import WRITTEN, Act
from campaign.sandbox.webhooks.event import Event
from campaign.sandbox.webhooks.subscriptions import TwilioWebhook


def events(
    entry: Entry, acts: Sequence[Act], hook: TwilioWebhook, zild_numbers: Mapping[str, str]
) -> Iterator[Event]:
    """Go through what is told of one message, in order."""
    ends = rows.Ends.of(entry, zild_numbers)
    sid = rows.outbound_sid(entry)
    out = {"AccountSid": hook.account, "ApiVersion": "2010-04-01"}

    def report(at: datetime, status: str, code: str | None = None) -> Event:
        form = {
            **out,
            "MessageSid": sid,
            "SmsSid": sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "From": ends.ours,
            "To": ends.person,
        }
        return _form(at, form | ({} if code is None else {"ErrorCode": code}), hook)

    yield report(entry.begins, "sent")
    for act in acts:
        if (status := rows.status(act)) is not None:
            yield report(act.at, status, act.code)
        elif act.does in WRITTEN:
            answer = rows.inbound_sid(entry, act)
            form = {
                **out,
                "MessageSid": answer,
                "SmsSid": answer,
                "SmsMessageSid": answer,
                "SmsStatus": "received",
                "Body": act.text or "",
                "From": ends.person,
                "To": ends.ours,
                "NumMedia": "0",
                "NumSegments": "1",
            }
            if ends.person.startswith(rows.WHATSAPP):
                form["WaId"] = ends.person.removeprefix(f"{rows.WHATSAPP}+")
            yield _form(act.at, form, hook)


def signature(url: str, form: Mapping[str, str], token: str) -> str:
    """Return what ``X-Twilio-Signature`` holds."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), sha1).digest()).decode()


def _form(at: datetime, form: Mapping[str, str], hook: TwilioWebhook) -> Event:
    headers: tuple[tuple[str, str], ...] = ()
    if hook.secret:
        headers = (("X-Twilio-Signature", signature(hook.url, form, hook.secret)),)
    return Event(
        at,
        urlencode(form).encode(),
        "application/x-www-form-urlencoded; charset=utf-8",
        headers,
    )
