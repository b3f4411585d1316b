"""Every figure once: its name, its title, unit, formula in words, source, and what its days are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure. name: in metrics.json. title: for people. unit: empty for a ratio or a count.

    source: author and year, or "definition". days: what a day is in it, empty where none counts.
    """

    name: str
    title: str
    unit: str
    formula: str
    source: str = "definition"
    days: str = ""

    @property
    def heading(self) -> str:
        """Title and unit: `max drawdown (USD)`."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


_BOOTSTRAP = "Politis & Romano 1994; Efron & Tibshirani 1993"
_YEAR = "a year is 252 sessions"

_ALL = (
    # of trades
    Measure("count", "trades", "", "number of trades"),
    Measure("winners", "winners", "", "trades with P&L > 0"),
    Measure("losers", "losers", "", "trades with P&L < 0"),
    Measure("win_rate_pct", "win rate", "%", "winners / trades"),
    Measure("pnl_usd", "P&L", "USD", "sum of (exit - entry) x shares - fees, over the trades"),
    Measure("gains_usd", "gains", "USD", "sum of the P&L of the winners"),
    Measure("losses_usd", "losses", "USD", "sum of the P&L of the losers, as a positive amount"),
    Measure("profit_factor", "profit factor", "", "gains / losses; none without losses"),
    Measure("expectancy_usd", "expectancy", "USD", "P&L / trades"),
    Measure("average_return_pct", "average return", "%", "mean of P&L / (entry x shares), over the trades"),
    Measure("median_return_pct", "median return", "%", "middle of the trades' returns"),
    Measure("best_return_pct", "best return", "%", "highest of the trades' returns"),
    Measure("worst_return_pct", "worst return", "%", "lowest of the trades' returns"),
    Measure(
        "average_holding_days", "holding time", "days", "mean of exit date - entry date", days="days of the calendar"
    ),
    Measure(
        "average_mae_pct", "average MAE", "%",
        "mean of (lowest price while held / entry - 1); of the exit session only the fill counts", "Sweeney 1996",
    ),
    Measure(
        "average_mfe_pct", "average MFE", "%",
        "mean of (highest price while held / entry - 1); of the exit session only the fill counts", "Sweeney 1996",
    ),
    # of the account
    Measure("sessions", "sessions", "", "number of sessions"),
    Measure("start_usd", "capital", "USD", "cash before the first session"),
    Measure("end_usd", "equity at the end", "USD", "cash + shares at their last close, after the last session"),
    Measure("total_return_pct", "total return", "%", "equity at the end / capital - 1"),
    Measure(
        "cagr_pct", "CAGR", "%", "(equity at the end / capital)^(252 / sessions) - 1", days=_YEAR
    ),
    Measure(
        "volatility_pct", "volatility", "%", "standard deviation (n - 1) of the session returns x sqrt(252)",
        days=_YEAR,
    ),
    Measure(
        "sharpe", "Sharpe ratio", "", "mean / standard deviation (n - 1) of the session returns x sqrt(252), "
        "riskless rate 0", "Sharpe 1994", _YEAR,
    ),
    Measure(
        "sortino", "Sortino ratio", "", "mean of the session returns / root of the mean squared loss (all sessions, "
        "target 0) x sqrt(252)", "Sortino & Price 1994", _YEAR,
    ),
    Measure(
        "calmar", "Calmar ratio", "", "CAGR / max drawdown, over the whole stretch", "Young 1991", _YEAR
    ),
    Measure("max_drawdown_pct", "max drawdown", "%", "deepest fall below an earlier peak of the equity / that peak"),
    Measure("max_drawdown_usd", "max drawdown", "USD", "peak - trough of the deepest fall in percent"),
    Measure(
        "max_drawdown_sessions", "drawdown length", "sessions",
        "sessions from the peak of the deepest fall until equity is back there, or to the end", days="sessions",
    ),
    Measure(
        "longest_drawdown_sessions", "longest drawdown", "sessions",
        "most sessions from a peak until equity is back there, or to the end", days="sessions",
    ),
    Measure("exposure_pct", "exposure", "%", "mean over the sessions of shares at their close / equity"),
    Measure(
        "turnover", "turnover", "a year", "cost of all entries / mean equity x 252 / sessions", days=_YEAR
    ),
    Measure("average_positions", "average positions", "", "mean over the sessions of the positions at the close"),
    Measure("peak_positions", "peak positions", "", "most positions at a close"),
)  # fmt: skip
MEASURES: Mapping[str, Measure] = {one.name: one for one in _ALL}

TRADE_INTERVAL = Measure(
    "trade_interval", "95 % of trades", "",
    "middle 95 % of 2,000 resamples (10,000 in groups): blocks of weeks of entries (mean length 4), with all their "
    "trades; widened for few blocks by Student's t", _BOOTSTRAP,
    "ISO weeks with entries; none below 8, of a group 16",
)  # fmt: skip
GROUP_DIFFERENCE = Measure(
    "group_difference", "groups compared", "",
    "mean return of a group less that of all other trades, in 10,000 resamples of weeks of entries (blocks of mean "
    "length 4); each interval is 95 % together with those of the other groups (Bonferroni)", _BOOTSTRAP,
    "ISO weeks with entries; groups of 30 trades in 16 weeks or more",
)  # fmt: skip
ACCOUNT_INTERVAL = Measure(
    "account_interval", "95 % of the account", "",
    "middle 95 % of 2,000 resamples: blocks of sessions (mean length 10); widened for few blocks by Student's t",
    _BOOTSTRAP, "sessions; none below 63",
)  # fmt: skip


def formula_lines(names: list[str], *others: Measure) -> list[tuple[str, str]]:
    """Return title and formula, with source and day count, of the figures named, then of the others given."""
    shown = [*(MEASURES[name] for name in names), *others]
    return [(one.heading, "; ".join(filter(None, (one.formula, one.source, one.days)))) for one in shown]
