"""The page of a check: one file that anybody can open, forward and print.

Invariant: it needs nothing else, no network and no script; everything that comes from the list or
the definition is escaped; and it stays below a megabyte whatever is in the list, because examples
are few and long texts are cut.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Template

from campaign.files import replaced
from campaign.preflight.answer import Forecast
from campaign.preflight.headline import standing
from campaign.reasons import Reason, reasons
from campaign.reporting import html

_WARNINGS = 50
_LONGEST_NAME = 100


def write_page(found: Forecast) -> None:
    """Write the page at ``found.page``.

    Raises:
        OutputError: it cannot be written.
    """
    text = page(found)
    with replaced(found.page) as file:
        # Half a surrogate pair, which YAML can hold, has no form in UTF-8.
        file.write_text(text, encoding="utf-8", errors="replace")


def page(found: Forecast) -> str:
    """Return the page as HTML."""
    return _template().render(found=found, reason=_reason, warnings=found.warnings[:_WARNINGS])


@cache
def _template() -> Template:
    own = {"standing": standing, "name": lambda text: text[:_LONGEST_NAME]}
    return html.template("campaign.preflight", "page.html.jinja", own)


def _reason(code: str) -> Reason:
    return reasons().get(code) or Reason(code, "", code, "")
