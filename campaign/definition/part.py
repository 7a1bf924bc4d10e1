"""The base of every mapping in a definition.

Invariant: a part is frozen and refuses keys that it does not know.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A mapping with known keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
