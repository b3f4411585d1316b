"""What a command line must say of reports: nothing where no strategy takes its candidates from them."""

from __future__ import annotations

from backtest.errors import UsageError
from backtest.params import Params
from backtest.strategies import takes_reports


def require_report_choice(params: Params, *, is_given: bool, no_report: bool, needs: str) -> None:
    """Raise UsageError (2) for reports that no strategy takes, and without any, or --no-report, where one does.

    needs: what is said then.
    """
    is_wanted = takes_reports(params)
    if is_given and not is_wanted:
        raise UsageError("no strategy of this configuration takes its candidates from reports (expected none given)")
    if is_wanted and not is_given and not no_report:
        raise UsageError(needs)
