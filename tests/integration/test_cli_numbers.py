"""The commands for numbers and voices, against the simulator."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cli_desk import NOBODY_LISTENS, Desk, kept_log

from dialer.cli.exits import ExitCode
from dialer.config import SIMULATOR_KEY, Settings
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator

OURS, THEIRS = "+14155550198", "+13125550123"


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    home = Settings.load().create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    settings = SimulatorSettings(
        api_key=SIMULATOR_KEY, phone_numbers=(OURS,), agents=("agent_1", "agent_2")
    )
    with running_simulator(settings) as url, kept_log():
        (home / "simulator.url").write_text(url, encoding="utf-8")
        yield Desk(tmp_path, capsys)


def test_numbers_are_listed_with_their_agents_and_campaigns(desk: Desk) -> None:
    campaign = desk.create()
    answer = desk.type("numbers", "list")
    assert answer.code == ExitCode.DONE, answer.err
    assert answer.out.splitlines() == [
        "number\ttype\tnickname\toutbound\tinbound\tcampaigns\tresting_until",
        f"{OURS}\tretell-twilio\tSimulated 0198\tagent_1\tagent_1\t{campaign}\t",
    ]
    shown = desk.type("numbers", "show", "415 555 0198", "--json").json
    assert (shown["number"], shown["area_code"]) == (OURS, 415)
    assert desk.type("numbers", "show", THEIRS).code == ExitCode.NOT_FOUND
    assert desk.type("numbers", "show", "12").code == ExitCode.USAGE


def test_a_number_is_bought_after_a_question(desk: Desk) -> None:
    wish = ("numbers", "buy", "--area-code", 212, "--provider", "telnyx", "--nickname", "Sales")
    agents = ("--outbound", "agent_1=0.7", "--outbound", "agent_2@prod=0.3", "--inbound", "agent_2")
    asked = desk.type(*wish, *agents)
    assert asked.code == ExitCode.USAGE
    assert "costs nothing" in asked.err
    assert len(desk.type("numbers", "list", "--json").json) == 1
    bought = desk.type(*wish, *agents, "--to-country", "us", "--yes", "--json")
    assert bought.code == ExitCode.DONE, bought.err
    assert bought.json["number"].startswith("+1212")
    assert bought.json["type"] == "retell-telnyx"
    assert bought.json["outbound"] == ["agent_1=0.7", "agent_2@prod=0.3"]
    assert (bought.json["inbound"], bought.json["countries"]) == (["agent_2"], ["US"])


def test_a_number_without_an_agent_says_so(desk: Desk) -> None:
    bought = desk.type("numbers", "buy", "--toll-free", "--yes")
    assert bought.fields["number"].startswith("+1800")
    assert "no agent calls from it" in bought.err
    assert bought.fields["number"] in desk.type("numbers", "list").err


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--outbound", "agent_1=0.5"), ExitCode.USAGE, "add up to 0.5"),
        (("--outbound", "agent_9"), ExitCode.FAILED, "Cannot find requested asset"),
        (("--number", OURS), ExitCode.FAILED, "not available"),
        (("--country", "DE"), ExitCode.USAGE, "--country"),
        (("--area-code", "12"), ExitCode.USAGE, "--area-code"),
    ],
)
def test_a_number_that_cannot_be_had_is_not_bought(
    desk: Desk, options: tuple[str, ...], code: ExitCode, told: str
) -> None:
    answer = desk.type("numbers", "buy", *options, "--yes")
    assert answer.code == code
    assert told in answer.err
    assert len(desk.type("numbers", "list", "--json").json) == 1


def test_a_number_of_our_carrier_is_imported_and_its_password_is_shown_nowhere(
    desk: Desk,
) -> None:
    secret = desk.write("password", "hush\n")
    answer = desk.type(
        *("numbers", "import", THEIRS, "--termination-uri", "trunk.example", "--username", "ann"),
        *("--password-file", secret, "--transport", "TLS", "--codec", "PCMU", "--codec", "PCMA"),
        *("--outbound", "agent_1"),
    )
    assert answer.code == ExitCode.DONE, answer.err
    shown = desk.type("numbers", "show", THEIRS, "--json").json
    assert shown["sip_outbound_trunk_config"] == {
        "termination_uri": "trunk.example",
        "auth_username": "ann",
        "transport": "TLS",
        "codecs": ["PCMU", "PCMA"],
    }
    assert "hush" not in answer.out + answer.err
    missing = ("--password-file", desk.folder / "nowhere")
    lost = desk.type("numbers", "import", THEIRS, "--termination-uri", "x", *missing)
    assert (lost.code, "cannot be read" in lost.err) == (ExitCode.FAILED, True)
    empty = ("--password-file", desk.write("empty", " \n"))
    assert desk.type("numbers", "update", THEIRS, *empty).code == ExitCode.USAGE


def test_a_number_is_changed_and_the_rest_of_it_stays(desk: Desk) -> None:
    answer = desk.type("numbers", "update", OURS, "--nickname", "Spring", "--no-inbound", "--json")
    assert answer.code == ExitCode.DONE, answer.err
    assert (answer.json["nickname"], answer.json["inbound"]) == ("Spring", [])
    assert answer.json["outbound"] == ["agent_1"]
    assert desk.type("numbers", "update", OURS).code == ExitCode.USAGE
    both = desk.type("numbers", "update", OURS, "--outbound", "agent_1", "--no-outbound")
    assert both.code == ExitCode.USAGE
    assert desk.type("numbers", "update", THEIRS, "--nickname", "x").code == ExitCode.NOT_FOUND


def test_a_number_is_released_after_a_question_that_names_its_campaigns(desk: Desk) -> None:
    campaign = desk.create()
    asked = desk.type("numbers", "release", OURS)
    assert asked.code == ExitCode.USAGE
    assert f'{campaign} "Spring" (draft)' in asked.err
    desk.type("campaigns", "start", campaign, "--yes")
    refused = desk.type("numbers", "release", OURS, "--yes")
    assert refused.code == ExitCode.REFUSED
    assert f"campaigns pause {campaign}" in refused.err
    desk.type("campaigns", "pause", campaign)
    assert desk.type("numbers", "release", OURS, "--yes").code == ExitCode.DONE
    assert desk.type("numbers", "release", OURS, "--yes").code == ExitCode.NOT_FOUND


def test_a_campaign_does_not_start_with_a_number_that_cannot_call(desk: Desk) -> None:
    campaign = desk.create()
    desk.type("numbers", "update", OURS, "--no-outbound")
    checked = desk.type("campaigns", "check", desk.campaign_file)
    assert f"may not start: no agent calls from {OURS}" in checked.err
    started = desk.type("campaigns", "start", campaign, "--yes")
    assert started.code == ExitCode.REFUSED
    desk.type("numbers", "release", OURS, "--yes")
    checked = desk.type("campaigns", "check", desk.campaign_file, "--json").json
    assert "number_unknown" in {one["code"] for one in checked["findings"] if one["forbids"]}


def test_a_wrong_number_is_told_by_a_check_where_no_database_is(desk: Desk) -> None:
    desk.without_database()
    other = desk.write("other.toml", 'name = "x"\nfrom_numbers = ["+13125550123"]\n')
    checked = desk.type("campaigns", "check", other)
    assert "may not start: Retell does not know +13125550123" in checked.err
    assert not (Settings.load().home / "dialer.db").exists()


def test_every_httpx_error_of_a_change_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETELL_BASE_URL", "http://127.0.0.1:1")
    answer = desk.type("numbers", "buy", "--yes")
    assert answer.code == ExitCode.UNREACHABLE
    assert httpx.ConnectError.__name__ in answer.err
