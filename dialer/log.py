"""The log: one line per event on stderr, with phone numbers masked wherever they stand.

Every library that logs through the standard library (Celery, uvicorn, SQLAlchemy, httpx) comes
out of the same place in the same shape.
"""

import logging
import re
import sys
from typing import Any, Literal

import structlog
from structlog.typing import Processor, WrappedLogger

LogFormat = Literal["console", "json"]

KEPT_IN_FRONT = 5  # "+1415": country and area, enough to recognise a lead list
KEPT_AT_END = 4
HIDDEN = "•••"

# Also as it stands in a web address, where + is written %2B.
_PHONE = re.compile(r"(?:\+|%2[Bb])(\d{7,15})(?!\d)")

# These bring handlers of their own, which would print each line a second time.
_LIBRARIES = ("uvicorn", "uvicorn.error", "uvicorn.access", "celery", "celery.task")
# These say on every call what we log ourselves.
_CHATTY = ("httpx", "httpcore", "uvicorn.access", "kombu", "amqp")


def configure(level: str, fmt: LogFormat) -> None:
    """Send all logging of this process to stderr; may be called twice."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(fmt),
                _mask_line,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    _quieten(level)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Give the logger of a module; call it with a constant event name and id fields."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def mask_phone(phone: str) -> str:
    """Hide the middle of a number: `+14155550123` becomes `+1415•••0123`.

    A number too short to keep both ends keeps only its last two digits.
    """
    if len(phone) < KEPT_IN_FRONT + KEPT_AT_END + 2:
        return f"{HIDDEN}{phone[-2:]}" if len(phone) > 4 else HIDDEN
    return f"{phone[:KEPT_IN_FRONT]}{HIDDEN}{phone[-KEPT_AT_END:]}"


def mask_phones(text: str) -> str:
    """Mask every number in international form that stands in `text`."""
    return _PHONE.sub(lambda found: mask_phone(f"+{found.group(1)}"), text)


def _renderers(fmt: LogFormat) -> list[Processor]:
    if fmt == "json":
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            pad_event_to=0,
            # The default one prints local variables, and with them names and numbers of people.
            exception_formatter=structlog.dev.plain_traceback,
        )
    ]


def _mask_line(_logger: WrappedLogger, _method: str, line: Any) -> str:
    """Mask what was rendered, so that tracebacks and libraries cannot leak a number either."""
    return mask_phones(str(line))


def _quieten(level: str) -> None:
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    for name in _CHATTY:
        logging.getLogger(name).setLevel(
            logging.DEBUG if level.upper() == "DEBUG" else logging.WARNING
        )
