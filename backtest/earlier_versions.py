"""What files and command lines of earlier versions hold otherwise: old names of settings, and what they lack."""

from __future__ import annotations

from collections.abc import Mapping

from backtest.errors import ConfigError
from backtest.strict_yaml import YamlValue

RENAMED_SETTINGS = {"reports.report_json": "strategy.report_json"}
"""Old to new, as `section.key`: until 0.1.0 the section `reports` held one setting."""

ADDED_PARAMETERS = frozenset(
    {
        "accept",
        "max_identity_deviation_pct",
        "report_json",
        "market_filter.file",
        "market_filter.max",
        "primary.source",
        "take_profit_pct",
        "entry_limit_pct",
    }
)
"""What a manifest of 0.1.0 cannot name. They decide what is offered, nothing of a file that is made."""
HASHED_BY_0_1_0: Mapping[str, frozenset[str]] = {
    "execution": frozenset(
        {
            "poll_timeout_s",
            "poll_interval_s",
            "entry_cutoff_minutes",
            "max_workers",
            "funds",
            "min_buying_power",
            "on_stop_refused",
            "max_daily_trade_orders",
            "max_daily_stop_orders",
            "ignore_tickers",
        }
    ),
    "safety": frozenset({"max_drawdown_pct", "max_daily_loss_pct", "max_position_usd", "max_orders_per_day"}),
}
"""The settings beside the strategy's that the configuration's hash covered in signal files of 0.1.0."""


def current_name(setting: str) -> str:
    """Return the name of today of a `section.key`."""
    return RENAMED_SETTINGS.get(setting, setting)


def with_current_names(tree: Mapping[str, YamlValue], where: str) -> dict[str, YamlValue]:
    """Return a configuration with old settings under their names of today; a section left empty goes.

    Raises ConfigError (6) when a setting is given under both names.
    """
    found = dict(tree)
    for old, new in RENAMED_SETTINGS.items():
        (old_section, old_key), (section, key) = old.split("."), new.split(".")
        values, target = found.get(old_section), found.get(section, {})
        if not isinstance(values, dict) or old_key not in values or not isinstance(target, dict):
            continue
        if key in target:
            raise ConfigError(
                f"duplicate setting in {where}: {old} and {new} (expected {new} alone)",
                next_step=f"{old} is its old name: take that line out.",
            )
        found[section] = {**target, key: values[old_key]}
        left = {name: value for name, value in values.items() if name != old_key}
        found |= {old_section: left}
        if not left:
            del found[old_section]
    return found
