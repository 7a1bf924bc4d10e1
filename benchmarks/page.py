"""The page of figures: what programs wrote stands between ``<!-- name -->`` and ``<!-- /name -->``.

Invariant: what stands between the marks is a program's, what stands outside them is a person's, and
neither touches the other's. The block ``reach`` is made of the bars in all the others.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from benchmarks.bars import HEAD, bars_in
from benchmarks.vendor import ROOT

PAGE = ROOT / "docs" / "performance.md"
REASONS = Path(__file__).with_name("reasons.toml")
REACH = "reach"
"""The block that gathers the bars."""
NO_REASON = "no reason is written yet, see benchmarks/reasons.toml"

_BLOCK = re.compile(r"<!-- ([a-z]+) -->\n(.*?)<!-- /\1 -->", re.DOTALL)


def blocks(text: str) -> dict[str, str]:
    """Return what stands in each marked block, by its name."""
    return {match[1]: match[2] for match in _BLOCK.finditer(text)}


def with_block(text: str, name: str, content: str) -> str:
    """Return the page with other content in one of its blocks.

    Raises:
        ValueError: the page has no such block.
    """
    if name not in blocks(text):
        raise ValueError(f"The page has no place for {name}: <!-- {name} --> … <!-- /{name} -->.")

    def instead(match: re.Match[str]) -> str:
        if match[1] != name:
            return match[0]
        return f"<!-- {name} -->\n{content.strip()}\n<!-- /{name} -->"

    return _BLOCK.sub(instead, text)


def with_reach(text: str, reasons: Mapping[str, str]) -> str:
    """Return the page with all its bars gathered, each with the reason where it is not met."""
    found = [
        bar.row(reasons.get(bar.what, NO_REASON))
        for name, content in blocks(text).items()
        if name != REACH
        for bar in bars_in(content)
    ]
    return with_block(text, REACH, "\n".join([HEAD, *found]))


def write(name: str, content: str) -> None:
    """Write what a benchmark printed into its block, and gather the bars anew."""
    text = with_block(PAGE.read_text(encoding="utf-8"), name, content)
    PAGE.write_text(with_reach(text, reasons()), encoding="utf-8")


def reasons() -> dict[str, str]:
    """Return why bars are not met, by their names; a person writes it."""
    return tomllib.loads(REASONS.read_text(encoding="utf-8"))
