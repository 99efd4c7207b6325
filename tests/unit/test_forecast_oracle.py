"""What checks a forecast: when a call may start, asked without the engine; and its clock."""

from datetime import UTC, datetime, timedelta

import pytest
from lead_lists import ALL_DAYS

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.window import Window
from dialer.forecast.oracle import why_wrong
from dialer.forecast.run import moment_of
from dialer.forecast.virtual_clock import VirtualClock, from_ms, to_ms
from dialer.store.outlook import LeadWhereabouts

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"
WEDNESDAY = datetime(2026, 3, 4, 15, tzinfo=UTC)

DAYTIME = Window(days=tuple(ALL_DAYS), opens="09:00", closes="17:00", holidays=False)  # type: ignore[arg-type]
LAWLESS = DAYTIME.model_copy(update={"legal_override": "Nobody's phone rings in a test."})


def place(phone: str, *zones: str, region: str | None = None) -> LeadWhereabouts:
    return LeadWhereabouts(phone, zones, region)


IN_NEW_YORK = place("+12122000211", NEW_YORK)
IN_ALABAMA = place("+12052000211", "America/Chicago")


@pytest.mark.parametrize(
    ("window", "where", "at", "says"),
    [
        (DAYTIME, IN_NEW_YORK, "2026-03-04T13:59", "window is closed"),
        (DAYTIME, IN_NEW_YORK, "2026-03-04T14:00", None),
        (DAYTIME, IN_NEW_YORK, "2026-03-04T21:54", None),
        (DAYTIME, IN_NEW_YORK, "2026-03-04T21:55", "window is closed"),  # the last minutes
        (DAYTIME, IN_NEW_YORK, "2026-03-09T13:00", None),  # an hour earlier than the week before
        (DAYTIME, place("+12122000211", NEW_YORK, BERLIN), "2026-03-04T16:00", "Europe/Berlin"),
        (DAYTIME, place("+12122000211"), "2026-03-04T14:00", "local time"),
        (DAYTIME, IN_ALABAMA, "2026-03-08T16:00", "law of US-AL"),  # a Sunday
        (DAYTIME, IN_ALABAMA, "2026-05-25T16:00", "law of US-AL"),  # Memorial Day
        (LAWLESS, IN_ALABAMA, "2026-03-08T16:00", None),
        (
            DAYTIME,
            place("+12122000211", NEW_YORK, region="US-KY"),
            "2026-03-04T14:30",
            "law of US-KY",
        ),
        (Window(), IN_NEW_YORK, "2026-05-25T16:00", "holiday"),
        (Window(holidays=("GB",)), IN_NEW_YORK, "2026-04-03T16:00", "holiday"),  # Good Friday
        (Window(holidays=False), IN_NEW_YORK, "2026-05-25T16:00", None),
        (Window(), IN_NEW_YORK, "2026-03-07T14:30", "window is closed"),  # Saturdays from 10:00
        (Window(blackout=("2026-03-04",)), IN_NEW_YORK, "2026-03-04T16:00", "blacked out"),  # type: ignore[arg-type]
    ],
)
def test_the_oracle_says_what_forbids_a_call(
    window: Window, where: LeadWhereabouts, at: str, says: str | None
) -> None:
    found = why_wrong(window, where, at=datetime.fromisoformat(f"{at}+00:00"))
    assert found is None if says is None else found is not None and says in found, found


def test_the_oracle_knows_emergencies() -> None:
    block = {"regions": ["US"], "dates": "2026-03-04", "reason": "storm"}
    window = Window.model_validate({"emergencies": [block]})
    at = datetime(2026, 3, 4, 16, tzinfo=UTC)
    assert "emergency" in (why_wrong(window, IN_NEW_YORK, at=at) or "")
    assert why_wrong(window, place("+493020000211", NEW_YORK), at=at) is None


@pytest.mark.parametrize(
    ("given", "zone", "moment"),
    [
        ("2026-03-07T00:00", None, "2026-03-07T00:00+00:00"),
        ("2026-03-07T00:00", NEW_YORK, "2026-03-07T05:00+00:00"),
        ("2026-03-09T00:00", NEW_YORK, "2026-03-09T04:00+00:00"),
        ("2026-03-07T00:00+01:00", NEW_YORK, "2026-03-06T23:00+00:00"),
    ],
)
def test_a_start_is_meant_on_the_clock_of_the_campaign(
    given: str, zone: str | None, moment: str
) -> None:
    spec = CampaignSpec(name="X", from_numbers=("+14155550198",), default_zone=zone)
    found = moment_of(datetime.fromisoformat(given), spec)
    assert found == datetime.fromisoformat(moment)


def test_a_virtual_clock_never_goes_back() -> None:
    clock = VirtualClock(WEDNESDAY + timedelta(microseconds=1))
    clock.sleep(timedelta(seconds=-1))
    clock.jump_to(to_ms(WEDNESDAY) - 1)
    assert clock.now() == WEDNESDAY + timedelta(milliseconds=1)  # nothing happens too early
    assert from_ms(clock.now_ms()) == clock.now()
