"""Looks whether a report that a signal file names is still there, and reads once more where its fields stand."""

from __future__ import annotations

import hashlib
from pathlib import Path

from backtest.errors import InputError
from backtest.params import ReportJson
from backtest.reports.directory import Directory, load_directory
from backtest.reports.hostile import MAX_BYTES
from backtest.reports.read import read_report
from backtest.strict_json import read_bytes
from live.generate.asset_directory import folder_beside
from live.inspect.explain_values import Filed, ReportSeen
from live.signals.file import AssetsRef, ReportRef

CHANGED = "the file of that name is another one now"


def look_at_reports(filed: Filed, ticker: str, folder: Path, state_db: Path) -> tuple[ReportSeen, ...]:
    """Return the reports that a signal file was made of, and what they say of a ticker.

    folder: where reports lie. state_db: beside it lie the asset directories.
    """
    settings = (filed.settings or {}).get("strategy", {})
    report_json = str(settings.get("report_json", ReportJson.CANDIDATES.value))
    directory = _directory(filed.signal.inputs.assets, folder_beside(state_db))
    refs = filed.signal.inputs.reports
    has_page = any(not _is_json(ref) for ref in refs)
    return tuple(_look(ref, ticker, folder, report_json, directory, is_twin=has_page and _is_json(ref)) for ref in refs)


def _look(
    ref: ReportRef, ticker: str, folder: Path, report_json: str, directory: Directory | None, *, is_twin: bool
) -> ReportSeen:
    """is_twin: it is read together with its page."""
    path = folder / Path(ref.file).name
    if not path.is_file():
        return ReportSeen(ref)
    try:
        if hashlib.sha256(read_bytes(path, what="report", max_bytes=MAX_BYTES)).hexdigest() != ref.sha256:
            return ReportSeen(ref, str(path), CHANGED)
        if is_twin:
            return ReportSeen(ref, str(path))
        reading = read_report(path, report_json=report_json, explain=True, directory=directory)
    except InputError as error:
        return ReportSeen(ref, str(path), error.what)
    candidate = next((one for one in reading.candidates if one.ticker == ticker), None)
    return ReportSeen(ref, str(path), None, candidate, reading.evidence.get(ticker, ()))


def _is_json(ref: ReportRef) -> bool:
    return ref.file.lower().endswith(".json")


def _directory(ref: AssetsRef | None, folder: Path) -> Directory | None:
    """Return the directory that the candidates were judged by, None where it is not kept any more."""
    if ref is None:
        return None
    try:
        return load_directory(folder / f"assets_{ref.day}_{ref.sha256}.csv")
    except InputError:
        return None
