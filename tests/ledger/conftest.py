from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.ledgers import Held


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    """A run of ten recipients, held by this process, nobody sent to yet."""
    one = Held(tmp_path / "ledger.db")
    yield one
    one.ledger.close()
