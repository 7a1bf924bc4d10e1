"""The generated pages are what the code says now."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from .pages import DOCS


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATED = _generator().pages()


@pytest.mark.parametrize("name", GENERATED)
def test_the_committed_page_is_what_the_code_says(name: str) -> None:
    committed = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert committed == GENERATED[name], "run: python docs/generate.py"


def test_it_is_the_same_twice() -> None:
    assert _generator().pages() == GENERATED


def test_no_table_is_broken() -> None:
    for name, text in GENERATED.items():
        for block in text.split("\n\n"):
            rows = [row for row in block.split("\n") if row.startswith("| ")]
            widths = {row.replace("\\|", "").count("|") for row in rows}
            assert len(widths) <= 1, (name, rows)
