"""Schedule files: read as people write them, and refused with the key, the value and a fix."""

from pathlib import Path

import pytest

from dialer.actions.schedule_file import check_file, read_schedule_file
from dialer.errors import NotFound, UserError

CAMPAIGNS = Path(__file__).parents[2] / "campaigns"
CAMPAIGN = 'name = "Spring"\nleads = "leads.csv"\nfrom_numbers = ["+14155550198"]\n'
SCHEDULE = '[schedule]\nname = "Mornings"\ncron = "0 9 * * *"\nzone = "America/New_York"\n'
INLINE = f"{SCHEDULE}[campaign]\n{CAMPAIGN}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spring.toml").write_text(CAMPAIGN, encoding="utf-8")
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "mornings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def told(folder: Path, text: str) -> str:
    """Give all that is wrong with a schedule file; it is refused with the same words."""
    path = written(folder, text)
    problems = check_file(path).problems
    with pytest.raises(UserError) as caught:
        read_schedule_file(path)
    for one in problems:
        assert one.what in f"{caught.value.what}\n{caught.value.why}"
    return "\n".join(f"{one.file.name}: {one.what}: {one.why}: {one.fix}" for one in problems)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SCHEDULE, "[campaign] is missing"),
        ('campaign = "spring.toml"\nschedule = 3\n', "schedule = 3 is not valid"),
        ('campaign = "none.toml"\n' + SCHEDULE, 'campaign = "none.toml" cannot be read'),
        (f"{SCHEDULE}campaign = 'spring.toml'\n", "above [schedule]"),
        (f"zone = 'x'\n{INLINE}", "zone is not a setting"),
        (INLINE.replace("cron =", "corn ="), "rename schedule.corn to schedule.cron"),
        (INLINE.replace("0 9", "0 99"), 'schedule.cron = "0 99 * * *" is not valid: Bad hour'),
        (INLINE.replace("zone = ", "# "), "schedule is not valid: `cron` needs a zone"),
        (INLINE.replace("from_n", "form_n"), "rename campaign.form_numbers"),
        (f"{INLINE}start_at = 2026-12-01T09:00:00Z\n", "remove start_at"),
        (INLINE.replace('leads = "leads.csv"', ""), "leads is missing in the campaign"),
        (f"{INLINE}[campaign.limits]\nlines = 0\n", "campaign.limits.lines = 0"),
        (
            f'campaign = "spring.toml"\n[schedule]\nname = "S"\nwatch = true\n',  # noqa: F541
            'spring.toml: leads = "leads.csv" has no use beside `watch`',
        ),
    ],
)
def test_what_is_wrong_is_told_with_key_and_fix(folder: Path, text: str, words: str) -> None:
    assert words in told(folder, text)


def test_a_mistake_in_the_campaign_file_names_that_file(folder: Path) -> None:
    (folder / "spring.toml").write_text('name = "Spring"\n', encoding="utf-8")
    assert told(folder, f'campaign = "spring.toml"\n{SCHEDULE}').startswith(
        "spring.toml: from_numbers is missing"
    )


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    text = INLINE.replace("name = ", "nme = ").replace("0 9", "x 9")
    found = told(folder, text)
    for key in ("schedule.nme", "schedule.name", "schedule.cron", "campaign.nme", "campaign.name"):
        assert key in found


def test_a_file_that_is_not_there_is_not_found(folder: Path) -> None:
    for read in (check_file, read_schedule_file):
        with pytest.raises(NotFound):
            read(folder / "none.toml")


def test_a_campaign_file_whose_leads_are_not_there_is_told(folder: Path) -> None:
    checked = check_file(folder / "spring.toml")
    assert checked.kind == "campaign"
    assert [one.what for one in checked.problems] == ['leads = "leads.csv" is not there']
    (folder / "leads.csv").touch()
    assert check_file(folder / "spring.toml").problems == ()


@pytest.mark.parametrize("path", sorted(CAMPAIGNS.glob("*.toml")), ids=lambda path: path.name)
def test_a_file_that_ships_has_nothing_wrong(path: Path) -> None:
    assert check_file(path).problems == ()


def test_the_example_is_a_schedule_for_weekday_mornings() -> None:
    recipe = read_schedule_file(CAMPAIGNS / "schedule-example.toml")
    assert recipe.schedule.when == "0 9 * * mon-fri in America/New_York"
    assert recipe.lead_file == str(CAMPAIGNS / "demo.csv")


def test_files_are_named_relative_to_the_file_that_names_them(folder: Path) -> None:
    (folder / "far").mkdir()
    (folder / "far" / "spring.toml").write_text(CAMPAIGN, encoding="utf-8")
    recipe = read_schedule_file(written(folder, f'campaign = "far/spring.toml"\n{SCHEDULE}'))
    assert recipe.lead_file == str(folder / "far" / "leads.csv")
    watching = '[schedule]\nname = "S"\nwatch = "in/*.csv"\n[campaign]\nname = "Spring"\n'
    recipe = read_schedule_file(written(folder, f'{watching}from_numbers = ["+14155550198"]\n'))
    assert (recipe.schedule.watch, recipe.lead_file) == (str(folder / "in" / "*.csv"), None)
