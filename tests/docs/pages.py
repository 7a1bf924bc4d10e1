"""The documents, and the fenced blocks in them.

A block's first line may name a file: ```` ```yaml title=campaign.yaml ````. Console blocks hold
commands (lines that begin with ``$``), each followed by what it prints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))

_BLOCK = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block; ``start`` and ``end`` are the positions of its text in the page."""

    language: str
    title: str | None
    text: str
    start: int
    end: int


def blocks(text: str, language: str | None = None) -> list[Block]:
    found = [
        Block(match[1], match[2], match[3], match.start(3), match.end(3))
        for match in _BLOCK.finditer(text)
    ]
    return [block for block in found if language in (None, block.language)]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
