"""A spreadsheet changes nothing of an export, and this project reads it back as it was."""

from __future__ import annotations

import csv
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

import campaign
from campaign.ledger.sqlite import SqliteLedger
from campaign.reporting.results import is_results
from campaign.reporting.spreadsheet import left_alone
from tests.cli.commands import campaign as command
from tests.run.campaigns import Recipe

KEYS = ("007", "123456789012345", "12E4", "A-1", "@ana", "-5", "+1", "7")
EVIL = "=cmd|' /C calc'!A0"


def cells(*texts: str) -> list[str]:
    return left_alone(pl.DataFrame({"cell": texts}))["cell"].to_list()


@pytest.mark.parametrize(
    "text",
    [
        *("+491713920001", "0171 3920001", "(030) 123456", "123456789012", "12e4", "@ana", "-5"),
        *("1.10", "3/4", "MAR1", "1-2", "2.11.2026", "9:30", "sept 12", "12-Dec", "2026-11-02"),
        *(".5", "1,50", "0.12345678901234567"),
    ],
)
def test_a_number_or_an_id_is_written_as_a_formula_that_is_nothing_but_its_text(text: str) -> None:
    assert cells(text) == [f'="{text}"']


@pytest.mark.parametrize(
    "text",
    [EVIL, "=1+1", '+HYPERLINK("http://a")', "@SUM(1+1)", "-2+3|x", "\t1", "\r=1", "\n=1", '="x"'],
)
def test_what_may_be_a_formula_is_neutralised(text: str) -> None:
    assert cells(text) == [f"'{text}"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Bob;=1+1", "Bob;'=1+1"),
        ('Bob; "@SUM(A1)', "Bob; \"'@SUM(A1)"),
        ("Bob\t-2+3", "Bob\t'-2+3"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("a;\uff0b1;=2", "a;'\uff0b1;'=2"),
        ("=1;=2", "'=1;'=2"),
        ("\t=1", "'\t'=1"),
    ],
)
def test_what_follows_a_separator_is_no_formula_either(text: str, written: str) -> None:
    assert cells(text) == [written]


@pytest.mark.parametrize(
    "text",
    [
        "Ana",
        "1.5",
        "1.25",
        "Mary 1st",
        "a=b",
        "a; b",
        "3/4 inch",
        "March",
        "",
        "12",
        "O'Neill",
        "مرحبا",
    ],
)
def test_all_other_cells_stay_as_they_are(text: str) -> None:
    assert cells(text) == [text]


def test_a_header_is_no_formula_either() -> None:
    found = left_alone(pl.DataFrame({"=1+1": ["a"], "'=1+1": ["b"], "plain": ["c"]}))
    assert found.columns == ["''=1+1", "'=1+1", "plain"]


@pytest.mark.parametrize("excel", [False, True])
def test_an_export_is_a_list_of_the_same_people(tmp_path: Path, excel: bool) -> None:
    people = [(f"+4917139200{place:02}", key) for place, key in enumerate(KEYS)]
    lines = "".join(f"{phone},{key},{EVIL}\n" for phone, key in people)
    (tmp_path / "list.csv").write_text(f"Phone,Customer,Note\n{lines}", encoding="utf-8")
    recipe = Recipe(message="message: Hi\n", recipients={"key": "Customer"})
    definition = recipe.write(tmp_path, "list.csv", None)
    campaign.load(definition).run(limit=3)

    out = tmp_path / "again.csv"
    options = ["--excel"] if excel else []
    assert command("results", definition, "--out", out, *options, cwd=tmp_path).returncode == 0

    assert is_results(out)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf") == excel
    with out.open(newline="", encoding="utf-8-sig") as file:
        read = list(csv.DictReader(file))
    assert [line["Phone"].strip('="') for line in read] == [phone for phone, _ in people]
    assert all(line["Note"] == (f"'{EVIL}" if excel else EVIL) for line in read)
    again = Recipe(name="again", message="message: Hi\n", recipients={"key": "Customer"})
    summary = campaign.load(again.write(tmp_path, "again.csv", None)).run()
    assert summary.counts.accepted == len(people)
    with closing(SqliteLedger(tmp_path / "campaign-ledger.db", create=False)) as ledger:
        run = ledger.find_run("again", summary.run)
        assert run is not None
        keys = [entry.key for entry in ledger.entries(run.id, 0, 100)]
    assert sorted(keys) == sorted(KEYS)


def test_results_for_excel_go_to_no_other_file_than_csv(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Phone\n+491713920000\n", encoding="utf-8")
    definition = Recipe(message="message: Hi\n").write(tmp_path, "list.csv", None)
    campaign.load(definition).run()
    done = command("results", definition, "--out", tmp_path / "a.parquet", "--excel", cwd=tmp_path)
    assert done.returncode == 2
    assert "Excel" in done.stderr


def test_results_of_an_earlier_version_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text(
        "file,row,address,state,reason,detail,provider_id,code,attempts,claimed_at,settled_at\n",
        encoding="utf-8",
    )
    assert is_results(path)
    path.write_text("phone,name\n", encoding="utf-8")
    assert not is_results(path)
