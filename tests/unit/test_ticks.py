"""The ticks that beat sends: what they cost dialing."""

from dialer.queue import QueueName, TaskName
from workers.schedule import TICKS


def test_the_audit_runs_every_minute_beside_dialing_not_in_its_threads() -> None:
    tick = TICKS["audit"]
    assert (tick["task"], tick["schedule"]) == (TaskName.AUDIT, 60.0)
    assert tick["options"]["queue"] is QueueName.FILES
