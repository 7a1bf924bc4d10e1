"""Many starts at once: ``python -m tests.crash.crowd DEFINITION PROCESSES``.

One process loads everything and then becomes many, which wait for each other and each run the
campaign. Prints what each one came to, as a line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import campaign
from campaign.errors import CampaignError


def _one(definition: Path, gate: int, told: int) -> None:
    """Run the campaign once the gate is shut behind the last one, and tell how it went."""
    os.read(gate, 1)
    end: dict[str, Any]
    try:
        summary = campaign.load(definition).run()
        end = {"code": summary.exit_code, "sent": summary.sent, "why": summary.why}
    except CampaignError as error:
        end = {"code": error.exit_code, "sent": 0, "why": str(error)[:1000]}
    os.write(told, (json.dumps(end) + "\n").encode())  # short enough to be written whole


def main() -> None:
    """Become many, and wait for all of them."""
    definition, processes = Path(sys.argv[1]), int(sys.argv[2])
    campaign.load(definition)
    gate, shut = os.pipe()
    children = []
    for _ in range(processes):
        if (child := os.fork()) == 0:
            os.close(shut)
            try:
                _one(definition, gate, sys.stdout.fileno())
            finally:
                os._exit(0)
        children.append(child)
    os.close(shut)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
