"""Asks the broker what fees it took; a broker that cannot be asked is only a note."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

from backtest.errors import DriftError
from live.clock import NEW_YORK
from live.inspect.trades_values import Fees, fees_of
from live.run.options import RunOptions
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import Opened, connect

OFFLINE = Fees(missing="not asked", why="--offline")
NO_TRADE = Fees(missing="not asked", why="no closed trade")
OF_A_SHADOW = Fees(missing="none", why="a shadow sends no order")
OF_ONE_STRATEGY = Fees(missing="not asked", why="the broker has them for the account, not for a strategy")


def ask_fees(
    run: Run, opened: Opened, options: RunOptions, runtime: Runtime | None, first: date, last: date | None
) -> Fees:
    """Return the account's fees that the broker dates from `first` to `last` (None: until now)."""
    connected = None
    try:
        connected = connect(run, opened, replace(options, dry_run=True), runtime)
        events = connected.broker.get_account_events(datetime.combine(first, time(), NEW_YORK))
    except DriftError as error:
        missing = "not asked" if connected is None else "no answer"
        run.note(f"fees: {missing}: {error.what}")
        return Fees(missing=missing, why=error.what)
    return fees_of(events, first, last)
