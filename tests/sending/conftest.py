from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sending.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Ten recipients and a vendor that follows a script."""
    with Stage(tmp_path) as one:
        yield one
