"""The beginnings of numbers that a campaign leaves out.

Invariant: a prefix is a plus and digits, so that it means the same beside every number in E.164.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from campaign.definition.fields import OneOrMany, is_number, wrong

_PATTERN = r"^\+[1-9][0-9]{0,14}$"


def _prefix(value: object) -> str:
    if is_number(value):
        raise wrong("must be text that starts with a plus", f'put it in quotes: "+{value}"')
    if not isinstance(value, str) or not re.fullmatch(_PATTERN, value):
        raise wrong("must be a plus and digits, without blanks", 'write it like "+53"')
    return value


Prefix = Annotated[
    str,
    BeforeValidator(_prefix),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["+53"]}),
]
"""The beginning of a number in international form."""

Prefixes = Annotated[list[Prefix], OneOrMany, Field(min_length=1)]
"""One prefix, or several."""
