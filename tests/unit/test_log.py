"""What reaches the log, and what never does."""

import json
import logging
from collections.abc import Iterator

import pytest

from dialer import log


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("+14155550123", "+1415•••0123"),
        ("+4915112345678", "+4915•••5678"),
        ("+49301234", "•••34"),
        ("1234", "•••"),
        ("", "•••"),
    ],
)
def test_a_masked_number_keeps_only_its_ends(phone: str, masked: str) -> None:
    assert log.mask_phone(phone) == masked


@pytest.mark.parametrize("fmt", ["console", "json"])
def test_no_number_reaches_the_log_whatever_way_it_takes(
    fmt: log.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("info", fmt)
    log.get_logger("dialer.test").info("lead_closed", lead_id=7, phone="+14155550123")
    logging.getLogger("celery").warning("task for %s", "+14155550123")
    request = "GET /calls?to=%2B14155550123 +14155550123"
    try:
        raise ValueError(request)
    except ValueError:
        log.get_logger("dialer.test").exception("failed")
    written = capsys.readouterr().err
    assert "5550123" not in written
    assert written.count("+1415•••0123") == 4


def test_json_lines_carry_event_level_logger_and_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("info", "json")
    log.get_logger("dialer.test").warning("limit_lowered", limit=7)
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "limit_lowered"
    assert (line["level"], line["logger"], line["limit"]) == ("warning", "dialer.test", 7)


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("warning", "console")
    log.get_logger("dialer.test").info("quiet")
    assert capsys.readouterr().err == ""


def test_a_library_with_a_handler_of_its_own_is_written_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    library = logging.getLogger("uvicorn.error")
    library.addHandler(logging.StreamHandler())
    log.configure("info", "console")
    log.configure("info", "console")
    library.info("started")
    assert capsys.readouterr().err.count("started") == 1
