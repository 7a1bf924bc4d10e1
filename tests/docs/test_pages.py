"""What the documents show is what happens: commands, definitions and Python are really run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import campaign
from campaign.errors import InvalidInput

from .pages import PAGES, ROOT, Block, blocks, named

TEXTS = {path: path.read_text(encoding="utf-8") for path in PAGES}
WITH_COMMANDS = [path for path, text in TEXTS.items() if blocks(text, "console")]
WITH_PYTHON = [
    path
    for path, text in TEXTS.items()
    # The others show fragments.
    if path.parent.name == "how-to" and blocks(text, "python")
]
DEFINITIONS = [
    (path, block)
    for path, text in TEXTS.items()
    for block in blocks(text, "yaml")
    if block.text.startswith("name:") and "name: beacon" not in block.text
]


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("path", WITH_COMMANDS, ids=named)
def test_commands_print_what_the_page_shows(path: Path) -> None:
    from .transcripts import comparable, performed

    shown = TEXTS[path]
    now = performed(shown)
    for before, after in zip(blocks(shown, "console"), blocks(now, "console"), strict=True):
        hint = "if the new output is right, run: python -m tests.docs.transcripts"
        assert comparable(after.text) == comparable(before.text), hint


@pytest.mark.parametrize(
    ("path", "block"), DEFINITIONS, ids=lambda it: named(it) if isinstance(it, Path) else it.title
)
def test_definitions_can_be_loaded(path: Path, block: Block, tmp_path: Path) -> None:
    file = tmp_path / "campaign.yaml"
    file.write_text(block.text, encoding="utf-8")
    try:
        campaign.load(file)
    except InvalidInput as error:
        pytest.fail(f"{named(path)}: {error}")


@pytest.mark.parametrize("path", WITH_PYTHON, ids=named)
def test_python_runs(path: Path, tmp_path: Path) -> None:
    """The blocks of a page, one after the other, beside the files that the page shows."""
    found = blocks(TEXTS[path])
    for block in found:
        if block.title is not None:
            target = tmp_path / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
    code = "\n".join(b.text for b in found if b.language == "python" and b.title is None)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-"],
        input=code,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_python_can_be_compiled(path: Path) -> None:
    for block in blocks(TEXTS[path], "python"):
        compile(block.text, named(path), "exec")
