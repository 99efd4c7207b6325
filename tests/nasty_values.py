"""Numbers, moments and zones in the forms people give them, and bytes that are lost."""

from nasty_files import ANN, BOB, CAT, DAN, nasty
from nasty_files import Accepted as Ok

FORMS = [
    "+1.415.555.{}",
    "415/555-{}",
    "415 – 555 – {}",
    "(415)555{}",
    "1(415)555-{}",
    "415-555-{} #12",
    "tel:+1-415-555-{};ext=5",
    "cell 415-555-{}",
    "Cell: 415-555-{}",
    "415.555.{} Ext 4",
    "+1 415 555 {} (mobile)",
    " 1 415 555 {} ",
    '"(415) 555-{}"',
    "+1-(415)-555-{}",
    "415–555–{}",
    "4 1 5 5 5 5 {}",
    "415-555-{},,9#",
    "'+1415555{}",
    '="1415555{}"',
    "=+1415555{}",
    "1415555{}.0",
    "+1 (415) 555-{}",
]
ZONES = [
    "EST",
    "EDT",
    "ET",
    "US/Eastern",
    "america/new_york",
    "Eastern Time",
    "Eastern Standard Time",
    "(UTC-05:00) Eastern Time (US & Canada)",
]
VALUES = [
    nasty(
        "one kind of number in many forms",
        "Name\tPhone\n"
        + "".join(f"N{n}\t{form.format(2700 + n)}\n" for n, form in enumerate(FORMS)),
        *(Ok(n + 2, f"+1415555{2700 + n}", f"N{n}") for n in range(len(FORMS))),
    ),
    nasty(
        "numbers that are never guessed",
        "Name,Phone\nA,415-555-2O71\nB,415-555-2671 pending\nC,+4155552671\nD,04155552671\n"
        "E,415-555-26711\nF,44 20 8366 1177\nG,415-555-26\nH,415-555-2671/72\n",
        (2, "unparseable_phone"),
        (3, "unparseable_phone"),
        (4, "invalid_phone"),
        (5, "invalid_phone"),
        (6, "invalid_phone"),
        (7, "invalid_phone"),
        (8, "invalid_phone"),
        (9, "unparseable_phone"),
    ),
    nasty(
        "the same number twice in a cell",
        "Name,Phone\nA,415-555-2671 415-555-2671\n",
        Ok(2, ANN, "A"),
    ),
    nasty(
        "German numbers",
        "Name;Telefon\nMüller, Jörg;030/901820\nX;0171 1234567\nZ;+49 (0)171 / 1234568\n",
        Ok(2, "+4930901820", "Müller, Jörg"),
        Ok(3, "+491711234567", "X"),
        Ok(4, "+491711234568", "Z"),
        arguments="--country DE",
    ),
    nasty(
        "a Canadian list",
        "Name,Phone\nA,416-555-2612\nB,415-555-2671\n",
        Ok(2, "+14165552612", "A"),
        (3, "country_not_allowed"),
        arguments="--country CA",
    ),
    nasty(
        "countries as people write them",
        "Name,Phone,Country\nA,415-555-2671,us\nB,212-555-2368,U.S.A.\nC,020 8366 1177,uk\n"
        "D,020 8366 1178,+44\nE,312-555-2942,1\nF,617-555-2831,United States of America\n",
        Ok(2, ANN, "A", data={}),
        Ok(3, BOB, "B"),
        Ok(4, "+442083661177", "C"),
        Ok(5, "+442083661178", "D"),
        Ok(6, CAT, "E"),
        Ok(7, DAN, "F"),
        arguments="--allow-country US,GB",
    ),
    nasty(
        "zones as people write them",
        "Name\tPhone\tTimezone\n"
        + "".join(f"N{n}\t800-356-937{n}\t{zone}\n" for n, zone in enumerate(ZONES)),
        *(
            Ok(n + 2, f"+1800356937{n}", f"N{n}", zone="America/New_York")
            for n in range(len(ZONES))
        ),
    ),
    nasty(
        "moments as people write them",
        "Name,Phone,call_not_before\nA,415-555-2671,2026-12-01T10:00:00Z\n"
        "B,212-555-2368,2026-12-01\nC,312-555-2942,13/12/2026 9:00\nD,617-555-2831,12/01/2026\n"
        "E,415-555-2672,2026-13-45\nF,415-555-2673,tomorrow\n",
        Ok(2, ANN, "A"),
        Ok(3, BOB, "B"),
        Ok(4, CAT, "C"),
        (5, "bad_row"),
        (6, "bad_row"),
        (7, "bad_row"),
    ),
    nasty(
        "a column that says whom not to call",
        "Name,Phone,Do Not Call\nA,415-555-2671,yes\nB,212-555-2368,no\nC,312-555-2942,\n",
        (2, "suppressed"),
        Ok(3, BOB, "B"),
        Ok(4, CAT, "C"),
    ),
    nasty(
        "five thousand blank rows",
        "Name,Phone\nAnn,415-555-2671\n" + ",\n" * 5000,
        Ok(2, ANN, "Ann"),
        blank=5000,
    ),
    nasty(
        "a byte that is nothing in any encoding",
        b"Name,Phone\nJos\x81,415-555-2671\nBob,212-555-2368\n",
        Ok(2, ANN, "Jos\ufffd"),
        Ok(3, BOB, "Bob"),
        warnings="undecodable_characters",
    ),
    nasty(
        "text that was encoded twice",
        "Name,Phone\nJosÃ©,415-555-2671\n",
        Ok(2, ANN, "JosÃ©"),
        warnings="suspicious_encoding",
    ),
    nasty(
        "windows-1252 after five thousand rows of ascii",
        ("Name,Phone\n" + "x,\n" * 5000 + "Zoë,415-555-2671\n").encode("cp1252"),
        *((row, "missing_phone") for row in range(2, 5002)),
        Ok(5002, ANN, "Zoë"),
        warnings="many_rejected",
    ),
    nasty(
        "utf-16 with quotes and a line break",
        'Name\tPhone\tNote\n"Lee ""A"""\t415-555-2671\t"a\nb"\n'.encode("utf-16"),
        Ok(2, ANN, 'Lee "A"', data={"Note": "a\nb"}),
    ),
    nasty(
        "CR only with a CR in quotes",
        'Name,Phone\r"Ann\rLee",415-555-2671\rBob,212-555-2368\r',
        Ok(2, ANN, "Ann\rLee"),
        Ok(3, BOB, "Bob"),
    ),
    nasty(
        "backslashes",
        'Name,Phone\n"Bob \\"B\\" Lee",415-555-2671\nC:\\x,212-555-2368\n',
        Ok(2, ANN, 'Bob "B" Lee'),
        Ok(3, BOB, "C:\\x"),
    ),
]
