"""The page of dependencies and pyproject.toml name the same packages."""

from __future__ import annotations

import re
import tomllib

from .pages import DOCS, ROOT


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()


def _listed(heading: str) -> list[str]:
    text = (DOCS / "dependencies.md").read_text(encoding="utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_dependency_is_explained() -> None:
    assert _listed("To run") == sorted(map(_name, PROJECT["dependencies"]))


def test_every_tool_of_the_tests_is_explained() -> None:
    wanted = {*map(_name, PROJECT["optional-dependencies"]["test"])} - {"campaign"}
    assert _listed("To test") == sorted(wanted)


def test_what_speed_is_compared_with_is_explained() -> None:
    wanted = PROJECT["optional-dependencies"]["bench"]
    assert _listed("To measure") == sorted(map(_name, wanted))


def test_the_driver_of_postgresql_is_explained() -> None:
    wanted = PROJECT["optional-dependencies"]["postgres"]
    assert _listed("For a ledger in PostgreSQL") == sorted(map(_name, wanted))
