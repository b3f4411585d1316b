"""What one run of the generator stores for the next: the day's reference prices, and the candidates offered.

Kept as one flag in the state DB. With the reference prices a second run on the same day decides on the
same numbers. With the candidates of every session that the shadow has not played yet, a later run takes
the shadow's decisions again, exactly as the simulator would, once the bars are complete.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from backtest.errors import DriftError
from backtest.model import Candidate, Grade, GradeSource
from backtest.reports.verdict import Verdict
from live.errors import StateDBError
from live.generate.reference_prices import ReferencePrices
from live.state_db.db import StateDB

FLAG = "generator"
WHO = "signal_generator"


@dataclass(frozen=True, slots=True)
class GeneratorState:
    """What is stored between two runs.

    references: of the last run; None before the first. candidates: by trade date, in report order; a trade date
    without an entry had no run.
    """

    references: ReferencePrices | None = None
    candidates: Mapping[date, tuple[Candidate, ...]] = field(default_factory=dict)

    @property
    def last_trade_date(self) -> date | None:
        """The trade date of the last run."""
        return max(self.candidates, default=None)


def load_state(db: StateDB) -> GeneratorState:
    """Read what the last run stored. Raises StateDBError (13) when it is garbled."""
    text = db.system_config.flag(FLAG)
    if text is None:
        return GeneratorState()
    try:
        content = json.loads(text)
        references = content["references"]
        return GeneratorState(
            None if references is None else ReferencePrices.from_json(references),
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


def next_state(before: GeneratorState, now: GeneratorState, played_through: date) -> GeneratorState:
    """Return what the next run has to know: this run's state, and the candidates of earlier sessions after
    `played_through`, the last session the shadow has played."""
    kept = {day: offered for day, offered in before.candidates.items() if day > played_through}
    return GeneratorState(now.references, {**kept, **now.candidates})


def save_state(db: StateDB, state: GeneratorState) -> None:
    """Store it for the next run; nothing is written when nothing changed."""
    content = {
        "references": None if state.references is None else state.references.to_json(),
        "offers": {day.isoformat(): [_plain(one) for one in state.candidates[day]] for day in sorted(state.candidates)},
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
        candidate.verdict.value,
    ]


def _candidate(line: list[Any]) -> Candidate:
    ticker, report_date, grade, grade_source, score, price, gap_size, company_name, problem, *verdict = line
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
        verdict=Verdict(*verdict) if verdict else Verdict.CONFIRMED,
    )
