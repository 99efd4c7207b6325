"""Moments as people type them: refused where they could mean something else."""

from datetime import UTC, datetime

import pytest

from dialer.domain.written_moments import read_moment


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not a moment"),
        ("tomorrow", "is not a moment"),
        ("2026-12-01 09:00", "names no zone"),
        ("2026-12-01T09:00", "names no zone"),
        ("2026-12-01 09:00 Mars/Base", "Mars/Base"),
        ("2026-12-01T09:00Z America/Chicago", "is not a moment"),
        ("2026-03-08 02:30 America/Chicago", "it does not come"),
        ("9999-12-31 23:59 America/New_York", "no clock of America/New_York ever shows"),
        ("0001-01-01 00:00 Asia/Tokyo", "no clock of Asia/Tokyo ever shows"),
        ("9999-12-31T23:59-12:00", "beyond all clocks"),
    ],
)
def test_what_is_no_moment_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_moment(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01 09:00 America/Chicago", datetime(2026, 12, 1, 15, tzinfo=UTC)),
        ("  2026-12-01   09:00  America/Chicago ", datetime(2026, 12, 1, 15, tzinfo=UTC)),
        ("2026-12-01T09:00-06:00", datetime(2026, 12, 1, 15, tzinfo=UTC)),
        ("2026-12-01 15:00Z", datetime(2026, 12, 1, 15, tzinfo=UTC)),
        # The hour that comes twice: the first one.
        ("2026-11-01 01:30 America/Chicago", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_by_its_zone_or_offset(text: str, moment: datetime) -> None:
    assert read_moment(text) == moment
