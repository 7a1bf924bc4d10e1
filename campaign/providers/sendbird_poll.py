"""What Sendbird's data export of conversations says afterwards: who replied, and what is closed.

Source: Platform API, "Data export". A page is the conversations that began on one day (UTC): those
of the last seven days can be asked for, so whoever asks every day hears of everything that is over
within a week. That a message was sent or delivered, the export does not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from campaign.channel import Channel
from campaign.providers import http
from campaign.providers.asking import SKEW, moment
from campaign.providers.base import JsonProvider
from campaign.providers.heard import About, Happening, Heard, Page, Steps
from campaign.providers.polling import Polling
from campaign.providers.sendbird_export import REACH, Row, SendbirdExports, said_in

_DAY = timedelta(days=1)
_DAY_FORM = "%Y-%m-%d"
# The table of properties has the first name, the sample the second.
_COUNTS = ("total_user_messages", "total_user_message")
# "Measured from a user's first message to" the resolution, or to the auto-close or hand-off.
_SINCE_FIRST_MESSAGE = ("resolution_resolved_time", "resolution_unresolved_ai_handle_time")


class SendbirdConversations(Polling):
    """One export a day of conversations."""

    title = "Sendbird's export of conversations"
    each = False

    def __init__(self, provider: JsonProvider[Any], agent_id: str, base: str) -> None:
        """``base`` is where the API lives."""
        super().__init__("Sendbird", provider.clean)
        self._exports = SendbirdExports(provider, agent_id, base)

    def read(self, about: About, cursor: str | None) -> Steps:
        """Export the conversations of one day; the cursor is the next one."""
        earliest = max(about.since - SKEW, about.until - REACH).astimezone(UTC)
        day = earliest if cursor is None else max(earliest, self._day(cursor))
        rows = yield from self._exports.rows(day, day, about.until)
        following = day + _DAY
        goes_on = following.date() <= about.until.astimezone(UTC).date()
        heard = [one for row in rows for one in self._heard(row, about.channel)]
        return Page(heard, following.strftime(_DAY_FORM) if goes_on else None)

    def _day(self, cursor: str) -> datetime:
        try:
            return datetime.strptime(cursor, _DAY_FORM).replace(tzinfo=UTC)
        except ValueError:
            raise self.strange() from None

    def _heard(self, row: Row, channel: Channel) -> Iterator[Heard]:
        ids = tuple(filter(None, (self.word(row.get("id")), self.word(row.get("channel_url")))))
        address, began = _address(row, channel), moment(row.get("start_ts"))
        closed = moment(row.get("close_ts"))
        replies = [
            (at, message.get("message"))
            for message in said_in(row)
            if message.get("message_from") == "user"
            and (at := moment(message.get("create_ts"))) is not None
        ]
        if not replies and (at := _replied_without_texts(row, closed)) is not None:
            replies = [(at, None)]
        for at, said in replies:
            yield Heard(
                Happening.REPLIED,
                at,
                ids,
                address=address,
                channel=channel,
                began=began,
                text=http.storable(said) if isinstance(said, str) and said else None,
            )
        if closed is not None:
            yield Heard(
                Happening.CLOSED, closed, ids, address=address, channel=channel, began=began
            )


def _address(row: Row, channel: Channel) -> str | None:
    """Return whose conversation it is: on SMS the ``user_id`` is made up by the server."""
    if channel is Channel.MESSENGER:
        found = row.get("user_id")
    else:
        context = row.get("ai_agent_context")
        inner = context.get("context") if isinstance(context, Mapping) else None
        found = inner.get("phone_number") if isinstance(inner, Mapping) else None
    return http.storable(found) if isinstance(found, str) and found else None


def _replied_without_texts(row: Row, closed: datetime | None) -> datetime | None:
    """Return when somebody answered whose messages the export does not show; a reaction counts.

    The time is reckoned back from the close, by how long Sendbird says that it took from the first
    message; where it does not, the close stands for it: they had answered by then. Nothing is
    heard of a conversation that is still open.
    """
    counts = (row.get(name) for name in _COUNTS)
    answered = row.get("responded") is True or any(
        type(count) is int and count > 0 for count in counts
    )
    if closed is None or not answered:
        return None
    for name in _SINCE_FIRST_MESSAGE:
        seconds = row.get(name)
        if isinstance(seconds, int | float) and not isinstance(seconds, bool):
            began = moment(row.get("start_ts"))
            if 0 <= seconds <= (closed - (began or closed)).total_seconds():
                return closed - timedelta(seconds=seconds)
    return closed
