"""A real browser; on a machine without one, these tests say so and are skipped.

This is the one place where a test of the project may be skipped for what is not installed: a
browser is no Python package, and nothing else of the project needs it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def _installed() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in _NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser of this machine, without a window.

    For one module: while it lives, Playwright's event loop runs in this thread, in which no other
    test could begin one of its own.
    """
    path = _installed()
    if path is None:
        pytest.skip(
            "there is no Chromium on this machine (apt-get install chromium, or name one in "
            "CHROMIUM); the page is not looked at in a browser"
        )
    with sync_playwright() as playwright:
        # A container's root has no sandbox of its own to give; the pages are ours.
        found = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield found
        found.close()


@pytest.fixture
def shots() -> Path | None:
    """Where pictures are kept that somebody wants to see; nowhere by default."""
    folder = os.environ.get("SHOTS")
    return None if folder is None else Path(folder)
