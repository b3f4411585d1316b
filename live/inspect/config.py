"""`config show`: the configuration in force, where each value comes from, and no secret; opens no state DB."""

from __future__ import annotations

from live.config import LiveConfig
from live.config_file import all_settings_of
from live.inspect.config_text import origins_text, yaml_lines
from live.inspect.config_values import Setting, settings_in_force
from live.run.configuration import read_configuration
from live.run.options import RunOptions
from live.run.outlets import hide_addresses
from live.run.program import Run


def show_config(run: Run, options: RunOptions, *, effective: bool) -> None:
    """Print what differs from the defaults, with `effective` every setting. Raises ConfigError (6)."""
    config = read_configuration(options)
    hide_addresses(run.redactor, config)
    settings = _settings(config, options)
    wanted = settings if effective else tuple(one for one in settings if not one.is_default)
    run.report |= {
        "file": str(config.file),
        "config_sha256": config.config_sha256,
        "settings": {one.name: {"value": one.value, "origin": one.origin, "default": one.default} for one in wanted},
    }
    run.console.prose(f"{config.file}, {origins_text(settings)}; sha256 of the strategy {config.config_sha256[:12]}")
    if not options.as_json:
        for line in yaml_lines(wanted, with_default=True):
            run.console.data(line)
    if not effective:
        same = f"{len(settings) - len(wanted)} more have" if wanted else "every setting has"
        run.console.say(f"{same} the default value; --effective shows every setting")


def _settings(config: LiveConfig, options: RunOptions) -> tuple[Setting, ...]:
    from backtest.earlier_versions import current_name, with_current_names  # late: they need YAML
    from backtest.strict_yaml import load_yaml_file

    in_file = with_current_names(load_yaml_file(options.config), str(options.config))
    named = [current_name(one.partition("=")[0].strip()) for one in options.settings]
    flags = {"paths.state_db": options.state_db, "broker.id": options.broker}
    return settings_in_force(
        all_settings_of(config),
        all_settings_of(LiveConfig()),
        in_file,
        named,
        {name: str(value) for name, value in flags.items() if value is not None},
    )
