"""The tasks. Each takes one id at most, may run twice, and leaves the work to an action."""

from dialer.actions import audit, deliver, dial, errands, plan, purge, reconcile, schedule, settle
from dialer.forecast.errand import MORE_ERRANDS
from dialer.queue import QueueName, TaskName
from workers.app import app, sender, settings, world


@app.task(name=TaskName.DIAL, queue=QueueName.DIAL)
def dial_attempt(attempt_id: str) -> None:
    """Send one attempt."""
    dial.dial(world(), attempt_id)


@app.task(name=TaskName.SETTLE, queue=QueueName.EVENTS)
def settle_event(event_row: int) -> None:
    """Apply one webhook event."""
    settle.settle(world(), event_row)


@app.task(name=TaskName.PLAN, queue=QueueName.PLAN)
def plan_calls() -> None:
    """Claim what is due for the free lines."""
    plan.plan(world())


@app.task(name=TaskName.RECONCILE, queue=QueueName.PLAN)
def reconcile_attempts() -> None:
    """Look at everything whose time has come."""
    reconcile.reconcile(world())


@app.task(name=TaskName.SCHEDULES, queue=QueueName.FILES)
def run_schedules() -> None:
    """Make and start the campaigns whose time has come, or whose file has."""
    schedule.run_due(world(), rejects_in=settings.home / "rejects")


@app.task(name=TaskName.PURGE, queue=QueueName.FILES)
def purge_old_rows() -> None:
    """Delete what is kept for a while only."""
    purge.purge(world())


@app.task(name=TaskName.AUDIT, queue=QueueName.FILES)
def audit_everything() -> None:
    """Ask whether anything is broken, and raise incidents."""
    audit.audit(world())


@app.task(name=TaskName.RESULTS, queue=QueueName.RESULTS)
def deliver_results() -> None:
    """Tell other systems what is due."""
    deliver.deliver(world(), sender())


@app.task(name=TaskName.ERRANDS, queue=QueueName.FILES)
def run_errands() -> None:
    """Do what people asked for on pages: imports, and what concerns many leads."""
    errands.run_due(world(), home=settings.home, more=MORE_ERRANDS)
