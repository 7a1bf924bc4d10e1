"""What the vendor said beforehand, one line for each thing that was asked."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from campaign.providers.online import Answered, OnlineFinding

_STYLES = {Answered.OK: "green", Answered.WRONG: "red", Answered.UNKNOWN: "magenta"}


def online_view(provider: str, findings: Sequence[OnlineFinding], *, sandbox: bool) -> Group:
    """Return what was asked and answered, for a person."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column()
    table.add_column(overflow="fold")
    for finding in findings:
        told = f"{finding.sentence}. {finding.hint}" if finding.hint else f"{finding.sentence}."
        verdict = Text(finding.verdict.value, style=_STYLES[finding.verdict])
        table.add_row(verdict, Text(finding.what), Text(told))
    whom = f"the sandbox instead of {provider}" if sandbox else provider
    return Group(Text(f"Asked {whom}:"), Padding(table, (0, 0, 1, 2)))
