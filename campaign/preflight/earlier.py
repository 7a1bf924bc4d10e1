"""The page of an earlier check, where the definition is no longer valid.

Invariant: a page that is there is of the last check that came to an end. A definition that cannot
be used may still say where its page is; where it does not, nothing is guessed and nothing removed.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from campaign.definition.models import Definition
from campaign.definition.naming import Name
from campaign.definition.source import YamlSource
from campaign.errors import InvalidInput, OutputError
from campaign.files import removed

PAGE = "check.html"
"""The page's name, in the campaign's folder."""


def forget_page(definition: Path) -> None:
    """Remove the page that an earlier check of this file left, as far as the file says where.

    Its rejects stay: somebody may have made a list of them.
    """
    page = _page_of(definition)
    if page is not None:
        # What is wrong with the definition is what a person is told.
        with suppress(OutputError):
            removed(page)


def _page_of(path: Path) -> Path | None:
    try:
        data = YamlSource.read(path).data
        name = TypeAdapter(Name).validate_python(data.get("name"))
    except (InvalidInput, ValidationError):
        return None
    output = data.get("output", Definition.model_fields["output"].default)
    if not isinstance(output, str):
        return None
    beside = path.resolve() if path.is_symlink() else path
    return beside.parent / output / name / PAGE
