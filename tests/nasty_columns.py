"""Headers in many words, files without one, and columns that look like others."""

from nasty_files import ANN, BOB, CAT, DAN, nasty
from nasty_files import Accepted as Ok

PHONE_WORDS = (
    "Cell|Tel.|Tel #|Ph.|Phone(s)|Contact No.|WhatsApp|phone_number|PhoneNumber|Phone #|TELEPHONE|"
    "Mobile No|Cell Phone|contact number|Número de teléfono|Numéro de téléphone|Telefonnummer|"
    "Rufnummer|Handynummer|Telefono cellulare|Telefone celular|Best phone|Direct Phone|Day Phone|"
    "to_number|Phone:|* Phone|Phone Number (required)|customer_phone|電話番号"
)
NAMED = [
    nasty(
        f"the header {word}",
        f"Name,{word},City\nAnn,415-555-2671,Rome\n",
        Ok(2, ANN, "Ann", data={"City": "Rome"}),
    )
    for word in PHONE_WORDS.split("|")
]
BARE = [
    nasty(
        "no header and a bad first row",
        "Ann,911\nBob,415-555-2671\nCat,312-555-2942\n",
        (1, "short_or_emergency"),
        Ok(2, ANN),
        Ok(3, CAT),
        warnings="no_header",
    ),
    nasty(
        "no header and an invalid first number",
        "Ann,123-456-7890,Rome\nBob,415-555-2671,Pau\nCat,312-555-2942,Lyon\n",
        (1, "invalid_phone"),
        Ok(2, ANN),
        Ok(3, CAT),
        warnings="no_header",
    ),
    nasty(
        "no header and no number in the first row",
        "Ann,,ann@x.org\nBob,415-555-2671,bob@x.org\n",
        (1, "missing_phone"),
        Ok(2, ANN, None, "bob@x.org"),
        warnings="no_header",
    ),
    nasty(
        "a header whose quotation mark is left open",
        '"Name,Phone,City\nAnn,415-555-2671,Rome\nBob,212-555-2368,Pau\n',
        Ok(2, ANN, "Ann", data={"City": "Rome"}),
        Ok(3, BOB, "Bob", data={"City": "Pau"}),
        warnings="unclosed_quote",
    ),
    nasty(
        "a number in the title",
        '"Questions? Call 415-555-2600"\nName,Phone\nAnn,415-555-2671\n',
        Ok(3, ANN, "Ann"),
        warnings="title_rows_skipped",
    ),
    nasty(
        "titles with blank rows between",
        "Report,,\n,,\nGenerated,2024-01-01,\n,,\nName,Phone,City\nAnn,415-555-2671,Rome\n",
        Ok(6, ANN, "Ann", data={"City": "Rome"}),
        warnings="title_rows_skipped",
    ),
    nasty(
        "blank rows above the header",
        "\n\nName,Phone\nAnn,415-555-2671\n",
        Ok(4, ANN, "Ann"),
    ),
    nasty(
        "an example in the header",
        "Name,Phone (e.g. 415-555-2671)\nAnn,415-555-2671\n",
        Ok(2, ANN, "Ann"),
    ),
    nasty(
        "a comma in a quoted header",
        '"Phone, mobile",Name\n415-555-2671,Ann\n',
        Ok(2, ANN, "Ann"),
    ),
    nasty(
        "a mark before a quoted header",
        '\ufeff"Phone","Name"\n"415-555-2671","Ann"\n',
        Ok(2, ANN, "Ann"),
    ),
    nasty(
        "a row that says what is required",
        "Name,Phone\n(required),(required)\nAnn,415-555-2671\n",
        (2, "unparseable_phone"),
        Ok(3, ANN, "Ann"),
    ),
    nasty(
        "a row of totals",
        "Name,Phone,Amount\nAnn,415-555-2671,3\nTotal,,3\n",
        Ok(2, ANN, "Ann", data={"Amount": "3"}),
        (3, "missing_phone"),
    ),
    nasty(
        "a list of contact cards",
        "BEGIN:VCARD\nVERSION:3.0\nFN:Ann\nTEL:+14155552671\nEND:VCARD\n",
        error="unsupported_format",
    ),
]
NAMES = [
    nasty(
        "Nom alone",
        "Nom;Téléphone\nZoé;06 12 34 56 78\n",
        Ok(2, "+33612345678", "Zoé", data={}),
        arguments="--country FR",
    ),
    nasty(
        "Vorname and Name",
        "Vorname;Name;Telefon\nJörg;Weiß;030 901820\n",
        Ok(2, "+4930901820", "Jörg Weiß", data={}),
        arguments="--country DE",
    ),
    nasty(
        "Name and Surname",
        "Name,Surname,Phone\nAnn,Lee,415-555-2671\nBob Roy,Roy,212-555-2368\n",
        Ok(2, ANN, "Ann Lee", data={}),
        Ok(3, BOB, "Bob Roy", data={}),
    ),
    nasty(
        "First name beside the full name",
        "Full Name,First Name,Phone\nAnn Lee,Ann,415-555-2671\n",
        Ok(2, ANN, "Ann Lee", data={}),
    ),
    nasty(
        "emoji and names from right to left",
        "Name,Phone\n😀 Ann,415-555-2671\nאבי כהן,212-555-2368\nعلي,312-555-2942\n",
        Ok(2, ANN, "😀 Ann"),
        Ok(3, BOB, "אבי כהן"),
        Ok(4, CAT, "علي"),
    ),
    nasty(
        "a line break in a name",
        'Name,Phone\n"Ann\nLee",415-555-2671\nBob,212-555-2368\n',
        Ok(2, ANN, "Ann\nLee"),
        Ok(3, BOB, "Bob"),
    ),
]
LIKE_OTHERS = [
    nasty(
        "two columns called Phone",
        "Phone,Phone,Name\n415-555-2671,212-555-2368,A\nbad,312-555-2942,B\n",
        Ok(2, ANN, "A", alt_phones=(BOB,)),
        Ok(3, CAT, "B"),
        warnings="duplicate_header",
    ),
    nasty(
        "numbered columns and their type",
        "Telephone Number 1,Telephone Number 2,Phone Type,Name\n"
        "415-555-2671,212-555-2368,mobile,A\n",
        Ok(2, ANN, "A", alt_phones=(BOB,), data={"Phone Type": "mobile"}),
    ),
    nasty(
        "nothing but bad numbers under Phone",
        "Name,Phone\nA,bad\nB,worse\n",
        (2, "unparseable_phone"),
        (3, "unparseable_phone"),
    ),
    nasty(
        "mail and phone in each other's column",
        "Name,Phone,Email\nA,ann@x.org,415-555-2671\nB,212-555-2368,bob@x.org\n",
        (2, "unparseable_phone"),
        Ok(3, BOB, "B", "bob@x.org"),
    ),
    nasty(
        "the number of one lead beside another",
        "Name,Phone,Mobile\nA,415-555-2671,212-555-2368\nB,212-555-2368,\n",
        Ok(2, ANN, "A", alt_phones=(BOB,)),
        Ok(3, BOB, "B"),
    ),
    nasty(
        "a number again after a row that was rejected",
        'phone number,metadata\n+14155552671,{bad\n+14155552671,\n+16175552831,"{""a"": 1}"\n',
        (2, "bad_row"),
        Ok(3, ANN),
        Ok(4, DAN),
    ),
    nasty(
        "ids of the customer's system",
        "id,Name,Phone\n1,Ann,415-555-2671\n2,Bob,212-555-2368\n",
        Ok(2, ANN, "Ann", data={"id": "1"}),
        Ok(3, BOB, "Bob", data={"id": "2"}),
    ),
    nasty(
        "tags between semicolons in every row",
        "Name,Phone,Tags\nAnn,415-555-2671,a;b;c\nBob,212-555-2368,d;e;f\n",
        Ok(2, ANN, "Ann", data={"Tags": "a;b;c"}),
        Ok(3, BOB, "Bob", data={"Tags": "d;e;f"}),
    ),
    nasty(
        "tags between pipes in every row",
        "Name,Phone,Tags\nAnn,415-555-2671,a|b|c|d\nBob,212-555-2368,d|e|f|g\n",
        Ok(2, ANN, "Ann", data={"Tags": "a|b|c|d"}),
        Ok(3, BOB, "Bob", data={"Tags": "d|e|f|g"}),
    ),
    nasty(
        "a mapping to a column that is not there",
        "Name,Phone\nA,415-555-2671\n",
        error="unknown_column",
        arguments="--map phone=Handset",
    ),
    nasty(
        "a mapping in another spelling",
        "Name,Handset Nr\nA,415-555-2671\n",
        Ok(2, ANN, "A", data={}),
        arguments="--map phone=handset_nr",
    ),
    nasty(
        "more variables than an agent is given",
        "Name,Phone,"
        + ",".join(f"c{n}" for n in range(10))
        + "\nAnn,415-555-2671,"
        + ",".join(["y" * 3000] * 10)
        + "\n",
        (2, "field_too_long"),
    ),
]
COLUMNS = [*NAMED, *BARE, *NAMES, *LIKE_OTHERS]
