from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_line(request: pytest.FixtureRequest) -> Iterator[str]:
    """What a definition says of its ledger: nothing for a file beside it, or a database."""
    if request.param == "sqlite":
        yield ""
    else:
        with request.getfixturevalue("postgres").database() as address:
            yield f"ledger: {address}\n"
