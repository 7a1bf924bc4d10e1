"""Lists of people who must not be messaged, by address or by hash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

import polars as pl
import pytest

from campaign.channel import Channel
from campaign.rules.context import Context
from campaign.rules.suppression import NotSuppressed, entries_of, hashed, not_suppressed
from campaign.rules.window import Window

from .people import NOW, Person, foreseen, rows

ANA, BEN, CEM = (f"+49171392000{number}" for number in (1, 2, 3))
PEOPLE = [Person(ANA), Person(BEN), Person(CEM)]
# Sent to under one number and known by another: the same telephone (`campaign.audience.variants`).
BRAZILIAN, ARGENTINE = "+5511961234567", "+5491123456789"
IN_TWO_FORMS = [
    Person("+551161234567", sent_to=BRAZILIAN),
    Person("+541123456789", sent_to=ARGENTINE),
    Person(ANA),
]


def planned(entries: Iterable[str], people: Sequence[Person]) -> list[str | None]:
    """What the rule of the plan says of them."""
    finding = not_suppressed(
        Context(
            channel=Channel.SMS,
            address="phone",
            key=None,
            used=(),
            where=None,
            own=(),
            suppressed=pl.Series("identity", list(entries), dtype=pl.String),
            window=Window(matters=False),
        )
    )
    if finding is None:
        return [None] * len(people)
    names = {"identity": "_identity", "address": "_address"}
    return rows(people).rename(names).select(finding.code).collect().to_series().to_list()


def said(rule: NotSuppressed, people: Sequence[Person] = PEOPLE) -> list[str | None]:
    found = [rule.objection(one, NOW) for one in people]
    assert foreseen(rule, people) == found
    assert planned(rule.entries, people) == found
    return found


def test_a_hash_means_the_person_whose_address_it_is_of() -> None:
    assert hashed(ANA) == "sha256:" + sha256(ANA.encode()).hexdigest()
    assert said(NotSuppressed([hashed(ANA), BEN])) == ["suppressed", "suppressed", None]


def test_what_is_added_later_holds_from_then_on() -> None:
    rule = NotSuppressed([])
    assert said(rule) == [None, None, None]
    rule.add([hashed(CEM)])
    rule.add([BEN])
    assert said(rule) == [None, "suppressed", "suppressed"]
    assert rule.entries.sort().to_list() == pl.Series([hashed(CEM), BEN]).sort().to_list()


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_person_is_found_by_either_form_of_the_number_and_by_the_hash_of_either(
    place: int,
) -> None:
    person = IN_TWO_FORMS[place]
    entries = entries_of(person.identity, person.address)
    assert {hashed(person.identity), hashed(person.address)} < entries
    expected = ["suppressed" if one is person else None for one in IN_TWO_FORMS]
    for entry in entries:
        assert said(NotSuppressed([entry]), IN_TWO_FORMS) == expected
        late = NotSuppressed([])
        late.add([entry])
        assert said(late, IN_TWO_FORMS) == expected
