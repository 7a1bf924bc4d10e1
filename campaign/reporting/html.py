"""What the pages of this project share: their style, and how figures are written in them.

Invariant: a page needs nothing else, no network and no script, which its own policy forbids too;
and everything that comes from a list, a definition or a vendor is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from campaign.reporting import words


def template(package: str, name: str, filters: Mapping[str, Callable[..., Any]]) -> Template:
    """Return a template of a package; ``style`` is known in it, and the filters of `words`."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    for word in (
        words.number,
        words.share,
        words.cell,
        words.shortened,
        words.visible,
        words.money,
        words.duration,
        words.speed,
    ):
        environment.filters[word.__name__] = word
    environment.filters |= filters
    source = files(package) / name
    found = environment.from_string(source.read_text(encoding="utf-8"))
    found.globals["style"] = _style()
    return found


@cache
def _style() -> str:
    return (files("campaign.reporting") / "page.css").read_text(encoding="utf-8")
