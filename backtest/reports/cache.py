"""Parsed candidates of unchanged files, kept by content hash for backtests.

The key holds the hash of the page, its name and the readers' own sources, so that neither a changed page
nor a changed reader is ever answered from an old entry. A cache that cannot be read or written is no error.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from backtest.model import Candidate, Grade, GradeSource
from backtest.reports.model import Problem, ReportReading


def load_reading(cache_dir: Path, path: Path, content: bytes) -> ReportReading | None:
    """Return the cached reading of a page, None when there is none that fits."""
    try:
        stored = json.loads(_entry(cache_dir, path, content).read_text(encoding="utf-8"))
        day = date.fromisoformat(stored["report_date"])
        candidates = tuple(_candidate(row, day) for row in stored["candidates"])
        problems = tuple(Problem(**row) for row in stored["problems"])
        return ReportReading(path, day, candidates, problems, stored["sha256"], notes=tuple(stored["notes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def store_reading(cache_dir: Path, path: Path, content: bytes, reading: ReportReading) -> None:
    """Keep a reading; complete or absent."""
    row = {
        "report_date": reading.report_date.isoformat(),
        "sha256": reading.sha256,
        "candidates": [_row(candidate) for candidate in reading.candidates],
        "problems": [
            {"ticker": p.ticker, "field": p.field, "text": p.text, "disqualifying": p.disqualifying, "place": p.place}
            for p in reading.problems
        ],
        "notes": list(reading.notes),
    }
    entry = _entry(cache_dir, path, content)
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=entry.parent, prefix=entry.name, delete=False, encoding="utf-8"
        ) as handle:
            json.dump(row, handle)
        Path(handle.name).replace(entry)
    except OSError:
        return


def _entry(cache_dir: Path, path: Path, content: bytes) -> Path:
    key = hashlib.sha256(
        b"\0".join([hashlib.sha256(content).digest(), os.fsencode(path.name), _readers().encode()])
    ).hexdigest()
    return cache_dir / "reports" / f"{key}.json"


@lru_cache(maxsize=1)
def _readers() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _row(candidate: Candidate) -> dict[str, Any]:
    return {
        "ticker": candidate.ticker, "grade": candidate.grade.value, "grade_source": candidate.grade_source.value,
        "score": candidate.score, "price": candidate.price, "gap_size": candidate.gap_size,
        "company_name": candidate.company_name, "problem": candidate.problem,
    }  # fmt: skip


def _candidate(row: dict[str, Any], day: date) -> Candidate:
    return Candidate(
        row["ticker"], day, Grade(row["grade"]), GradeSource(row["grade_source"]), row["score"], row["price"],
        row["gap_size"], row["company_name"], row["problem"],
    )  # fmt: skip
