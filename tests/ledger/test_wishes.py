"""An entry of the suppression list says whether the person themselves put it there, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.ledger.wishes import day_of_wish, why_of_wish

BERLIN = timezone(timedelta(hours=1))


@given(
    word=st.sampled_from(["STOP", "opt-out", "STOP ALL", "退订", "on 2020-01-01"]),
    at=st.datetimes(timezones=st.sampled_from([UTC, BERLIN])).filter(lambda at: at.year > 1000),
)
def test_what_is_written_for_a_wish_is_read_as_one_of_its_day(word: str, at: datetime) -> None:
    assert day_of_wish(why_of_wish(word, at)) == at.astimezone(UTC).date().isoformat()


def test_a_wish_is_written_as_every_ledger_has_it() -> None:
    """Ledgers are older than the program that reads them."""
    at = datetime(2026, 11, 22, 0, 30, tzinfo=BERLIN)
    assert why_of_wish("STOP", at) == "wrote STOP on 2026-11-21"


@pytest.mark.parametrize(
    "why",
    [
        *(
            None,
            "",
            "asked on the telephone",
            "wrote a letter",
            "wrote STOP",
            "wrote STOP on Monday",
        ),
        *("Ana wrote STOP on 2026-11-21", "wrote STOP on 2026-11-21, she says"),
    ],
)
def test_whoever_was_put_there_by_somebody_else_did_not_wish_it_by_writing(why: str | None) -> None:
    assert day_of_wish(why) is None
