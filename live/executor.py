"""Door of `python -m live.executor`: options, help and the exit code; the work is in `live.execute`."""

from __future__ import annotations

from pathlib import Path

import click

from live.execute.decide.schedule import Phase
from live.execute.options import MAX_WAIT_MINUTES, ExecutorOptions


@click.command(context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "EXECUTOR"})
@click.option(
    "--signals-file",
    type=click.Path(path_type=Path, readable=False),
    help="The signal file to execute; by default the newest one issued for today.",
)
@click.option(
    "--phase",
    type=click.Choice([phase.value for phase in Phase]),
    default=Phase.ALL.value,
    show_default=True,
    help="What to do: place orders, poll them, only protect, or all.",
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
@click.option("--enable-live", is_flag=True, help="One of the things live trading needs; see the README.")
@click.option("--set", "settings", multiple=True, metavar="SECTION.KEY=VALUE", help="Override a setting; repeatable.")
@click.option("--dry-run", is_flag=True, help="Print what a real run would do now; send nothing, change no byte.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; messages go to stderr.")
@click.option("--skip-time-check", is_flag=True, help="Let entries out after the cutoff, until the close; never live.")
@click.option(
    "--wait-for-open",
    type=click.IntRange(0, MAX_WAIT_MINUTES),
    default=0,
    metavar="MINUTES",
    help="Before the open: wait up to MINUTES for it and go on.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more; tracebacks too.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what is wrong.")
@click.pass_context
def main(
    ctx: click.Context,
    signals_file: Path | None,
    phase: str,
    state_db: Path | None,
    manifest: Path | None,
    config: Path,
    broker: str | None,
    enable_live: bool,
    settings: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    skip_time_check: bool,
    wait_for_open: int,
    verbose: bool,
    quiet: bool,
) -> None:
    """Carry out today's signal file: sell, buy with stops, book fills, protect.

    The same command again finishes whatever a run before it left open; it
    never sends anything twice.

    \b
    A usual day (New York time):
      09:20  python -m live.executor --phase place
      09:31  python -m live.executor --phase poll
      15:45  python -m live.executor --phase protect
    First see what it would do:
      python -m live.executor --phase place --dry-run
    At a keyboard, before the open:
      python -m live.executor --wait-for-open 60

    \b
    Exit codes: 0 done, 2 usage, 3 kill switch on, 4 positions differ, 5 manifest
    or signal file refused, 6 configuration or keys, 7 signal file unreadable,
    8 broker unreachable, 9 a line is left open or was abandoned, 10 another run
    is active, 11 safety limit, 12 a position is unprotected, 13 state DB unusable.
    """
    if verbose and quiet:
        raise click.UsageError("-v and -q exclude each other")
    if state_db is not None and str(state_db) == ":memory:":
        raise click.UsageError("--state-db :memory: forgets every order that is sent; give a file")
    if skip_time_check and enable_live:
        raise click.UsageError("--skip-time-check is not for live trading")
    from live.execute.run import execute
    from live.run.door import run_door  # late: --help must not wait for the broker client

    options = ExecutorOptions(
        signals_file=signals_file,
        phase=Phase(phase),
        state_db=state_db,
        manifest=manifest,
        config=config,
        broker=broker,
        enable_live=enable_live,
        settings=settings,
        dry_run=dry_run,
        as_json=as_json,
        skip_time_check=skip_time_check,
        wait_for_open=wait_for_open,
        verbose=verbose,
        quiet=quiet,
    )
    code = run_door(
        "executor",
        lambda run: execute(run, options, ctx.obj),
        as_json=as_json,
        verbosity=1 if verbose else -1 if quiet else 0,
    )
    ctx.exit(code)


if __name__ == "__main__":
    main()
