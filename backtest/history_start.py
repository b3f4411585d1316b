"""From when on bars have to be known for the trailing exits and the candidate sources of a configuration."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from backtest.daily_bars import calendar_days
from backtest.params import REPORTS, Params
from backtest.sources.registry import find_strategy
from backtest.trailing_exits.registry import DAY, trailing_exit
from backtest.weekly_bars import monday_of


def history_start(first_judged: date, params: Params) -> date:
    """Return the first day whose bars can matter when `first_judged` is the earliest close to be judged.

    It reaches as far back as the executed strategy and every shadow need; what proposes their candidates is asked as
    of the session before at the earliest. Raises ConfigError (6), InputError (7) for a source that cannot be found.
    """
    return min(_history_start(first_judged, one) for one in (params, *map(params.as_shadow, params.watched)))


def _history_start(first_judged: date, params: Params) -> date:
    weekly = monday_of(first_judged) - timedelta(weeks=params.indicator_window_weeks - 1)
    exit_ = trailing_exit(params.primary.trailing_stop)
    daily = exit_.warm_up if exit_.judged == DAY else 0
    source = params.source
    if source.id != REPORTS:
        folder = None if source.folder is None else Path(source.folder)
        daily = max(daily, find_strategy(source.id, folder).warm_up + 1)
    return min(weekly, first_judged - calendar_days(daily)) if daily else weekly
