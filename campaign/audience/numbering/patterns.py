"""The regular expressions of numbering plans, as trees, and what remains of them after a digit.

Invariant: a pattern is read whole or refused. The metadata of ``phonenumbers`` uses a small part of
the language: digits, classes, groups, alternatives, ``?`` and counted repetitions. Python's own
parser of patterns is private and differs between versions, so this part is read here; whatever else
may turn up one day raises `Unreadable`, and its numbers are left to ``phonenumbers`` itself.

What remains is kept as *terms* (V. Antimirov, "Partial derivatives of regular expressions and
finite automaton constructions", 1996): a term is a sequence of parts, and reading one digit turns
it into a set of terms. Equal remainders are one object, so that the many branches of a numbering
plan that end in the same ``\\d{6}`` are followed once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ANY_DIGIT = 0b11_1111_1111
"""The set of all ten digits; bit ``n`` stands for the digit ``n``."""

_TOKEN = re.compile(
    r"(?P<digit>\d)|(?P<any>\\d)|\[(?P<set>[\d-]+)\]|(?P<open>\((?:\?:)?)|(?P<close>\))"
    r"|(?P<either>\|)|(?P<maybe>\?)|\{(?P<least>\d+)(?P<range>,(?P<most>\d+))?\}|(?P<end>\$)"
)


class Unreadable(ValueError):
    """A pattern uses something that is not read here."""


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit out of a set."""

    among: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences."""

    of: tuple[tuple[Part, ...], ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part, ``least`` to ``most`` times."""

    part: Digit | Choice
    least: int
    most: int


Part = Digit | Choice | Repeat


def sequence(pattern: str) -> tuple[Part, ...]:
    """Return the pattern as a sequence of parts.

    A ``$`` is passed over: the sequence then matches more than the pattern, never less.

    Raises:
        Unreadable: It uses what is not read here.
    """
    tokens: list[re.Match[str]] = []
    at = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise Unreadable(pattern)
        tokens.append(token)
        at = token.end()
    tokens.reverse()
    try:
        return (_alternatives(tokens, inside=False),)
    except IndexError:
        raise Unreadable(pattern) from None


def _alternatives(tokens: list[re.Match[str]], *, inside: bool) -> Choice:
    branches: list[tuple[Part, ...]] = []
    branch: list[Part] = []
    while inside or tokens:
        token = tokens.pop()
        kind = token.lastgroup if token.lastgroup not in ("range", "most") else "least"
        if kind == "close" and inside:
            break
        if kind == "either":
            branches.append(tuple(branch))
            branch = []
        elif kind in ("maybe", "least"):
            branch.append(_repeated(branch.pop(), token))
        elif kind == "open":
            branch.append(_alternatives(tokens, inside=True))
        elif kind == "end":
            continue
        elif kind == "close":
            raise Unreadable(token.string)
        else:
            branch.append(Digit(_digits(token)))
    return Choice((*branches, tuple(branch)))


def _repeated(part: Part, token: re.Match[str]) -> Repeat:
    if isinstance(part, Repeat):
        raise Unreadable(token.string)
    if token["maybe"]:
        return Repeat(part, 0, 1)
    least = int(token["least"])
    return Repeat(part, least, int(token["most"]) if token["most"] else least)


def _digits(token: re.Match[str]) -> int:
    if token["any"]:
        return ANY_DIGIT
    if token["digit"]:
        return 1 << int(token["digit"])
    among = 0
    for first, last in re.findall(r"(\d)(?:-(\d))?", token["set"]):
        for digit in range(int(first), int(last or first) + 1):
            among |= 1 << digit
    return among


class Terms:
    """Sequences of parts by number, and what each becomes when it reads a digit.

    Term 0 is the empty sequence, which has matched; term 1 has matched whatever follows.
    """

    MATCHED = 0
    WHATEVER_FOLLOWS = 1

    def __init__(self) -> None:
        self._numbers: dict[tuple[Part, int], int] = {}
        self._terms: list[tuple[Part, int]] = [(Digit(0), 0), (Digit(0), 1)]
        self._after: dict[int, tuple[frozenset[int], ...]] = {
            self.MATCHED: (frozenset(),) * 10,
            self.WHATEVER_FOLLOWS: (frozenset((self.WHATEVER_FOLLOWS,)),) * 10,
        }
        self._lengths: dict[int, int] = {self.MATCHED: 1, self.WHATEVER_FOLLOWS: -1}

    def term(self, parts: tuple[Part, ...], rest: int = MATCHED) -> int:
        """Return the number of the sequence with ``rest`` behind it."""
        for part in reversed(parts):
            key = (part, rest)
            rest = self._numbers.setdefault(key, len(self._terms))
            if rest == len(self._terms):
                self._terms.append(key)
        return rest

    def matched(self, term: int) -> bool:
        """Tell whether the term needs no further digit."""
        return bool(self.lengths(term) & 1)

    def lengths(self, term: int) -> int:
        """Return how many digits may follow until the term has matched, as a set of bits."""
        if term not in self._lengths:
            part, rest = self._terms[term]
            self._lengths[term] = _sums(_lengths(part), self.lengths(rest))
        return self._lengths[term]

    def after(self, term: int) -> tuple[frozenset[int], ...]:
        """Return, for each of the ten digits, the terms that remain once it is read."""
        if term not in self._after:
            part, rest = self._terms[term]
            self._after[term] = self._derived(part, rest)
        return self._after[term]

    def _derived(self, part: Part, rest: int) -> tuple[frozenset[int], ...]:
        if isinstance(part, Digit):
            remains, nothing = frozenset((rest,)), frozenset[int]()
            return tuple(remains if part.among >> digit & 1 else nothing for digit in range(10))
        if isinstance(part, Choice):
            return _union([self.after(self.term(branch, rest)) for branch in part.of])
        ways: list[tuple[frozenset[int], ...]] = []
        if part.most:
            fewer = Repeat(part.part, max(part.least - 1, 0), part.most - 1)
            ways.append(self._derived(part.part, self.term((fewer,) if fewer.most else (), rest)))
        if not part.least:
            ways.append(self.after(rest))
        return _union(ways)


def _union(ways: list[tuple[frozenset[int], ...]]) -> tuple[frozenset[int], ...]:
    if len(ways) == 1:
        return ways[0]
    return tuple(frozenset().union(*(way[digit] for way in ways)) for digit in range(10))


def _lengths(part: Part) -> int:
    if isinstance(part, Digit):
        return 0b10
    if isinstance(part, Choice):
        either = 0
        for branch in part.of:
            lengths = 1
            for member in branch:
                lengths = _sums(lengths, _lengths(member))
            either |= lengths
        return either
    once, times, repeated = _lengths(part.part), 1, 0
    for count in range(part.most + 1):
        repeated |= times if count >= part.least else 0
        times = _sums(times, once)
    return repeated


def _sums(some: int, others: int) -> int:
    """Return every sum of a length of the one set and one of the other."""
    sums, length = 0, 0
    while some >> length:
        sums |= others << length if some >> length & 1 else 0
        length += 1
    return sums
