"""Cells: what a person meant, without what nobody sees."""

import pytest

from dialer.leads.cells import clean_cell, is_marked


@pytest.mark.parametrize(
    "text",
    [
        "N/A",
        "n/a",
        "#N/A",
        "-",
        "--",
        "\u2013",
        "\u2014",
        "NULL",
        "null",
        "(null)",
        "\\N",
        "nan",
        "NaN",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NUM!",
        "####",
        " N/A ",
        "\u00a0-\u200b",
        '="N/A"',
    ],
)
def test_what_programs_write_for_nothing_is_nothing(text: str) -> None:
    assert clean_cell(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Null",
        "None",
        "Nan",
        "NA",
        "Na",
        "0",
        "No",
        "\u2018t Hooft",
        "'t Hooft",
        "O'Brien",
        "=2+3",
        "\u201cAnn\u201d",
        "a - b",
        "#1",
        "Zo\u00eb",
        "line one\nline two",
    ],
)
def test_what_a_person_may_have_meant_stays(text: str) -> None:
    assert clean_cell(text) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  Ann\t", "Ann"),
        ("\u00a0Ann\u3000", "Ann"),
        ("\ufeffAnn\u200b", "Ann"),
        ("An\u200bn", "Ann"),
        ("An\u00adn", "Ann"),
        ("A\u200cnn", "Ann"),
        ("\u200eAnn\u202c", "Ann"),
    ],
)
def test_what_cannot_be_seen_is_taken_away(text: str, clean: str) -> None:
    assert clean_cell(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",  # a Persian name
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family of emoji
    ],
)
def test_a_joiner_stays_where_the_script_needs_it(text: str) -> None:
    assert clean_cell(text) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('="0415"', "0415"),
        ('="say ""hi"""', 'say "hi"'),
        ("'+1415", "+1415"),
        ("'=1+1", "=1+1"),
        ("'-", ""),
        ("'@x", "@x"),
    ],
)
def test_what_a_spreadsheet_or_our_export_wrapped_is_unwrapped(text: str, clean: str) -> None:
    assert clean_cell(text) == clean


@pytest.mark.parametrize("text", ["yes", "Y", "TRUE", "1", "x", "2024-01-05", "stop", "after 5pm"])
def test_a_do_not_call_mark_counts_whatever_it_says(text: str) -> None:
    assert is_marked(text)


@pytest.mark.parametrize("text", ["no", "N", "FALSE", "0", "nein", ""])
def test_a_mark_that_says_no_is_none(text: str) -> None:
    assert not is_marked(text)
