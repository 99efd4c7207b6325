"""Hints: never in the way of an answer, and never without a bound."""

import threading

from dialer.web.hints import MOST_WAITING, THREADS, Hints


def test_hints_are_sent() -> None:
    hints, sent = Hints(), threading.Event()
    assert hints.give(sent.set)
    assert sent.wait(10)
    hints.close()


def test_when_too_many_wait_a_hint_is_dropped_and_says_so() -> None:
    hints, free, stuck = Hints(), threading.Event(), threading.Barrier(THREADS + 1)

    def hang() -> None:
        stuck.wait(10)
        free.wait(10)

    for _ in range(THREADS):
        hints.give(hang)
    stuck.wait(10)  # from here on no thread takes another hint
    assert all(hints.give(lambda: None) for _ in range(MOST_WAITING))
    assert not hints.give(lambda: None)
    free.set()
    hints.close()


def test_closing_sends_what_waits() -> None:
    hints, sent = Hints(), []
    for n in range(100):
        hints.give(lambda n=n: sent.append(n))  # type: ignore[misc]
    hints.close()
    assert sorted(sent) == list(range(100))


def test_a_broker_that_never_answers_does_not_keep_the_process() -> None:
    hints, never = Hints(), threading.Event()
    for _ in range(THREADS):
        hints.give(lambda: never.wait(60) and None)
    hints.close(within_s=0.01)
    never.set()
