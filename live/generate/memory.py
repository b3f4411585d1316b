"""What one run of the generator leaves for the next: the day's reference prices, and the candidates offered.

Kept as one flag in the state DB. The reference prices make a second run on the same day decide on the
same numbers. The candidates of every session that the shadow has not lived through yet let a later run
take the shadow's decisions again, exactly as the simulator would, once the bars are complete.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from backtest.errors import DriftError
from backtest.model import Candidate, Grade, GradeSource
from live.errors import StateDBError
from live.generate.market import ReferenceBook
from live.state_db.db import StateDB

FLAG = "generator"
WHO = "signal_generator"


@dataclass(frozen=True, slots=True)
class Memory:
    """references: of the last run; None before the first. offers: by trade date, in report order; a trade
    date without an entry had no run."""

    references: ReferenceBook | None = None
    offers: Mapping[date, tuple[Candidate, ...]] = field(default_factory=dict)

    @property
    def last_trade_date(self) -> date | None:
        """The trade date of the last run."""
        return max(self.offers, default=None)


def load_memory(db: StateDB) -> Memory:
    """Read what the last run left. Raises StateDBError (13) when it is garbled."""
    text = db.system_config.flag(FLAG)
    if text is None:
        return Memory()
    try:
        content = json.loads(text)
        references = content["references"]
        return Memory(
            None if references is None else ReferenceBook.from_json(references),
            {
                date.fromisoformat(day): tuple(_candidate(line) for line in lines)
                for day, lines in content["offers"].items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError, DriftError) as error:
        raise StateDBError(
            f"flag {FLAG} garbled in {db.path}: {error} (expected what the last run wrote)",
            next_step="Restore the state DB from its backup.",
        ) from error


def save_memory(db: StateDB, memory: Memory) -> None:
    """Write it; nothing is written when nothing changed."""
    content = {
        "references": None if memory.references is None else memory.references.to_json(),
        "offers": {day.isoformat(): [_plain(one) for one in memory.offers[day]] for day in sorted(memory.offers)},
    }
    text = json.dumps(content, separators=(",", ":"))
    if db.system_config.flag(FLAG) != text:
        db.system_config.set_flag(FLAG, text, WHO)


def _plain(candidate: Candidate) -> list[Any]:
    return [
        candidate.ticker,
        candidate.report_date.isoformat(),
        candidate.grade.value,
        candidate.grade_source.value,
        candidate.score,
        candidate.price,
        candidate.gap_size,
        candidate.company_name,
        candidate.problem,
    ]


def _candidate(line: list[Any]) -> Candidate:
    ticker, report_date, grade, grade_source, score, price, gap_size, company_name, problem = line
    return Candidate(
        ticker=ticker,
        report_date=date.fromisoformat(report_date),
        grade=Grade(grade),
        grade_source=GradeSource(grade_source),
        score=score,
        price=price,
        gap_size=gap_size,
        company_name=company_name,
        problem=problem,
    )
