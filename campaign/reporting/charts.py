"""The drawings of a report: a column of a table as an SVG that stands in the page itself.

Invariant: a drawing has no script, no style and no address in it, so that the page's own style,
with its light and its dark colours, is all that there is to it; and what it shows is in a table
too.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any, cast

from campaign.reporting.figures import FEWEST_DRAWN, Column, Table, shown

_WIDTH = 560
_ROW, _HEIGHT = 34, 300
_LABELS = 12
"""So many labels fit below one another's side."""
_FONT = 20
"""As large as a telephone shows them, on which the drawing is half as wide; the style has it."""
_SIZES = ("label_font_size", "major_label_font_size", "legend_font_size", "value_font_size")
_DROPPED = frozenset({"script", "style", "title", "desc"})


def _pygal() -> Any:
    """Return the library, loaded for who asks for a page only.

    It adds a finder of modules of a kind that Python knows no more, for maps that nobody draws,
    and every later import would warn of it.
    """
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]
    return pygal


def draw(table: Table) -> str:
    """Return the drawing of a table as SVG.

    Raises:
        ValueError: the table has none.
    """
    pygal = _pygal()
    drawing = table.drawing
    if drawing is None:
        raise ValueError(f"The table {table.name} is not drawn.")
    columns = {column.name: column for column in table.columns}
    if drawing.of is not None:
        place = list(columns).index(drawing.of)
        rows = [row for row in table.rows if int(cast("int", row[place])) >= FEWEST_DRAWN]
        table = replace(table, rows=rows)
    column = columns[drawing.column]
    labels = [str(row[0]) for row in table.rows]
    kind = pygal.HorizontalBar if drawing.lying else pygal.Bar
    if drawing.beside is not None:
        kind = pygal.Line
    height = _ROW * len(labels) + 60 if drawing.lying else _HEIGHT
    chart = kind(
        width=_WIDTH,
        height=height,
        style=pygal.style.Style(**dict.fromkeys(_SIZES, _FONT)),
        js=[],
        css=[],
        no_prefix=True,
        disable_xml_declaration=True,
        show_legend=drawing.beside is not None,
        legend_at_bottom=True,
        truncate_label=24,
        x_label_rotation=0 if drawing.lying or len(labels) <= 4 else 40,
        show_minor_x_labels=False,
        range=(0, None) if drawing.beside is None else None,
        include_x_axis=True,
        dots_size=2,
        value_formatter=lambda value: shown(value, column.kind),
    )
    # A lying chart is drawn from below.
    order = slice(None, None, -1) if drawing.lying else slice(None)
    chart.x_labels = labels[order]
    if not drawing.lying:
        chart.x_labels_major = labels[:: -(-len(labels) // _LABELS)]
    chart.add(column.header, _values(table, column)[order])
    if drawing.beside is not None:
        beside = columns[drawing.beside]
        chart.add(beside.header, _values(table, beside)[order])
    chart.add_xml_filter(lambda root: _plain(root, drawing.what))
    svg: str = chart.render(is_unicode=True)
    return svg


def _values(table: Table, column: Column) -> list[float | None]:
    place = list(table.columns).index(column)
    found = [row[place] for row in table.rows]
    return [one if isinstance(one, int | float) else None for one in found]


def _plain(root: Any, what: str) -> Any:
    """Return the tree with nothing in it but shapes and texts, and a name for who cannot see it."""
    for parent in list(root.iter()):
        for child in list(parent):
            name = child.tag if isinstance(child.tag, str) else None
            local = "" if name is None else name.rsplit("}", 1)[-1]
            is_tip = "tooltip" in str(child.get("class", "")).split()
            # A comment has a function for a tag.
            if name is None or local in _DROPPED or is_tip:
                parent.remove(child)
    root.attrib.pop("id", None)
    root.set("role", "img")
    root.set("aria-label", what)
    return root
