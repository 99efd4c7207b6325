"""The process worker-files, as a thread: it does what people ask for on pages."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dialer.actions import errands
from dialer.actions.world import World
from dialer.forecast.errand import MORE_ERRANDS


@contextmanager
def working(world: World, *, home: Path) -> Iterator[threading.Event]:
    """Work until the end; while the event that is given is set, it rests."""
    ended, resting = threading.Event(), threading.Event()

    def work() -> None:
        while not ended.wait(0.1):
            if not resting.is_set():
                errands.run_due(world, home=home, more=MORE_ERRANDS)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield resting
    finally:
        ended.set()
        thread.join()
