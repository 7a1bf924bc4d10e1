"""``report``: what came of a run, as a page, as text or as data."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from campaign import whereabouts
from campaign.errors import InvalidInput
from campaign.files import replaced
from campaign.loading import definition_at, environment_of
from campaign.report import Asked, place_of, report_of
from campaign.reporting.figures import Report
from campaign.reporting.markdown import MARK, markdown
from campaign.reporting.page import page

_FORMS = ("html", "md", "json")
_SCREEN = Path("-")
_BEGINNINGS = ("<!doctype html>", MARK, '{"report":')
_MARK_OF_PAGES = 'content="campaign report"'


def report(
    definition: Path,
    *,
    runs: Sequence[str],
    month: str | None,
    everything: bool,
    form: str,
    to: Path | None,
    env_file: Path | None,
) -> None:
    """Write a report."""
    if form not in _FORMS:
        raise InvalidInput(f"A report is written as {', '.join(_FORMS)}, not as {form}.")
    if sum([bool(runs), month is not None, everything]) > 1:
        raise InvalidInput("Name the runs (--run), a month (--month) or all of them (--all).")
    loaded, environment = definition_at(definition, past_ok=True), environment_of(env_file)
    asked = Asked(runs, month, everything)
    if to == _SCREEN:
        found, indent = report_of(loaded, environment, asked), 2 if sys.stdout.isatty() else None
        print(_written(found, form, indent), end="")
        return
    ending = "" if to is None else to.suffix.removeprefix(".")
    if ending in _FORMS and ending != form:
        raise InvalidInput(
            f"{to} would hold a report as {form}; add --format {ending}, or name it .{form}."
        )
    if to is not None and to.exists() and whereabouts.lives_from(loaded, to):
        raise InvalidInput(f"{to} is a file that the campaign itself needs; name another one.")
    path = to or place_of(loaded, environment, asked, form)
    if path.exists() and not _is_report(path):
        raise InvalidInput(
            f"{path} is there already, and is no report; name another file or remove it first."
        )
    found = report_of(loaded, environment, asked, path if form == "html" else None)
    with replaced(path) as file:
        # Half a surrogate pair, which YAML can hold, has no form in UTF-8.
        file.write_text(_written(found, form), encoding="utf-8", errors="replace")
    console = Console(stderr=True)
    console.print(Text(found.headline))
    console.print(Text(f"Report: {path}"))
    beside = [group.file for group in found.groups if group.file is not None]
    if beside:
        console.print(Text(f"Beside it, too large for the page: {', '.join(beside)}"))


def _written(found: Report, form: str, indent: int | None = None) -> str:
    if form == "html":
        return page(found)
    if form == "md":
        return markdown(found)
    return json.dumps({"report": 1, **found.as_dict()}, indent=indent, ensure_ascii=False) + "\n"


def _is_report(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            start = file.read(500)
    except OSError:
        return False
    is_page = start.startswith(_BEGINNINGS[0])
    return start.startswith(_BEGINNINGS) and (not is_page or _MARK_OF_PAGES in start)
