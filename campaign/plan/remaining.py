"""Who is still to be sent to: the plan's recipients without those the ledger has an outcome for.

Invariant: there is no cursor and no second list; what is left is asked of the ledger.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial

import anyio.to_thread

from campaign.ledger.protocol import Ledger
from campaign.plan.frozen import Plan
from campaign.sending.shard import Shard
from campaign.sending.todo import Todo


async def still_to_do(
    plan: Plan, ledger: Ledger, run_id: int, only: str | None, shard: Shard | None = None
) -> AsyncGenerator[Todo]:
    """Yield them in the order of the plan; the ledger is asked range by range.

    ``only`` keeps the one recipient with this key or address, ``shard`` those of one worker.
    """
    batches = plan.todo(only, partial(ledger.decided, run_id), shard)
    while True:
        todos = await anyio.to_thread.run_sync(next, batches, None)
        if todos is None:
            return
        for todo in todos:
            yield todo


def left_of_one(plan: Plan, ledger: Ledger, run_id: int, only: str) -> list[Todo]:
    """Return the one recipient that ``only`` names, or nothing when they have an outcome."""
    return [todo for batch in plan.todo(only, partial(ledger.decided, run_id)) for todo in batch]
