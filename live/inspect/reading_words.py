"""What was read about a candidate and what it was worth: as values, and in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backtest.model import Price, SkipReason
from backtest.money import format_price
from backtest.reports.model import Evidence
from live.inspect.explain_values import Explanation

NOT_STORED = "what was read is not stored, and the report cannot be read again"


@dataclass(frozen=True, slots=True)
class Reading:
    """The fields of a candidate. fields: where each stands in the report, where that could be read again.

    is_stored: as it was read then; else as the same file is read now.
    """

    ticker: str
    grade: str
    grade_source: str
    score: float | None
    price: Price | None
    gap_size: float | None
    company_name: str | None
    is_stored: bool
    fields: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What a reading was worth. verdict: None: not on record; is_accepted: it could be traded."""

    verdict: str | None
    is_accepted: bool
    doubts: str | None = None


def reading_of(found: Explanation) -> Reading | None:
    """Return what was read about the candidate; None where nothing is on record."""
    decided, seen = found.candidate, found.named_in
    now, fields = (None, ()) if seen is None else (seen.candidate, seen.evidence)
    if decided is None:
        return None
    if decided.entry is not None:
        line = decided.entry
        price = None if now is None else now.price
        return Reading(line.ticker, line.grade.value, line.grade_source.value, line.score, price, line.gap_size,
                       line.company_name, True, fields)  # fmt: skip
    if now is None:
        return None
    return Reading(now.ticker, now.grade.value, now.grade_source.value, now.score, now.price, now.gap_size,
                   now.company_name, False, fields)  # fmt: skip


def verdict_of(found: Explanation) -> Judged | None:
    """Return what the reading was worth when it was decided."""
    decided, filed = found.candidate, found.read_by
    if decided is None or filed is None:
        return None
    skip = decided.skip
    if skip is not None and skip.reason == SkipReason.PROBLEM_IN_REPORT:
        problem = skip.why.get("problem")
        return Judged(None, is_accepted=False, doubts=None if problem is None else str(problem))
    return Judged("confirmed" if filed.strategy.get("accept") == "confirmed" else None, is_accepted=True)


def reading_words(found: Explanation) -> Iterator[str]:
    """Yield the fields as they were read, each with its place in the report where that is still there."""
    reading = reading_of(found)
    if reading is None:
        if found.candidate is not None:
            yield NOT_STORED
        return
    parts = [
        f"grade {reading.grade} ({reading.grade_source})",
        "no score" if reading.score is None else f"score {reading.score:g}",
        "no price" if reading.price is None else f"price {format_price(reading.price)}",
        "no gap" if reading.gap_size is None else f"gap {reading.gap_size:+g} %",
        reading.company_name or "no company name",
    ]
    yield ", ".join(parts)
    for item in reading.fields:
        rejected = f"; rejected: {'; '.join(item.rejected)}" if item.rejected else ""
        yield f'{item.field.replace("_", " ")} {item.value}: {item.place}, "{item.text}"{rejected}'


def verdict_words(found: Explanation) -> Iterator[str]:
    """Yield the verdict with every doubt, as far as it is on record."""
    judged = verdict_of(found)
    if judged is None:
        return
    if judged.is_accepted:
        yield judged.verdict or "accepted"
    else:
        yield f"not accepted: {judged.doubts or 'the doubts are not on record'}"
