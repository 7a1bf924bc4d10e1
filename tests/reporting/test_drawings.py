"""What drawing leaves behind in the process that drew."""

from __future__ import annotations

import subprocess
import sys

_DRAW = """
import sys
from campaign.reporting import charts
charts._pygal()
import wave  # any module that was not loaded before
print([finder for finder in sys.meta_path if not hasattr(finder, "find_spec")])
"""


def test_no_import_after_a_drawing_is_warned_about() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _DRAW],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
