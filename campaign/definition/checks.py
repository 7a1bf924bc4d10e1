"""Whether the parts of a definition fit each other and what the provider can do.

Invariant: every check looks only at parts that are valid on their own, so that one mistake is
reported once. A part that is not valid is not in ``Draft.valid``, and nothing is said about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from campaign.channel import Channel
from campaign.definition.message import Message
from campaign.definition.models import Window
from campaign.definition.quiet import HOLD, QuietHours
from campaign.definition.rate import Rate, rate_misfits
from campaign.definition.recipients import Recipients
from campaign.definition.source import YamlSource
from campaign.definition.template_checks import template_misfits
from campaign.providers.protocol import Capabilities, Misfit, Provider, ProviderSettings

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Draft:
    """The parts of a definition that are valid so far; ``settings`` is None where they are not."""

    valid: frozenset[str]
    provider: type[Provider]
    settings: ProviderSettings | None
    channel: Channel | None
    sender: list[str]
    message: Message | None
    window: Window | None
    recipients: Recipients | None
    quiet_hours: QuietHours | None
    rate: Rate
    source: YamlSource
    now: datetime | None

    @property
    def able(self) -> Capabilities:
        """What the provider can do."""
        return self.provider.capabilities

    @property
    def vendor(self) -> str:
        """The provider's name for use in sentences."""
        return self.able.title.partition(",")[0]

    def has(self, *fields: str) -> bool:
        """Tell whether all these parts are valid (a part that may be absent is valid then)."""
        return self.valid.issuperset(fields)


def misfits(draft: Draft) -> Iterator[Misfit]:
    """Yield everything that does not fit."""
    if draft.has("channel") and draft.channel not in draft.able.channels:
        # Nothing else can be said about a channel that the provider does not have.
        yield _wrong_channel(draft)
        yield from chain(_senders(draft), _schedule(draft))
        return
    checks = (
        _senders,
        _content,
        _template,
        _extras,
        _schedule,
        _window,
        _closed_window,
        _no_zone,
        _no_numbers,
        _rate,
    )
    yield from chain.from_iterable(check(draft) for check in checks)
    if draft.settings is not None and draft.channel is not None and draft.has("sender"):
        yield from draft.provider.misfits(draft.settings, draft.channel, draft.sender)


def _wrong_channel(draft: Draft) -> Misfit:
    names = ", ".join(draft.able.channels)
    return Misfit(
        ("channel",), f"{draft.vendor} does not offer `{draft.channel}`", f"it offers {names}"
    )


def _rate(draft: Draft) -> Iterator[Misfit]:
    senders = draft.sender if draft.has("sender") else None
    return rate_misfits(draft.rate, draft.channel, senders)


def _senders(draft: Draft) -> Iterator[Misfit]:
    if not draft.has("sender"):
        return
    able = draft.able
    if not draft.sender and able.sender_required:
        what = _sender_kind(draft)[1]
        yield Misfit(("sender",), f"`sender` is missing: {draft.vendor} sends from {what}")
    first: dict[str, int] = {}
    for number, sender in enumerate(draft.sender):
        path = ("sender", number)
        if sender in first:
            line = draft.source.line(("sender", first[sender]))
            yield Misfit(path, f"this sender is already listed on line {line}", "keep one of them")
            continue
        first[sender] = number
        pattern, what, hint = _sender_kind(draft)
        if not pattern.fullmatch(sender):
            yield Misfit(path, f"{draft.vendor} sends from {what}", _plus(sender) or hint)


def _sender_kind(draft: Draft) -> tuple[re.Pattern[str], str, str | None]:
    number = "a number in international form, in quotes"
    match draft.able.sender:
        case "number":
            return _E164, number, 'write it like "+15551234567"'
        case "integer":
            return re.compile(r"[0-9]+"), "a channel id, which is a whole number", None
        case "number_or_email" if draft.channel is Channel.EMAIL:
            return _EMAIL, "an email address", "write it like team@example.com"
        case "number_or_email" if draft.channel is not None:
            return _E164, number, 'write it like "+15551234567"'
        case "number_or_email":
            either = re.compile(f"{_E164.pattern}|{_EMAIL.pattern}")
            return either, "a number in international form or an email address", None
    return re.compile(r"\S(?:.*\S)?"), "an id without blanks at its ends", None


def _plus(sender: str) -> str | None:
    """Return the hint for a number that only lacks its plus, or has spaces in it."""
    digits = re.sub(r"[\s().\-]", "", sender).removeprefix("00")
    full = digits if digits.startswith("+") else f"+{digits}"
    if sender.strip() and sender[0] != "0" and _E164.fullmatch(full):
        return f'did you mean "{full}"?'
    return None


def _content(draft: Draft) -> Iterator[Misfit]:
    """Is there something to say, and may it be said here?"""
    if not draft.has("channel", "message"):
        return
    able, channel, message = draft.able, draft.channel, draft.message
    text = message is not None and message.text is not None
    template = message is not None and message.template is not None
    if able.writes_itself:
        for name, given in (("text", text), ("template", template)):
            if given:
                yield Misfit(
                    ("message", name),
                    f"at {draft.vendor}, the agent writes the first message itself",
                    f"remove the {name}; say what the agent should write in its prompt",
                )
        return
    kinds = [
        name
        for name, channels in (("text", able.text), ("template", able.template))
        if channel in channels
    ]
    if text and "text" not in kinds:
        yield Misfit(
            ("message", "text"),
            f"{draft.vendor} takes no free-form text on {channel}",
            "use message.template" if "template" in kinds else None,
        )
    if template and "template" not in kinds:
        yield Misfit(
            ("message", "template"),
            f"{draft.vendor} takes no template on {channel}",
            "use message.text" if "text" in kinds else None,
        )
    if message is None:
        yield Misfit(("message",), "`message` is missing", f"give {_either(kinds)}")
    elif not text and not template:
        yield Misfit(("message",), "`message` says nothing", f"give it {_either(kinds)}")


def _either(kinds: list[str]) -> str:
    return f"a {' or a '.join(kinds)}" if kinds else "something to say"


def _template(draft: Draft) -> Iterator[Misfit]:
    message = draft.message
    if not draft.has("message") or message is None or message.template is None:
        return
    if draft.able.template:
        path = ("message", "template")
        yield from template_misfits(message.template, path, draft.able, draft.vendor)


def _extras(draft: Draft) -> Iterator[Misfit]:
    """Things beside the text that not every provider takes."""
    message = draft.message
    if not draft.has("message") or message is None:
        return
    able = draft.able
    extras = (
        ("suggested_replies", bool(message.suggested_replies), able.suggested_replies),
        ("variables", bool(message.variables), able.variables),
        ("schedule_at", message.schedule_at is not None, able.schedule),
    )
    for name, given, possible in extras:
        if given and not possible:
            yield Misfit(("message", name), f"{draft.vendor} takes no {name}", "remove it")


def _schedule(draft: Draft) -> Iterator[Misfit]:
    message, now = draft.message, draft.now
    if not draft.has("message") or message is None or message.schedule_at is None or now is None:
        return
    if message.schedule_at <= now:
        yield Misfit(("message", "schedule_at"), "`message.schedule_at` is in the past")


def _window(draft: Draft) -> Iterator[Misfit]:
    """Is a window given where there is one, and does it name something that exists?"""
    if not draft.has("channel", "window") or draft.window is None:
        return
    if draft.channel not in draft.able.window_channels:
        yield Misfit(
            ("window",),
            f"{draft.vendor} has no 24-hour window on {draft.channel}",
            "remove `window`",
        )
    elif draft.has("message") and draft.window.outside == "template" and not _template_of(draft):
        yield Misfit(
            ("window", "outside"),
            "`window.outside` is template, but there is none in `message`",
            "add message.template, or write outside: skip",
        )


def _closed_window(draft: Draft) -> Iterator[Misfit]:
    """Would anybody ever get it? Free-form text needs an open window, which must be known."""
    if not draft.has("channel", "message", "window") or draft.window is not None:
        return
    able, message = draft.able, draft.message
    if draft.channel not in able.window_channels or _template_of(draft):
        return
    column = "window: {column: last_inbound_at}"
    if able.writes_itself:
        if draft.settings is None or getattr(draft.settings, "outside_window", None) == "send":
            return
        hint = f"name the column with the last message's time: {column}"
        if "outside_window" in type(draft.settings).model_fields:
            hint += "; or write provider.outside_window: send"
        yield Misfit(
            ("channel",),
            f"nobody could ever get this: on {draft.channel} the agent's own first message needs "
            "an open 24-hour window, and nothing says whose is open",
            hint,
        )
    elif message is not None and message.text is not None and draft.channel in able.text:
        yield Misfit(
            ("message", "text"),
            f"nobody could ever get this: on {draft.channel} a free-form text needs an open "
            "24-hour window, and nothing says whose is open",
            f"add message.template, or name the column with the last message's time: {column}",
        )


def _no_zone(draft: Draft) -> Iterator[Misfit]:
    """Would anybody ever get it? Outside quiet hours needs a zone, and only numbers tell one."""
    if not draft.has("channel", "recipients", "quiet_hours") or draft.channel is None:
        return
    if draft.quiet_hours is None or draft.quiet_hours.unknown_zone != HOLD:
        return
    numbers = draft.able.channels[draft.channel] == "number"
    if numbers or (draft.recipients is not None and draft.recipients.timezone is not None):
        return
    yield Misfit(
        ("quiet_hours",),
        f"nobody could ever get this: on {draft.channel} nothing tells a recipient's time zone",
        "name the column that does (recipients.timezone), or say where to count everybody: "
        "quiet_hours: {hours: 21:00-08:00, unknown_zone: Europe/Berlin}",
    )


def _no_numbers(draft: Draft) -> Iterator[Misfit]:
    """What is about numbers does nothing where recipients are known by something else."""
    recipients = draft.recipients
    if not draft.has("channel", "recipients") or draft.channel is None or recipients is None:
        return
    kind = draft.able.channels[draft.channel]
    if kind == "number":
        return
    known_by = {"email": "an email address", "user_id": "a user id"}[kind]
    for name in ("digits_are_international", "validity", "blocked_prefixes"):
        if getattr(recipients, name) is not None:
            message = f"`recipients.{name}` is about phone numbers; on {draft.channel}, a recipient"
            yield Misfit(("recipients", name), f"{message} is known by {known_by}", "remove it")


def _template_of(draft: Draft) -> bool:
    return draft.message is not None and draft.message.template is not None
