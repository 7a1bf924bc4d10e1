"""Lists of people who must not be messaged, by address or by hash."""

from __future__ import annotations

from hashlib import sha256

import polars as pl

from campaign.rules.suppression import NotSuppressed, hashed

from .people import NOW, Person, foreseen

ANA, BEN, CEM = (f"+49171392000{number}" for number in (1, 2, 3))
PEOPLE = [Person(ANA), Person(BEN), Person(CEM)]


def said(rule: NotSuppressed) -> list[str | None]:
    found = [rule.objection(one, NOW) for one in PEOPLE]
    assert foreseen(rule, PEOPLE) == found
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
