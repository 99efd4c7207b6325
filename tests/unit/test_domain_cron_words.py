"""Cron expressions in words."""

import pytest

from dialer.domain.cron_words import in_words
from dialer.domain.occurrences import check_cron


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("0 9 * * mon-fri", "At 09:00, Monday to Friday"),
        ("0 9,13 * * 1-5", "At 09:00 and 13:00, Monday to Friday"),
        ("30 8 * * sat,sun", "At 08:30, Saturday and Sunday"),
        ("0 9 * * 0,7", "At 09:00, Sunday and Sunday"),
        ("0 9 * * *", "At 09:00, every day"),
        ("0 9 1 * *", "At 09:00, on day 1 of the month"),
        ("15 10 L * *", "At 10:15, on the last day of the month"),
        ("0 9 * * 1#2", "At 09:00, the 2nd Monday of the month"),
        ("0 9 * * 5L", "At 09:00, the last Friday of the month"),
        ("0 9 * jan,jun *", "At 09:00, every day, in January and June"),
        ("0 9 1 3-5 *", "At 09:00, on day 1 of the month, in March to May"),
        ("0 9 1,15 * mon", "At 09:00, on day 1 and 15 of the month or Monday"),
        ("0 9 */2 * mon", "At 09:00, every 2nd day of the month that is also Monday"),
        ("* * * * *", "Every minute"),
        ("*/20 * * * *", "Every 20 minutes"),
        ("0 * * * *", "Every hour"),
        ("5,10 * * * *", "At minute 5 and 10"),
        ("*/5 9-17 * * mon-fri", "Every 5 minutes from 09:00 until 17:59, Monday to Friday"),
        ("0 */3 * * *", "Every hour, in every 3rd hour"),
        ("0 */11 * * *", "Every hour, in every 11th hour"),
        ("0-30/5 9 * * *", "At minute 0 to 30 by 5s, in the hours 9, every day"),
        ("0 0,1,2,3,4,5,6 * * *", "Every hour, in the hours 0, 1, 2, 3, 4, 5 and 6, every day"),
    ],
)
def test_an_expression_is_said_in_words(expression: str, said: str) -> None:
    check_cron(expression)
    assert in_words(expression) == said
