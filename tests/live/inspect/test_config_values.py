"""Settings as values: where each comes from, and that no secret is among them; as YAML they are read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtest.strict_yaml import parse_yaml
from live.config import LiveConfig
from live.config_file import all_settings_of, load_config
from live.inspect.config_text import origins_text, yaml_lines, yaml_value
from live.inspect.config_values import Origin, Setting, settings_in_force, shown
from tests.paths import DEFAULT_CONFIG


def in_force(tmp_path: Path, text: str, *settings: str, **flags: str) -> dict[str, Setting]:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    config = load_config(path, settings)
    found = settings_in_force(
        all_settings_of(config),
        all_settings_of(LiveConfig()),
        parse_yaml(text, "c.yaml"),
        [one.partition("=")[0] for one in settings],
        {name.replace("__", "."): value for name, value in flags.items()},
    )
    return {one.name: one for one in found}


def test_a_flag_comes_before_set_before_the_file_before_the_default(tmp_path: Path) -> None:
    text = "strategy: {max_positions: 8, primary: {period: 12}}\nexecution: {max_workers: 2}\nbroker: {id: sim}\n"
    found = in_force(tmp_path, text, "execution.max_workers=3", "broker.id=alpaca", broker__id="other")
    origins = {name: one.origin for name, one in found.items() if one.origin is not Origin.DEFAULT}
    assert origins == {
        "strategy.max_positions": "file",
        "strategy.primary.period": "file",
        "execution.max_workers": "--set",
        "broker.id": "--broker",
    }
    assert (found["execution.max_workers"].value, found["execution.max_workers"].default) == (3, 4)
    assert found["broker.id"].value == "other"


def test_what_a_file_says_may_be_the_default_all_the_same(tmp_path: Path) -> None:
    found = in_force(tmp_path, "execution: {max_workers: 4}\n")
    assert (found["execution.max_workers"].origin, found["execution.max_workers"].is_default) == (Origin.FILE, True)


def test_the_default_configuration_names_every_setting() -> None:
    text = DEFAULT_CONFIG.read_text(encoding="utf-8")
    settings = settings_in_force(
        all_settings_of(load_config(DEFAULT_CONFIG)), all_settings_of(LiveConfig()), parse_yaml(text, "x"), (), {}
    )
    assert [one.name for one in settings if one.origin is not Origin.FILE or not one.is_default] == []
    assert origins_text(settings) == f"{len(settings)} settings: {len(settings)} file"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("notify.urls", ["ntfy://topic", "tgram://1:token/chat", "no address"], ["ntfy://***", "tgram://***", "***"]),
        ("heartbeat.url", "https://hc-ping.com/uuid", "https://***"),
        ("heartbeat.url", None, None),
        ("notify.command", "/bin/page --token abc", "/bin/page ***"),
        ("notify.command", "page-me", "page-me"),
        ("notify.command", "page 'open quote", "***"),
        ("notify.command", None, None),
        ("paths.state_db", "live/state.db", "live/state.db"),
    ],
)  # fmt: skip
def test_of_a_secret_only_what_names_it_is_shown(name: str, value: object, said: object) -> None:
    assert shown(name, value) == said


@pytest.mark.parametrize(
    "value", ["true", "none", "a b", "a: b", "#x", "12", "0.5", "é", 'say "x"', "BRK.B", "./x/y.db", "~", "- x", "***"]
)
def test_a_text_is_written_so_that_it_is_read_as_itself(value: str) -> None:
    found = parse_yaml(f"key: {yaml_value(value)}\nlist: {yaml_value([value, 'b'])}\n", "x")
    assert (str(found["key"]), [str(one) for one in found["list"]]) == (value, [value, "b"])  # type: ignore[union-attr]


def test_a_line_says_where_its_value_comes_from_and_what_the_default_is(tmp_path: Path) -> None:
    found = in_force(tmp_path, "strategy: {primary: {period: 12}, shadow: {period: 4}}\n")
    names = ("strategy.primary.period", "strategy.shadow.period", "execution.max_workers")
    lines = list(yaml_lines([found[name] for name in names], with_default=True))
    assert [" ".join(line.split()) for line in lines] == [
        "strategy:", "primary:", "period: 12 # file, default 10", "shadow:", "period: 4 # file",
        "execution:", "max_workers: 4 # default",
    ]  # fmt: skip
    assert lines[2].startswith("    period: 12  ")
