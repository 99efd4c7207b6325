"""The ticks that beat sends. A tick nobody took in time is dropped: the next one does the same."""

from typing import Any

from dialer.queue import QueueName, TaskName

PLAN_EVERY_S = 0.5
RECONCILE_EVERY_S = 2.0
SCHEDULES_EVERY_S = 15.0
PURGE_EVERY_S = 3600.0  # what is old enough is due once; more often costs one look
AUDIT_EVERY_S = 60.0
RESULTS_EVERY_S = 2.0
ERRANDS_EVERY_S = 5.0  # they are told of at once; this finds those whose message was lost

TICKS: dict[str, dict[str, Any]] = {
    "plan": {
        "task": TaskName.PLAN,
        "schedule": PLAN_EVERY_S,
        "options": {"queue": QueueName.PLAN, "expires": 5},
    },
    "reconcile": {
        "task": TaskName.RECONCILE,
        "schedule": RECONCILE_EVERY_S,
        "options": {"queue": QueueName.PLAN, "expires": 10},
    },
    "run_schedules": {
        "task": TaskName.SCHEDULES,
        "schedule": SCHEDULES_EVERY_S,
        "options": {"queue": QueueName.FILES, "expires": 14},
    },
    "run_errands": {
        "task": TaskName.ERRANDS,
        "schedule": ERRANDS_EVERY_S,
        "options": {"queue": QueueName.FILES, "expires": 5},
    },
    "purge": {
        "task": TaskName.PURGE,
        "schedule": PURGE_EVERY_S,
        "options": {"queue": QueueName.FILES, "expires": 600},
    },
    "deliver_results": {
        "task": TaskName.RESULTS,
        "schedule": RESULTS_EVERY_S,
        "options": {"queue": QueueName.RESULTS, "expires": 10},
    },
    "audit": {
        "task": TaskName.AUDIT,
        "schedule": AUDIT_EVERY_S,
        # In processes of their own: an audit takes no thread, and no processor, from dialing.
        "options": {"queue": QueueName.FILES, "expires": 50},
    },
}
