"""The settings as people look at them: each under its variable, secrets only as set or not."""

import os
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from dialer.config import Settings, variable_of
from dialer.setting_files import env_file_values


def setting_rows(settings: Settings) -> list[dict[str, Any]]:
    """Give each setting under its variable, with its value, its meaning and its source."""
    written = settings.model_dump(mode="json")
    in_file = env_file_values(Path(os.environ.get("DIALER_ENV_FILE", ".env")))
    return [
        {
            "setting": variable_of(name),
            "value": _value(getattr(settings, name), written=written[name]),
            "from": "set" if name in settings.model_fields_set else "default",
            "source": _source(name, settings, in_file=in_file),
            "meaning": field.description or "",
        }
        for name, field in type(settings).model_fields.items()
    ]


def _source(name: str, settings: Settings, *, in_file: Any) -> str:
    if name not in settings.model_fields_set:
        return "default"
    for variable in (variable_of(name), f"{variable_of(name)}_FILE"):
        if variable in os.environ:
            return "environment"
        if variable in in_file:
            return ".env"
    return "set at the start"


def _value(value: object, *, written: object) -> object:
    parts = value if isinstance(value, tuple) else (value,)
    if any(isinstance(part, SecretStr) for part in parts):
        return "set"
    if value == ():
        return "not set"
    return "not set" if value is None else written
