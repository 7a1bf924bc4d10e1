"""All texts of a message together, as the columns they become.

A composition is what the plan adds to the audience: ``message:text``, one ``template:NAME`` column
for each template variable and one ``variable:NAME`` column for each custom variable, plus what was
missing or failed in each form; and ``message:preview``, what a template says with its values, where
its text is known. The colon keeps these names apart from those of a list, which never have one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from campaign.message.approved import Approved
from campaign.message.form import Form

if TYPE_CHECKING:  # a plan is read without the template language
    from campaign.message.template import Text

TEXT = "message:text"
PREVIEW = "message:preview"
HEADER = "message:header"
TEMPLATE = "template:"
VARIABLE = "variable:"


@dataclass(frozen=True, slots=True)
class Composition:
    """The compiled texts of a message.

    ``text`` is the free-form text, ``template`` the values of the template's placeholders (empty
    for a template without any; ``None`` without a template), ``variables`` the custom variables.
    ``body`` and ``header`` are the template's own texts, where the definition gives them.
    """

    text: Text | None
    template: Mapping[str, Text] | None
    variables: Mapping[str, Text]
    body: Approved | None = None
    header: Approved | None = None

    @property
    def columns(self) -> frozenset[str]:
        """Every column of the list that some text mentions."""
        return frozenset(name for _, text in self.texts() for name in text.columns)

    def texts(self) -> Iterator[tuple[tuple[str, ...], Text]]:
        """Yield every text with its place below ``message`` in the definition."""
        if self.text is not None:
            yield ("text",), self.text
        for name, text in (self.template or {}).items():
            yield ("template", "variables", name), text
        for name, text in self.variables.items():
            yield ("variables", name), text

    def names(self) -> list[str]:
        """Return the names of the columns that :meth:`render` adds for the message itself."""
        return [name for name, _ in self._by_column()]

    def render(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Add the rendered columns.

        For each :class:`~campaign.message.form.Form` ``F``, ``missing:F`` names the first blank
        variable and ``failure:F`` says what went wrong; both are null when the form is complete.
        Custom variables count for every form. :data:`PREVIEW` and :data:`HEADER` are there where
        the template's body or header is known.
        """
        structs = {
            name: text.expression().alias(f"rendered:{name}") for name, text in self._by_column()
        }
        frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(TEXT), *structs.values())
        texts = {name: pl.col(f"rendered:{name}").struct.field("text") for name in structs}
        frame = frame.with_columns(
            # A vendor takes an empty value for no value, and may put the template's sample there.
            (
                pl.when(text.str.strip_chars() != "").then(text)
                if name.startswith(TEMPLATE)
                else text
            ).alias(name)
            for name, text in texts.items()
        )
        approved = {PREVIEW: self.body, HEADER: self.header}
        frame = frame.with_columns(
            text.expression(TEMPLATE).alias(name)
            for name, text in approved.items()
            if text is not None
        )
        shared = [name for name in structs if name.startswith(VARIABLE)]
        forms = {
            Form.TEXT: [name for name in structs if name == TEXT] + shared,
            Form.TEMPLATE: [name for name in structs if name.startswith(TEMPLATE)] + shared,
            Form.AGENT: shared,
        }
        frame = frame.with_columns(
            _first(names, field).alias(f"{field}:{form}")
            for form, names in forms.items()
            for field in ("missing", "failure")
        )
        empty = pl.coalesce(
            pl.lit(None, dtype=pl.String),
            *(
                pl.when(texts[name].str.strip_chars() == "").then(
                    pl.lit(f"the value of the placeholder {name.removeprefix(TEMPLATE)} is empty")
                )
                for name in structs
                if name.startswith(TEMPLATE)
            ),
        )
        frame = frame.with_columns(pl.coalesce("failure:template", empty).alias("failure:template"))
        return frame.drop(f"rendered:{name}" for name in structs)

    def _by_column(self) -> Iterator[tuple[str, Text]]:
        if self.text is not None:
            yield TEXT, self.text
        for name, text in (self.template or {}).items():
            yield TEMPLATE + name, text
        for name, text in self.variables.items():
            yield VARIABLE + name, text


def _first(names: list[str], field: str) -> pl.Expr:
    nothing = pl.lit(None, dtype=pl.String)
    return pl.coalesce(nothing, *(pl.col(f"rendered:{name}").struct.field(field) for name in names))
