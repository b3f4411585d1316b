"""What a command line must say of reports: nothing where no strategy takes its candidates from them."""

from __future__ import annotations

from backtest.errors import DriftError
from backtest.strategies import takes_reports
from live.run.configuration import read_configuration
from live.run.options import RunOptions

NOT_WANTED = "no strategy of this configuration takes its candidates from reports (expected none given)"


def wrong_report_choice(options: RunOptions, *, is_given: bool, no_report: bool, needs: str) -> str | None:
    """Return what does not fit the strategies of the configuration: reports that none takes, or neither reports nor
    --no-report where one does.

    needs: what is said then. A configuration that cannot be read is the run's to refuse.
    """
    try:
        is_wanted = takes_reports(read_configuration(options).strategy)
    except DriftError:
        return None
    if is_wanted and not is_given and not no_report:
        return needs
    return NOT_WANTED if is_given and not is_wanted else None
