"""What other systems and other countries' spreadsheets export."""

from nasty_files import ANN, BOB, CAT, DAN, nasty
from nasty_files import Accepted as Ok

SYSTEMS = [
    nasty(
        "HubSpot",
        "Record ID,First Name,Last Name,Phone Number,Mobile Phone Number,Email,Lead Status,"
        "Country/Region\n51,Ann,Lee,,+1 415-555-2671,ann@x.org,NEW,United States\n"
        "52,Bob,Roy,212-555-2368,,bob@x.org,OPEN,\n",
        Ok(2, ANN, "Ann Lee", "ann@x.org", data={"Lead Status": "NEW"}),
        Ok(3, BOB, "Bob Roy", "bob@x.org", data={"Lead Status": "OPEN"}),
    ),
    nasty(
        "Outlook",
        "First Name,Middle Name,Last Name,Home Phone,Mobile Phone,Business Phone,Other Phone,"
        "Business Fax,E-mail Address,Company\n"
        "Ann,,Lee,312-555-2942,415-555-2671,212-555-2368,,617-555-2831,a@x.org,ACME\n",
        Ok(
            2,
            ANN,
            "Ann Lee",
            "a@x.org",
            (CAT, BOB),
            data={"Middle Name": None, "Business Fax": "617-555-2831"},
        ),
    ),
    nasty(
        "Retell's batch template with one object and one broken",
        "phone number,override agent version,custom_sip_headers,metadata,first_name\n"
        '4155552671,latest,"{""X-A"":""b""}","{""a"":{""b"":1}}",Ann\n'
        "2125552368,,,crm 7,Bob\n3125552942,,[1],,Cat\n6175552831,,,,Dan\n",
        Ok(2, ANN, "Ann", data={}),
        (3, "bad_row"),
        (4, "bad_row"),
        Ok(5, DAN, "Dan", data={}),
    ),
    nasty(
        "a sep line that is wrong",
        "sep=;\nName,Phone\nAnn,415-555-2671\n",
        Ok(2, ANN, "Ann"),
    ),
    nasty(
        "a note of several lines beside a quote left open",
        'Name,Phone,Note\nAnn,415-555-2671,"multi\nline\n\nnote"\nBob,212-555-2368,"open\n'
        'Cat,312-555-2942,ok\nDan,617-555-2831,"multi\nagain"\n',
        Ok(2, ANN, "Ann", data={"Note": "multi\nline\n\nnote"}),
        (3, "bad_row"),
        Ok(4, CAT, "Cat", data={"Note": "ok"}),
        Ok(5, DAN, "Dan", data={"Note": "multi\nagain"}),
        warnings="unclosed_quote",
    ),
    nasty(
        "the header on every page",
        "Name,Phone\nAnn,415-555-2671\n\nName,Phone\nBob,212-555-2368\n",
        Ok(2, ANN, "Ann"),
        (4, "unparseable_phone"),
        Ok(5, BOB, "Bob"),
        blank=1,
    ),
    nasty(
        "zeros in front stay",
        "Name,Phone,Discount,Zip,Acct\nA,415-555-2671,10%,01234,000123\n",
        Ok(2, ANN, "A", data={"Discount": "10%", "Zip": "01234", "Acct": "000123"}),
    ),
    nasty(
        "every number in scientific notation",
        "Name,Phone\nA,1.41556E+10\nB,1.21256E+10\nC,4.15556E+09\n",
        (2, "damaged_phone"),
        (3, "damaged_phone"),
        (4, "damaged_phone"),
    ),
    nasty(
        "thousands separators and tails",
        'Name,Phone\nA,4155552671.0\nB,2125552368.00\nC,"3,125,552,942"\nD,6175552831.5\n',
        Ok(2, ANN, "A"),
        Ok(3, BOB, "B"),
        Ok(4, CAT, "C"),
        (5, "damaged_phone"),
    ),
    nasty(
        "British numbers without their zero, premium and fictional",
        "Name,Phone\nA,2083661177\nB,7400123456\nC,09001234567\nD,+44 20 7946 0018\n"
        "E,07700 900123\n",
        Ok(2, "+442083661177", "A"),
        Ok(3, "+447400123456", "B"),
        (4, "premium_rate"),
        (5, "fictional_number"),
        (6, "fictional_number"),
        arguments="--country GB",
    ),
    nasty(
        "Australian numbers with and without their zero",
        'Name,Phone\nA,"=""0415123456"""\nB,415123457\nC,000\n',
        Ok(2, "+61415123456", "A"),
        Ok(3, "+61415123457", "B"),
        (4, "short_or_emergency"),
        arguments="--country AU",
    ),
    nasty(
        "numbers that fill a compulsory field",
        "Name,Phone\nA,555-555-5555\nB,999-999-9999\nC,1234567890\nD,111-111-1111\n",
        (2, "invalid_phone"),
        (3, "invalid_phone"),
        (4, "invalid_phone"),
        (5, "invalid_phone"),
    ),
]
