"""What a page and a file of results say, read back."""

from __future__ import annotations

import csv
from collections import Counter
from html.parser import HTMLParser

from tests.reporting.stage import Stage


class Reader(HTMLParser):
    """Collects every element that has a name, with its value and its text, and all tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.values: dict[str, tuple[str, str]] = {}
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self._open: tuple[str, str] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs
        said = dict(attrs)
        if "data-id" in said:
            assert said["data-id"] not in self.values, "two numbers have one name"
            self._open = str(said["data-id"]), str(said["data-value"])

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            name, value = self._open
            self.values[name] = value, data
            self._open = None


def lines_of(found: Stage) -> list[dict[str, str]]:
    path = found.folder / "all.csv"
    with found.loaded().view() as view:
        view.results(path)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
