"""Which column holds what, told by the words in the header."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dialer.domain.variables import check_variable_names
from dialer.leads.problems import FileProblem, FileProblemCode


class LeadField(StrEnum):
    """What the dialer itself wants to know of a lead."""

    PHONE = "phone"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    COMPANY = "company"
    TIME_ZONE = "time_zone"
    COUNTRY = "country"
    EXTERNAL_REF = "external_ref"
    DO_NOT_CALL = "do_not_call"  # a mark in the file itself; such a row is not imported


# Most wanted first: that number is dialed, the others are kept beside it.
_PHONE_WORDS = (
    "phone phonenumber phoneno phone1 primaryphone mainphone telephone telephonenumber tel telno "
    "contactnumber contactphone contactno phonee164 e164 tonumber callnumber dialnumber "
    "telefon telefonnummer telefono numerodetelefono telefone telephonefixe numerodetelephone "
    "rufnummer telefoonnummer",
    "mobile mobilephone mobilenumber mobileno mobilephonenumber cell cellphone cellnumber "
    "cellphonenumber handy handynummer mobil mobiltelefon movil celular portable gsm whatsapp",
    "homephone homephonenumber hometelephone workphone workphonenumber businessphone officephone "
    "directphone directdial dayphone eveningphone otherphone phone2 phone3 alternatephone "
    "altphone secondaryphone mobile2 companyphone",
)
_WORDS: Mapping[LeadField, str] = {
    LeadField.NAME: "name fullname contactname contact leadname customername customer nombre "
    "nombrecompleto nomcomplet nome nomecompleto ansprechpartner",
    LeadField.FIRST_NAME: "firstname first givenname forename fname vorname prenom primernombre "
    "primeironome voornaam",
    LeadField.LAST_NAME: "lastname last surname familyname lname nachname nomdefamille apellido "
    "apellidos sobrenome achternaam",
    LeadField.EMAIL: "email emailaddress mail emailadresse correo correoelectronico courriel",
    LeadField.COMPANY: "company companyname business businessname organization organisation "
    "account accountname employer firma unternehmen empresa entreprise societe bedrijf",
    LeadField.TIME_ZONE: "timezone tz zeitzone zonahoraria fuseauhoraire timezoneid",
    LeadField.COUNTRY: "country countrycode countryregion land pais pays nation",
    LeadField.EXTERNAL_REF: "externalref externalid externalreference reference ref accountref "
    "accountid leadid contactid customerid crmid recordid salesforceid hubspotid",
    LeadField.DO_NOT_CALL: "donotcall dnc donotcontact optout optedout donotphone",
}
_FIELD_OF: Mapping[str, LeadField] = {
    word: field for field, words in _WORDS.items() for word in words.split()
}
_PHONE_RANK: Mapping[str, int] = {
    word: rank for rank, words in enumerate(_PHONE_WORDS) for word in words.split()
}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where each field stands, by position in the row.

    `variables` maps a position to the name the agent knows it by; columns that begin with `_`
    are our own from a reject file and appear nowhere.
    """

    headers: tuple[str, ...]
    phones: tuple[int, ...]  # the one to dial first
    fields: Mapping[LeadField, int]
    variables: Mapping[int, str]

    def other_variables(self) -> dict[int, str]:
        """Give the variables that are no field of ours."""
        known = {*self.phones, *self.fields.values()}
        return {place: name for place, name in self.variables.items() if place not in known}


def header_key(header: str) -> str:
    """Reduce a header to letters and digits, in lower case and without accents."""
    plain = unicodedata.normalize("NFKD", header).casefold()
    return "".join(char for char in plain if char.isalnum())


def has_phone_column(headers: Iterable[str], *, overrides: Mapping[LeadField, str]) -> bool:
    """Tell whether a row reads like a header that names a phone column."""
    wanted = overrides.get(LeadField.PHONE)
    if wanted is not None:
        return header_key(wanted) in map(header_key, headers)
    return any(header_key(header) in _PHONE_RANK for header in headers)


def map_columns(headers: Sequence[str], overrides: Mapping[LeadField, str]) -> ColumnMap:
    """Find the fields among the headers; `overrides` names a column where the words do not.

    Raises:
        FileProblem: no column holds phones, an override names a column that is not there, or
            a column would replace one of Retell's own variables.
    """
    visible = [place for place, header in enumerate(headers) if not header.startswith("_")]
    keys = {place: header_key(headers[place]) for place in visible}
    chosen = {
        field: _place_of(header, keys=keys, headers=headers) for field, header in overrides.items()
    }
    fields: dict[LeadField, int] = {
        field: place for field, place in chosen.items() if field is not LeadField.PHONE
    }
    for place, key in keys.items():
        if (field := _FIELD_OF.get(key)) and place not in chosen.values():
            fields.setdefault(field, place)
    phones = sorted(
        (
            place
            for place, key in keys.items()
            if key in _PHONE_RANK and place not in fields.values()
        ),
        key=lambda place: (_PHONE_RANK[keys[place]], place),
    )
    if (first := chosen.get(LeadField.PHONE)) is not None:
        phones = [first, *(place for place in phones if place != first)]
    if not phones:
        raise _no_phone_column(headers)
    variables = _variable_names(headers, places=visible)
    _refuse_reserved(variables.values())
    return ColumnMap(tuple(headers), tuple(phones), fields, variables)


def _place_of(wanted: str, *, keys: Mapping[int, str], headers: Sequence[str]) -> int:
    for place in keys:
        if headers[place] == wanted:
            return place
    for place, key in keys.items():
        if key == header_key(wanted):
            return place
    raise FileProblem(
        f'The file has no column "{wanted}".',
        code=FileProblemCode.UNKNOWN_COLUMN,
        why=f"Its columns are: {_listed(headers)}.",
    )


def _variable_names(headers: Sequence[str], *, places: Iterable[int]) -> dict[int, str]:
    """Name the variables after their headers; a repeated header gets `_2`, `_3`."""
    names: dict[int, str] = {}
    taken = {headers[place] for place in places}
    used: set[str] = set()
    for place in places:
        name = header = headers[place] or f"column_{place + 1}"
        n = 1
        while name in used or (n > 1 and name in taken):
            n += 1
            name = f"{header}_{n}"
        used.add(name)
        names[place] = name
    return names


def _refuse_reserved(names: Iterable[str]) -> None:
    if shadowing := check_variable_names(names):
        raise FileProblem(
            f"Retell itself fills these variables: {_listed(shadowing)}.",
            code=FileProblemCode.RESERVED_COLUMN,
            why="A column of that name would replace what the agent knows about its own call.",
            fix=f'Rename the column, for example to "lead_{shadowing[0].strip()}".',
        )


def _no_phone_column(headers: Sequence[str]) -> FileProblem:
    return FileProblem(
        "No column is recognised as a phone number.",
        code=FileProblemCode.NO_PHONE_COLUMN,
        why=f"The columns are: {_listed(headers)}." if any(headers) else None,
        fix='Name it: --map "phone=YOUR COLUMN".',
    )


def _listed(headers: Iterable[str]) -> str:
    shown = [header for header in headers if header]
    rest = f" and {len(shown) - 12} more" if len(shown) > 12 else ""
    return ", ".join(shown[:12]) + rest
