"""The page, the Markdown and the JSON say the same, need nothing else, and trust nobody's words."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from campaign.reporting.figures import Kind, shown
from campaign.reporting.groups import EMBEDDED, GROUPS
from campaign.reporting.markdown import markdown
from campaign.reporting.page import page
from tests.reporting.reading import Reader, lines_of
from tests.reporting.stage import EVIL, Stage


def test_page_markdown_and_json_have_the_same_figures(everything: Stage) -> None:
    found = everything.report(everything.folder / "page.html")
    data: dict[str, Any] = json.loads(json.dumps(found.as_dict()))
    read = Reader(page(found)).values
    text = markdown(found)
    seen = 0
    for table in found.tables:
        section = text.split(f"## {table.title}\n", 1)[1].split("\n## ", 1)[0]
        lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
        assert len(lines) == len(table.rows) == len(data["tables"][table.name])
        for row, line, plain in zip(table.rows, lines, data["tables"][table.name], strict=True):
            cells = re.split(r"(?<!\\)\|", line.strip("| \n"))
            for column, cell in zip(table.columns, cells, strict=True):
                if column.kind is Kind.TEXT:
                    continue
                value, told = read[f"{table.name}.{row[0]}.{column.name}"]
                assert value == (
                    "" if plain[column.name] is None else json.dumps(plain[column.name])
                )
                assert told == cell.strip() == shown(plain[column.name], column.kind)
                seen += 1
    groups = {f"groups.{one['group']}.people": one["people"] for one in data["groups"]}
    assert {name: int(value) for name, (value, _) in read.items() if name in groups} == groups
    assert len(read) == seen + len(groups)


def test_the_page_needs_nothing_else_and_trusts_nobodys_words(everything: Stage) -> None:
    text = page(everything.report(everything.folder / "page.html"))
    read = Reader(text)
    assert EVIL not in text
    assert not {"script", "iframe", "img", "link", "object"} & set(read.tags)
    assert read.tags["svg"] >= 3
    linked = [value for name, value in read.attributes if name in ("href", "src", "xlink:href")]
    assert linked
    assert all(str(value).startswith(("data:text/csv", "page-")) for value in linked)
    assert not re.search(r"url\(|@import", text)
    assert "default-src 'none'" in text
    assert "<b>21211" not in text
    assert "&lt;b&gt;21211" in text


def test_each_group_is_a_list_of_its_people(everything: Stage) -> None:
    found = everything.report(everything.folder / "page.html")
    lines = lines_of(everything)
    taken = [line for line in lines if line["state"] in ("accepted", "scheduled")]
    wanted = {
        "unknown": [line for line in lines if line["state"] == "unknown"],
        "undelivered": [line for line in lines if line["undelivered_at"]],
        "skipped": [line for line in lines if line["state"] == "skipped"],
        "failed": [line for line in lines if line["state"] == "failed"],
        "held": [line for line in lines if line["state"] == "held"],
        "pending": [line for line in lines if line["state"] == "pending"],
        "responded": [line for line in taken if line["replied_at"]],
        "not-responded": [line for line in taken if not line["replied_at"]],
    }
    groups = {group.name: group for group in found.groups}
    assert set(groups) == set(wanted)
    for name, people in wanted.items():
        content = groups[name].inline
        assert content is not None
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert [row["row"] for row in rows] == [line["row"] for line in people]
        assert len(rows) == groups[name].people


def test_a_large_group_stands_beside_the_page_whole(
    everything: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.reporting.groups.EMBEDDED", 10)
    path = everything.folder / "out" / "page.html"
    found = everything.report(path)
    assert all(group.inline is None for group in found.groups)
    assert {file.name for file in path.parent.iterdir()} == {one.file for one in found.groups}
    for group in found.groups:
        assert group.file is not None
        with (path.parent / group.file).open(newline="", encoding="utf-8-sig") as file:
            assert len(list(csv.DictReader(file))) == group.people
    monkeypatch.undo()
    everything.report(path)
    assert list(path.parent.iterdir()) == [], "the files of the earlier report are still there"


def test_lists_of_every_group_fit_into_a_page_that_can_be_mailed() -> None:
    assert len(GROUPS) * EMBEDDED * 4 / 3 < 4_000_000


def test_the_words_of_the_page_survive_markdown(everything: Stage) -> None:
    text = markdown(everything.report())
    assert EVIL not in text
    assert "<script" not in text
    assert "&lt;script&gt;" in text
