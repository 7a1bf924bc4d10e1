"""A command that sends settles how its interpreter takes turns; the library leaves it alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

DEFINITION = """\
name: settings
channel: sms
provider: {name: synthflow, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214}
sender: "+12025550100"
recipients: list.csv
message: "Hi {{ first_name }}"
rate: 1000/s
"""
BY_COMMAND = "from campaign.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass"
BY_LIBRARY = "import campaign\ncampaign.load('campaign.yaml').run()"
TELL = "import gc, json, sys\nprint(json.dumps([sys.getswitchinterval(), gc.get_freeze_count()]))"


@pytest.mark.parametrize(("way", "settled"), [(BY_COMMAND, True), (BY_LIBRARY, False)])
def test_only_the_command_changes_how_threads_take_turns(
    way: str, settled: bool, tmp_path: Path
) -> None:
    (tmp_path / "campaign.yaml").write_text(DEFINITION, encoding="utf-8")
    (tmp_path / "list.csv").write_text("phone,first_name\n+12025550123,Ana\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", f"{way}\n{TELL}", "run", "campaign.yaml"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    interval, frozen = json.loads(done.stdout.splitlines()[-1])
    assert interval == pytest.approx(0.02 if settled else 0.005)
    assert (frozen > 10_000) is settled
    assert (tmp_path / "campaign-ledger.db").exists()
