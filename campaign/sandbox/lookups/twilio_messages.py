"""The messages of the customer's own Twilio account, from "List Message resources".

Both directions, the newest first: what Synthflow and Zild sent, and what people wrote back. Which
account it was the journal cannot know, so whoever is let in sees everything.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlencode

from campaign.sandbox.answers import Answer, Refusal, json_answer
from campaign.sandbox.clock import iso, milliseconds, moment
from campaign.sandbox.config import TwilioConfig
from campaign.sandbox.journal import Entry
from campaign.sandbox.lookups import twilio_rows as rows
from campaign.sandbox.lookups.lookup import Lookup, Question, View, whole
from campaign.sandbox.lookups.twilio import credentials, error
from campaign.sandbox.people.people import WRITTEN, Act

_PAGE_SIZE = 50
_MOST = 1000
_TOKEN = re.compile(r"PA(\d{1,14})-(\d{1,12})-(\d{1,4})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Place(NamedTuple):
    """Where a message stands in the list; what comes later never shifts it.

    ``nth`` is 0 for what was sent, and counts from 1 what happened to it.
    """

    time: str
    number: int
    nth: int


_Found: TypeAlias = tuple[_Place, Entry, Act | None]
"""What was sent (no act), or what a person wrote back."""

_PLACE = itemgetter(0)
_TOP = _Place("~", 0, 0)


class TwilioMessages:
    """``GET /2010-04-01/Accounts/{AccountSid}/Messages.json``, and one message of it."""

    def __init__(self, config: TwilioConfig) -> None:
        self._zild_numbers = config.zild_numbers
        self._learned = dict.fromkeys(rows.SENDING_THROUGH_IT, 0)
        self._written: list[_Found] = []
        self._sids: dict[str, tuple[Entry, Act | None]] = {}

    def table(self) -> tuple[Lookup, ...]:
        """Return the look-ups."""
        messages = "/2010-04-01/Accounts/{account}/Messages"
        return (
            Lookup("GET", f"{messages}.json", self.list),
            Lookup("GET", f"{messages}/{{file}}", self.one),
        )

    def list(self, question: Question) -> Answer:
        """List messages by recipient, sender and day."""
        account = _account(question)
        query = question.query
        size = _number(query, "PageSize", _PAGE_SIZE)
        page = _number(query, "Page", 0)
        start = _start(query.get("PageToken", ""))
        if not 1 <= size <= _MOST:
            raise Refusal(error(400, 20001, "Invalid page"))
        self._learn(question.view)
        found = [*islice(self._asked_for(question, start), size + 1)]
        shown = [self._shown(account, question.view, entry, act) for _, entry, act in found[:size]]
        following = found[size - 1][0] if len(found) > size else None
        return _page(account, query, shown, following, size, page)

    def one(self, question: Question) -> Answer:
        """Show one message."""
        account = _account(question)
        self._learn(question.view)
        sid = question.path["file"].removesuffix(".json")
        known = self._sids.get(sid)
        if known is None or not _is_there(question.view, *known):
            raise Refusal(error(404, 20404, f"The requested resource {sid} was not found"))
        return json_answer(200, self._shown(account, question.view, *known))

    def _asked_for(self, question: Question, start: _Place) -> Iterator[_Found]:
        """Go backwards through the messages that are asked for, from before ``start``."""
        query = question.query
        within = _Days(query)
        sent = _sent(question.view, query.get("To"), start)
        written = self._back_from(question.view, start)
        for found in heapq.merge(*sent, written, key=_PLACE, reverse=True):
            place, entry, act = found
            ends = rows.Ends.of(entry, self._zild_numbers)
            to, sender = (ends.person, ends.ours) if act is None else (ends.ours, ends.person)
            if (
                query.get("To", to) == to
                and query.get("From", sender) == sender
                and within.has(place.time)
            ):
                yield found

    def _back_from(self, view: View, start: _Place) -> Iterator[_Found]:
        """Go backwards through what people wrote."""
        first_unseen = _Place(iso(view.until + timedelta(milliseconds=1)), 0, 0)
        end = bisect_left(self._written, min(start, first_unseen), key=_PLACE)
        for found in reversed(self._written[:end]):
            if _is_there(view, *found[1:]):
                yield found

    def _learn(self, view: View) -> None:
        """Note ids and answers of what was sent since the last question."""
        for vendor, since in self._learned.items():
            for entry in view.of(vendor, since):
                self._learned[vendor] = entry.number
                if not entry.message_sent:
                    continue
                self._sids[rows.outbound_sid(entry)] = entry, None
                for nth, act in enumerate(view.to_come(entry), 1):
                    if act.does in WRITTEN:
                        place = _Place(iso(act.at), entry.number, nth)
                        insort(self._written, (place, entry, act), key=_PLACE)
                        self._sids[rows.inbound_sid(entry, act)] = entry, act

    def _shown(self, account: str, view: View, entry: Entry, act: Act | None) -> dict[str, Any]:
        ends = rows.Ends.of(entry, self._zild_numbers)
        if act is not None:
            return rows.inbound(account, entry, ends, act)
        return rows.outbound(account, entry, ends, view.acts(entry))


class _Days:
    """``DateSent``, ``DateSent<`` and ``DateSent>``: GMT days, or moments; both ends included."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self._on, self._until, self._since = (
            _gmt(query[name]) if name in query else None
            for name in ("DateSent", "DateSent<", "DateSent>")
        )

    def has(self, sent: str) -> bool:
        """Say whether this is then; a day compares with days, a second with seconds."""
        return (
            (self._on is None or sent.startswith(self._on))
            and (self._until is None or sent[: len(self._until)] <= self._until)
            and (self._since is None or sent[: len(self._since)] >= self._since)
        )


def _sent(view: View, to: str | None, start: _Place) -> list[Iterator[_Found]]:
    """Go backwards through what each vendor sent, to one address if it is named."""

    def place(entry: Entry) -> _Place:
        return _Place(entry.time, entry.number, 0)

    def backwards(entries: list[Entry]) -> Iterator[_Found]:
        for entry in reversed(entries[: bisect_left(entries, start, key=place)]):
            if entry.message_sent:
                yield place(entry), entry, None

    if to is None:
        return [backwards(view.of(vendor)) for vendor in rows.SENDING_THROUGH_IT]
    address = to.removeprefix(rows.WHATSAPP)
    return [backwards(view.to(vendor, address)) for vendor in rows.SENDING_THROUGH_IT]


def _is_there(view: View, entry: Entry, act: Act | None) -> bool:
    """Say whether a message can be seen: the journal may have been emptied since it was noted."""
    known = view.with_id(entry.vendor, entry.provider_id)
    return known is not None and (act is None or act.at <= view.until)


def _account(question: Question) -> str:
    account = question.path["account"]
    if credentials(question.headers)[0] != account:
        raise Refusal(error(401, 20003, "Authenticate"))
    return account


def _start(token: str) -> _Place:
    """Read where a page begins; it is a place, so that what was sent meanwhile shifts nothing."""
    if not token:
        return _TOP
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise Refusal(error(400, 20001, "Invalid page"))
    time, number, nth = map(int, found.groups())
    return _Place(iso(_EPOCH + timedelta(milliseconds=time)), number, nth)


def _page(
    account: str,
    query: Mapping[str, str],
    shown: Sequence[dict[str, Any]],
    last: _Place | None,
    size: int,
    page: int,
) -> Answer:
    """Fill one page; ``last`` is where it ends, None where there is no next one."""
    path = f"/2010-04-01/Accounts/{account}/Messages.json"
    asked = {name: text for name, text in query.items() if name not in ("Page", "PageToken")}
    asked["PageSize"] = str(size)

    def uri(number: int, token: str) -> str:
        return f"{path}?{urlencode(asked | {'Page': str(number)} | _given('PageToken', token))}"

    token = "" if last is None else f"PA{milliseconds(moment(last.time))}-{last.number}-{last.nth}"
    return json_answer(
        200,
        {
            "first_page_uri": uri(0, ""),
            "end": page * size + max(len(shown) - 1, 0),
            "messages": shown,
            "next_page_uri": uri(page + 1, token) if token else None,
            "page": page,
            "page_size": size,
            "previous_page_uri": None,
            "start": page * size,
            "uri": uri(page, query.get("PageToken", "")),
        },
    )


def _given(name: str, text: str) -> dict[str, str]:
    return {name: text} if text else {}


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    number = whole(query.get(name, str(default)))
    if number is None:
        raise Refusal(error(400, 20001, f"Invalid {name}"))
    return number


def _gmt(text: str) -> str:
    """Return a day as it is, and a moment as its second in GMT."""
    try:
        when = moment(text).astimezone(UTC)
    except ValueError:
        raise Refusal(error(400, 20001, "Invalid DateSent")) from None
    return when.isoformat(timespec="seconds")[: 19 if "T" in text else 10]
