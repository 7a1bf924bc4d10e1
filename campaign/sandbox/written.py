"""Reading a journal's file back, up to where its writer was killed."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

from campaign.errors import InvalidInput
from campaign.sandbox.journal import Entry

_MEMBERS = frozenset(field.name for field in fields(Entry))


def read_journal(path: Path) -> list[Entry]:
    """Return the entries in a file, in the order of their times.

    A line that breaks off is left out: its writer was killed before it was whole, or is writing it
    now. Several runs of one sandbox may stand in one file, each counting from 1.

    Raises:
        InvalidInput: the file cannot be read, or is no journal.
    """
    entries = []
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    value = json.loads(line)
                except ValueError:
                    continue
                if not isinstance(value, dict) or value.keys() != _MEMBERS:
                    raise InvalidInput(f"{path} is not a sandbox's journal: see line {number}")
                entries.append(Entry(**value))
    except OSError as error:
        raise InvalidInput(f"the sandbox's journal cannot be read: {error}") from error
    return sorted(entries, key=lambda entry: entry.time)
