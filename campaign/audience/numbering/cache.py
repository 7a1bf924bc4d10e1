"""The table between two runs: a file in the user's cache folder, so that it is built once.

Invariant: a file that is not exactly what was written is built anew, and no failure of a disk is an
error: the table is then computed each time. The name holds the version of the metadata and a digest
of the code that computes the table, a digest of the content stands before it, and a file appears
under its name only when it is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from functools import cache
from pathlib import Path

import phonenumbers
import polars as pl

from campaign.audience.numbering.table import Intervals, Table, built

_DIGEST = hashlib.sha256().digest_size


@cache
def table() -> Table:
    """Return the table of the installed ``phonenumbers``."""
    file = folder() / f"numbers-{phonenumbers.__version__}-{_code()}.bin"
    kept = _read(file)
    if kept is None:
        kept = built()
        _write(kept, file)
    return kept


def folder() -> Path:
    """Return where the user's caches are, by the XDG Base Directory Specification 0.8."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    # A relative path is to be ignored, says the specification.
    home = Path(named) if Path(named).is_absolute() else Path("~/.cache")
    try:
        return home.expanduser() / "campaign"
    except RuntimeError:
        # Nobody's home is known; a folder that is not there means no cache.
        return Path(os.devnull) / "campaign"


def _code() -> str:
    """Return what changes with the modules from which the table comes."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()[:16]


def _read(file: Path) -> Table | None:
    try:
        content = file.read_bytes()
    except OSError:
        return None
    digest, frames = content[:_DIGEST], content[_DIGEST:]
    if hashlib.sha256(frames).digest() != digest:
        return None
    stream = io.BytesIO(frames)
    kinds, numbers, national = (
        pl.read_ipc(io.BytesIO(stream.read(int.from_bytes(stream.read(8))))) for _ in range(3)
    )
    return Table(kinds, Intervals(*numbers.get_columns()), Intervals(*national.get_columns()))


def _write(table: Table, file: Path) -> None:
    frames = b"".join(
        len(frame).to_bytes(8) + frame
        for frame in map(_frame, (table.kinds, _columns(table.numbers), _columns(table.national)))
    )
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as beside:
            try:
                beside.write(hashlib.sha256(frames).digest() + frames)
                beside.close()
                Path(beside.name).replace(file)
            except OSError:
                Path(beside.name).unlink(missing_ok=True)


def _frame(frame: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.write_ipc(stream)
    return stream.getvalue()


def _columns(intervals: Intervals) -> pl.DataFrame:
    return pl.DataFrame({"begins": intervals.begins, "answers": intervals.answers})
