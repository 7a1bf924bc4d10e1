"""Which column is which?  The definition's names for the list's headers.

Invariant: a column that the campaign needs is there or the run does not begin; a header is never
matched by similarity, only suggested by it.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping

import polars as pl

from campaign.audience.headers import normalise_header
from campaign.audience.reading import RecipientList
from campaign.errors import InvalidInput, Problem


def map_columns(lst: RecipientList, mapping: Mapping[str, str]) -> RecipientList:
    """Return the list with a column for each of our names, copied from the header it stands for.

    Headers are matched after normalising. The column keeps its own name as well. Where another
    column of the list already has our name, the mapping wins.

    Raises:
        InvalidInput: a header is not in the list, or a name begins with an underscore.
    """
    problems: list[Problem] = []
    copies: dict[str, str] = {}
    for ours, header in mapping.items():
        if ours.startswith("_"):
            problems.append(Problem(f'a column cannot be called "{ours}": _ is ours'))
        elif (name := normalise_header(header)) in lst.headers:
            copies[ours] = name
        elif header in lst.headers:
            copies[ours] = header
        else:
            problems.append(_missing(lst, header, f'which "{ours}" is to be read from'))
    if problems:
        raise InvalidInput(problems)
    # All at once, so that two names can be exchanged.
    frame = lst.frame.with_columns(pl.col(name).alias(ours) for ours, name in copies.items())
    headers = dict(lst.headers) | {ours: lst.headers[name] for ours, name in copies.items()}
    # A name that is taken from another column lacks what that one lacks, and nothing else.
    lacking = {name: files for name, files in lst.lacking.items() if name not in copies}
    lacking |= {ours: lst.lacking[name] for ours, name in copies.items() if name in lst.lacking}
    return dataclasses.replace(lst, frame=frame, headers=headers, lacking=lacking)


def require(
    lst: RecipientList,
    name: str,
    *,
    wanted_for: str,
    setting: str | None = None,
    what: str = "the list",
) -> None:
    """Make sure that every file has the column ``name`` (ours, or a header in any spelling).

    ``wanted_for`` completes the sentence: "the list has no column "phone", wanted for the address".
    ``setting`` names that of `recipients` which would name another column, where it is not there.
    ``what`` is what that sentence calls the file.

    Raises:
        InvalidInput: the list has not, with the nearest headers as a suggestion; or some of its
            files have not, each of which is named.
    """
    plain = name if name in lst.headers else normalise_header(name)
    if plain not in lst.headers:
        raise InvalidInput(_missing(lst, name, f"wanted for {wanted_for}", setting, what))
    if files := lst.lacking.get(plain):
        raise InvalidInput(
            [
                Problem(
                    f'{file.name} has no column "{lst.headers[plain]}", wanted for {wanted_for}, '
                    "though other files of the list do",
                    file,
                    hint="Add the column to the file, or correct its header. A column with nothing "
                    "in it will do where the rows have nothing to say.",
                )
                for file in files
            ]
        )


def _missing(
    lst: RecipientList, header: str, why: str, setting: str | None = None, what: str = "the list"
) -> Problem:
    # Both spellings count: somebody may have typed the header, or the name that we made of it.
    spellings = {name: name for name in lst.headers}
    spellings |= {printed.casefold(): name for name, printed in lst.headers.items()}
    wanted = normalise_header(header)
    near = difflib.get_close_matches(wanted, spellings, n=3, cutoff=0.6)
    # "Phone Number" is far from "phone" by its letters.
    words = set(wanted.split("_"))
    near += [name for name in lst.headers if words <= set(name.split("_"))][:3]
    near = list(dict.fromkeys(lst.headers[spellings[spelling]] or spelling for spelling in near))
    # A column that the definition gave a second name is shown once.
    shown = ", ".join(dict.fromkeys(printed or name for name, printed in lst.headers.items()))
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    if near and setting is not None:
        meant += f"Write recipients: {{files: …, {setting}: {near[0]}}}. "
    return Problem(
        f'{what} has no column "{header}", {why}',
        lst.files[0] if len(lst.files) == 1 else None,
        hint=f"{meant}It has: {shown}.",
    )
