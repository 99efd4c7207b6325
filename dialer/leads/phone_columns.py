"""Which columns hold telephone numbers.

A wrong number is worse than none: words decide, cells may object, and cells alone decide only
where no word does.
"""

from collections.abc import Sequence

from dialer.leads.content import ColumnSample
from dialer.leads.header_words import Likeness, names_no_numbers, phone_likeness, phone_rank


def phones_by_words(
    headers: Sequence[str], *, places: Sequence[int], samples: Sequence[ColumnSample]
) -> list[int]:
    """Give the columns whose header means a telephone, the one to dial first.

    A column called "Phone" that holds ids or words steps back where another one holds numbers;
    where none does it stays, so that its rows are rejected one by one.
    """
    likeness = {place: phone_likeness(headers[place]) for place in places}
    sure = [place for place in places if likeness[place] is Likeness.SURE]
    likely = [place for place in places if likeness[place] is Likeness.LIKELY]
    proven = [
        place
        for place in places
        if likeness[place] is Likeness.POSSIBLE and samples[place].is_phones
    ]
    good = [p for p in (*sure, *likely, *proven) if not samples[p].has_nothing_like_a_phone]
    if all(samples[place].is_empty for place in good):
        good = [*good, *(place for place in sure if place not in good)]
    return sorted(good, key=lambda place: (phone_rank(headers[place]), place))


def phones_by_cells(
    headers: Sequence[str], *, places: Sequence[int], samples: Sequence[ColumnSample]
) -> list[int]:
    """Give the columns whose cells are numbers, though no header says so; never a column of ids."""
    return [
        place
        for place in places
        if samples[place].is_phones
        and not samples[place].is_counted
        and not names_no_numbers(headers[place])
    ]


def phones_of_bare_rows(samples: Sequence[ColumnSample]) -> list[int]:
    """Give the columns of numbers in a file without a header.

    Numbers that count up are ids beside a column of other numbers, and a list of test numbers
    where they stand alone. Where most cells are bad, the one column with any number is meant.
    """
    places = [place for place, sample in enumerate(samples) if sample.is_phones]
    if not places:
        any_number = [place for place, sample in enumerate(samples) if sample.phone_share]
        return any_number if len(any_number) == 1 else []
    return [place for place in places if not samples[place].is_counted] or places


def phones_at_worst(headers: Sequence[str], *, places: Sequence[int]) -> list[int]:
    """Give the columns that speak of a telephone, whatever they hold."""
    return [place for place in places if phone_likeness(headers[place]) is Likeness.LIKELY]
