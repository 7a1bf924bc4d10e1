"""What Twilio posts by itself: the status of a message, and what people write to your numbers.

Source: Twilio's pages "Track the Message Status of Outbound Messages", "Twilio's request to your
webhook URL", "Advanced Opt-Out" and "Webhooks security", and the request validator of its Python
library. ``X-Twilio-Signature`` is the HMAC-SHA1 of the address and the sorted parameters, in
base64; of a body that is no form, the address has its SHA-256. Twilio names no time: what it says
happens as it says it, so the time is when it was received.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

from campaign.channel import Channel
from campaign.providers.asking import is_number
from campaign.providers.heard import Happening, Heard, Received, Unheard
from campaign.providers.http import word
from campaign.providers.posted import same, text_of
from campaign.providers.twilio_told import HAPPENINGS, without_scheme

# "Twilio occasionally adds new properties without advance notice"; it has never been this many.
_MOST_PARAMETERS = 500
_FORM = "application/x-www-form-urlencoded"
_PORTS = {"https": 443, "http": 80}

_Parameters: TypeAlias = Mapping[str, Sequence[str]]


class TwilioEvents:
    """A form with ``MessageStatus`` (of ours), or with ``Body`` (of a person's)."""

    name = "twilio"
    title = "Twilio's status callbacks and incoming messages"
    secret = "twilio.auth_token"  # noqa: S105 - a field's name
    takes_token = False
    header = "x-twilio-signature"

    def is_authentic(self, request: Received, secret: str) -> bool:
        """Return whether Twilio signed it with the account's auth token."""
        said = request.headers.get(self.header)
        if not said or not secret:
            return False
        try:
            kind = request.headers.get("content-type", _FORM)
            if kind.partition(";")[0].strip().casefold() == _FORM:
                signed = "".join(_joined(_parameters(request))).encode("utf-8", "replace")
            elif _has_its_hash(request):
                signed = b""
            else:
                return False
            forms = _addresses(request.url)
        except (Unheard, ValueError):
            return False
        found = False
        for address in forms:
            key = secret.encode("utf-8", "replace")
            hashed = hmac.new(key, address.encode("utf-8", "replace"), hashlib.sha1)
            hashed.update(signed)
            found |= same(said, b64encode(hashed.digest()).decode())
        return found

    def heard(self, request: Received) -> Sequence[Heard]:
        """Return what the event says.

        Raises:
            Unheard: it is not what Twilio documents.
        """
        said = {name: values[0] for name, values in _parameters(request).items()}
        name = word(said.get("MessageSid")) or word(said.get("SmsSid"))
        status = (said.get("MessageStatus") or said.get("SmsStatus") or "").casefold()
        if name is None or not (status or "Body" in said):
            raise Unheard("an event of Twilio cannot be understood (no message, or no status)")
        if status in ("", "received", "receiving"):
            return () if status == "receiving" else (_replied(said, name, request),)
        if (happening := HAPPENINGS.get(status)) is None:
            return ()
        to, channel = without_scheme(said.get("To", ""))
        sender, _ = without_scheme(said.get("From", ""))
        code = detail = None
        if happening is Happening.UNDELIVERED:
            code = word(said.get("ErrorCode"))
            code = None if code == "0" else code
            told = (said.get("ErrorMessage"), said.get("ChannelStatusMessage"), status)
            detail = next(filter(None, map(text_of, told)))
        return (
            Heard(
                happening,
                request.at,
                (name,),
                address=to,
                sender=sender,
                channel=channel,
                code=code,
                detail=detail,
                at_receipt=True,
            ),
        )


def _replied(said: Mapping[str, str], name: str, request: Received) -> Heard:
    """Read an incoming message; a reply on WhatsApp names the message that it is to."""
    whose, channel = without_scheme(said.get("From", ""))
    if channel is Channel.WHATSAPP and not is_number(whose):
        # A person who hides their number has another id there.
        digits = said.get("WaId", "")
        whose = f"+{digits}" if digits.isascii() and digits.isdigit() else whose
    sender, _ = without_scheme(said.get("To", ""))
    names = (name, word(said.get("OriginalRepliedMessageSid")))
    # Twilio has taken it for a wish to be left alone, by words that the account has set.
    text = "STOP" if said.get("OptOutType", "").upper() == "STOP" else said.get("Body")
    return Heard(
        Happening.REPLIED,
        request.at,
        tuple(filter(None, names)),
        address=whose,
        sender=sender,
        channel=channel,
        text=text_of(text),
        once=name,
        at_receipt=True,
    )


def _parameters(request: Received) -> _Parameters:
    """Read a form.

    Raises:
        Unheard: it is none.
    """
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            request.body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=bool(request.body),
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError:
        raise Unheard("an event of Twilio is no form") from None
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _joined(parameters: _Parameters) -> Iterator[str]:
    for name in sorted(parameters):
        for value in sorted(set(parameters[name])):
            yield name + value


def _has_its_hash(request: Received) -> bool:
    """Say whether the address has the body's SHA-256, so that its signature covers it."""
    said = parse_qs(urlsplit(request.url).query).get("bodySHA256", [""])[0]
    return same(said.casefold(), hashlib.sha256(request.body).hexdigest())


def _addresses(url: str) -> Sequence[str]:
    """Return the address as it may have been signed: with its port or without.

    "Since signature generation on the back end is inconsistent", says Twilio's library.
    """
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    bare, colon, _ = host.rpartition(":")
    with_port = host if parts.port else f"{host}:{_PORTS.get(parts.scheme, 443)}"
    without = bare if colon and parts.port else host
    netlocs = dict.fromkeys((f"{login}{at}{without}", f"{login}{at}{with_port}"))
    return [url, *(urlunsplit(parts._replace(netloc=netloc)) for netloc in netlocs)]
