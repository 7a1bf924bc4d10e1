"""JSON is one line for a program, and readable for a person at a terminal."""

from __future__ import annotations

import io
import json
import sys

import pytest

from campaign.cli.writing import print_json


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("screen", "lines"), [(io.StringIO(), 1), (Terminal(), 4)])
def test_json_is_indented_only_where_a_person_reads_it(
    screen: io.StringIO, lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", screen)
    print_json({"accepted": 1, "failed": 2})
    assert len(screen.getvalue().splitlines()) == lines
    assert json.loads(screen.getvalue()) == {"accepted": 1, "failed": 2}
