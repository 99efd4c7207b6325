"""Rotation: whose turn it is, by weight, told from the number of the turn alone."""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

FINEST = 100
"""Weights are read in hundredths at the finest."""
LONGEST = 1_000
"""A rotation begins anew after so many turns at most; weights in odd proportions are rounded."""


def whose_turn(weights: Sequence[float], *, turn: int) -> int:
    """Give the place of the one whose turn it is.

    After any number of turns from the first on everybody had its share of them, give or take less
    than one; equal weights take turns one after the other.
    """
    if min(weights) == max(weights):
        return turn % len(weights)
    order = _order(tuple(weights))
    return order[turn % len(order)]


@lru_cache(maxsize=1024)
def _order(weights: tuple[float, ...]) -> tuple[int, ...]:
    """Give the places of one whole rotation.

    The next turn is that of the one whose next is due first, among those who are not ahead of
    their share: the quota method of Balinski and Young, which keeps everybody within one turn.
    """
    shares = _whole(weights)
    total = sum(shares)
    had = [0] * len(shares)
    order = []
    for turn in range(1, total + 1):
        behind = [place for place, share in enumerate(shares) if had[place] * total < turn * share]
        place = min(behind, key=lambda one: ((had[one] + 1) / shares[one], one))
        had[place] += 1
        order.append(place)
    return tuple(order)


def _whole(weights: tuple[float, ...]) -> list[int]:
    """Give whole numbers in the proportions of the weights."""
    parts = [max(Fraction(one).limit_denominator(FINEST), Fraction(1, FINEST)) for one in weights]
    shares = [int(part * lcm(*(one.denominator for one in parts))) for part in parts]
    if sum(shares) > LONGEST:
        total = sum(shares)
        shares = [max(1, round(share * LONGEST / total)) for share in shares]
    return [share // gcd(*shares) for share in shares]
