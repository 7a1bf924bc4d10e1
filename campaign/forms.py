"""Which forms a message may take: what the definition gives, and what the vendor allows of it."""

from __future__ import annotations

from campaign.definition.load import Loaded
from campaign.message.composition import Composition
from campaign.rules.form import Choice
from campaign.rules.window import Window


def choice_of(loaded: Loaded, composition: Composition) -> Choice:
    """Return what there is to choose from."""
    definition, capabilities = loaded.definition, loaded.provider.capabilities
    has_template = definition.message is not None and definition.message.template is not None
    outside = definition.window.outside if definition.window else None
    needs_window = composition.text is not None or outside == "skip"
    if capabilities.writes_itself:
        needs_window = getattr(loaded.settings, "outside_window", "refuse") != "send"
    window = Window(matters=definition.channel in capabilities.window_channels and needs_window)
    if definition.window is not None:
        window = Window(
            matters=window.matters,
            column=definition.window.column,
            margin=definition.window.margin,
            timezone=definition.window.timezone,
        )
    return Choice(
        window=window,
        text=composition.text is not None,
        template=has_template,
        writes_itself=capabilities.writes_itself,
        outside=outside or ("template" if has_template else "skip"),
    )
