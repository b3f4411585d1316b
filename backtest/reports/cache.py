"""Parsed candidates of unchanged files, kept by content hash for backtests.

The key holds the hash of the page, its name and the readers' own sources, so that neither a changed page
nor a changed reader is ever answered from an old entry. A cache that cannot be read or written is no error.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from backtest.errors import InputError
from backtest.files import write_file
from backtest.model import Candidate, Grade, GradeSource
from backtest.reports.model import Problem, ReportReading
from backtest.reports.verdict import Doubt


def load_reading(cache_dir: Path, path: Path, content: bytes, judged_by: str) -> ReportReading | None:
    """Return the cached reading of a page, None when there is none that fits. judged_by: the directory's hash."""
    try:
        stored = json.loads(_entry(cache_dir, path, content, judged_by).read_text(encoding="utf-8"))
        day = date.fromisoformat(stored["report_date"])
        candidates = tuple(_candidate(row, day) for row in stored["candidates"])
        told = tuple(Problem(**row) for row in stored["told"])
        doubts = {ticker: [Doubt(**row) for row in rows] for ticker, rows in stored["doubts"].items()}
        return ReportReading(
            path, day, candidates, told, stored["sha256"],
            notes=tuple(stored["notes"]), needs_price=stored["needs_price"],
        ).with_doubts(doubts)  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def store_reading(cache_dir: Path, path: Path, content: bytes, judged_by: str, reading: ReportReading) -> None:
    """Keep a reading; complete or absent."""
    with suppress(InputError):
        entry = _entry(cache_dir, path, content, judged_by)
        write_file(entry, json.dumps(asdict(reading), default=str).encode())


def _entry(cache_dir: Path, path: Path, content: bytes, judged_by: str) -> Path:
    parts = [hashlib.sha256(content).digest(), os.fsencode(path.name), _readers().encode(), judged_by.encode()]
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()
    return cache_dir / "reports" / f"{key}.json"


@lru_cache(maxsize=1)
def _readers() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _candidate(row: dict[str, Any], day: date) -> Candidate:
    row |= {"report_date": day, "grade": Grade(row["grade"]), "grade_source": GradeSource(row["grade_source"])}
    return Candidate(**row)
