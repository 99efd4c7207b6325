"""Figures that take long: pages do not wait for them, and nobody asks twice at once."""

import threading

from factories import NOW

from dialer.web.kept_figures import KeptFigures


def test_a_quick_answer_is_given_at_once() -> None:
    figures = KeptFigures()
    kept = figures.soon("leads", lambda: 7, now=NOW)
    assert kept is not None
    assert (kept.value, kept.as_of) == (7, NOW)
    figures.close()


def test_a_page_does_not_wait_for_a_slow_answer_and_the_next_one_has_it() -> None:
    figures, go, asked = KeptFigures(), threading.Event(), []

    def ask() -> int:
        asked.append(1)
        go.wait(10)
        return 7

    assert figures.soon("leads", ask, now=NOW, within_s=0.01) is None
    assert figures.soon("leads", ask, now=NOW, within_s=0.01) is None
    go.set()
    kept = figures.soon("leads", ask, now=NOW, within_s=10)
    assert kept is not None
    assert (kept.value, len(asked)) == (7, 1)
    figures.close()


def test_the_last_answer_stands_while_a_new_one_is_slow() -> None:
    figures, go = KeptFigures(), threading.Event()
    figures.get("leads", lambda: 1, now=NOW)

    def ask() -> int:
        go.wait(10)
        return 2

    kept = figures.soon("leads", ask, now=NOW, within_s=0.01)
    assert kept is not None
    assert kept.value == 1
    go.set()
    figures.close()
