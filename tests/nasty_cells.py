"""Cells, phones, zones and columns that go wrong."""

from nasty_files import ANN, BOB, CAT, DAN, nasty
from nasty_files import Accepted as Ok

CELLS = [
    nasty(
        "words for nothing",
        "Name,Phone,City,Plan\nAnn,415-555-2671,N/A,-\nn/a,212-555-2368,NULL,null\n"
        "Cat,312-555-2942,#N/A,--\nDan,N/A,x,y\n",
        Ok(2, ANN, "Ann", data={"City": None, "Plan": None}),
        Ok(3, BOB, None, data={"City": None, "Plan": None}),
        Ok(4, CAT, "Cat", data={"City": None, "Plan": None}),
        (5, "missing_phone"),
    ),
    nasty(
        "the surname Null",
        "First Name,Last Name,Phone\nChristopher,Null,415-555-2671\nN/A,Null,212-555-2368\n",
        Ok(2, ANN, "Christopher Null"),
        Ok(3, BOB, "Null"),
    ),
    nasty(
        "invisible characters",
        "Name,Phone,City\n\u00a0Ann\u200b ,\u202a415-555-2671\u202c,\u200fRome\u00a0\n"
        "Bob,\u200e+1\u00a0212\u2011555\u20112368,\ufeffPau\n",
        Ok(2, ANN, "Ann", data={"City": "Rome"}),
        Ok(3, BOB, "Bob", data={"City": "Pau"}),
    ),
    nasty(
        "digits of other scripts",
        "Name,Phone\nAnn,\uff14\uff11\uff15\uff0d\uff15\uff15\uff15\uff0d\uff12\uff16\uff17\uff11\n"
        "Bob,\u0662\u0661\u0662 555 2368\n",
        Ok(2, ANN, "Ann"),
        Ok(3, BOB, "Bob"),
    ),
    nasty(
        "marks that keep Excel from counting",
        'Name,Phone,Zip\nAnn,\'+14155552671,\'01234\nBob,"=""2125552368""","=""02134"""\n'
        'Cat,="3125552942",="00501"\n',
        Ok(2, ANN, "Ann"),
        Ok(3, BOB, "Bob"),
        Ok(4, CAT, "Cat"),
    ),
    nasty(
        "a formula as a name stays text",
        'Name,Phone,Note\n"=HYPERLINK(""http://x"")",415-555-2671,=1+1\n',
        Ok(2, ANN, '=HYPERLINK("http://x")', data={"Note": "=1+1"}),
    ),
    nasty(
        "a cell that is too long",
        "Name,Phone,Note\nAnn,415-555-2671," + "x" * 9000 + "\nBob,212-555-2368,ok\n",
        (2, "field_too_long"),
        Ok(3, BOB, "Bob", data={"Note": "ok"}),
    ),
    nasty(
        "a megabyte in one cell",
        "Name,Phone,Note\nAnn,415-555-2671," + "x" * 1_000_000 + "\nBob,212-555-2368,ok\n",
        (2, "field_too_long"),
        Ok(3, BOB, "Bob", data={"Note": "ok"}),
    ),
    nasty(
        "one bad row in two thousand",
        "Name,Phone\n"
        + "".join(f"N{i},415-{200 + i // 1000}-{i % 1000 + 3000}\n" for i in range(1, 1001))
        + "Bad,123\n",
        *(Ok(i + 1, f"+1415{200 + i // 1000}{i % 1000 + 3000}", f"N{i}") for i in range(1, 1001)),
        (1002, "short_or_emergency"),
    ),
]

PHONES = [
    nasty(
        "Excel damage",
        'Name,Phone\nA,14155552671.0\nB,1.2125552368E+10\nC,1.41556E+10\nD,"1,41556E+10"\n'
        "E,3.125552942e9\nF,1.4155552671E+100\n",
        Ok(2, ANN, "A"),
        Ok(3, BOB, "B"),
        (4, "damaged_phone"),
        (5, "damaged_phone"),
        Ok(6, CAT, "E"),
        (7, "damaged_phone"),
    ),
    nasty(
        "a zero at the end that may be lost",
        "Name,Phone\nA,1.415555267E+10\n",
        (2, "damaged_phone"),
    ),
    nasty(
        "numbers nobody can call",
        "Name,Phone\nA,\nB,call me\nC,123-456-7890\nD,415-555-267\nE,555-2671\nF,0000000000\n"
        "G,+1415555267100000000\nH,tbd\nI,?\n",
        (2, "missing_phone"),
        (3, "unparseable_phone"),
        (4, "invalid_phone"),
        (5, "invalid_phone"),
        (6, "invalid_phone"),
        (7, "invalid_phone"),
        (8, "unparseable_phone"),
        (9, "missing_phone"),
        (10, "missing_phone"),
    ),
    nasty(
        "emergency, short, premium, fictional",
        "Name,Phone\nA,911\nB,411\nC,112\nD,12345\nE,900-234-5678\nF,415-555-0123\nG,415-555-1212\n"
        "H,1-900-555-1234\nI,988\n",
        (2, "short_or_emergency"),
        (3, "short_or_emergency"),
        (4, "short_or_emergency"),
        (5, "short_or_emergency"),
        (6, "premium_rate"),
        (7, "fictional_number"),
        (8, "fictional_number"),
        (9, "premium_rate"),
        (10, "short_or_emergency"),
    ),
    nasty(
        "Jamaica and Canada look American",
        "Name,Phone\nA,876-555-2734\nB,416-555-2612\nC,415-555-2671\nD,787-555-2368\n",
        (2, "country_not_allowed"),
        (3, "country_not_allowed"),
        Ok(4, ANN, "C"),
        (5, "country_not_allowed"),
    ),
    nasty(
        "Canada when it is allowed",
        "Name,Phone\nA,876-555-2734\nB,416-555-2612\n",
        (2, "country_not_allowed"),
        Ok(3, "+14165552612", "B", zone="America/Toronto"),
        arguments="--allow-country US,CA",
    ),
    nasty(
        "Canada in small letters with a space",
        "Name,Phone\nB,416-555-2612\n",
        Ok(2, "+14165552612", "B"),
        arguments="--allow-country us,ca",
    ),
    nasty(
        "international prefixes",
        "Name,Phone\nA,0044 20 8366 1177\nB,011 44 20 8366 1178\nC,+44 (0)20 8366 1179\n"
        "D,442083661180\nE,00 1 415 555 2671\nF,001-212-555-2368\n",
        Ok(2, "+442083661177", "A", zone="Europe/London"),
        Ok(3, "+442083661178", "B"),
        Ok(4, "+442083661179", "C"),
        (5, "invalid_phone"),
        Ok(6, ANN, "E"),
        Ok(7, BOB, "F"),
        arguments="--allow-country US,GB",
    ),
    nasty(
        "a foreign number is not allowed by itself",
        "Name,Phone\nA,+44 20 8366 1177\nB,415-555-2671\n",
        (2, "country_not_allowed"),
        Ok(3, ANN, "B"),
    ),
    nasty(
        "extensions, words and punctuation",
        "Name,Phone\nA,415-555-2671 x123\nB,212.555.2368 ext. 5\nC,(312) 555-2942 (home)\n"
        "D,tel:+16175552831\n",
        Ok(2, ANN, "A"),
        Ok(3, BOB, "B"),
        Ok(4, CAT, "C"),
        Ok(5, DAN, "D"),
    ),
    nasty(
        "letters for digits",
        "Name,Phone\nA,1-800-FLOWERS\nB,800-GO-FEDEX\n",
        Ok(2, "+18003569377", "A"),
        Ok(3, "+18004633339", "B"),
    ),
    nasty(
        "two numbers in a cell",
        "Name,Phone\nA,415-555-2671 / 212-555-2368\nB,312-555-2942 or 617-555-2831\n"
        'C,"415-555-2672, 212-555-2369"\nD,415-555-2673; 123-456-7890\n'
        "E,123-456-7890 / 212-555-2374\n"
        'F,"415-555-2675\n212-555-2376"\n',
        Ok(2, ANN, "A", alt_phones=(BOB,)),
        Ok(3, CAT, "B", alt_phones=(DAN,)),
        Ok(4, "+14155552672", "C", alt_phones=("+12125552369",)),
        Ok(5, "+14155552673", "D"),
        Ok(6, "+12125552374", "E"),
        Ok(7, "+14155552675", "F", alt_phones=("+12125552376",)),
    ),
    nasty(
        "one number in several formats",
        "Name,Phone\nA,415-555-2671\nB,+1 (415) 555-2671\nC,14155552671.0\nD,1.4155552671E+10\n"
        "E,4155552671 x9\nF,bad\nG,001 415 555 2671\n",
        Ok(2, ANN, "A"),
        (3, "duplicate_in_file"),
        (4, "duplicate_in_file"),
        (5, "duplicate_in_file"),
        (6, "duplicate_in_file"),
        (7, "unparseable_phone"),
        (8, "duplicate_in_file"),
    ),
    nasty(
        "a country column",
        "Name,Country,Phone\nA,DE,030 901820\nB,Germany,+49 30 901821\nC,USA,415-555-2671\n"
        "D,United Kingdom,020 8366 1177\nE,,212-555-2368\nF,Atlantis,312-555-2942\n",
        Ok(2, "+4930901820", "A"),
        Ok(3, "+4930901821", "B"),
        Ok(4, ANN, "C"),
        (5, "country_not_allowed"),
        Ok(6, BOB, "E"),
        (7, "bad_row"),
        arguments="--allow-country US,DE",
    ),
    nasty(
        "the list's country",
        "Name,Phone\nA,020 8366 1177\nB,+1 415 555 2671\nC,999\nD,07400 123456\n",
        Ok(2, "+442083661177", "A", zone="Europe/London"),
        (3, "country_not_allowed"),
        (4, "short_or_emergency"),
        Ok(5, "+447400123456", "D"),
        arguments="--country GB",
    ),
    nasty(
        "several phone columns, the first bad",
        "Name,Phone,Mobile,Work Phone\nA,bad,212-555-2368,312-555-2942\nB,415-555-2671,,\n"
        "C,,,617-555-2831\nD,x,y,\nE,,,\n",
        Ok(2, BOB, "A", alt_phones=(CAT,)),
        Ok(3, ANN, "B"),
        Ok(4, DAN, "C"),
        (5, "unparseable_phone"),
        (6, "missing_phone"),
    ),
    nasty(
        "the same number in two phone columns",
        "Name,Phone,Mobile\nA,415-555-2671,+14155552671\n",
        Ok(2, ANN, "A"),
    ),
    nasty(
        "home before the mobile in the file",
        "Name,Home Phone,Mobile\nA,415-555-2671,212-555-2368\n",
        Ok(2, BOB, "A", alt_phones=(ANN,)),
    ),
    nasty(
        "a column chosen by hand",
        "Name,Phone,Mobile\nA,415-555-2671,212-555-2368\n",
        Ok(2, BOB, "A", alt_phones=(ANN,)),
        arguments="--map phone=Mobile",
    ),
    nasty(
        "a fax is not a phone to call",
        "Name,Fax,Phone\nA,415-555-2671,212-555-2368\n",
        Ok(2, BOB, "A"),
    ),
]

ZONES = [
    nasty(
        "a time zone column",
        "Name,Phone,Time Zone\nA,415-555-2671,America/Los_Angeles\n"
        "B,415-555-2672,America/New_York\n"
        "C,415-555-2673,Pacific Standard Time\nD,415-555-2674,\nE,800-356-9377,Eastern\n",
        Ok(2, ANN, "A", zone="America/Los_Angeles"),
        Ok(3, "+14155552672", "B", zone="America/Los_Angeles,America/New_York"),
        Ok(4, "+14155552673", "C", zone="America/Los_Angeles"),
        Ok(5, "+14155552674", "D", zone="America/Los_Angeles"),
        Ok(6, "+18003569377", "E", zone="America/New_York"),
    ),
    nasty(
        "a time zone nobody knows",
        "Name,Phone,Time Zone\nA,415-555-2671,Mars/Olympus\nB,212-555-2368,America/New_York\n",
        (2, "bad_row"),
        Ok(3, BOB, "B", zone="America/New_York"),
    ),
    nasty(
        "not before",
        "Name,Phone,Call Not Before\nA,415-555-2671,2026-12-01 10:00\nB,212-555-2368,someday\n"
        "C,312-555-2942,\n",
        Ok(2, ANN, "A"),
        (3, "bad_row"),
        Ok(4, CAT, "C"),
    ),
    nasty(
        "a state beside the number",
        "Name,Phone,State\nA,415-555-2671,NY\n",
        Ok(2, ANN, "A", zone="America/Los_Angeles,America/New_York"),
    ),
]

COLUMNS = [
    nasty(
        "columns called like our own",
        "id,status,campaign_id,data,__proto__,constructor,Name,Phone\n"
        "7,new,3,x,p,c,Ann,415-555-2671\n",
        Ok(
            2,
            ANN,
            "Ann",
            data={
                "id": "7",
                "status": "new",
                "campaign_id": "3",
                "data": "x",
                "__proto__": "p",
                "constructor": "c",
            },
        ),
    ),
    nasty(
        "columns called like Retell's variables",
        "Name,Phone,user_number,Call_ID,direction\nAnn,415-555-2671,5,6,n\n",
        Ok(2, ANN, "Ann"),
        warnings="renamed_variable",
    ),
    nasty(
        "Retell's batch template",
        "phone number,first_name,override agent id,metadata,ignore e164 validation\n"
        "Put the number with its country code here,Ann,,,\n"
        '+14155552671,Ann,agent_1,"{""crm"": 7}",false\n'
        "+12125552368,Bob,,{broken,\n"
        "+13125552942,Cat,,,\n",
        (2, "unparseable_phone"),
        Ok(3, ANN, "Ann"),
        (4, "bad_row"),
        Ok(5, CAT, "Cat"),
    ),
    nasty(
        "Google contacts",
        "First Name,Middle Name,Last Name,Notes,E-mail 1 - Label,E-mail 1 - Value,"
        "Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n"
        "Ann,B.,Lee,,* Work,ann@x.org,Mobile,415-555-2671 ::: 212-555-2368,Home,312-555-2942\n",
        Ok(2, ANN, "Ann Lee", "ann@x.org", (BOB, CAT)),
    ),
    nasty(
        "Salesforce with a footer",
        '"First Name","Last Name","Title","Company / Account","Phone","Mobile","Email"\n'
        '"Ann","Lee","CEO","Lee, Inc.","(415) 555-2671","","ann@x.org"\n'
        '""\n""\n"Confidential Information - Do Not Distribute"\n"Copyright (c) 2000-2024"\n',
        Ok(2, ANN, "Ann Lee", "ann@x.org"),
        (5, "missing_phone"),
        (6, "missing_phone"),
        blank=2,
    ),
    nasty(
        "columns of an earlier reject file",
        "Name,Phone,_row,_code,_message\nAnn,415-555-2671,7,invalid_phone,Mend it.\n",
        Ok(2, ANN, "Ann", data={}),
    ),
    nasty(
        "three hundred columns",
        ",".join(["Phone", *(f"c{i}" for i in range(299))]) + "\n415-555-2671" + "," * 299 + "\n",
        error="file_too_large",
    ),
]
CELL_FILES = [*CELLS, *PHONES, *ZONES, *COLUMNS]
