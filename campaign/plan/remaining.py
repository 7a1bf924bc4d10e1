"""Who is still to be sent to: the plan's recipients without those the ledger has an outcome for.

Invariant: there is no cursor and no second list; what is left is asked of the ledger.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

import anyio.to_thread

from campaign.ledger.protocol import Ledger
from campaign.plan.frozen import Plan
from campaign.sending.todo import Todo


async def still_to_do(
    plan: Plan, ledger: Ledger, run_id: int, only: str | None
) -> AsyncGenerator[Todo]:
    """Yield them in the order of the plan; the ledger is asked range by range.

    ``only`` keeps the one recipient with this key or address.
    """
    batches = plan.todo(only)
    while True:
        todos = await anyio.to_thread.run_sync(next, batches, None)
        if todos is None:
            return
        if not todos:
            continue
        decided = await anyio.to_thread.run_sync(
            ledger.decided, run_id, todos[0].number, todos[-1].number
        )
        for todo in todos:
            if todo.number not in decided:
                yield todo


def left_of_one(plan: Plan, ledger: Ledger, run_id: int, only: str) -> list[Todo]:
    """Return the one recipient that ``only`` names, or nothing when they have an outcome."""
    return [
        todo
        for batch in plan.todo(only)
        for todo in batch
        if not ledger.decided(run_id, todo.number, todo.number)
    ]
