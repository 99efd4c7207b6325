"""What the settings accept, what they refuse, and what they never show."""

from pathlib import Path

import pytest

from dialer import config
from dialer.config import Settings, env_example, variable_of
from dialer.errors import UserError


def test_the_default_is_a_rehearsal_on_this_machine(tmp_path: Path) -> None:
    settings = Settings.load()
    assert settings.mode == "simulator"
    assert settings.is_embedded
    assert settings.retell_base_url == "http://127.0.0.1:8787"
    assert settings.redis_url == "redis://localhost:6379/0"
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'dialer.db'}"
    assert settings.retell_api_key is not None
    assert settings.retell_api_key.get_secret_value() == config.SIMULATOR_KEY


@pytest.mark.parametrize("key", ["", "  ", config.SIMULATOR_KEY])
def test_live_mode_refuses_to_start_without_a_key_of_its_own(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALER_MODE", "live")
    monkeypatch.setenv("RETELL_API_KEY", key)
    with pytest.raises(UserError) as refused:
        Settings.load()
    assert "RETELL_API_KEY" in str(refused.value.why)
    assert "RETELL_API_KEY" in str(refused.value.fix)


def test_live_mode_calls_the_real_retell_whatever_simulator_runs(tmp_path: Path) -> None:
    tmp_path.joinpath("simulator.url").write_text("http://127.0.0.1:9999")
    settings = Settings.load(mode="live", retell_api_key="key_x", home=tmp_path)
    assert settings.retell_base_url == config.LIVE_ADDRESS


def test_each_telephony_path_has_retells_pace_in_live_mode_and_none_in_a_rehearsal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings.load().path_calls_per_second == {}
    monkeypatch.setenv("DIALER_CALLS_PER_SECOND_TWILIO", "5")
    assert Settings.load().path_calls_per_second == {"retell-twilio": 5}
    live = Settings.load(mode="live", retell_api_key="key_x")
    assert live.path_calls_per_second == {"retell-twilio": 5, "retell-telnyx": 1, "custom": 1}


def test_a_rehearsal_never_talks_to_the_real_retell() -> None:
    with pytest.raises(UserError, match="simulator"):
        Settings.load(retell_base_url="https://api.retellai.com")


def test_the_live_key_never_crosses_a_network_in_clear() -> None:
    with pytest.raises(UserError, match="not encrypted"):
        Settings.load(mode="live", retell_api_key="key_x", retell_base_url="http://10.0.0.1")


def test_the_addresses_of_a_running_dialer_are_found(tmp_path: Path) -> None:
    tmp_path.joinpath("broker.url").write_text("redis://127.0.0.1:4001/0\n")
    tmp_path.joinpath("simulator.url").write_text("http://127.0.0.1:4002\n")
    settings = Settings.load(home=tmp_path)
    assert settings.redis_url == "redis://127.0.0.1:4001/0"
    assert settings.retell_base_url == "http://127.0.0.1:4002"
    assert settings.is_embedded


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL"])
def test_a_server_of_ones_own_ends_the_embedded_mode(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "redis://queue/0" if "REDIS" in variable else "postgres://db/x")
    assert not Settings.load().is_embedded


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_a_postgresql_address_names_our_driver(scheme: str) -> None:
    settings = Settings.load(database_url=f"{scheme}://u:p@db/x")
    assert settings.database_url == "postgresql+psycopg://u:p@db/x"


def test_the_environment_wins_over_the_file_and_a_flag_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text("DIALER_LINES=3\nDIALER_WEB_PORT=8003\nRETELL_API_KEY=file\nOTHER=1\n")
    monkeypatch.setenv("DIALER_ENV_FILE", str(file))
    monkeypatch.setenv("DIALER_WEB_PORT", "8004")
    monkeypatch.setenv("RETELL_API_KEY", "environment")
    settings = Settings.load(retell_api_key="flag")
    assert (settings.lines, settings.web_port) == (3, 8004)
    assert settings.retell_api_key is not None
    assert settings.retell_api_key.get_secret_value() == "flag"


def test_webhook_keys_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALER_WEBHOOK_KEYS", "one, two,,")
    assert [key.get_secret_value() for key in Settings.load().webhook_keys] == ["one", "two"]


def test_without_webhook_keys_the_api_key_signs() -> None:
    settings = Settings.load(retell_api_key="key_x")
    assert settings.webhook_keys == (settings.retell_api_key,)


def test_webhook_keys_without_a_key_in_them_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALER_WEBHOOK_KEYS", " , ")
    with pytest.raises(UserError, match="DIALER_WEBHOOK_KEYS"):
        Settings.load()


@pytest.mark.parametrize(
    ("variable", "content", "name"),
    [
        ("RETELL_API_KEY_FILE", "key_from_file", "retell_api_key"),
        ("DATABASE_URL_FILE", "sqlite:///elsewhere.db", "database_url"),
        ("REDIS_URL_FILE", "redis://queue/1", "redis_url"),
        ("DIALER_WEBHOOK_KEYS_FILE", "a,b", "webhook_keys"),
        ("DIALER_RESULT_SECRETS_FILE", "crm=whsec_a,crm=whsec_b", "result_secrets"),
    ],
)
def test_a_secret_may_stand_in_a_file(
    variable: str, content: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    file.write_text(content + "\n")
    monkeypatch.setenv(variable, str(file))
    read = getattr(Settings.load(), name)
    if name == "webhook_keys":
        assert ",".join(key.get_secret_value() for key in read) == content
    else:
        assert getattr(read, "get_secret_value", lambda: read)() == content


def test_secrets_of_results_have_names_and_a_name_may_have_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings.load().result_secrets_by_name == {}
    monkeypatch.setenv("DIALER_RESULT_SECRETS", "crm=whsec_a=, erp=whsec_b,crm=whsec_c")
    settings = Settings.load()
    assert settings.result_secrets_by_name == {"crm": ["whsec_a=", "whsec_c"], "erp": ["whsec_b"]}
    assert "whsec_a" not in repr(settings)


@pytest.mark.parametrize("text", ["whsec_a", "crm=abc", "crm=whsec_a,", "=whsec_a"])
def test_a_secret_of_results_without_a_name_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALER_RESULT_SECRETS", text)
    with pytest.raises(UserError) as refused:
        Settings.load()
    assert "crm=whsec_" in str(refused.value.why)
    assert "abc" not in refused.value.what


def test_a_secret_in_two_places_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETELL_API_KEY", "a")
    monkeypatch.setenv("RETELL_API_KEY_FILE", str(tmp_path / "b"))
    with pytest.raises(UserError, match="both RETELL_API_KEY and RETELL_API_KEY_FILE"):
        Settings.load()


@pytest.mark.parametrize("content", [None, " \n"])
def test_a_secret_file_that_is_missing_or_empty_is_refused(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("RETELL_API_KEY_FILE", str(file))
    with pytest.raises(UserError, match="RETELL_API_KEY_FILE"):
        Settings.load()


def test_no_secret_is_ever_shown() -> None:
    settings = Settings.load(
        retell_api_key="key_hidden",
        webhook_keys="hook_hidden",
        database_url="postgresql://u:pw_hidden@db/x",
        redis_url="rediss://:pw_hidden@queue/0",
    )
    for shown in (repr(settings), str(settings), str(settings.model_dump(mode="json"))):
        assert "hidden" not in shown


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DIALER_LINES", "0"),
        ("DIALER_LINES", "many"),
        ("DIALER_CALLS_PER_SECOND", "-1"),
        ("DIALER_MODE", "production"),
        ("DIALER_PUBLIC_URL", "example.com"),
        ("DIALER_LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UserError) as refused:
        Settings.load()
    assert f"{variable}={value}" in refused.value.what
    assert refused.value.why
    assert variable in str(refused.value.fix)


def test_a_wrong_database_address_is_refused_without_showing_it() -> None:
    with pytest.raises(UserError) as refused:
        Settings.load(database_url="u:pw_hidden@db")
    assert "hidden" not in f"{refused.value.what}{refused.value.why}{refused.value.fix}"


def test_a_misspelled_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALER_WEBHOOK_KEY", "x")
    with pytest.raises(UserError, match="DIALER_WEBHOOK_KEY is not a setting") as refused:
        Settings.load()
    assert "DIALER_WEBHOOK_KEYS" in str(refused.value.fix)


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALER_LINES", "")
    monkeypatch.setenv("DATABASE_URL", "")
    settings = Settings.load()
    assert settings.lines == 20
    assert settings.is_embedded


def test_webhooks_come_to_the_public_address_when_there_is_one() -> None:
    assert Settings.load(web_host="0.0.0.0").webhook_url.startswith("http://127.0.0.1:8000/")
    public = Settings.load(public_url="https://dialer.example.com/")
    assert public.webhook_url == "https://dialer.example.com/webhooks/retell"


def test_every_setting_stands_in_the_example_with_its_meaning() -> None:
    text = env_example()
    for name, field in Settings.model_fields.items():
        assert f"#{variable_of(name)}=" in text
        assert field.description
        assert f"# {field.description}\n" in text


def test_the_example_changes_nothing_when_it_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text(env_example())
    before = Settings.load()
    monkeypatch.setenv("DIALER_ENV_FILE", str(file))
    assert Settings.load() == before


def test_the_example_in_the_repository_is_up_to_date() -> None:
    root = Path(__file__).parents[2]
    assert (root / config.EXAMPLE_FILE).read_text() == env_example()
