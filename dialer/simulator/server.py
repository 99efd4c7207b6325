"""The simulated Retell on a socket."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dialer.clock import Clock, SystemClock
from dialer.simulator.answers import Refused, refusal
from dialer.simulator.engine import Exchange
from dialer.simulator.postman import Postman
from dialer.simulator.pulse import Pulse
from dialer.simulator.recordings import PLACE
from dialer.simulator.routes import all_routes
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.wire import BreakableProtocol, whole

GRACE_S = 1  # open requests (some hang on purpose) get this long when the server stops


def create_app(settings: SimulatorSettings, *, clock: Clock | None = None) -> Starlette:
    """Build the application around a new exchange.

    Broken connections need a server whose protocol is `BreakableProtocol`; `make_server` gives one.
    """
    exchange = Exchange(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        postman = Postman(connections=settings.webhook_connections)
        pulse = Pulse(exchange, postman=postman, clock=clock or SystemClock())
        app.state.pulse = pulse
        yield
        await pulse.stop()

    return Starlette(
        routes=all_routes(),
        lifespan=lifespan,
        exception_handlers={Refused: _refuse, HTTPException: _refuse_path},
    )


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return whole(error.answer)


async def _refuse_path(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return whole(refusal(error.status_code, message=f"Cannot {request.method} {request.url.path}"))


def bind(settings: SimulatorSettings) -> socket.socket:
    """Open the listening socket, so that its port is known before the server runs."""
    opened = socket.create_server((settings.host, settings.port), backlog=1024)
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named: without it, an answer
    # in two pieces waits 40 ms for the other side's acknowledgement of the first.
    return socket.socket(opened.family, opened.type, socket.IPPROTO_TCP, fileno=opened.detach())


def base_url(listener: socket.socket) -> str:
    """Give the address under which a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


def make_server(settings: SimulatorSettings, listener: socket.socket) -> uvicorn.Server:
    """Build a server that can break connections; run it with `sockets=[listener]`."""
    settings = settings.model_copy(update={"recordings": base_url(listener) + PLACE})
    config = uvicorn.Config(
        create_app(settings),
        http=BreakableProtocol,
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_S,
    )
    return uvicorn.Server(config)


def run(settings: SimulatorSettings, *, on_ready: Callable[[str], None] | None = None) -> None:
    """Serve until a signal comes; `on_ready` is told the base URL once requests are taken."""
    listener = bind(settings)
    if on_ready is not None:
        on_ready(base_url(listener))
    with suppress(KeyboardInterrupt):
        make_server(settings, listener).run(sockets=[listener])
