"""Whatever stands on a worker's pipe, its run comes to an end and everybody is sent to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from campaign.sandbox import SandboxServer
from tests.crash.processes import run
from tests.run.lists import number
from tests.run.sent_by_workers import write


@pytest.mark.parametrize("printed", ["Loading the tracer\\n", "null\\n", "no end of a line"])
def test_what_a_hook_prints_as_a_worker_begins_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str
) -> None:
    hook = f"print('{printed}', end='', flush=True)\n"
    (tmp_path / "sitecustomize.py").write_text(hook, encoding="utf-8")
    places = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))
    with SandboxServer() as server:
        end = run(write(tmp_path, server.url_for("synthflow"), 20))
        assert end.code == 0, end.said
        assert server.journal.addresses() == {number(person): 1 for person in range(20)}
