"""Randomness that depends on what is asked about, not on who asks first."""

import random


def chance(seed: int, *subject: object) -> random.Random:
    """Give the dice for one subject, always the same for the same seed and subject.

    A call's fate is drawn by its number and how often that number was called, so a run can be
    repeated although threads race: the order of arrival changes nothing.
    """
    return random.Random("|".join([str(seed), *map(str, subject)]))
