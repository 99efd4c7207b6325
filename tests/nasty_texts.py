"""Encodings, delimiters, headers, line endings and quotes that go wrong."""

from nasty_files import ANN, BOB, CAT, DAN, nasty
from nasty_files import Accepted as Ok

TWO = "Name,Phone,City\nJosé Müller,415-555-2671,Zürich\nBob,(212) 555-2368,Rome\n"
TWO_ROWS = (
    Ok(2, ANN, "José Müller", data={"City": "Zürich"}),
    Ok(3, BOB, "Bob", data={"City": "Rome"}),
)
MIXED = (
    b"Name,Phone\n" + "Zoë,415-555-2671\n".encode() + "Renée – Lee,212-555-2368\n".encode("cp1252")
)

ENCODINGS = [
    nasty("utf-8", TWO, *TWO_ROWS),
    nasty("utf-8 with a mark", "\ufeff" + TWO, *TWO_ROWS),
    nasty("utf-8 with two marks", "\ufeff\ufeff" + TWO, *TWO_ROWS),
    nasty("utf-16 little endian of Excel", TWO.replace(",", "\t").encode("utf-16"), *TWO_ROWS),
    nasty("utf-16 big endian", b"\xfe\xff" + TWO.encode("utf-16-be"), *TWO_ROWS),
    nasty("utf-16 without a mark", TWO.encode("utf-16-le"), *TWO_ROWS),
    nasty("utf-16 big endian without a mark", TWO.encode("utf-16-be"), *TWO_ROWS),
    nasty("utf-16 cut in the middle of a unit", TWO.encode("utf-16")[:-1], *TWO_ROWS),
    nasty("windows-1252", TWO.encode("cp1252"), *TWO_ROWS),
    nasty(
        "windows-1252 quotes and euro",
        "Name,Phone,Budget\n“Ann” O’Neil,415-555-2671,€ 5\n".encode("cp1252"),
        Ok(2, ANN, "“Ann” O’Neil", data={"Budget": "€ 5"}),
    ),
    nasty(
        "two encodings in one file",
        MIXED,
        Ok(2, ANN, "Zoë"),
        Ok(3, BOB, "Renée – Lee"),
        warnings="mixed_encoding",
    ),
    nasty(
        "a second file glued below with its mark and header",
        "\ufeffName,Phone\nAnn,415-555-2671\n\ufeffName,Phone\nBob,212-555-2368\n",
        Ok(2, ANN, "Ann"),
        (3, "unparseable_phone"),
        Ok(4, BOB, "Bob"),
    ),
    nasty(
        "NUL in a cell",
        b"Name,Phone\nA\0nn,415-555-2671\n",
        Ok(2, ANN, "Ann"),
        warnings="control_chars_removed",
    ),
    nasty(
        "control characters",
        b"Name,Phone\nA\x07nn\x1b,415-\x01555-2671\n",
        Ok(2, ANN, "Ann"),
        warnings="control_chars_removed",
    ),
    nasty(
        "NUL padding at the end",
        b"Name,Phone\nAnn,415-555-2671\n" + b"\0" * 40,
        Ok(2, ANN, "Ann"),
    ),
    nasty(
        "an end of file mark of DOS", b"Name,Phone\r\nAnn,415-555-2671\r\n\x1a", Ok(2, ANN, "Ann")
    ),
]

DELIMITERS = [
    nasty("semicolons", TWO.replace(",", ";"), *TWO_ROWS),
    nasty("pipes", TWO.replace(",", "|"), *TWO_ROWS),
    nasty("tabs", TWO.replace(",", "\t"), *TWO_ROWS),
    nasty(
        "tabs with commas in cells",
        "Name\tPhone\tCity\nLee, Ann\t415-555-2671\tRome, Italy\nLee, Bob\t212-555-2368\tA, B\n",
        Ok(2, ANN, "Lee, Ann", data={"City": "Rome, Italy"}),
        Ok(3, BOB, "Lee, Bob", data={"City": "A, B"}),
    ),
    nasty(
        "semicolons with decimal commas",
        "Name;Phone;Budget\nAnn;415-555-2671;1.200,50\nBob;212-555-2368;3,5\n",
        Ok(2, ANN, "Ann", data={"Budget": "1.200,50"}),
        Ok(3, BOB, "Bob", data={"Budget": "3,5"}),
    ),
    nasty("sep line", "sep=;\r\n" + TWO.replace(",", ";").replace("\n", "\r\n"), *TWO_ROWS),
    nasty("sep line after a mark", "\ufeffsep=|\n" + TWO.replace(",", "|"), *TWO_ROWS),
    nasty("sep line in quotes", '"sep=;"\n' + TWO.replace(",", ";"), *TWO_ROWS),
    nasty("SEP= of a tab", "SEP=\t\n" + TWO.replace(",", "\t"), *TWO_ROWS),
    nasty("one column", "Phone\n415-555-2671\n212-555-2368\n", Ok(2, ANN), Ok(3, BOB)),
    nasty(
        "one column without a header",
        "415-555-2671\n(212) 555-2368\n",
        Ok(1, ANN),
        Ok(2, BOB),
        warnings="no_header",
    ),
    nasty(
        "one cell",
        "4155552671",
        Ok(1, ANN),
        warnings="no_header",
    ),
]

HEADERS = [
    nasty(
        "two title rows",
        "Leads of spring,,\nexported by Ann on 2024-05-01,,\n" + TWO,
        Ok(4, ANN, "José Müller", data={"City": "Zürich"}),
        Ok(5, BOB, "Bob", data={"City": "Rome"}),
        warnings="title_rows_skipped",
    ),
    nasty(
        "a title and a blank row",
        "Leads of spring\n\n" + TWO,
        Ok(4, ANN, "José Müller", data={"City": "Zürich"}),
        Ok(5, BOB, "Bob", data={"City": "Rome"}),
        warnings="title_rows_skipped",
    ),
    nasty(
        "no header",
        "Ann,415-555-2671,ann@x.org\nBob,212-555-2368,bob@x.org\n",
        Ok(1, ANN, None, "ann@x.org", data={"column_1": "Ann"}),
        Ok(2, BOB, None, "bob@x.org", data={"column_1": "Bob"}),
        warnings="no_header",
    ),
    nasty(
        "shouting and spaced headers",
        ' FULL_NAME , "PHONE  Number" ,E-MAIL address\nAnn,415-555-2671,ann@x.org\n',
        Ok(2, ANN, "Ann", "ann@x.org", data={}),
    ),
    nasty(
        "a line break in a header",
        'Name,"Phone\nnumber",City\nAnn,415-555-2671,Rome\n',
        Ok(2, ANN, "Ann", data={"City": "Rome"}),
    ),
    nasty(
        "German",
        "Vorname;Nachname;Telefonnummer;E-Mail;Firma;Ort\n"
        "Jörg;Weiß;030 901820;j@x.de;Weiß GmbH;Köln\n",
        Ok(2, "+4930901820", "Jörg Weiß", "j@x.de"),
        arguments="--country DE",
    ),
    nasty(
        "Spanish",
        "Nombre,Apellidos,Teléfono móvil,Correo electrónico,Ciudad\n"
        "José,Núñez,612 345 678,j@x.es,Lugo\n",
        Ok(2, "+34612345678", "José Núñez", "j@x.es", data={"Ciudad": "Lugo"}),
        arguments="--country ES",
    ),
    nasty(
        "French",
        "Prénom;Nom;Téléphone portable;Courriel;Ville\nZoé;Noël;06 12 34 56 78;z@x.fr;Pau\n",
        Ok(2, "+33612345678", "Zoé Noël", "z@x.fr", data={"Ville": "Pau"}),
        arguments="--country FR",
    ),
    nasty(
        "equal headers",
        "Name,Phone,Note,Note,note\nAnn,415-555-2671,a,b,c\n",
        Ok(2, ANN, "Ann", data={"Note": "a", "Note_2": "b", "note": "c"}),
        warnings="duplicate_header",
    ),
    nasty(
        "a header of nothing over a column",
        "Name,,Phone\nAnn,vip,415-555-2671\n",
        Ok(2, ANN, "Ann"),
    ),
    nasty(
        "ids that look like numbers",
        "Customer ID,Name,Contact Number\n2125550147,Ann,415-555-2671\n"
        "3125552000,Bob,212-555-2368\n",
        Ok(2, ANN, "Ann", data={}),
        Ok(3, BOB, "Bob", data={}),
    ),
    nasty(
        "a phone column that only its cells show",
        "Who,Reach,Since\nAnn,415-555-2671,2020\nBob,212-555-2368,2021\n",
        Ok(2, ANN),
        Ok(3, BOB),
    ),
    nasty("nothing", b"", error="empty_file"),
    nasty("a mark and nothing", b"\xef\xbb\xbf", error="empty_file"),
    nasty("white space only", b" \r\n\r\n  \t \n", error="empty_file"),
    nasty("commas only", b",,,\n,,,\n", error="empty_file"),
    nasty("a header only", b"Name,Phone\n", error="no_data_rows"),
    nasty("a header and blank rows", b"Name,Phone\n,\n\n", error="no_data_rows"),
    nasty("no phone column", "Name,City\nAnn,Rome\nBob,Pau\n", error="no_phone_column"),
    nasty(
        "a column of ids is no phone column",
        "Name,Order ID\nAnn,4155552671\nBob,2125552368\n",
        error="no_phone_column",
    ),
    nasty(
        "the header again in the middle",
        "Name,Phone\nAnn,415-555-2671\nName,Phone\nBob,212-555-2368\n",
        Ok(2, ANN, "Ann"),
        (3, "unparseable_phone"),
        Ok(4, BOB, "Bob"),
    ),
]

LINES = [
    nasty("CR only", TWO.replace("\n", "\r"), *TWO_ROWS),
    nasty("CRLF", TWO.replace("\n", "\r\n"), *TWO_ROWS),
    nasty(
        "CR CR LF",
        TWO.replace("\n", "\r\r\n"),
        Ok(3, ANN, "José Müller"),
        Ok(5, BOB, "Bob"),
        blank=3,
    ),
    nasty(
        "three endings in one file",
        "Name,Phone\r\nAnn,415-555-2671\nBob,212-555-2368\rCat,312-555-2942\r\n",
        Ok(2, ANN, "Ann"),
        Ok(3, BOB, "Bob"),
        Ok(4, CAT, "Cat"),
    ),
    nasty(
        "line breaks in quotes",
        'Name,Phone,Note\nAnn,415-555-2671,"one\ntwo\r\nthree"\nBob,later,\nCat,312-555-2942,ok\n',
        Ok(2, ANN, "Ann", data={"Note": "one\ntwo\r\nthree"}),
        (3, "unparseable_phone"),
        Ok(4, CAT, "Cat", data={"Note": "ok"}),
    ),
    nasty(
        "blank rows",
        "Name,Phone\n\nAnn,415-555-2671\n,\n   ,  \n\nBob,212-555-2368\n",
        Ok(3, ANN, "Ann"),
        Ok(7, BOB, "Bob"),
        blank=4,
    ),
    nasty(
        "trailing commas",
        "Name,Phone,,,\nAnn,415-555-2671,,,\nBob,212-555-2368,,,\n",
        Ok(2, ANN, "Ann", data={}),
        Ok(3, BOB, "Bob", data={}),
    ),
    nasty(
        "trailing commas under a header without",
        "Name,Phone\nAnn,415-555-2671,,,\nBob,212-555-2368,,,\n",
        Ok(2, ANN, "Ann", data={}),
        Ok(3, BOB, "Bob", data={}),
    ),
    nasty(
        "short rows",
        "Name,Phone,City,Note\nAnn,415-555-2671\nBob\nCat,312-555-2942,Rome\n",
        Ok(2, ANN, "Ann", data={"City": None, "Note": None}),
        (3, "missing_phone"),
        Ok(4, CAT, "Cat", data={"City": "Rome", "Note": None}),
    ),
    nasty(
        "a comma too many shifts a row",
        "Name,Phone,City\nAnn,415-555-2671,Rome\nLee, Bob,212-555-2368,Pau\n",
        Ok(2, ANN, "Ann", data={"City": "Rome"}),
        (3, "bad_row"),
    ),
    nasty(
        "a comma too many behind the phone",
        "Name,Phone,City\nAnn,415-555-2671,Rome, Italy\nBob,212-555-2368,Pau\n",
        (2, "bad_row"),
        Ok(3, BOB, "Bob", data={"City": "Pau"}),
    ),
]

QUOTES = [
    nasty(
        "a quote left open in the first row",
        'Name,Phone,City\n"Ann,415-555-2671,Rome\nBob,212-555-2368,Pau\nCat,312-555-2942,Bonn\n',
        (2, "bad_row"),
        Ok(3, BOB, "Bob", data={"City": "Pau"}),
        Ok(4, CAT, "Cat", data={"City": "Bonn"}),
        warnings="unclosed_quote",
    ),
    nasty(
        "a quote left open in the middle",
        'Name,Phone,City\nAnn,415-555-2671,Rome\n"Bob,212-555-2368,Pau\nCat,312-555-2942,Bonn\n',
        Ok(2, ANN, "Ann", data={"City": "Rome"}),
        (3, "bad_row"),
        Ok(4, CAT, "Cat", data={"City": "Bonn"}),
        warnings="unclosed_quote",
    ),
    nasty(
        "a quote left open in the last column",
        'Name,Phone,City\nAnn,415-555-2671,"Rome\nBob,212-555-2368,Pau\nCat,312-555-2942,Bonn\n',
        (2, "bad_row"),
        Ok(3, BOB, "Bob", data={"City": "Pau"}),
        Ok(4, CAT, "Cat", data={"City": "Bonn"}),
        warnings="unclosed_quote",
    ),
    nasty(
        "a quote left open in the last row",
        'Name,Phone,City\nAnn,415-555-2671,Rome\nBob,212-555-2368,"Pau',
        Ok(2, ANN, "Ann", data={"City": "Rome"}),
        (3, "bad_row"),
        warnings="unclosed_quote",
    ),
    nasty(
        "a quote left open, and good quotes below",
        'Name,Phone,City\n"Ann,415-555-2671,Rome\n"Bob",212-555-2368,"Pau"\n"Cat",312-555-2942,"Bonn"\n',
        (2, "bad_row"),
        Ok(3, BOB, "Bob", data={"City": "Pau"}),
        Ok(4, CAT, "Cat", data={"City": "Bonn"}),
        warnings="unclosed_quote",
    ),
    nasty(
        "quotes inside a cell without quotes",
        'Name,Phone\nBob "Bobby" Lee,212-555-2368\nAnn 6" Lee,415-555-2671\n',
        Ok(2, BOB, 'Bob "Bobby" Lee'),
        Ok(3, ANN, 'Ann 6" Lee'),
    ),
    nasty(
        "doubled quotes",
        'Name,Phone\n"Bob ""Bobby"" Lee",212-555-2368\n',
        Ok(2, BOB, 'Bob "Bobby" Lee'),
    ),
    nasty(
        "quotes inside quotes",
        'Name,Phone\n"Bob "Bobby" Lee",212-555-2368\nAnn,415-555-2671\n',
        Ok(2, BOB, 'Bob "Bobby" Lee'),
        Ok(3, ANN, "Ann"),
    ),
    nasty(
        "all cells quoted, spaces before the quotes",
        '"Name", "Phone", "City"\n"Ann", "415-555-2671", "Rome, Italy"\n',
        Ok(2, ANN, "Ann", data={"City": "Rome, Italy"}),
    ),
    nasty(
        "each row one quoted cell",
        '"Name,Phone,City"\n"Ann,415-555-2671,Rome"\n"Bob,212-555-2368,""Pau, F"""\n',
        Ok(2, ANN, "Ann", data={"City": "Rome"}),
        Ok(3, BOB, "Bob", data={"City": "Pau, F"}),
    ),
    nasty(
        "single quotes around cells are kept",
        "Name,Phone,City\nDan O'Hara,617-555-2831,'s-Hertogenbosch\n",
        Ok(2, DAN, "Dan O'Hara", data={"City": "'s-Hertogenbosch"}),
    ),
]
TEXTS = [*ENCODINGS, *DELIMITERS, *HEADERS, *LINES, *QUOTES]
