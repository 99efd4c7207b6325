"""The queue: messages to the workers. Each is a hint with one id; the database is the truth.

https://docs.celeryq.dev/en/stable/userguide/configuration.html
"""

from enum import StrEnum

from celery import Celery
from kombu.exceptions import OperationalError

from dialer.config import Settings
from dialer.log import get_logger

log = get_logger(__name__)

VISIBILITY_TIMEOUT_S = 600
"""Redis hands a task out again when it was not done after this long; no task of ours takes half."""


class TaskName(StrEnum):
    """The names of the tasks, as Flower shows them."""

    DIAL = "dial"
    SETTLE = "settle"
    PLAN = "plan"
    RECONCILE = "reconcile"
    SCHEDULES = "run_schedules"
    PURGE = "purge"
    AUDIT = "audit"
    RESULTS = "deliver_results"
    ERRANDS = "run_errands"


class QueueName(StrEnum):
    """The queues, and what runs on them."""

    DIAL = "dial"  # one message per attempt
    EVENTS = "events"  # one message per webhook event
    PLAN = "plan"  # ticks
    RESULTS = "results"  # what is told to other systems; nothing of the calls waits for it
    FILES = "files"  # imports, exports and audits, in processes of their own


def make_app(settings: Settings) -> Celery:
    """Make the Celery app. Connects to nothing."""
    app = Celery("dialer", broker=settings.redis_url, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_default_queue=QueueName.PLAN,
        task_create_missing_queues=True,
        # A task that died with its worker runs again; the guards in the database make that
        # harmless, and nothing waits in a dead worker's hands.
        task_acks_late=True,
        task_acks_on_failure_or_timeout=True,
        worker_prefetch_multiplier=1,
        worker_send_task_events=True,
        task_send_sent_event=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_TIMEOUT_S,
            "socket_connect_timeout": 2,
            "health_check_interval": 10,
        },
        enable_utc=True,
        timezone="UTC",
    )
    return app


class CeleryQueue:
    """Sends hints through the broker. When it is away, `reconcile` finds the work all the same."""

    def __init__(self, settings: Settings) -> None:
        self._app = make_app(settings)
        # Nobody waits for a hint: one try, where workers try for ever.
        self._app.conf.broker_transport_options["max_retries"] = 0

    def dial(self, attempt_id: str, *, label: str) -> None:
        """Ask a worker to send an attempt; `label` makes the task readable in Flower."""
        self._send(TaskName.DIAL, [attempt_id], queue=QueueName.DIAL, task_id=f"dial-{label}")

    def settle(self, event_row: int) -> None:
        """Ask a worker to settle a webhook event."""
        self._send(
            TaskName.SETTLE, [event_row], queue=QueueName.EVENTS, task_id=f"settle-{event_row}"
        )

    def plan(self) -> None:
        """Ask a worker to claim what is due."""
        self._send(TaskName.PLAN, [], queue=QueueName.PLAN, task_id=None)

    def run_errands(self) -> None:
        """Ask a worker to do what people asked for on pages."""
        self._send(TaskName.ERRANDS, [], queue=QueueName.FILES, task_id=None)

    def _send(
        self, name: TaskName, args: list[object], *, queue: QueueName, task_id: str | None
    ) -> None:
        try:
            self._app.send_task(name, args=args, queue=queue, task_id=task_id, retry=False)
        except (OperationalError, OSError) as error:
            log.warning("queue_unreachable", task=name, args=args, error=type(error).__name__)


def workers_that_answer(settings: Settings, *, within_s: float) -> list[str]:
    """Ask the workers for a sign of life, and give the names of those that gave one."""
    app = make_app(settings)
    app.conf.broker_transport_options["max_retries"] = 0
    try:
        answers = app.control.ping(timeout=within_s) or []
    except (OperationalError, OSError) as error:
        log.warning("queue_unreachable", task="ping", error=type(error).__name__)
        return []
    finally:
        app.close()
    return sorted(name for answer in answers for name in answer)
