"""Door of `python -m live.signal_generator`: options, help and the exit code; the work is in `live.generate`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from live.generate.options import GeneratorOptions

if TYPE_CHECKING:
    from live.run.door import Run


@click.command(context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SIGNAL_GENERATOR"})
@click.option(
    "--report-file",
    "report_files",
    multiple=True,
    type=click.Path(path_type=Path, readable=False),
    help="A report of the day (HTML or candidates JSON); repeatable.",
)
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path, readable=False),
    help="Take the reports in this folder that belong to the trade date, ignore the others.",
)
@click.option("--no-report", is_flag=True, help="On purpose without a report: only exits are decided.")
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path, readable=False),
    help="Where the signal files go; the configuration's signals/ by default.",
)
@click.option(
    "--state-db",
    type=click.Path(path_type=Path, readable=False),
    help="The state database; the configuration's by default.",
)
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, readable=False),
    help="The manifest whose parameters must be those in force; the configuration's by default.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, readable=False),
    default=Path("configs/default.yaml"),
    show_default=True,
    help="The configuration.",
)
@click.option("--broker", help="The broker adapter, for example alpaca or sim; the configuration's by default.")
@click.option(
    "--prices", help="alpaca, fmp, sim, or the path of a price folder or file; the configuration's by default."
)
@click.option(
    "--trade-date",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The session to decide for; by default the first whose close is ahead of the broker's clock.",
)
@click.option("--enable-live", is_flag=True, help="One of the things live trading needs; see the README.")
@click.option("--set", "settings", multiple=True, metavar="SECTION.KEY=VALUE", help="Override a setting; repeatable.")
@click.option("--force", is_flag=True, help="Go on when DB and broker differ: the differing tickers are frozen.")
@click.option(
    "--refresh-prices", is_flag=True, help="Ask for new reference prices where today's first run has stored some."
)
@click.option("--dry-run", is_flag=True, help="Print every decision and why; write no file and no row.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; messages go to stderr.")
@click.option("-v", "--verbose", is_flag=True, help="Say more; tracebacks too.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what is wrong.")
@click.pass_context
def main(
    ctx: click.Context,
    report_files: tuple[Path, ...],
    report_dir: Path | None,
    no_report: bool,
    output_dir: Path | None,
    state_db: Path | None,
    manifest: Path | None,
    config: Path,
    broker: str | None,
    prices: str | None,
    trade_date: datetime | None,
    enable_live: bool,
    settings: tuple[str, ...],
    force: bool,
    refresh_prices: bool,
    dry_run: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Decide the day: turn an earnings report and the book into signal files.

    Writes trade_signals_DATE_ema_p10.json, which the executor trades, and
    trade_signals_DATE_nwl_p4.json, the shadow strategy's, for the record. The
    same command twice gives the same content. Nothing is ever sent to the
    market.

    \b
    A usual morning:
      python -m live.signal_generator --report-dir reports/ --dry-run
      python -m live.signal_generator --report-dir reports/
    A day without a report:
      python -m live.signal_generator --no-report
    On the embedded exchange:
      python -m live.signal_generator --broker sim --no-report

    \b
    Exit codes: 0 done, 2 usage, 3 kill switch on, 4 positions differ, 5 manifest
    mismatch, 6 configuration, keys or calendar, 7 report or prices unreadable,
    8 broker or prices unreachable, 9 an exit check had no data, 10 another run
    is active, 13 state DB unusable.
    """
    if sum((bool(report_files), report_dir is not None, no_report)) != 1:
        raise click.UsageError("give exactly one of --report-file (repeatable), --report-dir or --no-report")
    if verbose and quiet:
        raise click.UsageError("-v and -q exclude each other")
    from live.generate.day import begin
    from live.run.door import run_door  # late: --help must not wait for the price libraries

    options = GeneratorOptions(
        report_files=report_files,
        report_dir=report_dir,
        no_report=no_report,
        output_dir=output_dir,
        state_db=state_db,
        manifest=manifest,
        config=config,
        broker=broker,
        prices=prices,
        trade_date=trade_date.date() if trade_date else None,
        enable_live=enable_live,
        settings=settings,
        force=force,
        refresh_prices=refresh_prices,
        dry_run=dry_run,
        as_json=as_json,
        verbose=verbose,
        quiet=quiet,
    )

    def work(run: Run) -> None:
        day = begin(run, options, ctx.obj)
        from live.generate.pipeline import generate  # late: a run that is refused must not wait for numpy

        generate(day, ctx.obj)

    code = run_door(
        "signal_generator",
        work,
        as_json=as_json,
        verbosity=1 if verbose else -1 if quiet else 0,
    )
    ctx.exit(code)


if __name__ == "__main__":
    main()
