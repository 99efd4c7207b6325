"""Named points at which a process kills itself with -9, exactly once for each time one is armed.

A point is armed by a file of its name in the folder CHAOS_POINTS; whoever comes by first takes the
file, writes down who and when, and is gone. The ports are wrapped from the outside: transactions by
the name of the function they run, requests by the trace of their connection.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial, wraps
from itertools import count
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("CHAOS_POINTS", "."))

TRANSACTIONS = {
    "dialer.actions.plan:refill.<locals>.<lambda>": "plan",
    "dialer.actions.dial:pass_gate": "gate",
    "dialer.actions.dial:dial.<locals>.<lambda>": "record",
    "dialer.actions.receive:receive.<locals>.<lambda>": "receive",
    "dialer.actions.settle:settle.<locals>.<lambda>": "settle",
    "dialer.actions.look_up:_apply.<locals>.<lambda>": "apply",
    "dialer.actions.load:_store_chunk.<locals>.body": "import",
}
"""The functions that run in a transaction, and what their points are called."""

TRACED = {
    "http11.send_request_headers.complete": "headers sent",
    "http11.send_request_body.complete": "body sent",
}


def wrap() -> None:
    """Put the points into this process; must run before anything else of the dialer is imported."""
    if "up" in sys.orig_argv:
        from dialer.embedded import supervisor

        # Each kill stands for one on a quiet day, not for one of a series.
        supervisor.STEADY_AFTER *= 0
    _wrap_transactions()
    _wrap_requests()
    _wrap_look_ups()
    _wrap_statements()


def hit(point: str, **who: Any) -> None:
    """Die here if the point is armed."""
    try:
        (FOLDER / point).rename(FOLDER / f"{point}.taken")
    except FileNotFoundError:
        return
    seen = {"at": time.time(), "pid": os.getpid(), "argv": sys.orig_argv, **who}
    draft = FOLDER / f"{point}.draft"
    draft.write_text(json.dumps(seen))
    draft.rename(FOLDER / f"{point}.hit")
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # the signal takes a moment, and nothing may happen in it


def _wrap_transactions() -> None:
    from dialer.store.database import Database

    plain = Database.transact

    def transact(self: Database, body: Callable[[Any], Any]) -> Any:
        name = TRANSACTIONS.get(_name_of(body))
        if name is None:
            return plain(self, body)
        who = _who(body)
        hit(f"before {name}", **who)

        def watched(tx: Any) -> Any:
            result = body(tx)
            if result or name != "plan":  # a claim of nothing is none
                hit(f"inside {name}", **who)
            return result

        result = plain(self, watched)
        if name == "plan" and result:
            hit("after plan", attempt_id=result[0].attempt_id)
        elif name == "gate" and hasattr(result, "started_at"):
            hit("after gate", **who)
        elif name not in ("plan", "gate"):
            hit(f"after {name}", **who)
        return result

    Database.transact = transact  # type: ignore[method-assign]


def _wrap_requests() -> None:
    import httpx

    plain = httpx.HTTPTransport.handle_request

    def handle(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        trace = request.extensions.get("trace")
        body = json.loads(request.content or b"{}") if trace is not None else {}
        if "metadata" in body:  # the self-test at start traces a request of its own
            attempt_id = body["metadata"]["attempt_id"]

            def watched(event: str, details: Any) -> None:
                trace(event, details)
                if event in TRACED:
                    hit(TRACED[event], attempt_id=attempt_id)

            request.extensions["trace"] = watched
        return plain(self, request)

    httpx.HTTPTransport.handle_request = handle  # type: ignore[method-assign]


def _wrap_look_ups() -> None:
    from dialer.retell.client import RetellClient

    plain = RetellClient.calls_of_attempt

    @wraps(plain)
    def calls_of_attempt(self: RetellClient, attempt_id: str) -> Any:
        hit("before look-up", attempt_id=attempt_id)
        found = plain(self, attempt_id)
        hit("after look-up", attempt_id=attempt_id)
        return found

    RetellClient.calls_of_attempt = calls_of_attempt  # type: ignore[method-assign]


def _wrap_statements() -> None:
    """Count what a migration carries out."""
    from alembic.ddl.impl import DefaultImpl

    plain = DefaultImpl._exec
    steps = count(1)

    @wraps(plain)
    def execute(self: Any, *arguments: Any, **options: Any) -> Any:
        result = plain(self, *arguments, **options)
        hit(f"after step {next(steps)}")
        return result

    DefaultImpl._exec = execute


def _name_of(body: Callable[..., Any]) -> str:
    function = body.func if isinstance(body, partial) else body
    return f"{function.__module__}:{function.__qualname__}"


def _who(body: Callable[..., Any]) -> dict[str, str]:
    """Tell which attempt or call a transaction is about, from what it closes over."""
    if isinstance(body, partial):
        held: dict[str, Any] = dict(body.keywords)
    else:
        cells = body.__closure__ or ()
        names = body.__code__.co_freevars
        held = {name: cell.cell_contents for name, cell in zip(names, cells, strict=True)}
    for name in ("sending", "row", "event", "letter"):
        if (owner := held.get(name)) is not None:
            held |= {one: getattr(owner, one, None) for one in ("attempt_id", "call_id")}
            if name == "row":
                held["attempt_id"] = owner.id
    return {one: held[one] for one in ("attempt_id", "call_id") if held.get(one)}
