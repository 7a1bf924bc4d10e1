"""Sendbird's data export of conversations: which recipients have got one since an attempt.

Source: Platform API, "Data export". It is called a view of the agent's daily performance; how soon
a conversation is in it, and whether a proactive one that nobody has answered is, is not said: so
what it does not show is not taken to be absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from campaign.channel import Channel
from campaign.providers.asking import (
    CLOCK_MAY_BE_WRONG,
    SKEW,
    Asking,
    digits,
    moment,
    same_text,
)
from campaign.providers.base import JsonProvider
from campaign.providers.look_up import Finding, Questions, Sought, Verdict
from campaign.providers.sendbird_export import REACH, Row, SendbirdExports, said_in

_KEPT = ("id", "channel_url", "start_ts", "close_ts", "user_id", "total_user_messages")


class SendbirdExport(Asking):
    """``POST /v3/ai_agent/data_exports/``, waited for and downloaded, for all recipients together.

    On SMS a row is matched by the number in its context, because its ``user_id`` is made up by the
    server; on messenger by its ``user_id``.
    """

    title = "Sendbird's export of conversations"
    authoritative = False
    delay = timedelta(hours=1)
    together = True

    def __init__(self, provider: JsonProvider[Any], agent_id: str, base: str) -> None:
        """``base`` is where the API lives."""
        super().__init__("Sendbird", provider.clean)
        self._exports = SendbirdExports(provider, agent_id, base)

    def answer(self, sought: Sequence[Sought]) -> Questions:
        """Export the conversations around the attempts, and look for the recipients."""
        now = datetime.now(UTC)
        reach = now - REACH
        within = [one for one in sought if one.attempted_at - SKEW >= reach]
        found: dict[int, Finding] = {}
        if within:
            since = max(min(one.attempted_at for one in within) - CLOCK_MAY_BE_WRONG, reach)
            rows = yield from self._exports.rows(since, now, now)
            found = {one.recipient: self._finding(one, rows) for one in within}
        too_old = "Sendbird exports the last seven days only"
        return [found.get(one.recipient) or self.undecided(one, too_old) for one in sought]

    def _finding(self, one: Sought, rows: Sequence[Row]) -> Finding:
        theirs = (row for row in rows if _of(row, one))
        found, doubtful = self.match(
            one, ((moment(row.get("start_ts")), _says(row, one.text), row) for row in theirs)
        )
        if found is not None:
            name = self.word(found.get("id"))
            detail = self.clean(f"Sendbird's export has conversation {name}, of that time")
            evidence = self.kept(found, _KEPT)
            return Finding(one.recipient, Verdict.FOUND, detail, name, evidence)
        if doubtful:
            detail = (
                "Sendbird's export has a conversation with them, but it is not certain to be this "
                "one: another text, shortly before or much later"
            )
            return self.undecided(one, detail)
        detail = "Sendbird's export has no conversation with this recipient since then"
        return Finding(one.recipient, Verdict.ABSENT, detail)


def _of(row: Row, one: Sought) -> bool:
    """Say whether a conversation is with this recipient."""
    if one.channel is not Channel.SMS:
        return row.get("user_id") == one.address
    context = row.get("ai_agent_context")
    inner = context.get("context") if isinstance(context, Mapping) else None
    number = inner.get("phone_number") if isinstance(inner, Mapping) else None
    return digits(number) == digits(one.address)


def _says(row: Row, text: str | None) -> bool:
    """Say whether a conversation may hold this text: nothing speaks against one without texts."""
    said = [entry.get("message") for entry in said_in(row)]
    return not said or any(same_text(text, message) for message in said)
