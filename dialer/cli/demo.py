"""`dialer demo`: a whole campaign against the local simulator, and a table of what happened."""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from dialer.cli.output import say
from dialer.errors import NotFound, UserError

LINES = 20
SPEED = 4
TIME_LIMIT_S = 120
LOOK_EVERY_S = 0.2


def demo(
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the database and the logs, and say where.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as one JSON object.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of everything random in the simulator.")] = 1,
) -> None:
    """Run a campaign of 200 made-up leads against the simulator. Nobody's phone rings."""
    with _home(keep=keep) as home:
        figures = run_demo(home, seed=seed, quiet=as_json)
        if not keep:
            figures |= {"home": None, "look": None}
    if as_json:
        print(json.dumps(figures, indent=2))  # noqa: T201
    else:
        from dialer.cli.demo_table import show

        show(figures)
    if figures["open"] or figures["violations"] or figures["double_dials"]:
        raise typer.Exit(1)


@contextmanager
def _home(*, keep: bool) -> Iterator[Path]:
    if keep:
        yield Path(tempfile.mkdtemp(prefix="dialer-demo-"))
        return
    with tempfile.TemporaryDirectory(prefix="dialer-demo-", ignore_cleanup_errors=True) as home:
        yield Path(home)


def forget_settings() -> None:
    """Make this process forget all settings from outside: a rehearsal uses none of them."""
    for variable in list(os.environ):
        if variable.startswith(("DIALER_", "RETELL_")) or variable in ("DATABASE_URL", "REDIS_URL"):
            del os.environ[variable]
    os.environ["DIALER_ENV_FILE"] = os.devnull


def campaign_file() -> Path:
    """Find the campaign that ships with the project."""
    for folder in (Path.cwd(), Path(__file__).parents[2]):
        if (path := folder / "campaigns" / "demo.toml").is_file():
            return path
    raise NotFound(
        "campaigns/demo.toml is not here",
        fix="run the demo in a checkout of the project",
    )


@dataclass(frozen=True)
class _Run:
    """What was seen of one demo campaign."""

    progress: Any
    violations: list[Any]
    loaded: Any
    started: float
    ended: float


def run_demo(home: Path, *, seed: int, quiet: bool) -> dict[str, Any]:
    """Run the demo campaign with everything under `home`, and give its figures."""
    from urllib.request import urlopen

    from dialer.cli.first_link import first_link
    from dialer.cli.stack import running_stack
    from dialer.cli.worlds import load_settings
    from dialer.embedded.broker import free_port

    began = time.monotonic()
    path = campaign_file()
    environment = {
        "DIALER_MODE": "simulator",
        "DIALER_WEB_PORT": str(free_port()),
        "DIALER_LINES": str(LINES),
        "DIALER_CALLS_PER_SECOND": "50",
        "DIALER_LOG_LEVEL": "warning",
    }
    forget_settings()
    simulator = (f"--seed={seed}", f"--speed={SPEED}", f"--limit={LINES}")
    say("starting broker, simulator, web, worker, beat …")
    with running_stack(
        home, environment=environment, simulator=simulator, say=say, with_files=False
    ) as stack:
        load_settings()  # the log of this process, too
        took = time.monotonic() - began
        say(f"ready after {took:.1f} s: {stack.broker}, {stack.settings.web_url}")
        say(f"look while it runs: {first_link(stack.settings)}")
        run = _run_campaign(stack, path, quiet=quiet)
        assert stack.simulator_url is not None
        with urlopen(f"{stack.simulator_url}/_sim/truth", timeout=10) as answer:
            truth = json.load(answer)
        return _figures(run, truth, home=home, broker=stack.broker)


def _run_campaign(stack: Any, path: Path, *, quiet: bool) -> _Run:
    from dialer.actions import control, load
    from dialer.actions.campaign_file import read_campaign_file
    from dialer.bootstrap import build_world
    from dialer.cli.demo_table import Ticker
    from dialer.store import invariants, report

    world = build_world(stack.settings)
    spec = read_campaign_file(path)
    campaign_id = control.create(world, spec, actor="demo")
    assert spec.leads is not None
    loaded = load.load(
        world,
        campaign_id,
        path.parent / spec.leads,
        actor="demo",
        rejects_to=Path("var") / "demo-rejects.csv",
    )
    started = time.monotonic()
    control.start(world, campaign_id, actor="demo")
    with Ticker(quiet=quiet) as ticker:
        while True:
            progress = world.db.read(lambda tx: report.progress(tx, campaign_id))
            ticker.show(progress, lines=LINES, elapsed_s=time.monotonic() - started)
            over = progress.closed == progress.leads
            if over or time.monotonic() - started > TIME_LIMIT_S:
                break
            time.sleep(LOOK_EVERY_S)
    ended = time.monotonic()
    violations = world.db.read(lambda tx: invariants.violations(tx, now=world.clock.now()))
    world.db.close()
    return _Run(progress, violations, loaded, started, ended)


def _figures(run: _Run, truth: dict[str, Any], *, home: Path, broker: str) -> dict[str, Any]:
    from dialer.actions.watch import percentiles

    progress, seconds = run.progress, run.ended - run.started
    if not progress.leads:
        raise UserError("the demo list has no leads", fix="look into campaigns/demo.csv")
    return {
        "leads": progress.leads,
        "closed": progress.closed,
        "open": progress.leads - progress.closed,
        "closed_as": progress.by_closed_as,
        "dispositions": progress.dispositions,
        "attempts": progress.attempts,
        "calls_placed": truth["calls"],
        "double_dials": truth["attempts_with_two_calls"] + truth["persons_in_two_calls"],
        "limit": truth["limit"],
        "most_lines_used": truth["most_active"],
        "over_limit_calls": truth["over_limit_calls"],
        "seconds": round(seconds, 1),
        "calls_per_second": round(truth["calls"] / seconds, 1),
        "refill_ms": percentiles(progress.refill_ms),
        "rejected_rows": run.loaded.rejected + run.loaded.duplicates,
        "rejects_file": str(run.loaded.rejects) if run.loaded.rejects else None,
        "violations": [f"{one.name}: {one.sentence}" for one in run.violations],
        "broker": broker,
        "home": str(home),
        "look": f"DIALER_HOME={home} dialer up",
    }
