"""The forms a message can take."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """What a message consists of."""

    TEXT = "text"
    """Free-form text."""
    TEMPLATE = "template"
    """A template with its values."""
    AGENT = "agent"
    """Whatever the vendor's agent writes."""
