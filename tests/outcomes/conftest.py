from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ledger.conftest import store
from tests.ledger.ledgers import Store
from tests.outcomes.sent import Sent

__all__ = ["store"]


@pytest.fixture
def sent(store: Store) -> Iterator[Sent]:
    """A ledger of each kind, in which a test sends to people."""
    one = Sent(store)
    yield one
    one.ledger.close()
