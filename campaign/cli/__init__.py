"""The commands: thin, no logic of their own."""

from __future__ import annotations

from campaign.cli.app import main

__all__ = ["main"]
