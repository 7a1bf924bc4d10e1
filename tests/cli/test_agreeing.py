"""Questions on a terminal: only a yes is a yes."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
from collections.abc import Iterator

import pytest

from campaign.cli.agreeing import _told_of_signals, agreed


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A terminal at which nobody has written yet."""
    person, terminal = pty.openpty()
    with os.fdopen(terminal, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield person
    os.close(person)


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("y\n", True),
        (" YES \n", True),
        ("n\n", False),
        ("No\n", False),
        ("\n", False),
        ("\x04", False),
        ("maybe\ny\n", True),
        ("perhaps\n\n", False),
    ],
)
def test_only_a_yes_is_a_yes(
    person: int, written: str, answer: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    os.write(person, written.encode())
    assert agreed("Send it?") is answer
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Send it? [y/N]: ")
    assert ("answer y or n" in said.err) == (written.count("\n") == 2)


def test_ctrl_c_is_a_no_and_means_afterwards_what_it_meant_before(
    person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = select.select

    def pressed(*sources: list[object]) -> object:
        signal.raise_signal(signal.SIGINT)
        return wait(*sources)

    monkeypatch.setattr(select, "select", pressed)
    before = signal.getsignal(signal.SIGINT)
    assert agreed("Send it?") is False
    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_that_came_before_anybody_waited_is_not_waited_for() -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with _told_of_signals() as signals:
            signal.raise_signal(signal.SIGUSR1)
            assert select.select([signals], [], [], 0)[0] == [signals]
    finally:
        signal.signal(signal.SIGUSR1, before)
