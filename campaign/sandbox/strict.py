"""What all parts of a configuration share: an unknown key is an error, and none ever changes."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A probability or a part of the whole, from 0 to 1."""


class Strict(BaseModel):
    """A part of a configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def plain(name: str) -> BeforeValidator:
    """Let a plain number stand for the model's one important field."""

    def read(value: object) -> object:
        return {name: value} if isinstance(value, int | float) else value

    return BeforeValidator(read)
