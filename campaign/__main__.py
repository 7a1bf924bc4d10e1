"""``python -m campaign``."""

from __future__ import annotations

from campaign.cli import main

main()
