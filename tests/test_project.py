"""Promises of the project about itself: what imports what, and what is never written."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "campaign"


def imports_of(path: Path) -> set[str]:
    """Return the modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room_imports(room: str) -> set[str]:
    """Return the rooms of this project that a room imports."""
    modules = set().union(*(imports_of(path) for path in (PACKAGE / room).rglob("*.py")))
    return {name.split(".")[1] for name in modules if name.startswith("campaign.")} - {room}


MAY_KNOW = {
    "definition": {"errors", "channel", "providers"},
    "audience": {"errors", "channel", "reasons"},
    "message": {"definition", "errors"},
    "rules": {"message"},
    "providers": {"channel", "definition", "errors"},
    "sending": {"channel", "errors", "ledger", "message", "providers", "rules"},
    "ledger": {"errors"},
    "workers": {
        "alone",
        "definition",
        "errors",
        "gate",
        "in_time",
        "job",
        "ledger",
        "plan",
        "sending",
    },
    "outcomes": {
        "audience",
        "channel",
        "errors",
        "ledger",
        "message",
        "providers",
        "rules",
        "sending",
        "serving",
    },
    "sandbox": {"errors", "serving"},
    "plan": {
        "audience",
        "channel",
        "definition",
        "errors",
        "files",
        "ledger",
        "message",
        "reasons",
        "rules",
        "sending",
    },
    "reporting": {
        "errors",
        "files",
        "ledger",
        "plan",
        "providers",
        "reasons",
        "sending",
        "testing",
    },
    "preflight": {
        "audience",
        "channel",
        "definition",
        "errors",
        "files",
        "gate",
        "job",
        "ledger",
        "message",
        "plan",
        "reasons",
        "reporting",
        "rules",
        "schedule",
        "sending",
        "suppressing",
    },
}
"""Who may know whom. A definition knows a provider's protocol, never a provider."""


@pytest.mark.parametrize("room", MAY_KNOW)
def test_a_room_knows_only_the_rooms_it_may(room: str) -> None:
    assert room_imports(room) <= MAY_KNOW[room]


@pytest.mark.parametrize("room", ["plan", "preflight", "reporting"])
def test_no_two_rooms_know_each_other_where_a_list_is_judged_and_shown(room: str) -> None:
    mutual = {other for other in MAY_KNOW if room in MAY_KNOW[other]} & MAY_KNOW[room]
    assert mutual == set()


def test_only_the_protocol_of_providers_is_known_outside() -> None:
    for room in ("definition", "sending"):
        modules = set().union(*(imports_of(path) for path in (PACKAGE / room).rglob("*.py")))
        known = {
            ".".join(name.split(".")[:3])
            for name in modules
            if name.startswith("campaign.providers.")
        }
        assert known <= {"campaign.providers.protocol", "campaign.providers.http"}


def test_adding_a_provider_needs_no_edit_elsewhere() -> None:
    names = ("sendbird", "zild", "whippy", "synthflow", "twilio")
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0]
        if room in ("providers", "sandbox"):
            continue
        words = {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not words & set(names), f"{path} knows a provider by name"


@pytest.mark.parametrize("words", [("--help",), ("run", "--help")])
def test_help_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    code = (
        "import sys\n"
        "from campaign.cli import main\n"
        f"sys.argv = ['campaign', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'polars', 'httpx', 'phonenumbers', 'jinja2', 'uvicorn', 'anyio'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert "LOADED []" in done.stdout


def test_no_line_is_left_for_later() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError\(\)")
    for path in PACKAGE.rglob("*.py"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            assert not left.search(line), f"{path}:{number}: {line}"
