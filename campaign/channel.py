"""The channels on which a recipient can be reached."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """How a recipient is reached."""

    WHATSAPP = "whatsapp"
    SMS = "sms"
    MESSENGER = "messenger"
    EMAIL = "email"
    PHONE = "phone"
