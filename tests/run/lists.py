"""Mixed lists as people have them: good rows, damaged ones, repeats, blanks."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from campaign.channel import Channel

_DAMAGED = (
    "",
    "4.91714E+11",
    "491713920099.0",
    "'+491713920001",
    "+49 171 3920001 ext 5",
    "+491713920001; +491713920002",
    "+1 800 FLOWERS",
    "0171 3920001",
    "+49 1",
    "hello",
)
_BAD_EMAILS = ("", "nobody", "a@b", "two@example.org; three@example.org", "x y@example.org")
_BAD_USERS = ("", "two words", "x" * 200)


@dataclass(frozen=True)
class Mixed:
    """A list on disk: how many rows, and the addresses that are good at least once."""

    path: Path
    rows: int
    good: frozenset[str]


def number(place: int) -> str:
    """Return a valid US mobile-like number for each place below eight million."""
    return f"+1{202 + place // 8_000_000}{2_000_000 + place % 8_000_000}"


def write_mixed(path: Path, channel: Channel, kind: str, rows: int, seed: int = 1) -> Mixed:
    """Write a list of about 80 % good rows, with repeats, damage, blanks and window times."""
    chance = random.Random(seed)
    now = datetime.now(UTC)
    good: list[str] = []
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([_header(kind), "First Name", "Plan", "Last inbound at"])
        for place in range(rows):
            draw = chance.random()
            if draw < 0.08:
                address = chance.choice(_bad(kind))
            elif draw < 0.14 and good:
                address = chance.choice(good)
            else:
                address = _good(kind, place)
                good.append(address)
            name = "" if chance.random() < 0.04 else chance.choice(("Ana", "Zoë", "Łukasz", "Bo"))
            ago = timedelta(hours=chance.choice((1, 5, 12, 30, 100)))
            last = "" if chance.random() < 0.2 else (now - ago).isoformat(timespec="seconds")
            writer.writerow([address, name, chance.choice(("Basic", "Plus")), last])
    return Mixed(path, rows, frozenset(good))


def _header(kind: str) -> str:
    return {"number": "Phone", "email": "E-mail", "user_id": "User ID"}[kind]


def _good(kind: str, place: int) -> str:
    if kind == "number":
        return number(place)
    return f"person{place}@example.org" if kind == "email" else f"user-{place}"


def _bad(kind: str) -> tuple[str, ...]:
    return {"number": _DAMAGED, "email": _BAD_EMAILS, "user_id": _BAD_USERS}[kind]
