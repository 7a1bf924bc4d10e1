"""Several files become one list, read once, checked as a whole and frozen for the run's planning.

Invariant: what is planned is what was fingerprinted. The files are copied into temporary Parquet
when the list is opened, and a file that changes meanwhile is refused; nothing later reads them.
"""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from campaign.audience.cells import trimmed_text
from campaign.audience.csv_source import Part, freeze_csv
from campaign.audience.fingerprint import combined
from campaign.audience.parquet_source import freeze_parquet, is_parquet
from campaign.errors import InvalidInput, OutputError, Problem


@dataclass(frozen=True)
class RecipientList:
    """The rows of all files, in their order, every cell as text or null."""

    frame: pl.LazyFrame
    """``_file`` (String), ``_row`` (UInt32), then one String column for each normalised name.

    ``_row`` is the row number that a spreadsheet shows (the first record below a header in row 1 is
    row 2); in a Parquet file records count from 1.
    """
    headers: Mapping[str, str]
    """Name of each column → header as the (first) file prints it."""
    files: tuple[Path, ...]
    lacking: Mapping[str, tuple[Path, ...]]
    """Name of each column that not every file has → the files that have it not."""
    fingerprint: str
    """SHA-256, in hexadecimal, over the bytes of the files and their order."""


def expand(patterns: Sequence[str], base: Path) -> list[Path]:
    """Return the files that the paths and glob patterns name, relative to ``base``.

    Matches of one pattern are sorted; a file that is named twice appears once, where it came first.

    Raises:
        InvalidInput: a pattern matches nothing; all such patterns are named.
    """
    found: dict[Path, Path] = {}
    problems: list[Problem] = []
    for pattern in patterns:
        plain = base / Path(pattern).expanduser()
        if plain.exists():
            matches = [plain]
        else:
            expression = str(Path(pattern).expanduser())
            names = glob.glob(expression, root_dir=base, recursive=True)  # noqa: PTH207 - Path's takes no absolute one
            matches = sorted(path for name in names if (path := base / name).is_file())
        if not matches:
            is_glob = glob.escape(pattern) != pattern
            problems.append(
                Problem(
                    f"no file matches {pattern}" if is_glob else f"there is no file {pattern}",
                    hint=f"Paths are relative to the definition's folder, {base.resolve()}.",
                )
            )
        for path in matches:
            found.setdefault(path.resolve(), path)
    if problems:
        raise InvalidInput(problems)
    return list(found.values())


@contextmanager
def open_list(
    files: Sequence[Path], *, workdir: Path | None = None, rows_required: bool = True
) -> Iterator[RecipientList]:
    """Read the files and yield them as one list, which is gone when the context ends.

    Columns are matched by their normalised names; one that a file lacks is null in its rows. The
    temporary copy lives in ``workdir`` (by default where the system keeps temporary files) and is
    about as large as the files. A file without rows is refused, as is one whose first row is no
    header, unless not ``rows_required``: then the first may be a list of nobody, and the second one
    of a single column whose "header" is an entry.

    Raises:
        InvalidInput: a file cannot be used as it is; the problems of all files together.
        OutputError: the temporary copy cannot be written.
    """
    if not files:
        raise InvalidInput("there is no recipient list")
    try:
        place = tempfile.TemporaryDirectory(prefix="campaign-", dir=workdir)
    except OSError as error:
        raise OutputError(f"cannot write temporary files: {error}") from error
    with place as directory:
        parts: list[Part] = []
        problems: list[Problem] = []
        for number, (path, shown_as) in enumerate(zip(files, _short_names(files), strict=True)):
            try:
                parquet = Path(directory) / f"{number}.parquet"
                parts.append(_freeze(path, shown_as, parquet, rows_required=rows_required))
            except InvalidInput as error:
                problems.extend(error.problems)
        if problems:
            raise InvalidInput(problems)
        yield _joined(parts, files)


def _freeze(path: Path, shown_as: str, parquet: Path, *, rows_required: bool) -> Part:
    try:
        before = path.stat()
        if not path.is_file():
            # A pipe cannot be read twice, and the encoding needs the whole file first.
            raise InvalidInput(Problem("is not a regular file", path))
        freeze = freeze_parquet if is_parquet(path) else freeze_csv
        part = freeze(path, shown_as, parquet, rows_required=rows_required)
        after = path.stat()
    except OSError as error:
        if error.filename is not None and os.fspath(error.filename) == os.fspath(path):
            raise InvalidInput(
                Problem(f"cannot be read: {error.strerror or error}", path)
            ) from error
        raise OutputError(
            f"cannot write temporary files in {parquet.parent.parent}: {error.strerror or error}"
        ) from error
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise InvalidInput(Problem("changed while it was read", path, hint="Start again."))
    return part


def _short_names(files: Sequence[Path]) -> list[str]:
    """Return what a person calls each file: its name, or the path where two have the same name."""
    names = [path.name for path in files]
    return [
        name if names.count(name) == 1 else path.as_posix()
        for name, path in zip(names, files, strict=True)
    ]


def _joined(parts: Sequence[Part], files: Sequence[Path]) -> RecipientList:
    headers: dict[str, str] = {}
    for part in parts:
        for name, header in part.headers.items():
            headers.setdefault(name, trimmed_text(header))
    frames = [
        pl.scan_parquet(part.parquet)
        .head(part.rows)
        .select(
            "_file",
            "_row",
            *(
                pl.col(name) if name in part.headers else pl.lit(None, pl.String).alias(name)
                for name in headers
            ),
        )
        for part in parts
    ]
    frame = frames[0] if len(frames) == 1 else pl.concat(frames)
    without = {
        name: tuple(
            file for part, file in zip(parts, files, strict=True) if name not in part.headers
        )
        for name in headers
    }
    return RecipientList(
        frame,
        headers,
        tuple(files),
        {name: found for name, found in without.items() if found},
        combined([part.sha256 for part in parts]),
    )
