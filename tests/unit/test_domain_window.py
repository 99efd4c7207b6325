"""Calling windows as campaign files write them: what is taken, and what is refused in words."""

from datetime import date

import pytest
from pydantic import ValidationError

from dialer.domain.window import DAYS, Window

MONDAY, SATURDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 7), date(2026, 3, 8)
CHRISTMAS_EVE = date(2026, 12, 24)


def made(**settings: object) -> Window:
    return Window.model_validate(settings)


def two(first: tuple[str, str], second: tuple[str, str], **days: object) -> Window:
    return made(
        hours=[
            {"days": ["mon"], "opens": first[0], "closes": first[1]},
            {"days": ["mon"], **days, "opens": second[0], "closes": second[1]},
        ]
    )


# -- refusals


@pytest.mark.parametrize("text", ["9", "24:01", "12:60", "noon", "-1:00", "12:0", "", True])
def test_what_is_no_time_of_day_is_refused(text: object) -> None:
    with pytest.raises(ValidationError, match="not a time of day"):
        made(opens=text)


@pytest.mark.parametrize("minute", [-1, 1441])
def test_a_minute_that_no_day_has_is_refused(minute: int) -> None:
    with pytest.raises(ValidationError, match="not a time of day"):
        made(closes=minute)


@pytest.mark.parametrize(
    "hours", [{"opens": "22:00", "closes": "06:00"}, {"opens": "09:00", "closes": "09:00"}]
)
def test_a_window_never_crosses_midnight(hours: dict[str, str]) -> None:
    for form in (hours, {"hours": [hours]}):
        with pytest.raises(ValidationError, match=r"never crosses midnight.* two of"):
            made(**form)


@pytest.mark.parametrize("form", [{"days": []}, {"hours": []}, {"hours": [{"days": []}]}])
def test_a_window_needs_a_day(form: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="at least one day"):
        made(**form)


@pytest.mark.parametrize("key", [{"days": ["mon"]}, {"opens": "09:00"}, {"closes": "17:00"}])
def test_a_window_has_one_form_only(key: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="either"):
        made(hours=[{"days": ["tue"]}], **key)


@pytest.mark.parametrize("first", [("09:00", "12:00"), ("11:00", "11:30"), ("11:59", "24:00")])
def test_hours_that_overlap_are_refused(first: tuple[str, str]) -> None:
    for pair in ((first, ("11:00", "12:30")), (("11:00", "12:30"), first)):
        with pytest.raises(ValidationError, match=r"hours of mon overlap: \d\d:\d\d-\d\d:\d\d and"):
            two(*pair)


@pytest.mark.parametrize(
    ("dates", "complaint"),
    [
        ("24.12.2026", "is no date"),
        ("2026-12-32", "is no date"),
        ("2026-12-24/", None),
        ("2026-12-24/soon", "is no date"),
        ("2027-01-01/2026-12-24", "ends before it begins"),
        (7, "is no date"),
    ],
)
def test_dates_that_make_no_sense_are_refused(dates: object, complaint: str | None) -> None:
    if complaint is None:
        assert made(blackout=[dates]).is_blacked_out(CHRISTMAS_EVE)
        return
    with pytest.raises(ValidationError, match=complaint):
        made(blackout=[dates])


@pytest.mark.parametrize(
    ("holidays", "complaint"),
    [("Texas", "not a region"), ("XX", "not known"), (["US", "US-XX"], "not known"), (3, "valid")],
)
def test_holidays_nobody_knows_are_refused(holidays: object, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        made(holidays=holidays)


@pytest.mark.parametrize("reason", ["", "   ", "yes", "x" * 501])
def test_the_law_is_not_set_aside_without_a_reason(reason: str) -> None:
    with pytest.raises(ValidationError):
        made(legal_override=reason)


@pytest.mark.parametrize(
    "change", [{"regions": []}, {"regions": ["Florida"]}, {"dates": "then"}, {"reason": ""}]
)
def test_a_state_of_emergency_names_where_when_and_why(change: dict[str, object]) -> None:
    block = {"regions": ["US-FL"], "dates": "2026-09-01", "reason": "hurricane"}
    assert made(emergencies=[block]).emergencies[0].reason == "hurricane"
    with pytest.raises(ValidationError):
        made(emergencies=[block | change])


# -- what is taken


@pytest.mark.parametrize(
    ("text", "minute"), [("09:00", 540), ("9:05", 545), ("24:00", 1440), ("0:01", 1), (600, 600)]
)
def test_a_time_of_day_is_read(text: object, minute: int) -> None:
    assert made(opens=0, closes=text).closes == minute


def test_a_campaign_without_a_window_has_the_usual_one() -> None:
    assert made().minutes_on(MONDAY) == ((540, 1200),)
    assert made().minutes_on(SATURDAY) == ((600, 1020),)
    assert made().minutes_on(SUNDAY) == ()
    assert made().holidays is True


def test_what_one_daily_interval_leaves_out_is_weekdays_from_nine_to_eight() -> None:
    assert made(opens="10:00").minutes_on(MONDAY) == ((600, 1200),)
    assert made(closes="10:00").minutes_on(MONDAY) == ((540, 600),)
    assert made(opens="10:00").minutes_on(SATURDAY) == ()
    assert made(days=["sat"]).minutes_on(SATURDAY) == ((540, 1200),)


def test_a_day_may_have_several_intervals() -> None:
    window = two(("13:00", "20:00"), ("09:00", "12:00"), days=["mon", "sat"])
    assert window.minutes_on(MONDAY) == ((540, 720), (780, 1200))
    assert window.minutes_on(SATURDAY) == ((540, 720),)
    assert window.minutes_on(SUNDAY) == ()


def test_intervals_that_touch_are_one() -> None:
    assert two(("09:00", "12:00"), ("12:00", "24:00")).minutes_on(MONDAY) == ((540, 1440),)


def test_a_window_that_seems_to_cross_midnight_is_written_as_two() -> None:
    window = two(("22:00", "24:00"), ("00:00", "02:00"), days=["tue"])
    assert window.minutes_on(MONDAY) == ((1320, 1440),)
    assert window.minutes_on(date(2026, 3, 3)) == ((0, 120),)


def test_blackout_dates_are_single_days_or_spans_with_their_last_day() -> None:
    window = made(blackout=["2026-11-27", "2026-12-24/2027-01-01", date(2026, 7, 3)])
    dark = {(7, 3), (11, 27), (12, 24), (12, 31)}
    light = {(7, 2), (7, 4), (11, 26), (12, 23)}
    assert all(window.is_blacked_out(date(2026, *day)) for day in dark)
    assert not any(window.is_blacked_out(date(2026, *day)) for day in light)
    assert window.is_blacked_out(date(2027, 1, 1))
    assert not window.is_blacked_out(date(2027, 1, 2))


def test_holidays_are_those_of_the_lead_or_of_one_region_or_several() -> None:
    assert made(holidays=False).holidays is False
    assert made(holidays="us").holidays == ("US",)
    assert made(holidays=["US-FL", "GB"]).holidays == ("US-FL", "GB")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"opens": "9:30", "closes": "24:00"},
        {"days": DAYS, "holidays": False, "legal_override": "Nobody is called by this."},
        {"hours": [{"days": ["mon"], "opens": 0, "closes": 60}], "holidays": ["US", "CA-ON"]},
        {
            "blackout": ["2026-12-24/2027-01-01", "2026-07-03"],
            "emergencies": [
                {"regions": ["us-fl"], "dates": "2026-09-01/2026-09-14", "reason": "hurricane"}
            ],
        },
    ],
)
def test_a_window_is_written_as_it_is_read(settings: dict[str, object]) -> None:
    window = made(**settings)
    assert made(**window.model_dump(mode="json")) == window
    assert hash(made(**window.model_dump(mode="json"))) == hash(window)
