"""Files are complete or absent: written beside their place, flushed to disk, then renamed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from campaign.errors import OutputError
from campaign.ledger.owner import is_dead, machine

# What `replaced` and its callers have beside a file while they write it; a list that is planned
# anew (`.list`) is a whole file, of whoever holds the run.
_BESIDE = re.compile(r"\..+\.(?P<pid>[0-9]+)\.(tmp|numbers|[0-9]+)|\..+\.list")


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it becomes ``path`` when the block ends without an error.

    Raises:
        OutputError: the file cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        _flush(beside)
        beside.replace(path)
        if os.name == "posix":
            _flush(path.parent)  # or a power cut may undo the rename
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):  # the folder itself may be what is wrong; that was said above
            beside.unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Remove what processes that no longer live left half written in a run's folder.

    For whoever holds the run, before anything is written.
    """
    for path in folder.glob(".*"):
        found = _BESIDE.fullmatch(path.name)
        if found is None or not _is_left(found["pid"]):
            continue
        with suppress(OSError):  # it is in nobody's way
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _is_left(pid: str | None) -> bool:
    # In a container, the process that was killed may have had the number of this one.
    return pid is None or int(pid) == os.getpid() or is_dead(machine(), int(pid))


def removed(path: Path) -> None:
    """Remove a file, if it is there.

    Raises:
        OutputError: it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:
        return
    except OSError as error:
        raise OutputError(f"{path} cannot be removed: {error.strerror or error}.") from error


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
