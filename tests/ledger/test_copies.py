"""A copied ledger does not know what its original did since, so nothing is sent from it unasked."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from campaign.errors import InvalidInput, RunHeld
from campaign.ledger.database import Home
from campaign.ledger.sqlite import SqliteLedger
from tests.ledger.ledgers import FileStore, Held


@pytest.fixture
def copied(tmp_path: Path) -> tuple[Held, Path]:
    """A ledger from which somebody was sent to, closed, and a copy of it."""
    held = Held(FileStore(tmp_path / "ledger.db"))
    held.claim(0)
    held.ledger.release(held.lease)
    held.ledger.close()
    return held, shutil.copy(tmp_path / "ledger.db", tmp_path / "copy.db")


def test_a_copy_is_refused_and_says_what_to_do(copied: tuple[Held, Path]) -> None:
    held, copy = copied
    with closing(SqliteLedger(copy)) as ledger:
        with pytest.raises(InvalidInput, match=r"copy\.db is a copy.*--takeover once") as refused:
            ledger.acquire(held.run.id)
        assert refused.value.exit_code == 2
        assert ledger.counts(held.run.id).sending == 1  # it may be looked at


def test_a_copy_that_was_taken_over_is_the_ledger_from_then_on(copied: tuple[Held, Path]) -> None:
    held, copy = copied
    with closing(SqliteLedger(copy)) as ledger:
        ledger.release(ledger.acquire(held.run.id, takeover=True))
        assert ledger.acquire(held.run.id).epoch == held.lease.epoch + 2


def test_the_original_and_one_that_was_moved_go_on_unasked(
    copied: tuple[Held, Path], tmp_path: Path
) -> None:
    held, _ = copied
    original = tmp_path / "ledger.db"
    with closing(SqliteLedger(original)) as ledger:
        ledger.release(ledger.acquire(held.run.id))
    (tmp_path / "elsewhere").mkdir()
    with closing(SqliteLedger(original.rename(tmp_path / "elsewhere" / "moved.db"))) as ledger:
        assert ledger.acquire(held.run.id).owner


def test_a_takeover_does_not_push_aside_a_process_that_is_sending(tmp_path: Path) -> None:
    held = Held(FileStore(tmp_path / "ledger.db"))
    with (
        closing(SqliteLedger(tmp_path / "ledger.db")) as other,
        pytest.raises(RunHeld, match="is being sent by process"),
    ):
        other.acquire(held.run.id, takeover=True)
    held.ledger.close()


HOME = Home("web-1", "4711", "99")


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (HOME, True),
        (replace(HOME, machine="web-2"), True),
        (replace(HOME, file_system="12"), True),
        (replace(HOME, file="4712"), False),
        (replace(HOME, machine="web-2", file_system="12"), False),
        (replace(HOME, machine="web-2", file="4712"), False),
    ],
    ids=[
        "nothing changed",
        "the volume moved to another machine",
        "the machine started again",
        "copied beside itself",
        "copied to another machine onto the same number",
        "copied to another machine",
    ],
)
def test_a_volume_that_moves_keeps_its_ledger_and_a_copy_is_another_file(
    now: Home, same: bool
) -> None:
    assert now.is_same(HOME) is same
