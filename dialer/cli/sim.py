"""`dialer sim`: a Retell on this machine, in which no phone rings."""

import json
import signal
import socket
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import typer

from dialer.cli.exits import WrongUsage
from dialer.cli.output import AsJson, print_json, say
from dialer.cli.worlds import load_settings
from dialer.errors import NotFound, Unreachable, sentence_of

if TYPE_CHECKING:
    from pydantic import ValidationError

    from dialer.simulator.settings import SimulatorSettings


OPTIONS = ("port", "api_key", "webhook_url", "seed", "speed", "limit", "over_limit", "cps")


app = typer.Typer(
    invoke_without_command=True,
    help="Run a Retell on this machine, in which no phone rings.",
    rich_markup_mode="rich",
)


@app.callback(invoke_without_command=True)
def sim(
    context: typer.Context,
    *,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any.")] = 8787,
    api_key: Annotated[
        str | None,
        typer.Option(help="Key of callers and webhooks; unset: that of the settings."),
    ] = None,
    webhook_url: Annotated[
        str | None, typer.Option(help="Where webhooks go; without it none are sent.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    speed: Annotated[float, typer.Option(help="How much faster calls run.")] = 1.0,
    limit: Annotated[int, typer.Option(help="Lines of the workspace.")] = 20,
    over_limit: Annotated[
        str, typer.Option(help="A call over the limit is answered: 429 or error_call.")
    ] = "429",
    cps: Annotated[
        int | None, typer.Option(help="Calls started per second; unset: any number.")
    ] = None,
    faults: Annotated[Path | None, typer.Option(help="File with faults, TOML or JSON.")] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="One fault, such as answer_429=0.1 or statuses.404=0.05; repeatable."),
    ] = None,
    other: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any other setting, such as talk_s=2,8; repeatable."),
    ] = None,
) -> None:
    """Run a simulated Retell until it is interrupted. No phone rings.

    Its address goes to stdout; GET /_sim/truth tells what it has seen.
    """
    if context.invoked_subcommand is not None:
        return
    given: dict[str, Any] = {
        "port": port,
        "webhook_url": webhook_url,
        "seed": seed,
        "speed": speed,
        "limit": limit,
        "over_limit": over_limit,
        "cps": cps,
        **_pairs(other or [], option="--set"),
    }
    broken = _read_faults(faults) if faults is not None else {}
    broken |= _pairs(fault or [], option="--fault")
    settings = load_settings()
    chosen = _settings({**given, "api_key": api_key or _key_of(settings), "faults": broken})
    _serve(chosen, address_file=settings.create_home() / settings.simulator_file.name)


@app.command()
def inbound(
    caller: Annotated[str, typer.Argument(help="Number of the person who calls.", metavar="FROM")],
    *,
    to: Annotated[
        str | None, typer.Option("--to", help="Our number; the one that called them last.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let somebody call us, at the simulator that is running."""
    settings = load_settings()
    address = f"{settings.retell_base_url}/_sim/inbound"
    if settings.mode != "simulator":
        raise WrongUsage("calls can be made up only in simulator mode", fix="DIALER_MODE=simulator")
    body = json.dumps({"from_number": caller, "to_number": to}).encode()
    request = Request(address, data=body, headers={"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=10) as answer:
            made = json.load(answer)
    except HTTPError as error:
        why = json.load(error).get("message")
        raise WrongUsage(f"{caller} cannot call", why=why, fix="name our number: --to") from error
    except OSError as error:
        raise Unreachable(
            f"no simulator answers at {settings.retell_base_url}", fix="dialer sim, or dialer up"
        ) from error
    if as_json:
        print_json(made)
    else:
        say(f"{made['from_number']} calls {made['to_number']}: {made['call_id']}")


def _key_of(settings: Any) -> str:
    """Give the key the dialer itself would show; never a live one."""
    from dialer.config import SIMULATOR_KEY

    key = settings.retell_api_key
    return key.get_secret_value() if settings.mode == "simulator" and key else SIMULATOR_KEY


def _settings(given: dict[str, Any]) -> "SimulatorSettings":
    from pydantic import ValidationError

    from dialer.simulator.settings import SimulatorSettings

    try:
        return SimulatorSettings.model_validate(given)
    except ValidationError as error:
        raise _explain(error) from error


def _explain(error: "ValidationError") -> WrongUsage:
    whats = []
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"])
        option = f"--{place.replace('_', '-')}" if place in OPTIONS else f"--set {place}"
        if place == "faults" or place.startswith("faults."):
            option = f"--fault {place.removeprefix('faults').lstrip('.')}".strip()
        whats.append(f"{option}: {sentence_of(problem)}")
    return WrongUsage("; ".join(whats), fix="dialer sim --help")


def _pairs(texts: list[str], *, option: str) -> dict[str, Any]:
    """Read name=value, name=low,high and section.name=value."""
    found: dict[str, Any] = {}
    for text in texts:
        name, mark, value = text.partition("=")
        if not mark:
            raise WrongUsage(f"{option} {text} has no value", fix=f"write {option} name=value")
        section, dot, rest = name.strip().replace("-", "_").partition(".")
        if dot:
            found.setdefault(section, {})[rest] = value
        else:
            found[section] = value.split(",") if "," in value else value
    return found


def _read_faults(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    text = path.read_text(encoding="utf-8")
    try:
        found: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        raise WrongUsage(f"{path} cannot be read", why=str(error)) from error
    if not isinstance(found, dict):
        raise WrongUsage(f"{path} holds no faults", fix="write names and probabilities")
    return dict(found.get("faults", found))


def _serve(settings: "SimulatorSettings", *, address_file: Path) -> None:
    from dialer.simulator.server import run

    # Leave by the same door as an interrupt, so that the address does not stay behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _published(address_file) as publish:

        def ready(url: str) -> None:
            publish(url)
            sys.stdout.write(f"{url}\n")
            sys.stdout.flush()
            say("simulating Retell; no phone rings; Ctrl-C ends it")

        try:
            run(settings, on_ready=ready)
        except OSError as error:
            raise Unreachable(
                f"the simulator cannot listen on {settings.host}:{settings.port}",
                why=error.strerror or str(error),
                fix="choose another --port, or 0 for any",
            ) from error


@contextmanager
def _published(path: Path) -> Iterator[Any]:
    """Write the address for other processes; leave the file of another running simulator alone."""
    written: list[str] = []

    def publish(url: str) -> None:
        if not _somebody_answers(path):
            path.write_text(f"{url}\n", encoding="utf-8")
            written.append(url)

    try:
        yield publish
    finally:
        with suppress(FileNotFoundError):
            if written and path.read_text(encoding="utf-8").strip() == written[0]:
                path.unlink()


def _somebody_answers(path: Path) -> bool:
    try:
        address = urlsplit(path.read_text(encoding="utf-8").strip())
        with socket.create_connection((address.hostname or "", address.port or 80), timeout=1):
            return True
    except (OSError, ValueError):
        return False
