"""Which bytes is it made of?  One streaming pass over a whole file, never a guess from its start.

Invariant: the encoding is decided by every byte of the file. A list whose first umlaut is in row
900,000 is read as carefully as one that has it in row 2.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from campaign.errors import InvalidInput, Problem

CHUNK = 1 << 20

_SAVE_AS_UTF8 = 'Save it again as "CSV UTF-8 (comma delimited)".'

_BOMS = (
    # UTF-32 first: its little-endian mark begins with the one of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_FOREIGN = (
    (b"PK\x03\x04", "is a spreadsheet workbook or a ZIP archive, not a CSV file"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook, not a CSV file"),
    (b"\x1f\x8b", "is compressed"),
    (b"\x28\xb5\x2f\xfd", "is compressed"),
    (b"%PDF", "is a PDF, not a CSV file"),
)
_MARKUP = re.compile(rb"\s*<(\?xml|!doctype|html|table)", re.IGNORECASE)

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_UNDEFINED_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


@dataclass(frozen=True)
class Survey:
    """What one pass over the bytes of a CSV file found out."""

    sha256: bytes
    encoding: str
    plain: bool
    """UTF-8 without NUL, lone CR or doubtful quotes: any CSV reader sees the same cells."""
    blank_lines_at_end: int
    formulas: bool = True
    """Some cell may hold ``="…"``; to ask every cell costs more than to read it."""


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the rest of the stream in pieces of at most ``CHUNK`` bytes."""
    while chunk := stream.read(CHUNK):
        yield chunk


def sha256_of(path: Path) -> bytes:
    """Return the SHA-256 of a file's bytes, as `survey` finds it on its way.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def byte_order_mark(start: bytes) -> tuple[int, str | None]:
    """Return the length of the mark at the start of a file, and the encoding that it promises."""
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return len(mark), encoding
    return 0, None


def foreign_format(start: bytes, file: Path) -> Problem | None:
    """Return a Problem if the file is something else than text, judged by its first bytes."""
    for magic, what in _FOREIGN:
        if start.startswith(magic):
            if what == "is compressed":
                return Problem(what, file, hint="Unpack it first.")
            return Problem(
                what, file, hint='Open it in the spreadsheet and export it as "CSV UTF-8".'
            )
    if _MARKUP.match(start):
        return Problem(
            "is a web page or XML, not a CSV file",
            file,
            hint='Open it in a spreadsheet and export it as "CSV UTF-8".',
        )
    return None


def survey(path: Path, delimiter: str) -> Survey:
    """Read the file once and say how it has to be decoded.

    Raises:
        InvalidInput: it is neither UTF-8, UTF-16 nor Windows-1252, or a mixture of them.
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")("strict")
    quotes = _Quotes(delimiter)
    plain, formulas = True, False
    last = b""
    tail = 0
    with path.open("rb") as stream:
        length, promised = byte_order_mark(stream.read(4))
        stream.seek(0)
        digest.update(stream.read(length))
        for text in chunks(stream):
            digest.update(text)
            if promised in ("utf-16", "utf-32"):
                continue
            if utf8 is not None:
                try:
                    utf8.decode(text)
                except UnicodeDecodeError:
                    utf8 = None
            if plain and utf8 is not None:
                joined = last + text
                # One byte is found ten times sooner than two.
                lone_cr = joined.count(b"\r")
                lone_cr -= joined.count(b"\r\n") if lone_cr else 0
                formulas = formulas or (b"=" in joined and b'="' in joined)
                last = joined[-1:] if joined[-1:] in (b"\r", b"=") else b""
                plain = (
                    lone_cr == (last == b"\r") and b"\0" not in text and quotes.well_placed(text)
                )
            stripped = len(text.rstrip(b"\r\n"))
            tail = text[stripped:].count(b"\n") + (0 if stripped else tail)
    if promised in ("utf-16", "utf-32"):
        return Survey(digest.digest(), promised, plain=False, blank_lines_at_end=0)
    if utf8 is not None:
        try:
            utf8.decode(b"", final=True)
        except UnicodeDecodeError:
            utf8 = None
    if utf8 is not None:
        plain = plain and last != b"\r" and quotes.closed
        return Survey(digest.digest(), "utf-8-sig", plain, max(0, tail - 1), formulas)
    if promised is not None:
        raise InvalidInput(_broken_utf8(path, "begins like UTF-8 but is not: "))
    return Survey(digest.digest(), _legacy(path), plain=False, blank_lines_at_end=0)


class _Quotes:
    """Whether each quote opens a cell, closes one, or is doubled inside one.

    Only then do all readers agree on where a cell ends. Cheap, because the pieces between quotes
    alternate between outside and inside, and only the outer ones' edges have to be looked at.
    """

    def __init__(self, delimiter: str) -> None:
        self._edges = delimiter.encode() + b"\r\n"
        self._inside = False
        self._open = b"\n"  # the piece that is not at its end yet: its first and its last byte

    @property
    def closed(self) -> bool:
        return not self._inside and (not self._open or self._open[0] in self._edges)

    def well_placed(self, text: bytes) -> bool:
        *whole, rest = (self._open + text).split(b'"')
        for piece in whole[self._inside :: 2]:
            # An empty piece lies between the two halves of a doubled quote.
            if piece and (piece[0] not in self._edges or piece[-1] not in self._edges):
                return False
        self._inside ^= bool(len(whole) & 1)
        self._open = rest if len(rest) < 2 else rest[:1] + rest[-1:]
        return True


def _legacy(path: Path) -> str:
    """Return ``cp1252`` if the file can be that, having been found not to be UTF-8.

    A few bad bytes in a file full of good UTF-8 mean that two encodings were mixed. Reading that as
    Windows-1252 would garble everybody else's name, so it is refused.
    """
    good = bad = 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    line = 1
    undefined: int | None = None
    with path.open("rb") as stream:
        for chunk in chunks(stream):
            text = decoder.decode(chunk)
            replaced = text.count("\ufffd")
            bad += replaced
            good += len(_NOT_ASCII.findall(text)) - replaced
            found = _UNDEFINED_IN_CP1252.search(chunk)
            if found and undefined is None:
                undefined = line + chunk.count(b"\n", 0, found.start())
            line += chunk.count(b"\n")
    bad += bool(decoder.decode(b"", final=True))
    if good * 20 >= bad:
        raise InvalidInput(_broken_utf8(path, "mixes UTF-8 with another encoding: "))
    if undefined is not None:
        raise InvalidInput(
            Problem(
                f"is neither UTF-8 nor Windows-1252 (first doubtful byte in line {undefined})",
                path,
                undefined,
                hint=_SAVE_AS_UTF8,
            )
        )
    return "cp1252"


def _broken_utf8(path: Path, what: str) -> Problem:
    line = 1
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with path.open("rb") as stream:
        for chunk in chunks(stream):
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line += chunk.count(b"\n", 0, max(0, error.start - held))
                break
            line += chunk.count(b"\n")
    return Problem(
        f"{what}the first byte that does not fit is in line {line}", path, line, hint=_SAVE_AS_UTF8
    )
