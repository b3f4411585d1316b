"""Door of `python -m backtest parse`: read reports and show what was read, where, and what was doubted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.errors import InputError

if TYPE_CHECKING:
    from backtest.reports.model import ReportReading


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False))
@click.option("--json", "as_json", is_flag=True, help="A JSON list on stdout; messages go to stderr.")
@click.option("--explain", metavar="TICKER", help="Show where each field of one stock was read, and what was rejected.")
@click.option(
    "--report-json",
    type=click.Choice(["candidates", "analyzer", "none"]),
    default="candidates",
    show_default=True,
    help="Which JSON beside a page wins over it.",
)
@click.pass_context
def parse(ctx: click.Context, files: tuple[Path, ...], as_json: bool, explain: str | None, report_json: str) -> None:
    """Read earnings reports and print their candidates.

    \b
    Examples: python -m backtest parse reports/earnings_trade_analysis_2026-02-17.html
              python -m backtest parse reports/*.html --json
              python -m backtest parse R.html --explain NVDA
    Exit codes: 0 every file was read, 7 at least one was not (the others are printed all the same).
    """
    from backtest.reports.read import read_report

    readings: list[ReportReading] = []
    errors: list[tuple[Path, InputError]] = []
    for path in files:
        try:
            readings.append(read_report(path, report_json=report_json, explain=explain is not None))
        except InputError as error:
            errors.append((path, error))
    if as_json:
        click.echo(json.dumps(_rows(files, readings, errors), indent=1, ensure_ascii=False))
    elif explain is not None:
        for reading in readings:
            _explain(reading, explain.upper())
    else:
        for reading in readings:
            _table(reading)
    for _, failure in errors:
        click.echo(failure.line(), err=True)
    if errors:
        ctx.exit(InputError.exit_code)


def _rows(
    files: Sequence[Path], readings: Sequence[ReportReading], errors: Sequence[tuple[Path, InputError]]
) -> list[dict[str, Any]]:
    by_file = {reading.file: reading for reading in readings}
    failed = dict(errors)
    rows = []
    for path in files:
        if path in by_file:
            rows.append(reading_row(by_file[path]))
        else:
            problem = {"ticker": None, "field": "report", "text": failed[path].what, "disqualifying": True, "place": ""}
            rows.append({"file": path.name, "report_date": None, "candidates": [], "problems": [problem]})
    return rows


def reading_row(reading: ReportReading) -> dict[str, Any]:
    """Return a reading as plain JSON values; prices are dollars."""
    return {
        "file": reading.file.name,
        "report_date": reading.report_date.isoformat(),
        "source": reading.source.value,
        "candidates": [
            {
                "ticker": candidate.ticker,
                "grade": candidate.grade.value,
                "grade_source": candidate.grade_source.value,
                "score": candidate.score,
                "price": None if candidate.price is None else candidate.price / 10_000,
                "gap_size": candidate.gap_size,
                "company_name": candidate.company_name,
                "problem": candidate.problem,
            }
            for candidate in reading.candidates
        ],
        "problems": [
            {"ticker": p.ticker, "field": p.field, "text": p.text, "disqualifying": p.disqualifying, "place": p.place}
            for p in reading.problems
        ],
        "notes": list(reading.notes),
    }


def _table(reading: ReportReading) -> None:
    from backtest.money import format_price

    click.echo(
        f"{reading.file.name}  {reading.report_date}  {len(reading.candidates)} candidates from {reading.source}"
    )
    for candidate in reading.candidates:
        price = "–" if candidate.price is None else format_price(candidate.price)
        score = "–" if candidate.score is None else f"{candidate.score:g}"
        gap = "–" if candidate.gap_size is None else f"{candidate.gap_size:+g}%"
        inferred = "" if candidate.grade_source != "inferred" else "*"
        mark = "  NOT TRADED: " + candidate.problem if candidate.problem else ""
        click.echo(
            f"  {candidate.ticker:<8}{candidate.grade}{inferred:<2}{score:>6}{price:>12}{gap:>9}  "
            f"{candidate.company_name or '–'}{mark}"
        )
    for problem in reading.problems:
        click.echo(f"  ! {problem.sentence()}")
    for note in reading.notes:
        click.echo(f"  · {note}")


def _explain(reading: ReportReading, ticker: str) -> None:
    evidence = reading.evidence.get(ticker)
    if evidence is None:
        known = ", ".join(candidate.ticker for candidate in reading.candidates) or "none"
        click.echo(f"{reading.file.name}: {ticker} is no candidate of it (candidates: {known})")
        return
    click.echo(f"{reading.file.name}  {ticker}")
    for item in evidence:
        click.echo(f"  {item.field:<14}{item.value:<28}{item.place:<12}{item.text}")
        if item.rejected:
            click.echo(f"  {'':<14}rejected: {'; '.join(item.rejected)}")
    for problem in reading.problems:
        if problem.ticker == ticker:
            click.echo(f"  ! {problem.sentence()}")
