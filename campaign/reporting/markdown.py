"""A report as Markdown, for a ticket or a chat: the same tables, and no lists.

Invariant: nothing in a cell ends it, begins mark-up or is read as HTML.
"""

from __future__ import annotations

import re

from campaign.reporting.figures import Kind, Report, Table, Value, shown

MARK = "<!-- campaign report -->"
"""How the text begins."""

_MARK_UP = re.compile(r"([\\`*_\[\]|#~])")
_LONGEST = 200


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    parts = [
        MARK,
        f"# {_text(report.name)} {_text(', '.join(report.runs))}".rstrip(),
        (
            f"{_text(report.about)}, as of {report.made_at:%Y-%m-%d %H:%M %Z}. "
            f"Times of day are in {_text(report.zone)}."
        ),
        f"**{_text(report.headline, ours=True)}**",
    ]
    if report.notes:
        parts.append("\n".join(f"- {_text(note, ours=True)}" for note in report.notes))
    parts += [_table(table) for table in report.tables]
    if report.groups:
        lines = [f"| {_text(one.name)} | {one.people:,} |" for one in report.groups]
        head = "## The people of each group\n\n| group | people |\n| --- | ---: |"
        parts.append("\n".join([head, *lines]))
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    says = f"{_text(table.says, ours=True)}\n\n" if table.says else ""
    heads = " | ".join(_text(column.header) for column in table.columns)
    rule = " | ".join("---" if one.kind is Kind.TEXT else "---:" for one in table.columns)
    lines = [
        " | ".join(
            _cell(value, column.kind) for value, column in zip(row, table.columns, strict=True)
        )
        for row in table.rows
    ]
    rows = "\n".join(f"| {line} |" for line in [heads, rule, *lines])
    return f"## {_text(table.title)}\n\n{says}{rows}"


def _cell(value: Value, kind: Kind) -> str:
    return _text(value) if isinstance(value, str) else shown(value, kind)


def _text(text: str, *, ours: bool = False) -> str:
    line = " ".join(text.split())
    # A sentence of our own is never cut, a stranger's cell is.
    line = line if ours or len(line) <= _LONGEST else f"{line[:_LONGEST]} …"
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # The commands in our own sentences are set as such.
    return _MARK_UP.sub(lambda found: _escaped(found[1], ours=ours), line) or "–"


def _escaped(character: str, *, ours: bool) -> str:
    return character if ours and character == "`" else f"\\{character}"
