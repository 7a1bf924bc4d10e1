"""How far a share, or the difference of two, can be trusted: 95 % confidence intervals.

Wilson's score interval of one share, and Newcombe's of the difference of two independent ones,
which is made of Wilson's (R. G. Newcombe, *Interval estimation for the difference between
independent proportions: comparison of eleven methods*, Statistics in Medicine 17, 1998, method 10;
Wilson's is method 3 of *Two-sided confidence intervals for the single proportion*, ibid.).
Invariant: a share of nobody has no interval; neither limit leaves the range that is possible.
"""

from __future__ import annotations

from math import sqrt

_Z = 1.959963984540054
"""The two-sided 95 % point of the normal distribution."""


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """Return between which shares the true one is, if so many of so many were seen."""
    if whole == 0:
        return None
    share, z2 = part / whole, _Z * _Z
    middle = (2 * part + z2) / (2 * (whole + z2))
    half = _Z * sqrt(z2 + 4 * part * (1 - share)) / (2 * (whole + z2))
    # At the two ends the limit is the share itself, which rounding would miss.
    low = 0.0 if part == 0 else max(middle - half, 0.0)
    high = 1.0 if part == whole else min(middle + half, 1.0)
    return low, high


def newcombe(part: int, whole: int, other: int, of: int) -> tuple[float, float] | None:
    """Return between which differences the true one is: ``part / whole`` less ``other / of``."""
    first, second = wilson(part, whole), wilson(other, of)
    if first is None or second is None:
        return None
    one, two = part / whole, other / of
    down = sqrt((one - first[0]) ** 2 + (second[1] - two) ** 2)
    up = sqrt((first[1] - one) ** 2 + (two - second[0]) ** 2)
    return max(one - two - down, -1.0), min(one - two + up, 1.0)
