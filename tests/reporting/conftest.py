from __future__ import annotations

from pathlib import Path

import pytest

from tests.reporting.stage import (
    Stage,
    every_state,
    somebody_held_out_writes,
    stage,
    what_people_did,
)


@pytest.fixture
def everything(tmp_path: Path) -> Stage:
    found = stage(tmp_path)
    every_state(found)
    found.hear(what_people_did)
    somebody_held_out_writes(found)
    return found
