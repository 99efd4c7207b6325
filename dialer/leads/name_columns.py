"""Which half of a name a column called "Name" holds, told by the column beside it."""

from collections.abc import Sequence

from dialer.leads.header_words import LeadField, header_key

_HALVES = frozenset({"name", "nom", "nombre", "nome", "naam", "namn", "navn"})
_BESIDE_A_SURNAME = frozenset(
    {"vorname", "vornamen", "prenom", "prenoms", "voornaam", "fornamn", "fornavn"}
)


def name_halves(found: dict[LeadField, int], *, headers: Sequence[str]) -> dict[LeadField, int]:
    """Take "Nombre, Apellidos" and "Vorname, Name" for a first and a last name.

    "Full name" beside one half stays the whole name, and so does English "Name" beside
    "First name", which is as often the one as the other.
    """
    place = found.get(LeadField.NAME)
    if place is None or header_key(headers[place]) not in _HALVES:
        return found
    first, last = found.get(LeadField.FIRST_NAME), found.get(LeadField.LAST_NAME)
    others = dict(found)
    del others[LeadField.NAME]
    if first is None and last is not None:
        return {LeadField.FIRST_NAME: place, **others}
    if first is not None and last is None and header_key(headers[first]) in _BESIDE_A_SURNAME:
        return {**others, LeadField.LAST_NAME: place}
    return found
