"""Where everybody stands: by what came back, by state and reason, and by the vendor's codes.

Invariant: every row of the list is in the table of states once, and each sentence beside a reason
is the one that the reference has.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from campaign.ledger.delivery_records import Deliveries, Delivery
from campaign.reasons import reasons
from campaign.reporting.figures import MOST_ROWS, NOT_KNOWN, OTHERS, Column, Kind, Table, Value
from campaign.reporting.sums import Sums

_UNDELIVERED = "undelivered"
_AGAIN = (
    "It may pass. To send again, make a campaign whose list is that of the undelivered; "
    "`campaign retry` is for those whom the vendor refused."
)


def delivery(found: Deliveries, refused: int) -> Table:
    """Return where the messages stand by what the vendor has said since.

    ``found`` are those whom it may have taken, and ``refused`` is how many others there are.
    """
    rows: list[list[Value]] = [[one.value, found.by_status.get(one, 0)] for one in Delivery]
    rows.append(["nothing heard", found.silent])
    rows.append(["refused at once", refused])
    return Table(
        "delivery",
        "What came back",
        (Column("status", "status", Kind.TEXT), Column("people", "people")),
        rows,
        "Each person to whom a message was tried is counted once, at the furthest that was heard; "
        "undelivered outweighs all. Closed here is every conversation that is over, answered or "
        "not. Whom the vendor refused at once got nothing of which more could be heard.",
    )


def states(sums: Sums) -> Table:
    """Return where everybody stands, why, and what to do about it."""
    found = sums.states()
    whole = int(found["people"].sum())
    rows = [
        [_which(state, reason), people, people / whole, *_meaning(reason)]
        for state, reason, people in found.select("state", "reason", "people").iter_rows()
    ]
    columns = (
        Column("state", "state", Kind.TEXT),
        Column("people", "people"),
        Column("share", "of all", Kind.SHARE),
        Column("meaning", "what it means", Kind.TEXT),
        Column("advice", "what to do", Kind.TEXT),
    )
    return Table("states", "Where everybody stands, and why", columns, rows)


def unknown(sums: Sums) -> Table | None:
    """Return who may or may not have got the message, and why that is not known."""
    found = sums.states().filter(pl.col("state") == "unknown")
    rows = [
        [reason or NOT_KNOWN, people, *_meaning(reason)]
        for reason, people in found.select("reason", "people").iter_rows()
    ]
    columns = (
        Column("reason", "reason", Kind.TEXT),
        Column("people", "people"),
        Column("meaning", "what it means", Kind.TEXT),
        Column("advice", "what to do", Kind.TEXT),
    )
    says = (
        "They may or may not have got the message, and are never sent to again by themselves. "
        "`campaign reconcile` asks the vendor; `campaign resolve` writes down what you found out."
    )
    return Table("unknown", "Who is unknown, and why", columns, rows, says) if rows else None


def _advice(reason: str) -> str:
    """Return what to do about who was accepted and did not get it, which no retry sends to."""
    known = reasons().get(reason)
    return known.advice if known is not None and not known.resend else _AGAIN


def codes(sums: Sums, read: Mapping[str, tuple[str, str]]) -> Table | None:
    """Return the vendor's codes; ``read`` has what each one means, and the reason it stands for."""
    found = sums.codes()
    rows: list[list[Value]] = []
    for state, reason, code, people, said in (
        found.head(MOST_ROWS).select("state", "reason", "code", "people", "words").iter_rows()
    ):
        text, stands_for = read.get(code or "", ("", ""))
        meaning, advice = _meaning(reason or stands_for)
        if state == _UNDELIVERED:
            advice = _advice(stands_for)
        which = _which(state, reason) + (f", code {code}" if code else "")
        rows.append([which, people, text or meaning, advice, said])
    if rest := int(found.slice(MOST_ROWS)["people"].sum()):
        rows.append([OTHERS, rest, "", "", None])
    columns = (
        Column("code", "state, reason and code", Kind.TEXT),
        Column("people", "people"),
        Column("meaning", "what it means", Kind.TEXT),
        Column("advice", "what to do", Kind.TEXT),
        Column("example", "the vendor's words, of one of them", Kind.TEXT),
    )
    return Table("codes", "Errors, and what to do about each", columns, rows) if rows else None


def _which(state: str, reason: str | None) -> str:
    return f"{state}: {reason}" if reason else state


def _meaning(reason: str | None) -> tuple[str, str]:
    known = reasons().get(reason or "")
    return (known.sentence, known.advice) if known is not None else ("", "")
