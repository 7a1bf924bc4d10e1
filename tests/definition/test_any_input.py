"""Whatever is written, the answer is a definition or a list of problems, never a traceback."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.errors import InvalidInput

from .fakes import FIRST, load_text
from .test_models import FULL

KEYS = [
    "name", "run", "channel", "provider", "sender", "recipients", "message", "window", "suppress",
    "rate", "retry", "ledger", "output", "x", "<<",
]  # fmt: skip
VALUES = st.sampled_from(
    ["", "~", "null", "[]", "{}", "[~]", "{a: b}", "[[1]]", "{files: {}}", "{name: acme}", "5",
     "-1", "1.5", ".nan", "true", "''", "'%'", "'\\0'", '"\\0"', '"\\ud800"', "&a [*a]", "!x y",
     "{text: {}}", "{template: []}", "{template: {id: [], variables: {a: {}}}}", "Europe",
     "{column: [], timezone: Europe, margin: 99999999999999d}", "{limit: 1e999/s}", "{1: 2}",
     "{files: x, where: ')', default_region: '', columns: []}", "{name: acme, codes: [1]}",
     "{schedule_at: 99999-01-01}", "{name: writer, timeout: 0s, auth: {header: '  '}}", "@", "*x"]
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(KEYS), VALUES), max_size=8))
@settings(max_examples=200, deadline=None)
def test_any_mix_of_keys_and_values(pairs: list[tuple[str, str]]) -> None:
    _try("".join(f"{key}: {value}\n" for key, value in pairs))


@given(st.sampled_from([FIRST, FULL]), st.data())
@settings(max_examples=200, deadline=None)
def test_any_slip_of_the_hand(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 12))
    put = data.draw(st.text(alphabet=" \t\n:-{}[]'\"#&*!|>%@`,${}ab1\u2028é😀\x07", max_size=4))
    _try(text[:at] + put + text[at + cut :])


def _try(text: str) -> None:
    found = None
    with TemporaryDirectory() as folder:
        try:
            load_text(text, Path(folder))
        except InvalidInput as error:
            found = error
    if found is not None:
        lines = [problem.line or 0 for problem in found.problems]
        assert lines
        assert lines == sorted(lines)
