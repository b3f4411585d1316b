"""From when on bars have to be known for the trailing exits of a configuration."""

from __future__ import annotations

from datetime import date, timedelta

from backtest.daily_bars import calendar_days
from backtest.params import Params
from backtest.trailing_exits.registry import DAY, trailing_exit
from backtest.weekly_bars import monday_of


def history_start(first_judged: date, params: Params) -> date:
    """Return the first day whose bars can matter when `first_judged` is the earliest close to be judged.

    It reaches as far back as the executed strategy and every shadow need.
    """
    return min(_history_start(first_judged, one) for one in (params, *map(params.as_shadow, params.watched)))


def _history_start(first_judged: date, params: Params) -> date:
    weekly = monday_of(first_judged) - timedelta(weeks=params.indicator_window_weeks - 1)
    exit_ = trailing_exit(params.primary.trailing_stop)
    return weekly if exit_.judged != DAY else min(weekly, first_judged - calendar_days(exit_.warm_up))
