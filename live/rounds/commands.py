"""The command line of a step: what a person types for it, with the options that `live.day` was given."""

from __future__ import annotations

from collections.abc import Iterator

from live.rounds.options import DayOptions
from live.run.next_commands import options_for


def command_of(program: str, options: DayOptions) -> tuple[str, ...]:
    """Return the words behind `python -m `. program: generator, or a phase of the executor."""
    module = "live.signal_generator" if program == "generator" else "live.executor"
    own = _generator_options(options) if program == "generator" else iter(["--phase", program])
    common = (word for pair in options_for(module, options) for word in pair if word is not None)
    return (module, *own, *common, "--json", "-v" if options.verbose else "-q")


def _generator_options(options: DayOptions) -> Iterator[str]:
    if options.report_dir is not None:
        yield from ("--report-dir", str(options.report_dir))
    if options.no_report:
        yield "--no-report"
    if options.output_dir is not None:
        yield from ("--output-dir", str(options.output_dir))
    if options.prices is not None:
        yield from ("--prices", options.prices)
