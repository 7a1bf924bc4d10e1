"""Which of several patterns match the numbers of one length, as runs of equal answers in order.

Invariant: the runs of a length cover every number of that length exactly once, in ascending order,
and neighbours differ. The digits are walked from the left, with the set of what remains of every
pattern as the state; equal states are walked once, and what has the same answer for all that may
still follow is one run, however long.
"""

from __future__ import annotations

from collections.abc import Iterable

from campaign.audience.numbering.patterns import Terms, sequence

Answer = frozenset[int]
"""The numbers of the patterns that match."""

Runs = tuple[tuple[int, Answer], ...]
"""How many numbers, one after another, have which answer."""

_State = frozenset[tuple[int, int]]
"""Pairs of a pattern's number and a term that remains of it."""

_NOTHING: Answer = frozenset()


class Patterns:
    """Some patterns, asked together: some match whole numbers, some (prefixes) their beginning."""

    def __init__(self, terms: Terms, whole: Iterable[str], prefixes: Iterable[str] = ()) -> None:
        """Take the patterns; they are numbered in this order, the whole ones first.

        Raises:
            Unreadable: A pattern uses what is not read here.
        """
        whole, prefixes = tuple(whole), tuple(prefixes)
        self._terms = terms
        self._prefixes = frozenset(range(len(whole), len(whole) + len(prefixes)))
        self._start: _State = frozenset(
            (number, terms.term(sequence(pattern)))
            for number, pattern in enumerate((*whole, *prefixes))
        )
        self._next: dict[_State, tuple[_State, ...]] = {}
        self._lengths: dict[_State, int] = {}
        self._runs: dict[tuple[_State, int], Runs] = {}

    def runs(self, length: int) -> Runs:
        """Return the runs of all numbers with so many digits."""
        return self._runs_of(self._start, length)

    def _runs_of(self, state: _State, remaining: int) -> Runs:
        if not self._lengths_of(state) >> remaining & 1:
            return ((10**remaining, _NOTHING),)
        if remaining == 0:
            return ((1, self._answer(state)),)
        key = (state, remaining)
        if key not in self._runs:
            self._runs[key] = _joined(
                self._runs_of(follower, remaining - 1) for follower in self._followers(state)
            )
        return self._runs[key]

    def _answer(self, state: _State) -> Answer:
        return frozenset(number for number, term in state if self._terms.matched(term))

    def _lengths_of(self, state: _State) -> int:
        """Return the set of numbers of digits that may follow until a pattern matches, as bits."""
        if state not in self._lengths:
            lengths = 0
            for number, term in state:
                # A prefix that is not excluded yet may be found at any length.
                lengths |= -1 if number in self._prefixes else self._terms.lengths(term)
            self._lengths[state] = lengths
        return self._lengths[state]

    def _followers(self, state: _State) -> tuple[_State, ...]:
        if state not in self._next:
            afters = [(number, self._terms.after(term)) for number, term in state]
            self._next[state] = tuple(
                frozenset(
                    (number, self._settled(number, term))
                    for number, after in afters
                    for term in after[digit]
                )
                for digit in range(10)
            )
        return self._next[state]

    def _settled(self, number: int, term: int) -> int:
        """Return the term, or that a prefix has been found whatever follows."""
        if number in self._prefixes and self._terms.matched(term):
            return Terms.WHATEVER_FOLLOWS
        return term


def _joined(parts: Iterable[Runs]) -> Runs:
    joined: list[tuple[int, Answer]] = []
    for part in parts:
        for size, answer in part:
            if joined and joined[-1][1] == answer:
                joined[-1] = (joined[-1][0] + size, answer)
            else:
                joined.append((size, answer))
    return tuple(joined)
