"""`dialer functions` and `dialer slots`, typed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_desk import Desk, kept_log
from pydantic import TypeAdapter
from retell.types.llm_create_params import GeneralToolCustomTool

from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator

ICS = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART:20991201T150000Z
DTEND:20991201T153000Z
END:VEVENT
BEGIN:VEVENT
DTSTART:20200101T150000Z
RRULE:FREQ=DAILY
END:VEVENT
END:VCALENDAR
"""
OWN = """
from dialer.domain.functions import Talk, function

@function
def order_status(talk: Talk, order: int) -> str:
    "Tell where an order is."
    return f"{order} of {talk.person.name if talk.person else 'nobody'}, {talk.is_test}"
"""


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    with kept_log():
        yield Desk(tmp_path, capsys)


@pytest.fixture
def lead(desk: Desk) -> int:
    campaign = desk.create()
    desk.type("campaigns", "start", campaign, "--yes")
    rows = desk.type("leads", "list", "--campaign", campaign, "--json").json["leads"]
    return int(rows[0]["id"])


def test_the_functions_are_listed_with_their_arguments(desk: Desk) -> None:
    rows = [line.split("\t")[:3] for line in desk.type("functions", "list").out.splitlines()]
    assert ["schedule_callback", "when", "ours"] in rows
    assert ["book_appointment", "when, name?, note?", "ours"] in rows
    names = [one["name"] for one in desk.type("functions", "list", "--json").json]
    assert names == [row[0] for row in rows[1:]]


def test_the_schema_is_what_retells_own_sdk_calls_a_custom_tool(desk: Desk) -> None:
    answer = desk.type("functions", "schema")
    tools = answer.json
    assert TypeAdapter(list[GeneralToolCustomTool]).validate_python(tools)
    allowed = set(GeneralToolCustomTool.__annotations__)
    assert all(set(one) <= allowed for one in tools)
    booking = next(one for one in tools if one["name"] == "book_appointment")
    assert booking["url"] == "http://127.0.0.1:8000/functions/book_appointment"
    assert booking["parameters"]["required"] == ["when"]
    assert booking["parameters"]["properties"]["when"]["type"] == "string"
    assert not booking["args_at_root"]
    assert "cannot reach" in answer.err


def test_the_schema_names_the_address_retell_reaches_us_at(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALER_PUBLIC_URL", "https://dialer.example/")
    answer = desk.type("functions", "schema", "do_not_call")
    assert [one["url"] for one in answer.json] == ["https://dialer.example/functions/do_not_call"]
    assert answer.err == ""


def test_a_function_is_tried_on_a_lead_and_changes_nothing(desk: Desk, lead: int) -> None:
    answer = desk.type("functions", "call", "do_not_call", "--lead", lead, "--json")
    assert answer.json["ok"]
    assert "nothing was changed" in answer.err
    shown: dict[str, Any] = desk.type("leads", "show", lead, "--json").json
    assert (shown["state"], shown["functions"]) == ("pending", [])
    assert not shown["do_not_call"]["suppressed"]


def test_arguments_are_typed_as_pairs(desk: Desk, lead: int) -> None:
    answer = desk.type(
        "functions", "call", "schedule_callback", "--lead", lead, "when=tomorrow at three"
    )
    assert "We will call tomorrow" in answer.fields["answer"]
    wrong = desk.type("functions", "call", "schedule_callback", "tomorrow")
    assert (wrong.code, "is no key=value" in wrong.err) == (2, True)


def test_what_there_is_not_is_told(desk: Desk) -> None:
    assert desk.type("functions", "call", "fly").code == 3
    assert desk.type("functions", "schema", "fly").code == 3
    assert desk.type("functions", "call", "lookup_lead", "--lead", "99").code == 3


def test_a_team_brings_a_module_of_its_own(
    desk: Desk, lead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALER_FUNCTIONS_MODULE", str(desk.write("own_by_path.py", OWN)))
    answer = desk.type("functions", "call", "order_status", "--lead", lead, "order=12", "--json")
    assert answer.json["answer"].startswith("12 of ")
    assert answer.json["answer"].endswith(", True")
    monkeypatch.chdir(desk.folder)
    desk.write("own_by_name.py", OWN)
    monkeypatch.setenv("DIALER_FUNCTIONS_MODULE", "own_by_name")
    assert "order_status" in desk.type("functions", "list").out


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import nothing_of_this_name", "nothing_of_this_name"),
        ("x = 1", "has no functions"),
        (OWN.replace('    "Tell where an order is."\n', ""), "no docstring"),
        (OWN.replace("order: int", "order"), "order has no type"),
        (OWN.replace("order: int", "*order: int"), "no name"),
        (OWN.replace("def order", "async def order"), "asynchronous"),
        (OWN.replace("talk: Talk, order: int", ""), "takes no argument"),
    ],
)
def test_a_module_that_cannot_be_used_is_told_with_its_reason(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    monkeypatch.setenv("DIALER_FUNCTIONS_MODULE", str(desk.write("broken_module.py", text)))
    answer = desk.type("functions", "list")
    assert answer.code == 1
    assert why in answer.err
    assert "Traceback" not in answer.err


def test_times_are_put_into_the_table_from_a_file_and_booked_ones_are_shown(
    desk: Desk, lead: int
) -> None:
    answer = desk.type("slots", "import", desk.write("times.ics", ICS))
    assert "new times" in answer.err
    rows = desk.type("slots", "list", "--json").json
    assert len(rows) > 80
    assert desk.type("slots", "withdraw", rows[0]["starts_at"]).code == 0
    assert desk.type("slots", "withdraw", rows[0]["starts_at"]).code == 3
    assert desk.type("slots", "withdraw", "tomorrow").code == 2
    assert json.loads(desk.type("slots", "list", "--json").out) == rows[1:]
    assert desk.type("slots", "import", desk.write("no.ics", "nothing")).code == 1


def test_the_page_for_those_who_set_up_agents_names_every_function_and_setting(desk: Desk) -> None:
    page = (Path(__file__).parents[2] / "docs" / "functions.md").read_text(encoding="utf-8")
    for one in desk.type("functions", "list", "--json").json:
        assert f"| `{one['name']}` |" in page
        assert all(f"`{name}`" in page for name in one["arguments"])
    code = page.partition("```python\n")[2].partition("```")[0]
    desk.write("own_functions.py", code)
    assert "order_status" in code


def test_a_file_that_is_not_there_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALER_FUNCTIONS_MODULE", str(desk.folder / "none.py"))
    answer = desk.type("functions", "list")
    assert (answer.code, "there is no file" in answer.err) == (1, True)


def test_what_is_booked_is_shown_with_the_times(desk: Desk, lead: int) -> None:
    desk.type("slots", "import", desk.write("times.ics", ICS))
    when = desk.type("slots", "list", "--json").json[0]["starts_at"]
    given = ("functions", "call", "book_appointment", "--lead", lead, f"when={when}", "--json")
    assert desk.type(*given).json["ok"]
    assert "confirmation" not in desk.type("slots", "list", "--json").json[0]  # only tried
    assert not desk.type("functions", "call", "lookup_lead", "--json").json["ok"]
    assert desk.type("functions", "call", "schedule_callback", "--json").json["ok"] is False


def test_somebody_is_let_call_in_at_the_simulator_that_runs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_simulator(SimulatorSettings(speed=100)) as address:
        monkeypatch.setenv("RETELL_BASE_URL", address)
        call = desk.type("sim", "inbound", "+12125550102", "--to", "+14155550198", "--json").json
        assert (call["from_number"], call["to_number"]) == ("+12125550102", "+14155550198")
        said = desk.type("sim", "inbound", "+12125550103", "--to", "+14155550198").err
        assert said.startswith("+12125550103 calls +14155550198: call_")
        unknown = desk.type("sim", "inbound", "+12125550177")
        assert (unknown.code, "nobody has called this person yet" in unknown.err) == (2, True)
    assert desk.type("sim", "inbound", "+12125550102").code == 6


def test_nobody_is_let_call_in_at_the_real_retell(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALER_MODE", "live")
    monkeypatch.setenv("RETELL_API_KEY", "key_of_ours")
    monkeypatch.setenv("RETELL_BASE_URL", "https://retell.invalid")
    answer = desk.type("sim", "inbound", "+12125550102")
    assert (answer.code, "only in simulator mode" in answer.err) == (2, True)
