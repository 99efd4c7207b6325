"""`dialer results`, `dialer webhooks` and the exports for others, with a receiver on loopback."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_desk import NOBODY_LISTENS, Desk, kept_log
from receiver import NAME, SECRET, Receiver, receiving
from standardwebhooks.webhooks import Webhook

from dialer.bootstrap import build_desk, build_world, open_sender
from dialer.cli.exits import ExitCode
from dialer.config import Settings
from dialer.errors import UserError
from dialer.store import webhooks
from dialer.store.database import Database


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    home = Settings.load().create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    monkeypatch.setenv("DIALER_RESULT_SECRETS", f"{NAME}={SECRET}")
    monkeypatch.setenv("DIALER_RESULT_PRIVATE", "true")
    with kept_log():
        world = build_world(Settings.load())
        world.db.close()
        world.provider.close()
        yield Desk(tmp_path, capsys)


def telling(desk: Desk, address: str) -> int:
    """Make a campaign whose results go to an address."""
    campaign_id = desk.create()
    edited = desk.type(
        "campaigns",
        "edit",
        campaign_id,
        *("--set", f'results.address="{address}"', "--set", f'results.secret="{NAME}"'),
    )
    assert edited.code == ExitCode.DONE, edited.err
    return campaign_id


def deliver() -> int:
    """Run one turn of the delivering task."""
    from dialer.actions.deliver import deliver as run

    settings = Settings.load()
    database = Database(settings.database_url)
    try:
        return run(build_desk(settings, database), open_sender(settings))
    finally:
        database.close()


def test_a_test_shows_the_answer_of_the_address(desk: Desk, receiver: Receiver) -> None:
    campaign_id = telling(desk, receiver.url)
    receiver.answers = [(200, {}), (500, {})]
    answer = desk.type("results", "test", campaign_id, "--json")
    assert answer.code == ExitCode.DONE, answer.err
    assert answer.json["status"] == 200
    got = receiver.got[0]
    assert Webhook(SECRET).verify(got.body, dict(got.headers))["type"] == "lead.closed"
    failed = desk.type("results", "test", campaign_id, "--event", "attempt.ended")
    assert failed.code == ExitCode.FAILED
    assert failed.fields["status"] == "500"


def test_a_skipped_lead_is_told_listed_and_sent_again(desk: Desk, receiver: Receiver) -> None:
    telling(desk, receiver.url)
    assert desk.type("leads", "skip", 1, "--reason", "our own", "--yes").code == ExitCode.DONE
    (row,) = desk.type("results", "list", "--json").json
    assert (row["event"], row["status"], row["tries"]) == ("lead.closed", "WAITING", 0)
    assert deliver() == 1
    shown = desk.type("results", "show", 1, "--json").json
    assert shown["status"] == "DELIVERED"
    assert shown["body"]["data"]["closed_as"] == "stopped"
    assert desk.type("results", "show", 1).code == ExitCode.DONE
    assert desk.type("results", "replay", 1).code == ExitCode.DONE
    assert deliver() == 1
    one, two = receiver.got
    assert one.body == two.body
    assert one.headers["webhook-id"] == two.headers["webhook-id"]
    assert desk.type("results", "list", "--state", "dead", "--json").json == []
    assert desk.type("results", "show", 99).code == ExitCode.NOT_FOUND
    assert desk.type("results", "replay").code == ExitCode.USAGE


def test_an_address_that_is_gone_is_told_and_switched_on_again(
    desk: Desk, receiver: Receiver
) -> None:
    campaign_id = telling(desk, receiver.url)
    desk.type("leads", "skip", 1, "--reason", "our own", "--yes")
    receiver.answers = [(410, {})]
    deliver()
    checks = {one["name"]: one for one in desk.type("doctor", "--json").json["checks"]}
    assert checks["results"]["status"] == "fail"
    assert "answered 410" in checks["results"]["sentence"]
    assert "results_refused" in desk.type("incidents", "list").out
    assert desk.type("results", "on", campaign_id).code == ExitCode.DONE
    assert deliver() == 1
    checks = {one["name"]: one for one in desk.type("doctor", "--json").json["checks"]}
    assert checks["results"]["status"] == "ok"


def test_an_address_that_fails_is_a_warning_of_the_doctor(desk: Desk, receiver: Receiver) -> None:
    campaign_id = telling(desk, receiver.url)
    desk.type("leads", "skip", 1, "--reason", "our own", "--yes")
    receiver.answers = [(503, {})]
    deliver()
    checks = {one["name"]: one for one in desk.type("doctor", "--json").json["checks"]}
    assert checks["results"]["status"] == "warn"
    assert "HTTP 503" in checks["results"]["sentence"]
    assert desk.type("results", "acknowledge", campaign_id, "--note", "x").code == ExitCode.DONE
    assert desk.type("results", "replay", "--campaign", campaign_id).code == ExitCode.DONE


def test_a_secret_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALER_RESULT_SECRETS", "crm=whsec_c2hvcnQ=")
    with pytest.raises(UserError, match="DIALER_RESULT_SECRETS cannot be used"):
        open_sender(Settings.load())
    monkeypatch.setenv("DIALER_RESULT_SECRETS", SECRET)
    with pytest.raises(UserError, match="DIALER_RESULT_SECRETS is not valid"):
        Settings.load()


# -- dead webhooks


def dead_webhook(*, raw: str = "{}") -> int:
    database = Database(Settings.load().database_url)
    now = datetime.now(UTC)
    kept = {"call_id": None, "raw": raw, "status": webhooks.DEAD, "error": "cannot be read"}
    try:
        row = database.transact(
            lambda tx: webhooks.receive(tx, "call_ended:x", now=now, **kept)  # type: ignore[arg-type]
        )
    finally:
        database.close()
    assert row is not None
    return row


def test_a_dead_webhook_is_shown_acknowledged_and_then_breaks_nothing(desk: Desk) -> None:
    event_id = dead_webhook()
    (row,) = desk.type("webhooks", "dead", "--json").json
    assert (row["id"], row["error"]) == (event_id, "cannot be read")
    broken = [
        one for one in desk.type("audit", "--json").json["invariants"] if one["name"] == "I15"
    ]
    assert broken[0]["status"] != "ok"
    done = desk.type("webhooks", "acknowledge", event_id, "--note", "a test of theirs")
    assert done.code == ExitCode.DONE
    assert desk.type("webhooks", "dead", "--json").json == []
    kept = [one for one in desk.type("audit", "--json").json["invariants"] if one["name"] == "I15"]
    assert kept[0]["status"] == "ok"
    again = desk.type("webhooks", "acknowledge", event_id, "--note", "again")
    assert again.code == ExitCode.REFUSED


def test_a_dead_webhook_is_settled_again_by_hand(desk: Desk) -> None:
    event_id = dead_webhook(raw='{"event":"no_such_event"}')
    (shown,) = desk.type("webhooks", "dead", "--bodies", "--json").json
    assert shown["raw"] == '{"event":"no_such_event"}'
    assert desk.type("webhooks", "replay", event_id).code == ExitCode.DONE
    assert desk.type("webhooks", "replay", event_id).code == ExitCode.REFUSED
    assert desk.type("webhooks", "replay", 99).code == ExitCode.NOT_FOUND
    database = Database(Settings.load().database_url)
    row = database.read(lambda tx: webhooks.get(tx, event_id))
    database.close()
    assert row is not None
    assert (row.status, row.tries, row.error) == (webhooks.NEW, 0, None)


# -- exports for others


def test_a_campaign_is_handed_over_to_retells_batches(desk: Desk) -> None:
    campaign_id = desk.create()
    to = desk.folder / "batch.csv"
    answer = desk.type("campaigns", "export", campaign_id, "--retell-batch", "-o", to)
    assert answer.code == ExitCode.DONE, answer.err
    assert "they still wait here" in answer.err
    rows = list(csv.DictReader(io.StringIO(to.read_text(encoding="utf-8"))))
    assert [row["phone number"] for row in rows] == ["+14155552671", "+12125553144"]
    closed = desk.type("campaigns", "export", campaign_id, "--retell-batch", "--close", "-o", to)
    assert "2 of them are closed here" in closed.err
    misused = desk.type("campaigns", "export", campaign_id, "--close")
    assert misused.code == ExitCode.USAGE
    both = desk.type("campaigns", "export", campaign_id, "--retell-batch", "--leads")
    assert both.code == ExitCode.USAGE


def test_a_campaign_is_written_by_a_profile(desk: Desk) -> None:
    campaign_id = desk.create()
    path = desk.write("ours.toml", '[columns]\nTelefon = "phone"\nPlan = "variable.plan"\n')
    answer = desk.type("campaigns", "export", campaign_id, "--profile", path)
    assert answer.code == ExitCode.DONE, answer.err
    assert answer.out.splitlines()[0].lstrip("\ufeff") == "Telefon,Plan"
    wrong = desk.type("campaigns", "export", campaign_id, "--profile", "zoho")
    assert wrong.code == ExitCode.NOT_FOUND
