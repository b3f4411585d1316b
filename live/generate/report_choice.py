"""Whether the options that say where candidates come from fit the configuration and each other."""

from __future__ import annotations

from backtest.errors import DriftError
from backtest.sources.resolve import has_scan
from live.generate.options import GeneratorOptions
from live.run.configuration import read_configuration
from live.run.report_choice import wrong_report_choice

CHOICE = "give exactly one of --report-file (repeatable), --report-dir or --no-report"
NO_SCAN = "--no-scan: no strategy of this configuration scans symbols (expected a report option alone)"


def wrong_choice(options: GeneratorOptions) -> str | None:
    """Return what does not fit; None where the choice does. A configuration that cannot be read is the run's to
    refuse."""
    given = (bool(options.report_files), options.report_dir is not None, options.no_report)
    if sum(given) > 1:
        return CHOICE
    if options.no_scan:
        try:
            if not has_scan(read_configuration(options).strategy):
                return NO_SCAN
        except DriftError:
            return None
    return wrong_report_choice(options, is_given=any(given[:2]), no_report=options.no_report, needs=CHOICE)
