"""Every relative link points to a file that exists, and to a heading of it where one is given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .pages import DOCS, PAGES, ROOT, named

CHECKED = [*PAGES, *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")


def _prose(path: Path) -> str:
    return _CODE.sub("", _FENCE.sub("", path.read_text(encoding="utf-8")))


def _anchors(path: Path) -> set[str]:
    """Return the anchors that the forges make of headings."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        numbered = (f"{anchor}-{n}" for n in range(1, 100))
        found.add(anchor if anchor not in found else next(n for n in numbered if n not in found))
    return found


@pytest.mark.parametrize("path", CHECKED, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    wrong = []
    for link in _LINK.findall(_prose(path)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (
            anchor and target.suffix == ".md" and anchor not in _anchors(target)
        ):
            wrong.append(link)
    assert wrong == []


def test_every_page_can_be_reached_from_the_map() -> None:
    seen: set[Path] = set()
    waiting = [DOCS / "index.md"]
    while waiting:
        path = waiting.pop()
        if path in seen or path.suffix != ".md":
            continue
        seen.add(path)
        links = (link.partition("#")[0] for link in _LINK.findall(_prose(path)))
        found = [(path.parent / file).resolve() for file in links if file and ":" not in file]
        waiting += [target for target in found if target.is_file()]
    assert set(PAGES) - seen == set()
