"""Whether the options that say where candidates come from fit the configuration and each other."""

from __future__ import annotations

from live.generate.options import GeneratorOptions
from live.run.report_choice import wrong_report_choice

CHOICE = "give exactly one of --report-file (repeatable), --report-dir or --no-report"


def wrong_choice(options: GeneratorOptions) -> str | None:
    """Return what does not fit; None where the choice does."""
    given = (bool(options.report_files), options.report_dir is not None, options.no_report)
    if sum(given) > 1:
        return CHOICE
    return wrong_report_choice(options, is_given=any(given[:2]), no_report=options.no_report, needs=CHOICE)
