"""`dialer config`: what is set."""

import typer

from dialer.cli.output import AsJson, print_json, print_rows
from dialer.cli.worlds import load_settings

app = typer.Typer(no_args_is_help=True, help="Look at the settings.")


@app.callback()
def _group() -> None:
    """Keep `show` a command of its own, also while it is the only one."""


@app.command()
def show(*, as_json: AsJson = False) -> None:
    """Show every setting that holds now; secrets only as set or not set."""
    from dialer.setting_list import setting_rows

    rows = setting_rows(load_settings())
    if as_json:
        print_json({row["setting"]: row["value"] for row in rows})
    else:
        print_rows(("setting", "value", "from"), rows)
