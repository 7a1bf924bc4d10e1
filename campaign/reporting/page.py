"""A report as a page: one file that opens offline, can be mailed, and is read by eye or machine.

Invariant: it needs nothing else, no network and no script; everything that comes from a list, a
definition or a vendor is escaped; every number stands in an element with its name (``data-id``) and
its plain value (``data-value``); and it stays below 5 MB, because rows of tables and embedded
groups are bounded.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from functools import cache
from html import escape
from importlib.resources import files

from jinja2 import Template

from campaign.reporting import html
from campaign.reporting.charts import draw
from campaign.reporting.figures import Report, Value, shown

_COMMAND = re.compile(r"`([^`]+)`")


def page(report: Report) -> str:
    """Return the page as HTML."""
    return _template().render(report=report, draw=draw, own_style=_own_style())


@cache
def _template() -> Template:
    own: dict[str, Callable[..., str]] = {"shown": shown, "raw": _raw, "base64": _base64}
    own["coded"] = _coded
    return html.template("campaign.reporting", "report.html.jinja", own)


@cache
def _own_style() -> str:
    return (files("campaign.reporting") / "report.css").read_text(encoding="utf-8")


def _coded(text: str) -> str:
    """Return a text with its commands set as such; it is escaped first, whosever it is."""
    return _COMMAND.sub(r"<code>\1</code>", escape(text))


def _raw(value: Value) -> str:
    return "" if value is None else json.dumps(value)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
