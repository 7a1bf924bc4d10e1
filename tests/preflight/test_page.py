"""The page of a check says what the JSON says, needs nothing else, and trusts nobody's list."""

from __future__ import annotations

import io
import json
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from campaign.channel import Channel
from campaign.errors import OutputError
from campaign.job import Job
from campaign.preflight.answer import Forecast
from campaign.preflight.forecast import forecast
from campaign.preflight.page import page
from campaign.preflight.view import forecast_view
from tests.cli.commands import campaign
from tests.plan.planned import ANA, BO, CEM, HEADER, LIST, SMS, write
from tests.preflight.checked import checked, people
from tests.run.lists import write_mixed

RATES = "country,category,price,currency\nUS,sms,0.0751,EUR\n"


class Reader(HTMLParser):
    """Collects the text of every element that has a data attribute, and all tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, list[str]]] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self._open: list[list[str] | None] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs
        if tag in ("meta", "br"):
            return
        self._open.append(None)
        for name, value in attrs:
            if name.startswith("data-"):
                self._open[-1] = []
                self.found.append((name.removeprefix("data-"), value or "", self._open[-1]))

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for texts in self._open:
            if texts is not None:
                texts.append(data)

    def texts(self, kind: str) -> list[tuple[str, str]]:
        return [(name, "".join(text)) for what, name, text in self.found if what == kind]

    def numbers(self, kind: str) -> dict[str, int]:
        return {name: int(text.replace(",", "")) for name, text in self.texts(kind)}


def on_a_terminal(found: Forecast, width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(forecast_view(found))
    return out.getvalue()


def agree(found: Forecast) -> None:
    """The page, the terminal and the JSON have the same numbers, and they add up."""
    data: dict[str, Any] = json.loads(json.dumps(found.as_dict()))
    read = Reader(page(found))
    reasons = {one["reason"]: one["rows"] for one in data["reasons"]}
    assert read.numbers("reason") == reasons
    counts = {
        name: int(text.replace(",", "")) for name, text in read.texts("count") if name != "cost"
    }
    if data["cost"] is not None:
        total = data["cost"]["total"]
        told = [text for name, text in read.texts("count") if name == "cost"]
        assert told == ([] if total is None else [f"{float(total):,.2f}"])
        assert sum(read.numbers("unpriced").values()) == data["cost"]["without_rate"]
    assert counts["planned"] == data["counts"]["planned"]
    left_out = read.numbers("left-out")
    assert left_out == data["left_out"]
    assert left_out.items() <= data["waiting"].items()
    assert counts["will_get"] == data["will_get"]
    assert counts["will_get"] + sum(left_out.values()) == data["counts"]["sendable"]
    assert counts["planned"] == data["counts"]["sendable"] + sum(reasons.values())
    assert (
        sum(rows for name, rows in data["counts"].items() if name != "planned")
        == (data["counts"]["planned"])
    )
    if data["segments"] is not None:
        parts = {int(name): rows for name, rows in read.numbers("parts").items()}
        assert parts == {int(name): rows for name, rows in data["segments"]["histogram"].items()}
        assert sum(parts.values()) == data["segments"]["messages"]
        assert counts["segments"] == data["segments"]["total"]
    assert read.numbers("waiting") == data["waiting"]
    assert read.numbers("odd") == {one["warning"]: one["rows"] for one in data["odd"]}
    assert read.numbers("variant") == data["variants"]
    if data["variants"]:
        assert sum(data["variants"].values()) == counts["will_get"]
    people = data["left"] - sum(left_out.values())
    assert counts.get("left", counts["will_get"]) == people == data["timing"]["people"]
    if data["cost"] is not None:
        paid = sum(line["recipients"] for line in data["cost"]["lines"])
        assert paid + data["cost"]["without_rate"] == people
    assert [text for _, text in read.texts("headline")] == [data["headline"]]
    shown = Counter(name for name, _ in read.texts("example"))
    assert shown == {reason: min(rows, 5) for reason, rows in reasons.items()}
    odd = [one["rows"] for one in data["odd"]]
    for rows in [
        *reasons.values(),
        *odd,
        *data["variants"].values(),
        data["counts"]["planned"],
        data["will_get"],
    ]:
        assert f"{rows:,}" in on_a_terminal(found)


def test_page_terminal_and_json_say_the_same_of_a_mixed_list(tmp_path: Path) -> None:
    path = write(tmp_path, SMS + LIST + "cost: rates.csv\nmax_rejects: 1%\n", rates=RATES)
    write_mixed(tmp_path / "list.csv", Channel.SMS, "number", 2_000)
    found = forecast(Job.load(path), {})
    assert found.planned == 2_000
    assert len(found.refusals) > 8
    agree(found)


ROWS = st.lists(
    st.tuples(
        st.sampled_from([ANA, BO, CEM, "", "x", "+491713920001", "4.9E+11"]),
        st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=20),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ROWS)
def test_page_terminal_and_json_say_the_same_of_any_list(
    tmp_path: Path, rows: list[tuple[str, str]]
) -> None:
    agree(checked(tmp_path, *rows))


HOSTILE = "<script>alert(1)</script><img src=x onerror=y>\"'&{{ 7 * 7 }}"


def test_what_the_list_and_the_definition_say_is_text_and_nothing_else(tmp_path: Path) -> None:
    definition = SMS.replace("Hi", "<i>Hi</i> {x}")
    header = ("Phone", "First Name", "x")
    rows = [(ANA, HOSTILE, "1"), (HOSTILE, "Bo", "1"), (BO, "", HOSTILE)]
    found = checked(tmp_path, *rows, definition=definition, header=header)
    clean = checked(tmp_path, (ANA, "Ana", "1"), definition=definition, header=header)
    text = page(found)
    read = Reader(text)
    assert set(read.tags) - set(Reader(page(clean)).tags) <= {"ul", "li", "code"}
    assert not {"script", "img", "i", "link", "iframe"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert "{{ 7 * 7 }}" in "".join(text for _, text in read.texts("sample"))
    assert "49" not in "".join(text for _, text in read.texts("example"))


def test_it_needs_no_network_and_no_script(tmp_path: Path) -> None:
    text = page(checked(tmp_path, *people("Ana")))
    read = Reader(text)
    assert not [name for name, _ in read.attributes if name in ("src", "href", "srcset")]
    assert "url(" not in text
    assert "@import" not in text
    assert "script" not in read.tags
    assert ("content", "width=device-width, initial-scale=1") in read.attributes
    assert "prefers-color-scheme: dark" in text


def test_it_stays_below_a_megabyte_whatever_is_in_the_list(tmp_path: Path) -> None:
    long = "<&>" * 40_000
    rows = [*people(*(f"{long}{place}" for place in range(6)), "<&>" * 500)]
    rows += [(f"{long} {place}", "Bo") for place in range(6)]
    found = checked(tmp_path, *rows, header=("Phone", "First Name"))
    assert found.page.stat().st_size < 100_000
    assert found.refusals == {("skipped", "missing_region"): 6, ("skipped", "too_long"): 6}


def test_it_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked(tmp_path, *people("Ana"))

    def full(file: Path, text: str, **_: Any) -> int:
        file.write_bytes(text[:100].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    (tmp_path / "list.csv").write_bytes(b"Phone,First Name\n+491713920000,Bo\n")
    with pytest.raises(OutputError, match="No space left"):
        forecast(Job.load(tmp_path / "campaign.yaml"), {})
    # Nor is the page of the check before it left for somebody to pass on.
    assert list(tmp_path.rglob("*check.html*")) == []


def test_the_command_says_where_it_is(tmp_path: Path) -> None:
    write(tmp_path, SMS + LIST, HEADER, (ANA, "Ana"), ("x", "Bo"))
    done = campaign("check", "campaign.yaml", cwd=tmp_path)
    assert f"As a page: {Path('output', 'spring', 'check.html')}" in done.stdout
    data = json.loads(campaign("check", "campaign.yaml", "--json", cwd=tmp_path).stdout)
    assert (tmp_path / data["page"]).read_text("utf-8").startswith("<!doctype html>")
    assert data["headline"].startswith("1 of 2 on the list will get it. 1 will not: ")


def test_a_name_keeps_its_capital_within_the_headline_and_another_word_does_not(
    tmp_path: Path,
) -> None:
    found = checked(tmp_path, ("4.91714E+11", "Hugo"), (BO, ""), (BO, "Bo"), (BO, "Bo"))
    assert "Excel turned the number into scientific notation (1)" in found.headline
    assert "the recipient is on the list already (1)" in found.headline


def test_a_number_that_is_odd_in_two_ways_is_counted_as_repaired_alone(tmp_path: Path) -> None:
    chat = SMS.replace("channel: sms", "channel: whatsapp").replace(
        'message: "Hi {{ first_name }}"', f"message: {{template: {{id: HX{'0' * 32}}}}}"
    )
    rows = [("+493023125000", "Ana"), ("+493023125001.0", "Bo")]
    found = checked(tmp_path, *rows, definition=chat)
    assert {code: number for code, (number, _) in found.odd.items()} == {
        "fixed_line_number": 1,
        "repaired_decimal": 1,
    }


def test_the_headline_names_the_commonest_reasons_and_counts_the_others(tmp_path: Path) -> None:
    rows = [("x", "Bo")] * 3 + [("", "Bo")] * 2 + [(ANA, "Ana")] * 2 + [("4.9E+11", "Bo")]
    rows += [(BO, ""), (CEM, "Cem")]
    found = checked(tmp_path, *rows)
    assert found.headline.startswith(
        "2 of 10 on the list will get it. 8 will not: the number has letters in it (3); the row "
        "has no address for this channel (2); the recipient is on the list already (1); 2 for 2 "
        "other reasons. It takes"
    )


def test_nobody_takes_no_time(tmp_path: Path) -> None:
    found = checked(tmp_path, ("x", "Bo"))
    assert found.headline == (
        "0 of 1 on the list will get it. 1 will not: the number has letters in it (1)."
    )
    agree(found)


def test_no_line_is_longer_than_eighty_columns(tmp_path: Path) -> None:
    write_mixed(tmp_path / "list.csv", Channel.SMS, "number", 300)
    path = write(tmp_path, SMS + LIST + "cost: rates.csv\n", rates=RATES)
    text = on_a_terminal(forecast(Job.load(path), {}))
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert "number_with_letters" in text
