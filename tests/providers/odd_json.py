"""JSON that no document has: vendors' own names and words put together at random, or one amiss."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

OF_LISTS = (
    *("messages", "next_page_uri", "to", "from", "body", "direction", "status", "sid"),
    *("date_created", "error_code", "data", "total", "id", "created_at", "delivery_status"),
    *("response", "chats", "cursor", "chat_id", "start_timestamp", "conversation_history"),
    *("export_id", "export_status", "export_file", "url", "items", "start_ts", "user_id"),
    *("ai_agent_context", "context", "phone_number", "message"),
)
"""Names of members in the answers with which vendors list messages and conversations."""


def values(words: Sequence[object]) -> SearchStrategy[Any]:
    """Return anything that a member may hold, and these words among it."""
    return (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.sampled_from([*words])
        | st.text(st.characters(), max_size=6)  # halves of characters as well
    )


def documents(
    names: Sequence[str], value: SearchStrategy[Any], *, members: int = 6, leaves: int = 20
) -> SearchStrategy[bytes]:
    """Return documents in which members with these names hold such values, or more members."""
    return st.recursive(
        value,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*names]), inner, max_size=members)
        ),
        max_leaves=leaves,
    ).map(lambda found: json.dumps(found).encode())


def spoilt(value: Any, place: Sequence[int], by: Any) -> Any:
    """Return the value with one part of it, found by going down, replaced by something else."""
    if not place or not isinstance(value, dict | list) or not value:
        return by
    if isinstance(value, list):
        at = place[0] % len(value)
        return [*value[:at], spoilt(value[at], place[1:], by), *value[at + 1 :]]
    name = list(value)[place[0] % len(value)]
    return value | {name: spoilt(value[name], place[1:], by)}
