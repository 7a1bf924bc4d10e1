"""The quiet hours of a definition made ready to judge by, with the files that it names.

Invariant: a line of such a file either holds or is an error. A holiday that cannot be read might be
today, so nobody is messaged while one is unclear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar

import polars as pl
from phonenumbers import SUPPORTED_REGIONS
from pydantic_core import PydanticCustomError

from campaign.audience.reading import open_list
from campaign.definition.fields import wrong
from campaign.definition.load import Loaded
from campaign.definition.quiet import DAYS, HOLD, Spans, spans, weekdays
from campaign.errors import InvalidInput, Problem
from campaign.rules.local_hours import QuietCalendar
from campaign.rules.quiet_hours import OutsideQuietHours

_SHOWN = 20

T = TypeVar("T")


def quiet_files(loaded: Loaded) -> Mapping[str, Path]:
    """Return the files that the quiet hours name, by their key in the definition."""
    hours = loaded.definition.quiet_hours
    if hours is None:
        return {}
    named = {"holidays": hours.holidays, "by_country": hours.by_country}
    return {key: loaded.beside(name) for key, name in named.items() if name is not None}


def quiet_hours(loaded: Loaded) -> OutsideQuietHours | None:
    """Return the rule, or ``None`` where the definition has no quiet hours.

    Raises:
        InvalidInput: a file is missing or has lines that cannot be read; all of them are named.
    """
    hours = loaded.definition.quiet_hours
    if hours is None:
        return None
    files = quiet_files(loaded)
    problems = [
        loaded.locate("quiet_hours", key, message=f"there is no file {file.name}")
        for key, file in files.items()
        if not file.is_file()
    ]
    holidays: Mapping[str | None, frozenset[date]] = {}
    countries: Mapping[str, list[Spans | None]] = {}
    try:
        if "holidays" in files and files["holidays"].is_file():
            holidays = _holidays(files["holidays"])
    except InvalidInput as error:
        problems.extend(error.problems)
    try:
        if "by_country" in files and files["by_country"].is_file():
            countries = _countries(files["by_country"])
    except InvalidInput as error:
        problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)
    instead = None if hours.unknown_zone == HOLD else hours.unknown_zone
    return OutsideQuietHours(QuietCalendar(hours.week, countries, holidays), instead)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong("is not a date", "write it like 2026-12-25") from None


def _country(text: str) -> str:
    country = text.upper()
    if country not in SUPPORTED_REGIONS:
        raise wrong("is no two-letter country code", "write it like DE, US or GB")
    return country


def _holidays(file: Path) -> dict[str | None, frozenset[date]]:
    found: defaultdict[str | None, set[date]] = defaultdict(set)
    lines = _Lines(file, ("date",), ("country", "name"))
    for row, cells in lines:
        day = lines.read(row, _date, cells["date"])
        country = lines.read(row, _country, cells["country"])
        if cells["date"] is None:
            lines.note(row, "there is no date in this row")
        elif day is not None:
            found[country].add(day)
    lines.check()
    return {country: frozenset(days) for country, days in found.items()}


def _countries(file: Path) -> dict[str, list[Spans | None]]:
    """Return each country's week; a row that names days goes before one for every day."""
    always: dict[str, tuple[int, Spans]] = {}
    named: dict[tuple[str, int], tuple[int, Spans]] = {}
    lines = _Lines(file, ("country", "quiet"), ("days",))
    for row, cells in lines:
        for name in ("country", "quiet"):
            if cells[name] is None:
                lines.note(row, f"there is no {name} in this row")
        country = lines.read(row, _country, cells["country"])
        quiet = lines.read(row, spans, cells["quiet"])
        days = lines.read(row, weekdays, cells["days"]) if cells["days"] else []
        if country is None or quiet is None or days is None:
            continue
        if not days:
            if country in always:
                lines.note(row, f"{country} has its hours in row {always[country][0]} already")
            always.setdefault(country, (row, quiet))
        for day in days:
            if (country, day) in named:
                earlier = named[country, day][0]
                lines.note(row, f"{country} has its {DAYS[day]} in row {earlier} already")
            named.setdefault((country, day), (row, quiet))
    lines.check()
    weeks: dict[str, list[Spans | None]] = {}
    for country, (_, quiet) in always.items():
        weeks[country] = [quiet] * 7
    for (country, day), (_, quiet) in named.items():
        weeks.setdefault(country, [None] * 7)[day] = quiet
    return weeks


class _Lines:
    """The rows of a small file, and everything that is wrong with them."""

    def __init__(self, file: Path, required: Iterable[str], optional: Iterable[str]) -> None:
        self._file = file
        self._required = tuple(required)
        self._known = (*self._required, *optional)
        self._problems: list[Problem] = []

    def __iter__(self) -> Iterator[tuple[int, dict[str, str | None]]]:
        with open_list([self._file], rows_required=False) as lst:
            missing = [name for name in self._required if name not in lst.headers]
            more = [name for name in lst.headers if name not in self._known]
            columns = f"It has the columns {', '.join(self._known)}."
            for name in missing:
                self.note(1, f"there is no column `{name}`", columns)
            for name in more:
                self.note(1, f"the column `{lst.headers[name]}` means nothing here", columns)
            if missing:
                return
            absent = pl.lit(None, dtype=pl.String)
            cells = [
                (pl.col(name).str.strip_chars() if name in lst.headers else absent).alias(name)
                for name in self._known
            ]
            rows = lst.frame.select("_row", *cells).collect()
        for found in rows.iter_rows(named=True):
            row = found.pop("_row")
            if any(found.values()):
                yield row, {name: cell or None for name, cell in found.items()}

    def note(self, row: int, message: str, hint: str | None = None) -> None:
        """Take down a problem of a row."""
        self._problems.append(Problem(message, self._file, row, hint=hint))

    def read(self, row: int, how: Callable[[str], T], cell: str | None) -> T | None:
        """Return a cell as it is meant, or take down what is wrong with it."""
        if cell is None:
            return None
        try:
            return how(cell)
        except PydanticCustomError as error:
            context = error.context or {}
            self.note(row, f"{cell!r} {context['told']}", context["hint"] or None)
        return None

    def check(self) -> None:
        """Raise what was taken down.

        Raises:
            InvalidInput: something was.
        """
        problems = self._problems[:_SHOWN]
        if more := len(self._problems) - len(problems):
            problems.append(Problem(f"and {more} more lines like these", self._file))
        if problems:
            raise InvalidInput(problems)
