"""Bootstrap: build the world from the settings. Every process does this once."""

import socket
import sys

from dialer.actions.doubting import check_memory
from dialer.actions.world import World
from dialer.clock import SystemClock
from dialer.config import Settings
from dialer.domain.appointments import Calendars
from dialer.errors import UserError
from dialer.leads.table import Limits
from dialer.queue import CeleryQueue
from dialer.results.sender import ResultSender
from dialer.retell.client import RetellClient
from dialer.retell.selftest import check_trace
from dialer.store import gate, migrate
from dialer.store.database import Connection, Database
from dialer.witness import SendLog

SWITCH_INTERVAL_S = 0.0005


def open_database(settings: Settings) -> Database:
    """Open the database of these settings; makes the directory of an SQLite file."""
    settings.create_home()
    return Database(settings.database_url, pool_size=settings.worker_threads + 8)


def open_provider(settings: Settings) -> RetellClient:
    """Open the client for Retell or the simulator."""
    key = settings.retell_api_key
    return RetellClient(
        settings.retell_base_url,
        key.get_secret_value() if key is not None else "",
        clock=SystemClock(),
        web_call_api=settings.web_call_api,
    )


def open_sender(settings: Settings) -> ResultSender:
    """Open what sends results to other systems.

    Raises:
        UserError: a secret cannot be used.
    """
    try:
        return ResultSender(
            settings.result_secrets_by_name,
            private=settings.result_private,
            look_up=socket.getaddrinfo,
        )
    except ValueError as error:
        raise UserError(
            "DIALER_RESULT_SECRETS cannot be used",
            why=str(error),
            fix="make one: echo crm=whsec_$(openssl rand -base64 32)",
        ) from error


def import_limits(settings: Settings) -> Limits:
    """Give how large a lead file may be."""
    return Limits(
        max_bytes=settings.import_max_bytes,
        max_workbook_bytes=settings.import_max_workbook_bytes,
        max_rows=settings.import_max_rows,
        max_columns=settings.import_max_columns,
        max_cell_bytes=settings.import_max_cell_bytes,
    )


def calendars(settings: Settings) -> Calendars:
    """Give where the times are that agents may book."""
    return Calendars(settings.calendars, settings.calendar)


def build_world(settings: Settings) -> World:
    """Build the world of a process and bring the gate to the settings.

    Raises:
        TransportUnfit: the installed HTTP library cannot tell "never sent" from "maybe sent";
            nothing may be dialed.
    """
    # A transaction gives up the interpreter at every statement; with the usual 5 ms until it
    # gets it back, the threads that wait for its lock would wait most of their time for nothing.
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    check_trace()
    database = open_database(settings)
    try:
        if "database_url" not in settings.model_fields_set:
            # An embedded database is nobody else's to migrate.
            migrate.upgrade(settings.database_url)
        apply_limits(database, settings)
    except BaseException:
        database.close()
        raise
    world = World(
        db=database,
        provider=open_provider(settings),
        queue=CeleryQueue(settings),
        clock=SystemClock(),
        same_key_replay=settings.same_key_replay,
        webhook_url=settings.webhook_of_calls,
        calendars=calendars(settings),
        live_transcripts=settings.live_transcripts,
        import_limits=import_limits(settings),
        witness=SendLog(settings.home, redis_url=settings.redis_url),
    )
    check_memory(world)  # before the first claim
    return world


def apply_limits(database: Database, settings: Settings) -> None:
    """Make the gate's row, or bring it to settings that were changed since the last start."""

    def body(tx: Connection) -> None:
        gate.ensure(
            tx,
            lines=settings.lines,
            calls_per_second=settings.calls_per_second,
            headroom=settings.headroom,
            path_calls_per_second=settings.path_calls_per_second,
            calls_per_day=settings.calls_per_day,
            dollars_per_day=settings.dollars_per_day,
            day_zone=settings.day_zone,
        )

    database.transact(body)


def build_desk(settings: Settings, database: Database) -> World:
    """Build the world of a person's command, which dials nothing itself.

    The gate's limits stay those of the running processes: a command may well be typed where
    other settings hold. And a pause works even with a library that is unfit to dial.
    """
    return World(
        db=database,
        provider=open_provider(settings),
        queue=CeleryQueue(settings),
        clock=SystemClock(),
        webhook_url=settings.webhook_of_calls,
        calendars=calendars(settings),
        import_limits=import_limits(settings),
        witness=SendLog(settings.home, redis_url=settings.redis_url),
    )
