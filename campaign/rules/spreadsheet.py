"""Did a formula fail where a name should be? ``#N/A`` is not what anybody wants to be called.

A word such as ``NULL`` or ``None`` is no such error: there are people of that name, and nothing in
a list tells them from a gap that a database wrote.
"""

from __future__ import annotations

import polars as pl

from campaign.rules.context import KEY, Context, Finding

ERRORS = (
    # ECMA-376, part 1, 18.17.3 (error values), and what Excel has added since.
    *("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA"),
    *("#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#ERROR!"),
    # The same as Excel exports them in German, French, Spanish, Italian, Portuguese and Dutch.
    *("#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "#ÜBERLAUF!"),
    *("#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!"),
    *("#N/D", "#¡DIV/0!", "#¡VALOR!", "#¡REF!", "#¡NUM!", "#¡NULO!", "#¿NOMBRE?"),
    *("#VALORE!", "#RIF!", "#NOME?", "#NULLO!", "#VALOR!", "#NÚM!", "#NULO!"),
    *("#N/B", "#WAARDE!", "#VERW!", "#NAAM?", "#GETAL!", "#LEEG!", "#DEEL/0!"),
)
"""What a spreadsheet writes into a cell that it cannot calculate."""


def no_failed_formula(context: Context) -> Finding:
    """Refuse rows with a spreadsheet's error as address or key, or in a column that a text uses."""
    cells = {name: name for name in (context.address, *context.used)}
    if context.key is not None:
        cells[context.key] = KEY
    column = pl.coalesce(
        pl.when(pl.col(cell).is_in(ERRORS)).then(pl.lit(name)) for name, cell in cells.items()
    )
    return Finding(
        pl.when(column.is_not_null()).then(pl.lit("spreadsheet_error")),
        column=column,
    )
