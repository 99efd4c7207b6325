"""Pushing leads: by the importer's own rules, once per key, whatever dies in between."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from factories import RecordingQueue, Stage

from dialer.actions import control, do_not_call, pushing, undo
from dialer.actions.pushing import KeyReused, Pushed, RequestKey
from dialer.actions.storing import Known
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.store import kept_answers, lead_pages, lists
from dialer.store.database import Connection, Database
from dialer.store.tables import Lead

ADA = {"phone": "(212) 555-2671", "name": "Ada Lee", "external_ref": "003-17"}
CAMPAIGN = 1


@pytest.fixture(autouse=True)
def campaign(stage: Stage) -> None:
    assert stage.campaign() == CAMPAIGN


def push(stage: Stage, *leads: dict[str, Any], key: str = "one", **changes: Any) -> Pushed:
    body = changes.pop("body", None) or repr(leads)
    return pushing.push(
        changes.pop("world", stage.world),
        changes.pop("campaign", None) or CAMPAIGN,
        leads or (ADA,),
        key=RequestKey(1, key, body),
        actor="token:crm",
        **changes,
    )


def leads_of(stage: Stage) -> list[Lead]:
    return stage.world.db.read(lambda tx: lead_pages.first(tx, CAMPAIGN, state=None, most=100))


def results(pushed: Pushed) -> list[tuple[int, str, str | None]]:
    return [(one["row"], one["result"], one["reason"]) for one in pushed.answer["leads"]]


class TestRows:
    def test_each_row_is_told_what_became_of_it(self, stage: Stage) -> None:
        now = stage.clock.now()
        stage.world.db.transact(
            lambda tx: do_not_call.suppress(
                tx, "+12125552673", OptOut("asked", OptOutSource.HAND, "ann"), now=now
            )
        )
        pushed = push(
            stage,
            ADA,
            {"phone": "212 555 2672", "variables": {"plan": "Team", "seats": 5, "trial": False}},
            {"phone": "+1 212 555 2671"},
            {"phone": "2125552673"},
            {"phone": "12"},
            {"phone": "2125552675", "variables": {"email": "a@example.com"}},
        )
        assert results(pushed) == [
            (1, "imported", None),
            (2, "imported", None),
            (3, "duplicate", "duplicate_in_file"),
            (4, "rejected", "suppressed"),
            (5, "rejected", "short_or_emergency"),
            (6, "rejected", "bad_row"),
        ]
        assert [pushed.answer[name] for name in ("rows", "imported", "duplicates")] == [6, 2, 1]
        assert pushed.answer["rejected"] == 3
        ada, other = sorted(leads_of(stage), key=lambda one: one.row or 0)
        assert (ada.phone, ada.name, ada.external_ref) == ("+12125552671", "Ada Lee", "003-17")
        assert ada.zones == "America/New_York"
        assert pushed.answer["leads"][0]["lead_id"] == ada.id
        assert pushed.answer["leads"][2]["lead_id"] == ada.id
        assert other.variables["plan"] == "Team"
        assert other.variables["seats"] == "5"
        assert other.variables["trial"] == "false"

    def test_a_push_is_a_list_that_can_be_undone(self, stage: Stage) -> None:
        pushed = push(stage)
        row = stage.world.db.read(lambda tx: lists.get(tx, pushed.answer["list_id"]))
        assert row is not None
        assert (row.file_name, row.rows, row.imported) == ("pushed by token:crm", 1, 1)
        undo.undo(stage.world, row.id, actor="ann")
        assert leads_of(stage) == []

    def test_who_is_there_already_is_updated_where_that_is_asked_for(self, stage: Stage) -> None:
        first = push(stage)
        skipped = push(stage, {**ADA, "name": "Ada L."}, key="two")
        assert results(skipped) == [(1, "duplicate", "already_in_campaign")]
        assert skipped.answer["leads"][0]["lead_id"] == first.answer["leads"][0]["lead_id"]
        updated = push(stage, {**ADA, "name": "Ada L."}, key="three", known=Known.UPDATE)
        assert results(updated) == [(1, "updated", None)]
        assert [one.name for one in leads_of(stage)] == ["Ada L."]

    def test_other_numbers_zones_and_moments_are_read_as_in_a_file(self, stage: Stage) -> None:
        push(
            stage,
            {
                "phone": "12",
                "alt_phones": ["212-555-2677", "212-555-2678"],
                "time_zone": "America/Chicago",
                "not_before": "2026-03-06 09:00",
                "consent_at": "2026-01-01",
                "consent_source": "web",
            },
        )
        (lead,) = leads_of(stage)
        assert (lead.phone, lead.alt_phones) == ("+12125552677", ["+12125552678"])
        assert lead.zones == "America/Chicago,America/New_York"
        assert lead.due_at is not None
        assert lead.due_at.isoformat() == "2026-03-06T15:00:00+00:00"
        assert lead.consent is not None

    def test_too_many_names_are_refused_as_a_whole(self, stage: Stage) -> None:
        names = {f"v{n}": "x" for n in range(300)}
        with pytest.raises(UserError, match="different names"):
            push(stage, {"phone": "2125552671", "variables": names})
        assert leads_of(stage) == []

    def test_control_characters_reach_no_row(self, stage: Stage) -> None:
        push(stage, {"phone": "2125552671\x07", "name": "A\x1fda\x7f"})
        assert [one.name for one in leads_of(stage)] == ["Ada"]

    def test_a_campaign_that_is_over_or_unknown_takes_none(self, stage: Stage) -> None:
        with pytest.raises(NotFound):
            push(stage, campaign=77)
        control.stop(stage.world, CAMPAIGN, actor="ann")
        with pytest.raises(RefusedByRule, match="takes no more leads"):
            push(stage)
        assert stage.world.db.read(lambda tx: kept_answers.find(tx, 1, "one")) is None


class TestKeys:
    def test_the_same_key_with_the_same_body_pushes_nobody_twice(self, stage: Stage) -> None:
        first = push(stage)
        stage.clock.pass_time(hours=24)
        again = push(stage)
        assert (first.again, again.again) == (False, True)
        assert again.answer == first.answer
        assert len(leads_of(stage)) == 1
        assert len(stage.world.db.read(lists.every)) == 1

    def test_the_same_key_with_another_body_is_refused(self, stage: Stage) -> None:
        push(stage)
        with pytest.raises(KeyReused):
            push(stage, {"phone": "2125552679"})
        assert len(leads_of(stage)) == 1

    def test_another_token_may_have_the_same_key(self, stage: Stage) -> None:
        push(stage)
        other = pushing.push(
            stage.world,
            CAMPAIGN,
            [{"phone": "2125552679"}],
            key=RequestKey(2, "one", "other"),
            actor="token:shop",
        )
        assert not other.again

    def test_a_push_whose_process_dies_after_its_commit_is_answered_as_it_was(
        self, stage: Stage
    ) -> None:
        dying = replace(stage.world, queue=Dying())
        with pytest.raises(Killed):
            push(stage, world=dying)
        again = push(stage)
        assert again.again
        assert results(again) == [(1, "imported", None)]
        assert [one.id for one in leads_of(stage)] == [again.answer["leads"][0]["lead_id"]]

    def test_a_push_whose_process_dies_before_its_commit_leaves_nothing(self, stage: Stage) -> None:
        database = DyingDatabase(stage.world.db.url)
        with pytest.raises(Killed):
            push(stage, world=replace(stage.world, db=database))
        database.close()
        assert leads_of(stage) == []
        assert stage.world.db.read(lists.every) == []
        assert not push(stage).again
        assert len(leads_of(stage)) == 1

    def test_of_several_at_once_one_pushes_and_all_give_its_answer(self, stage: Stage) -> None:
        at_once = threading.Barrier(4)
        found: list[Pushed] = []

        def run() -> None:
            at_once.wait()
            found.append(push(stage))

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.answer for one in found] == [found[0].answer] * 4
        assert [one.again for one in found].count(False) == 1
        assert len(leads_of(stage)) == 1


class Killed(BaseException):
    """The process is gone."""


class DyingDatabase(Database):
    """A database whose client dies when all is written and nothing is committed."""

    def transact(self, body: Callable[[Connection], Any]) -> Any:
        def dying(tx: Connection) -> None:
            body(tx)
            raise Killed

        return super().transact(dying)


class Dying(RecordingQueue):
    """A queue whose process dies when it is given a hint."""

    def plan(self) -> None:
        raise Killed
