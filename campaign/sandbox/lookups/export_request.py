"""What a data export at Sendbird's is asked for: days in a time zone, at most seven days back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from campaign.sandbox.answers import Refusal
from campaign.sandbox.vendors.sendbird import INVALID, MISSING, NOT_A_STRING, error

_DAYS_BACK = timedelta(days=7)
_MEMBERS = ("type", "ai_agent_id", "from", "to", "timezone", "export_format")


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """The conversations of one agent that began on these days, both included."""

    ai_agent_id: str
    first: date
    last: date
    timezone: ZoneInfo


def read_request(body: Mapping[str, Any], now: datetime) -> ExportRequest:
    """Read the body of a request; the page marks every member as required.

    Raises:
        Refusal: something is missing, unknown or out of range. A ``daily_analysis`` is refused
            too: the sandbox has nothing to analyse.
    """
    for name in _MEMBERS:
        if name not in body:
            raise Refusal(error(MISSING, f'Missing required parameters: "{name}".'))
        if not isinstance(body[name], str):
            raise Refusal(error(NOT_A_STRING, f'"{name}" must be a string.'))
    if body["type"] != "conversation":
        raise _invalid("type")
    if body["export_format"] != "json":
        raise _invalid("export_format")
    try:
        timezone = ZoneInfo(body["timezone"])
    except (ValueError, OSError, KeyError):
        raise _invalid("timezone") from None
    first, last = _day(body, "from"), _day(body, "to")
    if first < now.astimezone(timezone).date() - _DAYS_BACK:
        raise _invalid("from")
    if last < first:
        raise _invalid("to")
    return ExportRequest(body["ai_agent_id"], first, last, timezone)


def _day(body: Mapping[str, Any], name: str) -> date:
    try:
        # Not date.fromisoformat, which takes 20260425 and 2026-W17-6 too.
        return datetime.strptime(body[name], "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise _invalid(name) from None


def _invalid(name: str) -> Refusal:
    return Refusal(error(INVALID, f'Invalid value: "{name}".'))
