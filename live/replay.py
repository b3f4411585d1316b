"""Command line of `python -m live.replay`: the two programs on history, compared with the simulator trade by trade."""

from __future__ import annotations

import os
import shlex
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backtest.command_line import CONTEXT, Program, SessionDate
from backtest.terminal import is_ascii_only
from live.run.options import OUTPUT, PATH, RunOptions, with_options, with_version

if TYPE_CHECKING:
    from live.parity.prepare import ReplayRequest
    from live.parity.replay import Progress
    from live.parity.summary import ReplayResult
    from live.parity.trading_day import Programs
    from live.run.program import Run

_DAY = SessionDate()
_NO_INPUT = "give either --reports DIR or --candidates FILE"
_NEEDLESS_INPUT = "no strategy takes its candidates from reports (expected neither --reports nor --candidates)"


@click.command("replay", cls=Program, context_settings=CONTEXT)
@click.option("--from", "first", required=True, type=_DAY, help="First session.")
@click.option("--to", "last", required=True, type=_DAY, help="Last session.")
@click.option(
    "--reports",
    type=PATH,
    help="Folder of earnings_trade_analysis_YYYY-MM-DD.html.",
)
@click.option("--candidates", type=PATH, help="CSV file of candidates instead of reports.")
@click.option("--prices", required=True, type=PATH, help="Daily bars: a file or a folder.")
@click.option(
    "--assets", type=PATH, help="CSV symbol,name,exchange: who is listed; assets.csv beside the prices by default."
)
@click.option("--config", type=PATH, help="Its strategy section; without one the defaults.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a parameter; repeatable.")
@click.option(
    "--skip-session", "skipped", multiple=True, type=_DAY, help="A session in which nothing is run; repeatable."
)
@click.option(
    "--refuse-session",
    "refused",
    multiple=True,
    type=_DAY,
    help="A session with the kill switch on from 08:55 to after the close; the shadows trade it; repeatable.",
)
@click.option(
    "--out",
    type=PATH,
    help="Keep state and results here; an interrupted replay goes on.",
)
@click.option("--report", type=PATH, help="Also write the result as a Markdown page.")
@click.option(
    "--subprocess", "subprocesses", is_flag=True, help="Start every run as a process of its own, as cron does."
)
@with_options(OUTPUT)
@with_version
@click.pass_context
def main(
    ctx: click.Context,
    options: RunOptions,
    first: date,
    last: date,
    reports: Path | None,
    candidates: Path | None,
    prices: Path,
    assets: Path | None,
    config: Path | None,
    settings: tuple[str, ...],
    skipped: tuple[date, ...],
    refused: tuple[date, ...],
    out: Path | None,
    report: Path | None,
    subprocesses: bool,
) -> None:
    """Prove that the programs trade what the backtest tests.

    Runs the signal generator (09:00) and the executor (09:20 place, 09:31
    poll, 15:45 and 16:05 protect) on every session, on the embedded exchange
    over historical bars; then runs the portfolio simulator over the same days and
    compares the ledgers, those of the shadows too.

    \b
    Example: python -m live.replay --from 2016-01-04 --to 2016-03-31 \\
                 --candidates candidates.csv --prices bars/
    Exit codes: 0 not one difference, 1 any difference, 2 usage,
    6 configuration, 7 input unreadable.
    """
    if reports is not None and candidates is not None:
        raise click.UsageError("give either --reports DIR or --candidates FILE")
    from live.run.program import run_program  # late: --help must not wait for the price libraries

    def work(run: Run) -> None:
        from backtest.errors import UsageError
        from backtest.settings import apply_settings, load_params
        from backtest.sources.resolve import resolve
        from backtest.sources.settings import load_strategies_dir
        from backtest.strategies import takes_reports
        from live.parity.prepare import ReplayRequest
        from live.run.environment import check_environment

        check_environment(os.environ)
        params = resolve(apply_settings(load_params(config), settings), load_strategies_dir(config))
        if (is_wanted := takes_reports(params)) == (reports is None and candidates is None):
            raise UsageError(_NO_INPUT if is_wanted else _NEEDLESS_INPUT)
        request = ReplayRequest(first, last, prices, params, reports, candidates, skipped, assets, refused)
        _replay(run, request, out, report, subprocesses=subprocesses)

    code = run_program("replay", work, options=options, has_closing_lines=False)
    ctx.exit(code)


def load_programs() -> Programs:
    """Return the commands of both programs, for days traded in this process."""
    from live.executor import main as executor
    from live.parity.trading_day import Programs
    from live.signal_generator import main as generator

    return Programs(generator, executor)


def _replay(run: Run, request: ReplayRequest, out: Path | None, report: Path | None, *, subprocesses: bool) -> None:
    from backtest.files import write_file
    from live.parity.replay import replay, write_results
    from live.parity.summary import as_json, as_markdown, as_text

    with _Bar(run.console.verbosity >= 0) as bar:
        programs = None if subprocesses else load_programs()
        result = replay(request, out, programs=programs, progress=bar.progress())
    for line in as_text(result).splitlines():
        run.console.say(line)
    run.report.update(as_json(result))
    if out is not None:
        write_results(out, result, _command())
    if report is not None:
        write_file(report, as_markdown(result, _command()).encode())
    _require_equal(run, result)


def _require_equal(run: Run, result: ReplayResult) -> None:
    if not result.is_equal:
        count = sum(len(one.differences) for one in result.comparisons)
        run.outcome.add_problem(
            1, f"programs and simulator differ in {count} places", "Each is a bug: see the lines above, or --json."
        )


def _command() -> str:
    return "python -m live.replay " + shlex.join(sys.argv[1:])


class _Bar:
    """A progress bar on a terminal, nothing elsewhere; on stderr, so that stdout stays the result."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted and sys.stderr.isatty() and not is_ascii_only()

    def __enter__(self) -> _Bar:
        if self._wanted:
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._wanted:
            self._progress.stop()

    def progress(self) -> Progress:
        from live.parity.replay import Progress

        if not self._wanted:
            return Progress(lambda sessions: None, lambda day: None)
        task = self._progress.add_task("sessions", total=None)

        def done(day: date) -> None:
            self._progress.update(task, advance=1, description=str(day))

        return Progress(lambda sessions: self._progress.update(task, total=sessions), done)


if __name__ == "__main__":
    main()
