"""The settings: flags over the environment over the `.env` file over these defaults.

`python -m dialer.config [--check]` writes `.env.example` from the class, or checks the one here.
"""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from dialer.errors import UserError, sentence_of
from dialer.setting_files import env_file_values, secret_from, written_address

PREFIX = "DIALER_"
SIMULATOR_KEY = "sim-key"
LIVE_ADDRESS = "https://api.retellai.com"
SIMULATOR_ADDRESS = "http://127.0.0.1:8787"
BROKER_ADDRESS = "redis://localhost:6379/0"
EXAMPLE_FILE = Path(".env.example")

MOST_LINES = 10_000
MOST_PER_SECOND = 1_000
MOST_PER_DAY = 10**9
"""Of calls, or dollars."""
# Settings that may be read from a file named by the variable with `_FILE` behind it, as
# container platforms mount their secrets.
SECRETS = ("retell_api_key", "webhook_keys", "result_secrets", "database_url", "redis_url")


def _path_pace(description: str) -> Any:
    """Make the pace of a telephony path: Retell's own default, where Retell is called."""
    return Field(
        default_factory=lambda known: 1.0 if known["mode"] == "live" else None,
        gt=0,
        le=MOST_PER_SECOND,
        description=description,
    )


class Settings(BaseSettings):
    """What can be set from outside. Not changed after it was loaded."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    mode: Literal["simulator", "live"] = Field(
        "simulator", description="simulator rehearses on this machine; live rings real phones"
    )
    home: Path = Field(
        Path("var"), description="directory for the SQLite file, exports, rejects, logs, addresses"
    )
    retell_api_key: SecretStr | None = Field(
        default_factory=lambda known: _default_key(known),
        validation_alias="RETELL_API_KEY",
        description="Retell API key; needed for live mode",
    )
    retell_api_key_file: Path | None = Field(
        None, validation_alias="RETELL_API_KEY_FILE", description="file that holds the API key"
    )
    retell_base_url: str = Field(
        default_factory=lambda known: _default_base_url(known),
        validation_alias="RETELL_BASE_URL",
        description=f"live: {LIVE_ADDRESS}; simulator: the running one, or {SIMULATOR_ADDRESS}",
    )
    webhook_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default_factory=lambda known: _default_webhook_keys(known),
        description="keys that may sign webhooks, comma separated; unset: the API key",
    )
    webhook_keys_file: Path | None = Field(None, description="file that holds the webhook keys")
    public_url: str | None = Field(
        None, description="address of our web process as Retell reaches it, for webhooks"
    )
    webhook_by: Literal["call", "agent"] = Field(
        "call",
        description="call: our webhook address goes with each call; agent: the agents have it"
        " (dialer agents set-webhook)",
    )
    web_call_api: Literal["v2", "v3"] = Field(
        "v2",
        description="path that creates calls in a browser; what v3 answers needs a browser kit"
        " that is not here",
    )
    database_url: str = Field(
        default_factory=lambda known: f"sqlite:///{known['home'] / 'dialer.db'}",
        validation_alias="DATABASE_URL",
        repr=False,
        description="postgresql://user:password@host/name; unset: SQLite in DIALER_HOME",
    )
    database_url_file: Path | None = Field(
        None, validation_alias="DATABASE_URL_FILE", description="file that holds the database URL"
    )
    redis_url: str = Field(
        default_factory=lambda known: (
            written_address(known["home"] / "broker.url") or BROKER_ADDRESS
        ),
        validation_alias="REDIS_URL",
        repr=False,
        description=f"broker; unset: that of a running `dialer up`, or {BROKER_ADDRESS}",
    )
    redis_url_file: Path | None = Field(
        None, validation_alias="REDIS_URL_FILE", description="file that holds the broker URL"
    )
    web_host: str = Field("127.0.0.1", description="address the web process listens on")
    web_port: int = Field(8000, ge=1, le=65535, description="port the web process listens on")
    print_first_link: bool = Field(True, description="print a link that lets the first admin in")
    flower_port: int = Field(5555, ge=1, le=65535, description="port Flower listens on")
    lines: int = Field(
        20, ge=1, le=MOST_LINES, description="most calls open at once, over everything"
    )
    calls_per_second: float = Field(
        1.0, gt=0, le=MOST_PER_SECOND, description="calls started per second, over everything"
    )
    calls_per_second_twilio: float | None = _path_pace(
        "calls started per second from numbers bought of Twilio through Retell;"
        " unset: 1 in live mode, no limit of its own in a rehearsal"
    )
    calls_per_second_telnyx: float | None = _path_pace(
        "the same from numbers bought of Telnyx through Retell"
    )
    calls_per_second_custom: float | None = _path_pace(
        "the same from numbers of our own carrier, imported into Retell"
    )
    headroom: int = Field(0, ge=0, description="lines never used, kept for other uses of Retell")
    calls_per_day: int | None = Field(
        None,
        ge=1,
        le=MOST_PER_DAY,
        description="calls begun per day, over everything; unset: no limit",
    )
    dollars_per_day: float | None = Field(
        None,
        gt=0,
        le=MOST_PER_DAY,
        description="dollars spent per day, over everything; unset: no limit",
    )
    day_zone: str = Field("UTC", description="zone whose midnight begins a day of these limits")
    worker_threads: int = Field(32, ge=1, le=256, description="threads of one worker process")
    same_key_replay: bool = Field(
        False,
        description="send a request of unknown outcome again with its idempotency key; only for"
        " a workspace that was seen to honour the key",
    )
    webhook_max_bytes: int = Field(
        8 * 1024 * 1024, ge=1024, description="largest webhook body accepted"
    )
    result_secrets: SecretStr | None = Field(
        None,
        description="secrets that sign results for other systems, comma separated: crm=whsec_…;"
        " while one is changed, its name stands twice",
    )
    result_secrets_file: Path | None = Field(
        None, description="file that holds the secrets of results"
    )
    result_private: bool = Field(
        False,
        description="send results to addresses inside our own network, too, and without encryption",
    )
    import_max_bytes: int = Field(200_000_000, ge=1, description="largest lead file")
    import_max_workbook_bytes: int = Field(
        50_000_000, ge=1, description="largest lead file that is a workbook"
    )
    import_max_rows: int = Field(2_000_000, ge=1, description="most rows of a lead file")
    import_max_columns: int = Field(200, ge=1, description="most columns of a lead file")
    import_max_cell_bytes: int = Field(
        8 * 1024, ge=64, description="longest cell of a lead file; a longer one rejects its row"
    )
    functions_module: str | None = Field(
        None, description="module with functions of your own for agents: a name, or a .py file"
    )
    function_seconds: float = Field(
        10, gt=0, le=600, description="longest an agent waits for such a function"
    )
    calendars: Path | None = Field(
        None, description="directory of .ics files whose events agents may book: NAME.ics"
    )
    calendar: str = Field(
        "appointments", description="calendar of campaigns that name none: its file, or its table"
    )
    live_transcripts: bool = Field(
        False, description="keep what is said while it is said, where Retell sends it"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least grave event that is logged"
    )
    log_format: Literal["console", "json"] = Field("console", description="shape of log lines")

    @classmethod
    def load(cls, **flags: Any) -> Self:
        """Read the settings of this process; `flags` win over everything else.

        The file read is the one named by DIALER_ENV_FILE, else `.env` in the current directory.

        Raises:
            UserError: a setting is not valid, or live mode lacks its key.
        """
        env_file = Path(os.environ.get("DIALER_ENV_FILE", ".env"))
        _refuse_misspelled({**env_file_values(env_file), **os.environ})
        try:
            return cls(_env_file=env_file, **flags)
        except ValidationError as error:
            raise _explain(error) from error

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, given: dict[str, Any]) -> dict[str, Any]:
        for name in SECRETS:
            variable = variable_of(name)
            path = given.get(f"{variable}_FILE", given.get(f"{name}_file"))
            if not path:
                continue
            if given.get(variable, given.get(name)):
                raise UserError(
                    f"both {variable} and {variable}_FILE are set",
                    why="only one of them can hold the value",
                    fix=f"unset {variable} or {variable}_FILE",
                )
            given[variable if variable != f"{PREFIX}{name.upper()}" else name] = secret_from(
                Path(path), variable=f"{variable}_FILE"
            )
        return given

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().resolve()

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, url: str) -> str:
        scheme, mark, rest = url.partition("://")
        if not mark:
            raise ValueError("a database URL looks like postgresql://user:password@host/name")
        if scheme in ("postgres", "postgresql"):
            return f"postgresql+psycopg://{rest}"
        return url

    @field_validator("retell_base_url", "public_url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("an address starts with https:// or http://")
        return url.rstrip("/") if url is not None else None

    @field_validator("day_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError('a zone looks like "America/Chicago"')
        return name

    @field_validator("webhook_keys", mode="before")
    @classmethod
    def _split_keys(cls, keys: Any) -> Any:
        if not isinstance(keys, str):
            return keys
        parts = tuple(part.strip() for part in keys.split(",") if part.strip())
        if not parts:
            # Nothing between the commas must never mean that anyone may sign.
            raise ValueError("there is no key in it")
        return parts

    @field_validator("result_secrets")
    @classmethod
    def _named_secrets(cls, value: SecretStr | None) -> SecretStr | None:
        for part in value.get_secret_value().split(",") if value is not None else ():
            name, mark, secret = part.strip().partition("=")
            if not (name and mark and secret.startswith("whsec_")):
                raise ValueError("each one looks like crm=whsec_…, with a comma between two")
        return value

    @field_serializer("database_url", "redis_url")
    def _hide_password(self, url: str) -> str:
        return hide_password(url)

    @model_validator(mode="after")
    def _refuse_wrong_phone(self) -> Self:
        host = urlsplit(self.retell_base_url).hostname or ""
        if self.mode == "live":
            _refuse_live_without_key(self.retell_api_key)
            if self.retell_base_url.startswith("http://") and not _is_loopback(host):
                raise UserError(
                    f"RETELL_BASE_URL={self.retell_base_url} is not encrypted",
                    why="the API key would cross the network in clear",
                    fix="use an https:// address, or unset RETELL_BASE_URL",
                )
        elif host.endswith("retellai.com"):
            raise UserError(
                "RETELL_BASE_URL names the real Retell, but the mode is simulator",
                why="a rehearsal must not ring real phones",
                fix="unset RETELL_BASE_URL, or set DIALER_MODE=live",
            )
        return self

    @property
    def is_embedded(self) -> bool:
        """True when neither DATABASE_URL nor REDIS_URL is set: we bring both ourselves."""
        return self.model_fields_set.isdisjoint({"database_url", "redis_url"})

    @property
    def result_secrets_by_name(self) -> dict[str, list[str]]:
        """Give the secrets that sign results; several of one name all sign."""
        found: dict[str, list[str]] = {}
        text = self.result_secrets.get_secret_value() if self.result_secrets is not None else ""
        for part in text.split(",") if text else ():
            name, _, secret = part.strip().partition("=")
            found.setdefault(name, []).append(secret)
        return found

    @property
    def path_calls_per_second(self) -> dict[str, float]:
        """Give the pace of each telephony path that has one, by Retell's name for it."""
        paces = {
            "retell-twilio": self.calls_per_second_twilio,
            "retell-telnyx": self.calls_per_second_telnyx,
            "custom": self.calls_per_second_custom,
        }
        return {path: pace for path, pace in paces.items() if pace is not None}

    @property
    def web_url(self) -> str:
        """Give the address of the web process as seen from this machine."""
        host = "127.0.0.1" if self.web_host in ("0.0.0.0", "::") else self.web_host
        return f"http://{host}:{self.web_port}"

    @property
    def webhook_url(self) -> str:
        """Give the address webhooks are sent to."""
        return f"{self.public_url or self.web_url}/webhooks/retell"

    @property
    def webhook_of_calls(self) -> str | None:
        """Give the address that is sent with each call; None when none is."""
        return self.webhook_url if self.public_url and self.webhook_by == "call" else None

    @property
    def broker_file(self) -> Path:
        """Give the file in which a running `dialer up` writes its broker's address."""
        return self.home / "broker.url"

    @property
    def simulator_file(self) -> Path:
        """Give the file in which a running simulator writes its address."""
        return self.home / "simulator.url"

    def create_home(self) -> Path:
        """Make the home directory; may be called twice."""
        self.home.mkdir(parents=True, exist_ok=True)
        return self.home


def variable_of(name: str) -> str:
    """Give the environment variable of the setting `name`."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{name.upper()}"


def hide_password(url: str) -> str:
    """Give `url` with its password replaced, fit for logs and screens."""
    authority = url.partition("://")[2].partition("/")[0]
    user, at, _ = authority.rpartition("@")
    _, colon, password = user.partition(":")
    return url.replace(f":{password}@", ":•••@", 1) if at and colon and password else url


def env_example() -> str:
    """Write `.env.example`: every setting, what it means, and its default, commented out."""
    lines = [
        "# Settings of the dialer. Copy this file to .env and remove the # of what you set.",
        "# Made by `make format` from dialer/config.py; do not edit by hand.",
    ]
    for name, field in Settings.model_fields.items():
        default = field.default if field.default_factory is None else None
        shown = "" if default is None else str(default).lower() if default is False else default
        lines += ["", f"# {field.description}", f"#{variable_of(name)}={shown}"]
    return "\n".join(lines) + "\n"


def _default_key(known: Mapping[str, Any]) -> SecretStr | None:
    return SecretStr(SIMULATOR_KEY) if known["mode"] == "simulator" else None


def _default_base_url(known: Mapping[str, Any]) -> str:
    if known["mode"] == "live":
        return LIVE_ADDRESS
    return written_address(known["home"] / "simulator.url") or SIMULATOR_ADDRESS


def _default_webhook_keys(known: Mapping[str, Any]) -> tuple[SecretStr, ...]:
    key = known["retell_api_key"]
    return (key,) if key is not None else ()


def _refuse_live_without_key(key: SecretStr | None) -> None:
    value = key.get_secret_value().strip() if key is not None else ""
    if value and value != SIMULATOR_KEY:
        return
    raise UserError(
        "live mode has no Retell API key",
        why="RETELL_API_KEY is the simulator's" if value else "RETELL_API_KEY is not set",
        fix="set RETELL_API_KEY to a key of your workspace, or DIALER_MODE=simulator",
    )


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _refuse_misspelled(environment: Mapping[str, str | None]) -> None:
    known = [variable_of(name) for name in Settings.model_fields]
    known += ["DIALER_ENV_FILE", "DIALER_TEST_POSTGRES_URL"]
    for variable in environment:
        if not variable.startswith(PREFIX) or variable in known:
            continue
        if meant := get_close_matches(variable, known, n=1, cutoff=0.9):
            raise UserError(
                f"{variable} is not a setting",
                why=f"the nearest name is {meant[0]}",
                fix=f"rename it to {meant[0]}, or unset it",
            )


def _explain(error: ValidationError) -> UserError:
    """Turn pydantic's errors into one that names the variables; never shows a secret."""
    whats, whys, variables = [], [], []
    for problem in error.errors():
        if problem["type"] == "default_factory_not_called":
            continue  # follows from the other errors
        place = str(problem["loc"][0])
        name = next((n for n in Settings.model_fields if place in (n, variable_of(n))), place)
        variable = variable_of(name) if name in Settings.model_fields else place
        value = "" if name in SECRETS else f"={problem['input']}"
        whats.append(f"{variable}{value} is not valid")
        whys.append(f"{variable}: {sentence_of(problem)}")
        variables.append(variable)
    return UserError(
        "; ".join(whats),
        why="; ".join(whys),
        fix=f"correct {', '.join(variables)} in the environment or in .env (see {EXAMPLE_FILE})",
    )


def _main(arguments: list[str]) -> int:
    if "--check" not in arguments:
        EXAMPLE_FILE.write_text(env_example(), encoding="utf-8")
        return 0
    if EXAMPLE_FILE.is_file() and EXAMPLE_FILE.read_text(encoding="utf-8") == env_example():
        return 0
    print(f"error: {EXAMPLE_FILE} is out of date\nfix: make format")  # noqa: T201
    return 1


if __name__ == "__main__":
    import sys

    raise SystemExit(_main(sys.argv[1:]))
