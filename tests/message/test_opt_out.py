"""A wish to be left alone is a whole answer that is one of the words, however it is typed."""

from __future__ import annotations

import pytest

from campaign.message.opt_out import wish


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("STOP", "STOP"),
        ("stop", "STOP"),
        ("  Stop!! ", "STOP"),
        ("“STOP”", "STOP"),
        ("Stop.\n", "STOP"),
        ("ＳＴＯＰ", "STOP"),
        ("stop   all", "STOP ALL"),
        ("StopAll", "STOPALL"),
        ("opt-out", "OPT-OUT"),
        ("Unsubscribe", "UNSUBSCRIBE"),
        ("arret", "ARRET"),
        ("Baja", "BAJA"),
        ("dar de baja", "DAR DE BAJA"),
        ("désabonner", "DÉSABONNER"),
        ("sair", "SAIR"),
        ("Stopp", "STOPP"),
        ("wypisz", "WYPISZ"),
    ],
)
def test_a_word_of_the_lists_alone_is_a_wish(text: str, word: str) -> None:
    assert wish(text) == word


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "!!!",
        "please don't stop",
        "Stop by tomorrow",
        "at the end",
        "START",
        "HELP",
        "yes",
        "STOP " + "x" * 10_000,
    ],
)
def test_anything_else_is_none(text: str | None) -> None:
    assert wish(text) is None
