"""Settings that are each in range and do not go together; pure. One more is a function with a line in `CONFLICTS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from live.config import NOTIFY_DEFAULT, LiveConfig
from live.doctor.answer import Answer, fail, warn

HOW_TO_CONFIGURE = "Give notify.command or notify.urls, see docs/operations.md#notifications."
Conflict = Callable[[LiveConfig], Answer | None]


def conflicts(config: LiveConfig) -> Iterator[Answer]:
    """Yield what does not go together; a fail where nothing could be bought at all."""
    for ask in CONFLICTS:
        found = ask(config)
        if found is not None:
            yield found


def full_day_orders(config: LiveConfig) -> int:
    """Return the entry and exit orders of a day on which a full book is sold and as much is bought as may be."""
    most = config.strategy.max_positions
    entries = config.strategy.daily_entry_limit
    return most + (most if entries is None else min(entries, most))


def _position_usd(config: LiveConfig) -> Answer | None:
    limit, size = config.safety.max_position_usd, config.strategy.position_size
    if limit is None or limit >= size:
        return None
    return fail(
        6,
        f"safety.max_position_usd {limit:,} is below strategy.position_size {size:,}: hardly an entry is small enough",
        "Raise max_position_usd, or lower position_size (and make a new manifest).",
    )


def _trade_orders(config: LiveConfig) -> Answer | None:
    return _daily(config, "execution.max_daily_trade_orders", config.max_daily_trade_orders)


def _all_orders(config: LiveConfig) -> Answer | None:
    return _daily(config, "safety.max_orders_per_day", config.safety.max_orders_per_day)


def _daily(config: LiveConfig, name: str, limit: int | None) -> Answer | None:
    needed = full_day_orders(config)
    if limit is None or limit >= needed:
        return None
    return warn(f"{name} {limit} is below the {needed} orders of a full day: it would end 11", f"Raise {name}.")


def _stop_orders(config: LiveConfig) -> Answer | None:
    limit, most = config.execution.max_daily_stop_orders, config.strategy.max_positions
    if limit >= most:
        return None
    return warn(
        f"execution.max_daily_stop_orders {limit} is below strategy.max_positions {most}: "
        "a day that renews every stop is reported as unusual",
        "Raise execution.max_daily_stop_orders.",
    )


def _polling(config: LiveConfig) -> Answer | None:
    execution = config.execution
    if execution.poll_timeout_s >= 2 * execution.poll_interval_s:
        return None
    return warn(
        f"execution.poll_timeout_s {execution.poll_timeout_s} is less than twice poll_interval_s "
        f"{execution.poll_interval_s}: orders are looked at once before what has not filled is canceled",
        "Raise execution.poll_timeout_s.",
    )


def _snapshot_age(config: LiveConfig) -> Answer | None:
    execution = config.execution
    if execution.max_snapshot_age_s > execution.poll_interval_s:
        return None
    return warn(
        f"execution.max_snapshot_age_s {execution.max_snapshot_age_s} is not above poll_interval_s "
        f"{execution.poll_interval_s}: positions and funds are read again at every look",
        "Raise execution.max_snapshot_age_s.",
    )


def _cutoff(config: LiveConfig) -> Answer | None:
    if config.execution.entry_cutoff_minutes:
        return None
    return warn(
        "execution.entry_cutoff_minutes is 0: only what is queued before the open is bought",
        "Raise execution.entry_cutoff_minutes.",
    )


def _losses(config: LiveConfig) -> Answer | None:
    drawdown, daily = config.safety.max_drawdown_pct, config.safety.max_daily_loss_pct
    for name, limit in (("max_drawdown_pct", drawdown), ("max_daily_loss_pct", daily)):
        if limit is not None and not limit:
            return fail(6, f"safety.{name} is 0: it trips at once, whatever the account does", f"Raise safety.{name}.")
    if drawdown is None or daily is None or daily < drawdown:
        return None
    return warn(
        f"safety.max_daily_loss_pct {daily} is not below max_drawdown_pct {drawdown}: the drawdown trips first",
        "Lower safety.max_daily_loss_pct.",
    )


def _minimum(config: LiveConfig) -> Answer | None:
    minimum, size, most = (
        config.execution.min_buying_power, config.strategy.position_size, config.strategy.max_positions
    )  # fmt: skip
    if minimum < size * most:
        return None
    return warn(
        f"execution.min_buying_power {minimum:,} is as much as a full book, {most} x {size:,}",
        "Lower execution.min_buying_power: it must be left after every entry.",
    )


def _ignored(config: LiveConfig) -> Answer | None:
    ignored, most = len(config.execution.ignore_tickers), config.strategy.max_positions
    if ignored < most:
        return None
    return fail(
        6,
        f"execution.ignore_tickers names {ignored} holdings, strategy.max_positions is {most}: "
        "each takes a slot, nothing can be bought",
        "Raise strategy.max_positions (and make a new manifest).",
    )


def _nobody_told(config: LiveConfig) -> Answer | None:
    notify = config.notify
    if notify.command or notify.urls:
        return None if notify.on else warn("notify.on is empty: nothing is sent", "Name codes or words in notify.on.")
    if set(notify.on) != set(NOTIFY_DEFAULT):
        return warn("notify.on is set, and neither notify.command nor notify.urls: nobody is told", HOW_TO_CONFIGURE)
    if config.live.enabled and config.heartbeat.url is None:
        return warn("live.enabled without notifications and heartbeat: nobody is told of a failure", HOW_TO_CONFIGURE)
    return None


def _backups(config: LiveConfig) -> Answer | None:
    if config.paths.backups_dir is not None:
        return None
    return warn("paths.backups_dir is none: a lost state DB has no backup", "Name a folder in paths.backups_dir.")


CONFLICTS: tuple[Conflict, ...] = (
    _position_usd,
    _ignored,
    _losses,
    _trade_orders,
    _all_orders,
    _stop_orders,
    _minimum,
    _polling,
    _snapshot_age,
    _cutoff,
    _nobody_told,
    _backups,
)
