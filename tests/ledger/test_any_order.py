"""Whatever was heard, in whatever order and however often, the ledger keeps the same rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign.ledger.delivery_records import Delivery, Observation
from campaign.ledger.hearing import COLUMNS
from campaign.ledger.rows import storable
from tests.ledger.ledgers import Held

PEOPLE = 2
EARLIER = 1
ANSWERS = {Delivery.REPLIED, Delivery.CLOSED}
TEXTS = st.none() | st.sampled_from(["", "a", "B", "𝒳", "\uffff", "\0", "\ud83d"])


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    what = draw(st.just(Delivery.UNDELIVERED) | st.sampled_from(Delivery))
    lost = what is Delivery.UNDELIVERED
    return Observation(
        run_id=1,
        number=draw(st.integers(0, PEOPLE - 1)),
        what=what,
        at=draw(st.integers(0, 2)),
        code=draw(TEXTS) if lost else None,
        detail=draw(TEXTS) if lost else None,
        claimed_at=draw(st.sampled_from([None, None, None, EARLIER])),
        made=draw(st.integers(0, 2)),
    )


def that_count(heard: list[Observation], number: int) -> list[Observation]:
    """Return what is said of the newest claim and, of messages, of the one that was made first."""
    found = [one for one in heard if (one.number, one.claimed_at) == (number, None)]
    first = min((one.made for one in found if one.what not in ANSWERS), default=0)
    return [one for one in found if one.what in ANSWERS or one.made == first]


HEARD = st.lists(observations(), max_size=12)


def rows(held: Held) -> dict[int, tuple[Any, ...]]:
    columns = held.ledger.columns(held.run.id, 0, PEOPLE)
    cells = zip(*(columns[name] for name in COLUMNS), strict=True)
    return dict(zip(columns["number"], cells, strict=True))


def reason(one: Observation) -> tuple[int, bool, str, bool, str]:
    """Return a reason so that the one that is kept is the first of all, in either database."""
    code, detail = storable(one.code), storable(one.detail)
    return one.at, code is None, code or "", detail is None, detail or ""


@pytest.fixture
def all_sent(held: Held) -> Held:
    held.claim(*range(PEOPLE))
    return held


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(heard=HEARD, data=st.data())
def test_neither_order_nor_repetition_nor_grouping_changes_what_is_kept(
    all_sent: Held, heard: list[Observation], data: st.DataObject
) -> None:
    ledger = all_sent.ledger
    all_sent.store.rewrite("DELETE FROM delivery")
    for one in heard:
        ledger.hear([one])
    expected = rows(all_sent)
    for number, row in expected.items():
        known = dict(zip(COLUMNS, row, strict=True))
        counts = that_count(heard, number)
        for what in Delivery:
            times = [one.at for one in counts if one.what is what]
            assert known[f"{what.value}_at"] == min(times, default=None)
        lost = [one for one in counts if one.what is Delivery.UNDELIVERED]
        why = min((reason(one) for one in lost), default=(0, True, "", True, ""))
        assert known["delivery_code"] == (None if why[1] else why[2])
        assert known["delivery_detail"] == (None if why[3] else why[4])
        stages = [one.what for one in counts]
        assert known["delivery"] == (max(stages, key=list(Delivery).index) if stages else None)

    all_sent.store.rewrite("DELETE FROM delivery")
    again = data.draw(st.lists(st.sampled_from(heard), max_size=6) if heard else st.just([]))
    mixed = data.draw(st.permutations(heard + again))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=4)))
    for first, last in zip([0, *cuts], [*cuts, len(mixed)], strict=True):
        ledger.hear(mixed[first:last])
    assert rows(all_sent) == expected
    assert ledger.hear(mixed) == 0
