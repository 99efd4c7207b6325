"""docs/api.md: the requests in it do what it says."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from api_peer import draft, ok, problem
from test_api_access import SCOPED
from typer.main import get_command

from dialer.actions.purge import ANSWERS_KEPT
from dialer.actions.pushing import MOST_LEADS
from dialer.actions.world import World
from dialer.cli.app import app
from dialer.domain.roles import OF_API
from dialer.web.api.cursors import MOST

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
REQUESTS = [text for kind, text in BLOCKS if kind == "bash"]
ANSWERS = [json.loads(text) for kind, text in BLOCKS if kind == "json"]


def run(api: httpx.Client, command: str, *, campaign_id: int) -> httpx.Response:
    """Do what curl would do."""
    named = {"$DIALER/api/v1": "", "$CAMPAIGN": str(campaign_id)}
    for name, value in named.items():
        command = command.replace(name, value)
    program, *words = shlex.split(command.replace("\\\n", " "))
    assert program == "curl"
    (path,) = [word for word in words if word.startswith("/")]
    headers = dict(words[n + 1].split(": ", 1) for n, word in enumerate(words) if word == "-H")
    assert headers.pop("Authorization") == "Bearer $TOKEN"
    if "-F" in words:
        fields = dict(words[n + 1].split("=", 1) for n, word in enumerate(words) if word == "-F")
        name = fields.pop("file").removeprefix("@")
        return api.post(path, data=fields, files={"file": (name, b"phone\n+12125552671\n")})
    if "-d" not in words:
        return api.get(path, headers=headers)
    return api.post(path, content=words[words.index("-d") + 1], headers=headers)


def test_the_push_is_answered_as_it_says(api: httpx.Client, world: World) -> None:
    campaign_id = draft(world)
    assert ok(run(api, REQUESTS[0], campaign_id=campaign_id)) == ANSWERS[0]
    again = run(api, REQUESTS[0], campaign_id=campaign_id)
    assert (ok(again), again.headers["idempotent-replayed"]) == (ANSWERS[0], "true")


def test_a_file_is_taken_as_it_says(api: httpx.Client, world: World) -> None:
    told = ok(run(api, REQUESTS[1], campaign_id=draft(world)), 202)
    assert ok(api.get(f"/uploads/{told['errand_id']}"))["file"] == "march.xlsx"


def test_every_field_it_names_beside_a_file_is_described_and_taken(
    api: httpx.Client, world: World
) -> None:
    described = ok(api.get("/openapi.json"))["paths"]["/campaigns/{campaign_id}/lists"]
    form = described["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    named = re.findall(r"-F (\w+)=([^\s`@]+)", TEXT)
    assert {"not_called_within", "missing_variable"} <= dict(named).keys()
    assert dict(named).keys() <= form["properties"].keys()
    for name, text in named:
        command = f"{REQUESTS[1].rstrip()} -F {name}={text}"
        ok(run(api, command, campaign_id=draft(world)), 202)


def test_every_command_has_an_operation_or_a_reason_to_have_none() -> None:
    rows = re.findall(r"^\| (`[a-z].*?) \| (.*?) \|$", TEXT.partition("## Commands and")[2], re.M)
    told = {name: cell for names, cell in rows for name in re.findall(r"`([a-z -]+)`", names)}
    stays = {name for name, cell in told.items() if cell.startswith("none: the machine")}
    for command in commands(get_command(app)):
        assert command in told or command.partition(" ")[0] in stays, command
    named = {one for cell in told.values() for one in re.findall(r"`([A-Z]+ /\S+)`", cell)}
    known = {f"{method} {path}" for method, path, _ in SCOPED}
    assert named
    assert named <= known


def commands(group: Any, *above: str) -> Iterator[str]:
    """Name every command of the command line."""
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, *above, name)
        else:
            yield " ".join((*above, name))


def test_results_are_answered_as_it_says(api: httpx.Client) -> None:
    told: dict[str, Any] = ok(run(api, REQUESTS[2], campaign_id=1))
    assert {"items", "next_cursor", "more"} == set(told)


def test_an_error_looks_as_it_says(api: httpx.Client, world: World) -> None:
    path = f"/campaigns/{draft(world)}/leads"
    answer = api.post(path, json={"leads": [{"name": "x"}]}, headers={"idempotency-key": "k"})
    assert problem(answer, 422) == ANSWERS[1]


def test_its_table_of_scopes_is_complete() -> None:
    assert set(re.findall(r"`(\w+:(?:read|write))`", TEXT)) == OF_API


def test_its_figures_are_those_of_the_code() -> None:
    assert f"up to {MOST_LEADS:,}" in TEXT
    assert f"`limit` ({MOST} at most)" in TEXT
    assert ANSWERS_KEPT.days == 3
    assert "kept for three days" in TEXT
