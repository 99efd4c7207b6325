"""Campaign files: read as people write them, and refused with the key, the value and a fix."""

from pathlib import Path

import pytest

from dialer.actions.campaign_file import lead_file_of, read_campaign_file
from dialer.errors import NotFound, UserError

GOOD = 'name = "Spring"\nfrom_numbers = ["+14155550198"]\n'
SHIPPED = [
    path
    for path in sorted((Path(__file__).parents[2] / "campaigns").glob("*.toml"))
    if "[schedule]" not in path.read_text(encoding="utf-8")
]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "spring.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(tmp_path: Path, text: str) -> UserError:
    path = written(tmp_path, text)
    with pytest.raises(UserError) as caught:
        read_campaign_file(path)
    assert str(path) in caught.value.what
    return caught.value


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_campaign_file_that_ships_is_valid_and_its_leads_are_there(path: Path) -> None:
    spec = read_campaign_file(path)
    leads = lead_file_of(spec, path)
    assert leads is None or leads.is_file()


def test_a_lead_file_is_named_relative_to_the_campaign_file(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + 'leads = "lists/spring.csv"\n')
    assert lead_file_of(read_campaign_file(path), path) == tmp_path / "lists" / "spring.csv"


def test_a_campaign_file_without_leads_has_none(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert lead_file_of(read_campaign_file(path), path) is None


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    assert read_campaign_file(written(tmp_path, "\ufeff" + GOOD)).name == "Spring"


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_campaign_file(tmp_path / "none.toml")


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    error = refusal(tmp_path, 'name = "Spring\n')
    assert "line 1" in (error.why or "")


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "spring.toml"
    path.write_bytes(b'name = "Fr\xfchling"\n')
    with pytest.raises(UserError, match="UTF-8"):
        read_campaign_file(path)


def test_a_wrong_value_is_shown_with_its_key_and_what_is_wanted(tmp_path: Path) -> None:
    error = refusal(tmp_path, GOOD + '[window]\nopens = "9am"\n')
    assert 'window.opens = "9am" is not valid' in error.what
    assert "09:00" in (error.why or "")
    assert (error.fix or "").startswith("correct window.opens in ")


def test_a_value_in_a_list_is_named_by_its_place(tmp_path: Path) -> None:
    error = refusal(tmp_path, 'name = "Spring"\nfrom_numbers = ["+14155550198", "0123"]\n')
    assert 'from_numbers[1] = "0123"' in error.what


def test_a_section_that_contradicts_itself_is_named_without_its_values(tmp_path: Path) -> None:
    error = refusal(tmp_path, GOOD + '[window]\nopens = "20:00"\ncloses = "09:00"\n')
    assert error.what.endswith(": window is not valid")
    assert "earlier than" in (error.why or "")


def test_a_missing_key_is_asked_for(tmp_path: Path) -> None:
    error = refusal(tmp_path, 'name = "Spring"\n')
    assert "from_numbers is missing" in error.what
    assert (error.fix or "").startswith("write from_numbers = …")


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ('agent = "a"\n', "rename agent to agent_id"),
        ('[window]\nopen = "09:00"\n', "rename window.open to window.opens"),
        (
            '[[window.hours]]\nopen = "09:00"\n',
            "rename window.hours[0].open to window.hours[0].opens",
        ),
        ("[limits]\nline = 3\n", "rename limits.line to limits.lines"),
        ('[cadence.delays]\nno_anwser = "1h"\n', "to cadence.delays.no_answer"),
        ("[cadence.at_most]\nno_anwser = 2\n", "to cadence.at_most.no_answer"),
        ("zzz = 1\n", "remove zzz"),
    ],
)
def test_a_misspelled_key_is_corrected(tmp_path: Path, text: str, fix: str) -> None:
    error = refusal(tmp_path, GOOD + text)
    assert "is not a setting" in error.what
    assert fix in (error.fix or "")


def test_a_disposition_that_closes_the_lead_has_no_delay(tmp_path: Path) -> None:
    error = refusal(tmp_path, GOOD + '[cadence.delays]\ntalked = "1h"\n')
    assert "closes the lead" in (error.why or "")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    error = refusal(tmp_path, "nme = 1\n[limits]\nlines = 0\n")
    assert "4 things" in error.what
    for key in ("name", "from_numbers", "limits.lines", "nme"):
        assert key in (error.why or "")


def test_a_long_value_is_cut_short_in_the_message(tmp_path: Path) -> None:
    error = refusal(tmp_path, GOOD + f'country = "{"x" * 500}"\n')
    assert len(error.what) < len(str(tmp_path)) + 150
