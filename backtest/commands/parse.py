"""`python -m backtest parse`: what was read of reports, where, and what was doubted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backtest.errors import InputError, UsageError
from backtest.terminal import is_ascii_only, say

if TYPE_CHECKING:
    from backtest.model import Candidate
    from backtest.reports.directory import Directory
    from backtest.reports.model import ReportReading


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False))
@click.option(
    "--assets", type=click.Path(path_type=Path, readable=False), help="CSV symbol,name,exchange: who is listed."
)
@click.option("--json", "as_json", is_flag=True, help="A JSON list on stdout, one entry per file.")
@click.option("--explain", metavar="TICKER", help="Show where each field of one stock was read, and what was rejected.")
@click.option("--lint", is_flag=True, help="Say what the report must print to be confirmed whole; 7 when it is not.")
@click.option(
    "--to-json", type=click.Path(path_type=Path, readable=False), help="Write one page's JSON for a person to sign."
)
@click.option(
    "--report-json",
    type=click.Choice(["candidates", "analyzer", "none"]),
    default="candidates",
    show_default=True,
    help="Which JSON beside a page wins over it.",
)
@click.pass_context
def parse(
    ctx: click.Context,
    files: tuple[Path, ...],
    assets: Path | None,
    as_json: bool,
    explain: str | None,
    lint: bool,
    to_json: Path | None,
    report_json: str,
) -> None:
    """Read earnings reports and print their candidates with a verdict each.

    \b
    Examples:
      python -m backtest parse reports/*.html --assets assets.csv
      python -m backtest parse reports/*.html --json
      python -m backtest parse R.html --explain NVDA
      python -m backtest parse R.html --lint --assets assets.csv
    Exit codes: 0 every file was read, 7 at least one was not (the others are
    printed all the same), or --lint found something, 2 usage.
    """
    from backtest.reports.directory import load_directory
    from backtest.reports.identity import WITHOUT_DIRECTORY

    if to_json is not None and len(files) != 1:
        raise UsageError(f"--to-json takes one page, {len(files)} are given")
    directory = load_directory(assets) if assets is not None else None
    readings, errors = _read_all(files, report_json, explain is not None, directory)
    if directory is None and readings:
        say(f"note: {WITHOUT_DIRECTORY} (name a list with --assets)", err=True)
    if as_json:
        say(json.dumps(_rows(files, readings, errors), indent=1, ensure_ascii=is_ascii_only()))
    for reading in () if as_json else readings:
        if explain is not None:
            _explain(reading, explain.upper())
        elif to_json is not None:
            _write_json(reading, to_json)
        else:
            _table(reading)
    found = [line for reading in readings for line in lint_lines(reading)] if lint else []
    for line in found:
        say(f"lint: {line}", err=as_json)
    for _, failure in errors:
        say(failure.line(), err=True)
    if errors or found:
        ctx.exit(InputError.exit_code)


def _read_all(
    files: Sequence[Path], report_json: str, explain: bool, directory: Directory | None
) -> tuple[list[ReportReading], list[tuple[Path, InputError]]]:
    from backtest.reports.read import read_report

    readings: list[ReportReading] = []
    errors: list[tuple[Path, InputError]] = []
    for path in files:
        try:
            readings.append(read_report(path, report_json=report_json, explain=explain, directory=directory))
        except InputError as error:
            errors.append((path, error))
    return readings, errors


def lint_lines(reading: ReportReading) -> list[str]:
    """Return one line for everything a report would have to say otherwise to be confirmed whole."""
    from backtest.reports.identity import NOT_COMPARED

    lines = [
        f"{ticker} {doubt.sentence()}"
        for ticker, doubts in reading.doubts.items()
        for doubt in doubts
        if doubt != NOT_COMPARED
    ]
    named = {one.ticker for one in reading.candidates if one.company_name}
    for ticker, why in reading.needs_price.items():
        if why or ticker not in named:
            lines.append(f"{ticker} identity: print the company's name as listed beside the ticker")
    return [f"{reading.file.name}: {line}" for line in lines]


def _rows(
    files: Sequence[Path], readings: Sequence[ReportReading], errors: Sequence[tuple[Path, InputError]]
) -> list[dict[str, Any]]:
    rows = {reading.file: reading_row(reading) for reading in readings}
    for path, error in errors:
        problem = {"ticker": None, "field": "report", "text": error.what, "disqualifying": True, "place": ""}
        rows[path] = {"file": path.name, "report_date": None, "candidates": [], "problems": [problem]}
    return [rows[path] for path in files]


def reading_row(reading: ReportReading) -> dict[str, Any]:
    """Return a reading as plain JSON values; prices are dollars."""
    return {
        "file": reading.file.name,
        "report_date": reading.report_date.isoformat(),
        "source": reading.source.value,
        "candidates": [_candidate_row(reading, candidate) for candidate in reading.candidates],
        "problems": [asdict(problem) for problem in reading.problems],
        "notes": list(reading.notes),
    }


def _candidate_row(reading: ReportReading, candidate: Candidate) -> dict[str, Any]:
    return {
        "ticker": candidate.ticker,
        "grade": candidate.grade.value,
        "grade_source": candidate.grade_source.value,
        "score": candidate.score,
        "price": None if candidate.price is None else candidate.price / 10_000,
        "gap_size": candidate.gap_size,
        "company_name": candidate.company_name,
        "problem": candidate.problem,
        "verdict": candidate.verdict.value,
        "doubts": [
            {"field": doubt.field, "text": doubt.text, "place": doubt.place}
            for doubt in reading.doubts.get(candidate.ticker, ())
        ],
        "needs_price": candidate.ticker in reading.needs_price,
    }


def _table(reading: ReportReading) -> None:
    from backtest.money import format_price

    doubtful = len(reading.candidates) - len(reading.tradable)
    told = f", {doubtful} of them in doubt" if doubtful else ""
    say(f"{reading.file.name}  {reading.report_date}  {len(reading.candidates)} candidates from {reading.source}{told}")
    for candidate in reading.candidates:
        price = "–" if candidate.price is None else format_price(candidate.price)
        score = "–" if candidate.score is None else f"{candidate.score:g}"
        gap = "–" if candidate.gap_size is None else f"{candidate.gap_size:+g}%"
        inferred = "" if candidate.grade_source != "inferred" else "*"
        verdict = candidate.verdict.value
        if verdict == "confirmed" and candidate.ticker in reading.needs_price:
            verdict = "by price"
        say(
            f"  {candidate.ticker:<8}{candidate.grade}{inferred:<2}{score:>6}{price:>12}{gap:>9}  {verdict:<11}"
            f"{candidate.company_name or '–'}"
        )
    for problem in reading.problems:
        say(f"  ! {problem.ticker or '':<8}{problem.field:<13}{problem.text}  [{problem.place or '–'}]")
    for note in reading.notes:
        say(f"  · {note}")


def _explain(reading: ReportReading, ticker: str) -> None:
    evidence = reading.evidence.get(ticker)
    if evidence is None:
        known = ", ".join(candidate.ticker for candidate in reading.candidates) or "none"
        say(f"{reading.file.name}: {ticker} is no candidate of it (candidates: {known})")
        return
    say(f"{reading.file.name}  {ticker}")
    for item in evidence:
        say(f"  {item.field:<14}{item.value:<28}{item.place:<12}{item.text}")
        if item.rejected:
            say(f"  {'':<14}rejected: {'; '.join(item.rejected)}")
    for problem in reading.problems:
        if problem.ticker == ticker:
            say(f"  ! {problem.sentence()}")


def _write_json(reading: ReportReading, path: Path) -> None:
    """Write what was read as the page's JSON; it is valid only once a person has filled in and signed it."""
    from backtest.files import write_file

    if path.exists():
        raise InputError(f"cannot write {path}: it exists already (expected a new file)")
    names = ("ticker", "grade", "score", "price", "gap_size", "company_name")
    rows = [{name: _candidate_row(reading, one)[name] for name in names} for one in reading.candidates]
    content = {
        "report_date": reading.report_date.isoformat(),
        "source": reading.file.name,
        "reviewed": {"by": "", "at": "", "html_sha256": reading.sha256},
        "candidates": rows,
    }
    write_file(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    say(f"Wrote {path}: {len(rows)} candidates. Correct them by the page, then fill in reviewed.")
