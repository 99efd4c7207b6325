"""The commands for calls, against the simulator."""

import json
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cli_desk import NOBODY_LISTENS, Desk, kept_log

from dialer.bootstrap import apply_limits, open_database
from dialer.cli.exits import ExitCode
from dialer.config import SIMULATOR_KEY, Settings
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator

FROM = "+14155550199"
TALKS, VOICEMAIL, LONG = "+12125550100", "+12125550101", "+12125550108"
KEY = {"Authorization": f"Bearer {SIMULATOR_KEY}"}


class CallDesk(Desk):
    """A desk beside a simulator in which calls can be made."""

    retell: httpx.Client

    def call(self, number: str, **fields: Any) -> str:
        """Make a call and give its id."""
        body = {"from_number": FROM, "to_number": number, **fields}
        made = self.retell.post("/v2/create-phone-call", json=body)
        call_id: str = made.json()["call_id"]
        return call_id

    def ended(self, number: str, **fields: Any) -> str:
        """Make a call, and wait until it is over and analyzed."""
        call_id = self.call(number, **fields)
        while "call_analysis" not in self.at_retell(call_id):
            pass
        return call_id

    def at_retell(self, call_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.retell.get(f"/v2/get-call/{call_id}").json()
        return shown


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[CallDesk]:
    home = Settings.load().create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    settings = SimulatorSettings(api_key=SIMULATOR_KEY, speed=200, long_talk_s=(90_000, 90_000))
    with (
        running_simulator(settings) as url,
        httpx.Client(base_url=url, headers=KEY, trust_env=False) as retell,
        kept_log(),
    ):
        (home / "simulator.url").write_text(url, encoding="utf-8")
        made = CallDesk(tmp_path, capsys)
        made.retell = retell
        yield made


def test_calls_are_listed_by_every_filter(desk: CallDesk) -> None:
    ours = {"campaign_id": "7", "lead_id": "3", "order": "x"}
    talked = desk.ended(TALKS, metadata=ours, retell_llm_dynamic_variables={"city": "Rome"})
    other = desk.ended(VOICEMAIL, override_agent_id="agent_2", override_agent_version=4)
    attributes = {"custom_attributes": {"checked": True, "grade": 2}}
    desk.retell.patch(f"/v2/update-call/{talked}", json=attributes).raise_for_status()
    for options, found in {
        (): {talked, other},
        ("--agent", "agent_2"): {other},
        ("--agent", "agent_2", "--version", "3"): set(),
        ("--from", FROM): {talked, other},
        ("--to", "(212) 555-0101"): {other},
        ("--since", "1h"): {talked, other},
        ("--until", "1h"): set(),
        ("--status", "ended"): {talked, other},
        ("--status", "error", "--status", "ongoing"): set(),
        ("--reason", "voicemail_reached"): {other},
        ("--direction", "inbound"): set(),
        ("--type", "phone_call"): {talked, other},
        ("--sentiment", "Unknown"): {other},
        ("--voicemail",): {other},
        ("--no-voicemail",): {talked},
        ("--longer-than", "1h"): set(),
        ("--costlier-than", "0"): {talked, other},
        ("--campaign", "7"): {talked},
        ("--lead", "3"): {talked},
        ("--attempt", "a"): set(),
        ("--batch", "batch_call_1"): set(),
        ("--metadata", "order=x"): {talked},
        ("--variable", "city=Rome"): {talked},
        ("--variable", "city=Oslo"): set(),
        ("--slower-than", "0.1s"): {talked, other},
        ("--slower-than", "1m"): set(),
        ("--agent-tag", "prod"): set(),
        ("--tool", "book_appointment"): set(),
        ("--analysis", "score=3"): set(),
        ("--attribute", "checked=true"): {talked},
        ("--attribute", "checked=false"): set(),
        ("--attribute", "grade=2"): {talked},
        ("--attribute", "grade=a"): set(),
        ("--criteria", json.dumps({"call_id": {"type": "string", "op": "eq", "value": other}})): {
            other
        },
    }.items():
        answer = desk.type("calls", "list", *options, "--json")
        assert answer.code == ExitCode.DONE, answer.err
        assert {one["call_id"] for one in answer.json["calls"]} == found, options


def test_a_list_is_cut_at_its_limit_and_says_so(desk: CallDesk) -> None:
    made = [desk.ended(TALKS) for _ in range(3)]
    answer = desk.type("calls", "list", "--limit", 2)
    lines = answer.out.splitlines()
    assert lines[0].startswith("call_id\tstarted_at\tcall_status\t")
    assert [line.partition("\t")[0] for line in lines[1:]] == made[:0:-1]
    assert "there are more: --limit" in answer.err
    oldest = desk.type("calls", "list", "--limit", 3, "--oldest-first", "--json").json
    assert [one["call_id"] for one in oldest["calls"]] == made
    assert oldest["has_more"] is False
    assert "no such call" in desk.type("calls", "list", "--lead", 9).err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--since", "yesterday"), "--since yesterday is no moment"),
        (("--since", "2026-12-01 09:00"), "names no zone"),
        (("--metadata", "order"), "key=value"),
        (("--to", "12"), "not a telephone number"),
        (("--version", "3"), "add --agent"),
        (("--longer-than", "30"), "--longer-than is no duration"),
        (("--slower-than", "quick"), "--slower-than is no duration"),
        (("--criteria", "{"), "--criteria is no JSON"),
        (("--criteria", "[]"), "--criteria is no JSON object"),
        (("--status", "registered"), "registered"),
        (("--limit", "0"), "--limit"),
    ],
)
def test_a_filter_that_is_none_is_wrong_usage(
    desk: CallDesk, options: tuple[str, ...], told: str
) -> None:
    answer = desk.type("calls", "list", *options)
    assert answer.code == ExitCode.USAGE
    assert told in answer.err


def test_a_call_is_shown_with_its_figures_its_costs_and_its_words(desk: CallDesk) -> None:
    call_id = desk.ended(TALKS, retell_llm_dynamic_variables={"first_name": "Zoe"})
    answer = desk.type("calls", "show", call_id)
    assert answer.code == ExitCode.DONE, answer.err
    assert "kind\tp50\tp90\tp95\tp99\tmin\tmax\tnum" in answer.out
    assert "elevenlabs_tts\t" in answer.out
    assert "Agent: Hi Zoe, this is Ava." in answer.out
    assert "Agent: Hi [NAME], this is Ava." in answer.out
    assert "llm_tokens.total\t2577" in answer.out
    assert "recordings" not in answer.out
    assert "not one of ours" in answer.err
    assert f"dialer calls recording {call_id}" in answer.err
    shown = desk.type("calls", "show", call_id, "--json").json
    assert shown["attempt"] is None
    assert shown["call"]["latency"]["e2e"]["p50"] > 0


def test_a_call_or_a_lead_is_named_and_not_both(desk: CallDesk) -> None:
    for arguments in ((), ("call_1", "--lead", "1")):
        assert desk.type("calls", "show", *arguments).code == ExitCode.USAGE
    assert desk.type("calls", "show", "call_1").code == ExitCode.NOT_FOUND
    assert desk.type("calls", "show", "--lead", 1).code == ExitCode.NOT_FOUND
    desk.create()
    answer = desk.type("calls", "show", "--lead", 1)
    assert (answer.code, answer.out) == (ExitCode.DONE, "")
    assert "no call yet" in answer.err


def test_a_call_is_stopped_after_a_question(desk: CallDesk) -> None:
    call_id = desk.call(LONG)
    asked = desk.type("calls", "stop", call_id)
    assert asked.code == ExitCode.USAGE
    assert "add --yes" in asked.err
    assert desk.type("calls", "stop", call_id, "--yes").code == ExitCode.DONE
    assert desk.at_retell(call_id)["disconnection_reason"] == "manual_stopped"
    assert desk.type("calls", "stop", "call_ghost", "--yes").code == ExitCode.NOT_FOUND


def test_metadata_is_changed_while_a_call_goes_on_and_afterwards(desk: CallDesk) -> None:
    for call_id in (desk.call(LONG, metadata={"a": "1"}), desk.ended(TALKS, metadata={"a": "1"})):
        answer = desk.type("calls", "update", call_id, "b=2=3", "--unset", "a", "--json")
        assert answer.code == ExitCode.DONE, answer.err
        assert answer.json == {"b": "2=3"} == desk.at_retell(call_id)["metadata"]
    assert desk.type("calls", "update", call_id).code == ExitCode.USAGE
    assert desk.type("calls", "update", call_id, "ab").code == ExitCode.USAGE
    ours = desk.type("calls", "update", call_id, "attempt_id=x")
    assert ours.code == ExitCode.REFUSED
    assert "twice" in ours.err
    large = desk.type("calls", "update", call_id, f"b={'x' * 60_000}")
    assert large.code == ExitCode.FAILED
    assert "50 kB" in large.err


def test_a_call_is_deleted_after_a_question(desk: CallDesk) -> None:
    call_id = desk.ended(TALKS)
    assert desk.type("calls", "delete", call_id).code == ExitCode.USAGE
    assert desk.at_retell(call_id)["call_id"] == call_id
    assert desk.type("calls", "delete", call_id, "--yes").code == ExitCode.DONE
    assert desk.type("calls", "show", call_id).code == ExitCode.NOT_FOUND


def test_a_recording_is_written_whole(desk: CallDesk, tmp_path: Path) -> None:
    call_id = desk.ended(TALKS)
    for options in ((), ("--scrubbed",)):
        answer = desk.type("calls", "recording", call_id, "--to", tmp_path / "call.wav", *options)
        assert answer.code == ExitCode.DONE, answer.err
        with wave.open(str(tmp_path / "call.wav")) as file:
            assert file.getnframes() > 0
    assert list(tmp_path.glob(".*.part")) == []


def test_without_a_recording_there_is_no_file(desk: CallDesk, tmp_path: Path) -> None:
    call_id = desk.ended("+12125550102")
    answer = desk.type("calls", "recording", call_id, "--to", tmp_path / "call.wav")
    assert answer.code == ExitCode.NOT_FOUND
    assert "no recording" in answer.err
    assert not (tmp_path / "call.wav").exists()
    lost = desk.type("calls", "recording", desk.ended(TALKS), "--to", tmp_path / "none" / "x.wav")
    assert lost.code == ExitCode.FAILED
    assert "cannot be written" in lost.err


def test_a_sync_tells_what_it_did(desk: CallDesk) -> None:
    nothing = desk.type("calls", "sync")
    assert nothing.code == ExitCode.NOT_FOUND  # nothing that dials was ever started here
    database = open_database(Settings.load())
    apply_limits(database, Settings.load())
    database.close()
    desk.ended(TALKS)
    answer = desk.type("calls", "sync", "--since", "30d", "--json")
    assert answer.code == ExitCode.DONE, answer.err
    assert (answer.json["others_new"], answer.json["calls_of_ours"]) == (1, 0)
    again = desk.type("calls", "sync")
    assert (again.fields["others_new"], again.fields["complete"]) == ("0", "yes")


def test_a_wrong_key_and_a_silent_retell_have_codes_of_their_own(
    desk: CallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETELL_API_KEY", "wrong")
    refused = desk.type("calls", "list")
    assert refused.code == ExitCode.KEY
    assert "RETELL_API_KEY" in refused.err
    monkeypatch.setenv("RETELL_BASE_URL", "http://127.0.0.1:1")
    silent = desk.type("calls", "list")
    assert silent.code == ExitCode.UNREACHABLE
    assert "dialer doctor" in silent.err
