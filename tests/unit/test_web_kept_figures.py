"""Figures that are shared: asked once, and not again too soon."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from dialer.web import kept_figures
from dialer.web.kept_figures import KeptFigures

NOW = datetime(2026, 3, 4, tzinfo=UTC)


class Question:
    """Counts how often it is asked, and takes as long as it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_end = threading.Event()
        self.begun = threading.Event()

    def __call__(self) -> int:
        self.asked += 1
        self.begun.set()
        self.may_end.wait(10)
        threading.Event().wait(kept_figures.CHEAP_S * 2)
        return self.asked


def test_a_slow_question_is_not_asked_again_at_once() -> None:
    kept, question = KeptFigures(), Question()
    question.may_end.set()
    first = kept.get("a", question, now=NOW)
    second = kept.get("a", question, now=NOW + timedelta(minutes=1))
    assert (first.value, second.value, question.asked) == (1, 1, 1)
    assert second.as_of == NOW
    assert kept.get("b", question, now=NOW).value == 2


def test_a_cheap_question_is_asked_each_time() -> None:
    kept, answers = KeptFigures(), iter(range(10))
    assert [kept.get("a", lambda: next(answers), now=NOW).value for _ in range(3)] == [0, 1, 2]


def test_those_who_come_while_it_is_asked_for_the_first_time_share_the_answer() -> None:
    kept, question, found = KeptFigures(), Question(), list[int]()
    threads = [
        threading.Thread(target=lambda: found.append(kept.get("a", question, now=NOW).value))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    question.begun.wait(10)
    question.may_end.set()
    for thread in threads:
        thread.join()
    assert found == [1] * 5


def test_a_question_that_fails_is_asked_again() -> None:
    kept = KeptFigures()
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0, now=NOW)
    assert kept.get("a", lambda: 7, now=NOW).value == 7
