"""What one run of the generator stores for the next: the day's reference prices, and the candidates offered.

Kept as one flag in the state DB. With the reference prices a second run on the same day decides on the
same numbers. With the candidates of every session that a shadow has not played yet, a later run takes
its decisions again, exactly as the simulator would, once the bars are complete.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, TypeAlias

from backtest.errors import DriftError
from backtest.model import Candidate, Grade, GradeSource
from backtest.reports.verdict import Verdict
from live.errors import StateDBError
from live.generate.reference_prices import ReferencePrices
from live.state_db.db import StateDB

FLAG = "generator"
WHO = "signal_generator"
AWAITED = timedelta(days=30)
"""So long the offers of a shadow that has left the configuration are kept: put back, it goes on with its book."""
_EVERY = ""
"""Stands for every shadow in what a version with a single one has stored."""

Offers: TypeAlias = Mapping[str, tuple[Candidate, ...]]
"""What a run offered, in report order, by the strategy id of each shadow that had that run."""


@dataclass(frozen=True, slots=True)
class GeneratorState:
    """What is stored between two runs.

    references, last_trade_date: of the last run that decided for the executed strategy; None before the first. offers:
    by trade date; a trade date without an entry had no run.
    """

    references: ReferencePrices | None = None
    offers: Mapping[date, Offers] = field(default_factory=dict)
    last_trade_date: date | None = None

    def offered_to(self, shadow: str) -> Mapping[date, tuple[Candidate, ...]]:
        """Return the candidates that were offered to a shadow, by trade date; a date without an entry had no run."""
        return {
            day: offers.get(shadow, offers.get(_EVERY, ()))
            for day, offers in self.offers.items()
            if shadow in offers or _EVERY in offers
        }


def load_state(db: StateDB) -> GeneratorState:
    """Read what the last run stored. Raises StateDBError (13) when it is garbled."""
    text = db.system_config.flag(FLAG)
    if text is None:
        return GeneratorState()
    try:
        content = json.loads(text)
        references = content["references"]
        offers = {date.fromisoformat(day): _read_offers(groups) for day, groups in content["offers"].items()}
        last = content.get("trade_date", max(content["offers"], default=None))
        return GeneratorState(
            None if references is None else ReferencePrices.from_json(references),
            offers,
            None if last is None else date.fromisoformat(last),
        )
    except (ValueError, KeyError, TypeError, AttributeError, DriftError) as error:
        raise StateDBError(
            f"flag {FLAG} garbled in {db.path}: {error} (expected what the last run wrote)",
            next_step="Restore the state DB from its backup.",
        ) from error


def state_of_run(
    before: GeneratorState, references: ReferencePrices, trade_date: date, offers: Offers
) -> GeneratorState:
    """Return the state after a run."""
    return replace(with_offers(before, trade_date, offers), references=references, last_trade_date=trade_date)


def with_offers(before: GeneratorState, trade_date: date, offers: Offers) -> GeneratorState:
    """Return the state after a run that decided for shadows only.

    What an earlier run of the same day offered to other shadows stands.
    """
    of_day = {**before.offers.get(trade_date, {}), **offers}
    return replace(before, offers={**before.offers, trade_date: of_day})


def without_played(
    state: GeneratorState, shadows: Collection[str], stepped_through: Callable[[str], date | None]
) -> GeneratorState:
    """Return what the next run has to know: of the earlier sessions only what a shadow has still to play.

    shadows: those configured now; one that is not any more is waited for a while. stepped_through: the last session
    that a shadow has played.
    """
    newest = max(state.offers, default=None)

    def is_needed(day: date, shadow: str) -> bool:
        if shadow == _EVERY:
            return any(is_needed(day, one) for one in shadows if one not in state.offers[day])
        played = stepped_through(shadow)
        is_awaited = shadow in shadows or newest is None or newest - day <= AWAITED
        return is_awaited and played is not None and played < day

    kept = {
        day: {shadow: offered for shadow, offered in offers.items() if day == newest or is_needed(day, shadow)}
        for day, offers in state.offers.items()
    }
    return replace(state, offers={day: offers for day, offers in kept.items() if offers})


def save_state(db: StateDB, state: GeneratorState) -> None:
    """Store it for the next run; nothing is written when nothing changed."""
    content = {
        "references": None if state.references is None else state.references.to_json(),
        "trade_date": None if state.last_trade_date is None else state.last_trade_date.isoformat(),
        "offers": {day.isoformat(): _plain_offers(state.offers[day]) for day in sorted(state.offers)},
    }
    text = json.dumps(content, separators=(",", ":"))
    if db.system_config.flag(FLAG) != text:
        db.system_config.set_flag(FLAG, text, WHO)


def _plain_offers(offers: Offers) -> list[dict[str, Any]]:
    """Return one group for all shadows that were offered the same."""
    groups: dict[tuple[Candidate, ...], list[str]] = {}
    for shadow, candidates in offers.items():
        groups.setdefault(candidates, []).append(shadow)
    return [{"shadows": ids, "candidates": [_plain(one) for one in group]} for group, ids in groups.items()]


def _read_offers(groups: list[Any]) -> Offers:
    if groups and all(isinstance(one, list) for one in groups):  # the lines of a version with a single shadow
        groups = [{"shadows": [_EVERY], "candidates": groups}]
    return {
        str(shadow): tuple(_candidate(line) for line in group["candidates"])
        for group in groups
        for shadow in group["shadows"]
    }


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
