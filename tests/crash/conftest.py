from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.processes import STARTED


@pytest.fixture(autouse=True)
def _no_process_stays_behind() -> Iterator[None]:
    """A test that failed may leave one that waits, or is stopped."""
    yield
    while STARTED:
        with STARTED.pop() as process:
            if process.poll() is None:
                process.kill()


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_line(request: pytest.FixtureRequest) -> Iterator[str]:
    """What a definition says of its ledger: nothing for a file beside it, or a database."""
    if request.param == "sqlite":
        yield ""
    else:
        with request.getfixturevalue("postgres").database() as address:
            yield f"ledger: {address}\n"
