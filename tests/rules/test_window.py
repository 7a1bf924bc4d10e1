from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.rules.window import LAST_INBOUND, Window

SECOND = 1_000_000
NOW = 1_790_000_000.0
MARGINS = st.timedeltas(timedelta(0), timedelta(hours=23, minutes=59))


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _read(*texts: str | None, timezone: str | None = None) -> list[datetime | None]:
    frame = pl.LazyFrame({"at": texts}, schema={"at": pl.String})
    found = Window(True, "at", timezone=timezone).with_times(frame).collect()[LAST_INBOUND]
    return [None if at is None else _moment(at) for at in found]


def _open(window: Window, last: int | None, now: float) -> bool:
    """Whether the window is open: judged over a column and alone, which must agree."""
    frame = pl.LazyFrame({LAST_INBOUND: [last]}, schema={LAST_INBOUND: pl.Int64})
    over_column = frame.select(window.expression(now)).collect().item()
    alone = window.is_open(last, now)
    assert over_column is alone
    return alone


@pytest.mark.parametrize(
    ("margin", "ago", "is_open"),
    [
        # Without a margin the window is open for 24 hours, and not at the 24th hour.
        (timedelta(0), timedelta(0), True),
        (timedelta(0), timedelta(hours=24) - timedelta(microseconds=1), True),
        (timedelta(0), timedelta(hours=24), False),
        (timedelta(minutes=10), timedelta(hours=23, minutes=50) - timedelta(microseconds=1), True),
        (timedelta(minutes=10), timedelta(hours=23, minutes=50), False),
        (timedelta(hours=23), timedelta(minutes=59), True),
        (timedelta(hours=23), timedelta(hours=1), False),
        # The future is no knowledge, be it a microsecond.
        (timedelta(0), timedelta(microseconds=-1), False),
        (timedelta(0), timedelta(days=-365), False),
    ],
)
def test_a_window_is_open_from_the_message_until_the_margin(
    margin: timedelta, ago: timedelta, is_open: bool
) -> None:
    last = int(NOW * SECOND) - ago // timedelta(microseconds=1)
    assert _open(Window(True, "at", margin=margin), last, NOW) is is_open


def test_who_never_wrote_has_no_open_window() -> None:
    assert _open(Window(True, "at"), None, NOW) is False


@given(
    margin=MARGINS,
    ago=st.integers(-2 * 86_400 * SECOND, 2 * 86_400 * SECOND) | st.none(),
    now=st.floats(0, 4e9),
)
def test_a_column_is_judged_as_each_recipient_alone_is(
    margin: timedelta, ago: int | None, now: float
) -> None:
    last = None if ago is None else int(now * SECOND) - ago
    reach = timedelta(hours=24) - margin
    expected = ago is not None and 0 <= ago < reach // timedelta(microseconds=1)
    assert _open(Window(True, "at", margin=margin), last, now) is expected


TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)


READ = [
    ("2026-11-20T10:00:00Z", TEN),
    ("2026-11-20t10:00:00z", TEN),
    ("2026-11-20 10:00:00 UTC", TEN),
    ("2026-11-20T10:00Z", TEN),
    ("2026-11-20 11:00 +0100", TEN),
    ("2026-11-20T11:00:00+01:00", TEN),
    ("2026-11-20 04:30:00-05:30", TEN),
    ("2026- 1-20 10:00:00Z", None),
    ("2026-11-20T11:00:00+01", TEN),
    ("2026-11-20T04:30:00-0530", TEN),
    ("2026-11-20T10:00:00.5Z", TEN + timedelta(milliseconds=500)),
    ("2026-11-20T11:00:00.123456+01:00", TEN + timedelta(microseconds=123456)),
    ("2026-11-20T10:00:00.123456789Z", TEN + timedelta(microseconds=123456)),
    # What cannot be read, or means another moment on another machine, is no knowledge.
    ("2026-11-20T10:00:00", None),
    ("2026-11-20 10:00", None),
    ("2026-11-20", None),
    ("20.11.2026 10:00 +0100", None),
    ("11/20/2026 10:00Z", None),
    ("2026-13-20T10:00:00Z", None),
    ("2026-02-30T10:00:00Z", None),
    ("2026-11-20T24:00Z", None),
    ("2026-11-20T10:00:00 CET", None),
    ("1795168800", None),
    ("yesterday", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("text", "moment"), READ)
def test_a_time_is_read_when_it_says_which_moment_it_means(
    text: str | None, moment: datetime | None
) -> None:
    assert _read(text) == [moment]


@given(st.lists(st.sampled_from(READ), max_size=12))
def test_a_time_is_read_the_same_whatever_stands_above_and_below_it(
    column: list[tuple[str | None, datetime | None]],
) -> None:
    assert _read(*(text for text, _ in column)) == [moment for _, moment in column]


@given(
    st.integers(631_152_000_000_000, 3_786_912_000_000_000).map(_moment),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from("T "),
)
def test_what_python_writes_as_iso_8601_is_read_as_that_moment(
    moment: datetime, minutes: int, separator: str
) -> None:
    local = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert _read(local.isoformat(separator)) == [moment]


@given(st.text(max_size=30))
def test_no_cell_breaks_the_reading(text: str) -> None:
    assert len(_read(text, timezone="Europe/Berlin")) == 1


def test_a_zone_gives_times_without_an_offset_their_meaning() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert _read(
        "2026-11-20T10:00", "2026-07-20 10:00:00.25", "2026-11-20T10:00Z", timezone="Europe/Berlin"
    ) == [
        datetime(2026, 11, 20, 10, tzinfo=berlin),
        datetime(2026, 7, 20, 10, 0, 0, 250_000, tzinfo=berlin),
        TEN,  # an offset in the cell wins over the zone
    ]


def test_an_hour_that_the_clock_skips_is_no_time() -> None:
    assert _read("2026-03-29T02:30", timezone="Europe/Berlin") == [None]
    assert _read("2026-03-29T01:59:59", "2026-03-29T03:00", timezone="Europe/Berlin") == [
        datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    ]


def test_of_an_hour_that_comes_twice_the_first_is_meant_so_that_the_window_closes_sooner() -> None:
    assert _read("2026-10-25T02:30", timezone="Europe/Berlin") == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    ]


def test_without_a_column_nothing_is_known() -> None:
    found = Window(True).with_times(pl.LazyFrame({"x": ["a", "b"]})).collect()
    assert found[LAST_INBOUND].to_list() == [None, None]


@given(st.integers(-(10**10), 2 * 10**11), st.integers(-23 * 60, 23 * 60), st.sampled_from("T "))
def test_a_plain_time_is_the_moment_that_python_reads(
    seconds: int, minutes: int, between: str
) -> None:
    at = _moment(seconds * SECOND)
    there = at.astimezone(timezone(timedelta(minutes=minutes))).isoformat(between)
    zulu = at.isoformat(between).replace("+00:00", "Z")
    assert _read(there, zulu) == [at, at]


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T10:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T10:60:00Z",
        "2026-11-20T10:00:00+24:00",
        "2026-11-20T10:00:00+01:0٣",
        "2026-11-20T10:00:00Z and later",
    ],
)
def test_what_only_looks_like_a_plain_time_is_none(text: str) -> None:
    assert _read(text) == [None]
