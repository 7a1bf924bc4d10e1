"""What the vendors' error codes mean: one TOML table a vendor, as data.

Vendors move their codes, so a definition can override any row (``provider.codes``), and a code
that stands in no table is classed by its HTTP status.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from campaign.providers.protocol import Refused


@cache
def table(vendor: str) -> Mapping[str, Refused]:
    """Return the code table of ``vendor``, keyed by the code as text."""
    text = (files(__package__) / f"{vendor}.toml").read_text(encoding="utf-8")
    return {code: Refused.model_validate(row) for code, row in tomllib.loads(text).items()}
