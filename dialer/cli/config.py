"""`dialer config`: what is set."""

from typing import TYPE_CHECKING, Any

import typer

from dialer.cli.output import AsJson, print_json, print_rows
from dialer.cli.worlds import load_settings

if TYPE_CHECKING:
    from dialer.config import Settings

app = typer.Typer(no_args_is_help=True, help="Look at the settings.")


@app.callback()
def _group() -> None:
    """Keep `show` a command of its own, also while it is the only one."""


@app.command()
def show(*, as_json: AsJson = False) -> None:
    """Show every setting that holds now; secrets only as set or not set."""
    rows = setting_rows(load_settings())
    if as_json:
        print_json({row["setting"]: row["value"] for row in rows})
    else:
        print_rows(("setting", "value", "from"), rows)


def setting_rows(settings: "Settings") -> list[dict[str, Any]]:
    """Give each setting under its variable, with its value and where that comes from."""
    from dialer.config import variable_of

    written = settings.model_dump(mode="json")
    return [
        {
            "setting": variable_of(name),
            "value": _value(getattr(settings, name), written=written[name]),
            "from": "set" if name in settings.model_fields_set else "default",
        }
        for name in type(settings).model_fields
    ]


def _value(value: object, *, written: object) -> object:
    from pydantic import SecretStr

    parts = value if isinstance(value, tuple) else (value,)
    if any(isinstance(part, SecretStr) for part in parts):
        return "set"
    if value == ():
        return "not set"
    return "not set" if value is None else written
