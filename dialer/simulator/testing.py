"""A simulated Retell inside the process of a test or a benchmark."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dialer.simulator.server import base_url, bind, make_server
from dialer.simulator.settings import SimulatorSettings


@contextmanager
def running_simulator(settings: SimulatorSettings | None = None) -> Iterator[str]:
    """Run a simulator in a thread on a free port, whatever port is set; give its base URL."""
    chosen = (settings or SimulatorSettings()).model_copy(update={"port": 0})
    server = make_server(chosen)
    listener = bind(chosen)
    url = base_url(listener)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="simulator", daemon=True
    )
    thread.start()
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join()
