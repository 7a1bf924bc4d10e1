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
        ("\u200bSTOP\u200e", "STOP"),
        ("ST\u200bOP", "STOP"),
        ("\ufeffstop", "STOP"),
        ("STOP 🛑", "STOP"),
        ("🙏🏽 stop ❤️", "STOP"),
        ("STOP…", "STOP"),
        ("# STOP #", "STOP"),
        ("STOP STOP", "STOP"),
        ("stop, stop! STOP", "STOP"),
        ("Stop all, stop all", "STOP ALL"),
        ("opt out", "OPT-OUT"),
        ("de\u0301sabonner", "DÉSABONNER"),
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
        "stop please",
        "stop it stop it",
        "non-stop",
        "S T O P",
        "STOP 1",
        "🛑",
        "stop stop " + "x " * 10,
        "at the end",
        "START",
        "HELP",
        "yes",
        "STOP " + "x" * 10_000,
    ],
)
def test_anything_else_is_none(text: str | None) -> None:
    assert wish(text) is None
