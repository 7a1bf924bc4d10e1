"""In which time zones somebody may be: all of them, and none where nothing tells."""

from __future__ import annotations

import polars as pl
import pytest

from campaign.audience.zones import ZONE_UNREADABLE, ZONES, with_zones, zones_of


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+12125550110", "America/New_York"),
        ("+16715551234", "Pacific/Guam"),
        ("+4930901820", "Europe/Berlin"),
        ("+79161234567", "Europe/Moscow"),
        ("+77012345678", "Asia/Almaty,Asia/Aqtobe"),
        ("+5511912345678", "America/Sao_Paulo"),
    ],
)
def test_a_number_tells_the_zones_in_which_it_may_be(number: str, zones: str) -> None:
    assert zones_of(pl.Series([number])).to_list() == [zones]


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+18005551234", "toll-free"),
        ("+15005550006", "a personal number"),
        ("+78001002030", "toll-free"),
        ("+870773111632", "a satellite"),
    ],
)
def test_a_number_that_belongs_to_no_place_has_no_zone(number: str, why: str) -> None:
    assert zones_of(pl.Series([number])).to_list() == [None], why


def test_a_mobile_number_of_a_wide_country_may_be_in_any_of_its_zones() -> None:
    (zones,) = zones_of(pl.Series(["+61412345678"]))
    assert {"Australia/Perth", "Australia/Sydney"} <= set(zones.split(","))


def test_a_column_of_numbers_keeps_its_order_and_its_gaps() -> None:
    numbers = pl.Series(["+4930901820", None, "+12125550110", "+4930901820"], dtype=pl.String)
    found = zones_of(numbers).to_list()
    assert found == ["Europe/Berlin", None, "America/New_York", "Europe/Berlin"]


def _with_zones(rows: dict[str, list[str | None]], **how: object) -> list[tuple[str | None, bool]]:
    frame = pl.LazyFrame(rows, schema=dict.fromkeys(rows, pl.String))
    found = with_zones(frame, **how).collect()  # type: ignore[arg-type]
    return found.select(ZONES, ZONE_UNREADABLE).rows()


def test_the_list_s_own_zone_comes_first_and_a_blank_leaves_it_to_the_number() -> None:
    number = "+12125550110"
    rows = {"_address": [number] * 4, "tz": ["Europe/Berlin", " europe/berlin ", "", None]}
    assert _with_zones(rows, column="tz", numbers=True) == [
        ("Europe/Berlin", False),
        ("Europe/Berlin", False),
        ("America/New_York", False),
        ("America/New_York", False),
    ]


def test_a_zone_that_cannot_be_read_is_marked_and_is_no_zone() -> None:
    rows = {"_address": ["+12125550110"], "tz": ["CET+1 or so"]}
    assert _with_zones(rows, column="tz", numbers=True) == [(None, True)]


def test_an_address_that_is_no_number_has_only_the_list_s_own_zone() -> None:
    rows = {"_address": ["a@example.org", "b@example.org"], "tz": ["Europe/Paris", None]}
    assert _with_zones(rows, column="tz", numbers=False) == [("Europe/Paris", False), (None, False)]
    assert _with_zones(rows, column=None, numbers=False) == [(None, False), (None, False)]
