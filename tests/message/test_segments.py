from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.message.segments import encoding, segments, switching

# Written down from 3GPP TS 23.038 on its own, to hold the table to.
BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = set("\f^{}\\[~]|€")


def _by_hand(text: str) -> tuple[int, str, str]:
    """Fill segment after segment, one character after the other."""
    others = "".join(dict.fromkeys(c for c in text if c not in BASIC | EXTENSION))
    if others:
        places = [2 if ord(c) > 0xFFFF else 1 for c in text]
        alone, of_several, name = 70, 67, "UCS-2"
    else:
        places = [2 if c in EXTENSION else 1 for c in text]
        alone, of_several, name = 160, 153, "GSM-7"
    if sum(places) <= alone:
        return 1, name, others
    count, room = 1, of_several
    for place in places:
        if place > room:
            count, room = count + 1, of_several
        room -= place
    return count, name, others


def _counted(*texts: str | None) -> list[tuple[int, str, str]]:
    text = pl.col("text")
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return frame.select(
        segments(text).alias("n"), encoding(text), switching(text).alias("c")
    ).rows()  # type: ignore[return-value]


def test_the_alphabet_has_the_128_places_of_the_standard() -> None:
    assert len(BASIC) + 1 == 128  # one place is the escape to the extension
    assert all(name == "GSM-7" for _, name, _ in _counted(*BASIC, *EXTENSION))
    assert all(name == "UCS-2" for _, name, _ in _counted("ç", "\x1b", "\t", "`", "’", "Ł", "😀"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 151, 2),  # the euro goes over to the second, which it fills
        ("a" * 152 + "€" + "a" * 152, 3),
        ("ł" * 70, 1),
        ("ł" * 71, 2),
        ("ł" * 134, 2),
        ("ł" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),  # 33 in each: the half that would fit is not sent
        ("😀" * 67, 3),
        ("👩‍👧" * 14, 1),  # two emoji and a joiner are five places
        ("👩‍👧" * 15, 2),
    ],
)
def test_a_text_takes_as_many_segments_as_the_standard_says(text: str, expected: int) -> None:
    assert _counted(text)[0][0] == expected


_LETTERS = st.text(st.sampled_from("a€|ł😀\U0010ffffé\n\u001b"), max_size=8)
_LONG = st.lists(
    st.tuples(_LETTERS, st.integers(1, 80)).map(lambda found: found[0] * found[1]), max_size=4
).map("".join)
_LONG_GSM_7 = st.lists(
    st.tuples(st.sampled_from(["a", "€", "|a", "ä^"]), st.integers(1, 160)).map(
        lambda found: found[0] * found[1]
    ),
    max_size=5,
).map("".join)


@given(st.lists(_LONG | _LONG_GSM_7 | st.text(max_size=200), min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_over_whole_columns_it_is_what_filling_by_hand_gives(texts: list[str]) -> None:
    assert _counted(*texts) == [_by_hand(text) for text in texts]


def test_without_a_text_there_is_nothing_to_count() -> None:
    assert _counted(None) == [(None, None, None)]


def test_the_count_is_a_small_whole_number() -> None:
    assert pl.Series(["a"]).to_frame("t").select(segments(pl.col("t"))).dtypes == [pl.UInt32]
