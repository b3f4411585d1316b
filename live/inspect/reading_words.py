"""What was read about a candidate and what it was worth: as values, and in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backtest.model import Price, SkipReason
from backtest.money import format_price
from backtest.reports.model import Evidence
from live.inspect.explain_values import Explanation
from live.signals.lines import EntryLine

NOT_STORED = "what was read is not stored, and the report cannot be read again"


@dataclass(frozen=True, slots=True)
class Reading:
    """The fields of a candidate. fields: where each stands in the report, where that could be read again.

    is_stored: as it was read then; else as the same file is read now. note: why its source proposed it.
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
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a reading was worth when it was decided. verdict: None: not on record. confirmed_by: `name` or `price`.

    is_accepted: it could be traded. doubts: every doubt in a sentence.
    """

    verdict: str | None
    is_accepted: bool
    confirmed_by: str | None = None
    doubts: str | None = None


def reading_of(found: Explanation) -> Reading | None:
    """Return what was read about the candidate; None where nothing is on record."""
    decided, stored, seen = found.candidate, found.read, found.named_in
    now, fields = (None, ()) if seen is None else (seen.candidate, seen.evidence)
    if decided is None:
        return None
    entry = decided.entry
    one = stored or entry or now
    if one is None:
        return None
    price = one.price if not isinstance(one, EntryLine) else None if now is None else now.price
    return Reading(
        one.ticker,
        one.grade.value,
        one.grade_source.value,
        one.score,
        price,
        one.gap_size,
        one.company_name,
        is_stored=one is not now,
        fields=fields,
        note=None if stored is None else stored.note,
    )


def verdict_of(found: Explanation) -> Judged | None:
    """Return what the reading was worth when it was decided."""
    decided, filed, stored = found.candidate, found.read_by, found.read
    if decided is None or filed is None:
        return None
    skip = decided.skip
    is_accepted = skip is None or skip.reason != SkipReason.PROBLEM_IN_REPORT
    if stored is not None:
        return Judged(stored.verdict.value, is_accepted, stored.confirmed_by, stored.problem)
    problem = None if skip is None or is_accepted else skip.why.get("problem")
    is_confirmed = is_accepted and filed.strategy.get("accept") == "confirmed"
    return Judged("confirmed" if is_confirmed else None, is_accepted, doubts=None if problem is None else str(problem))


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
    if reading.note is not None:
        yield f"proposed for: {reading.note}"
    for item in reading.fields:
        rejected = f"; rejected: {'; '.join(item.rejected)}" if item.rejected else ""
        where = f'{item.value}: {item.place}, "{item.text}"' if item.text else "not in the report"
        yield f"{item.field.replace('_', ' ')} {where}{rejected}"


def verdict_words(found: Explanation) -> Iterator[str]:
    """Yield the verdict with every doubt, as far as it is on record."""
    judged = verdict_of(found)
    if judged is None:
        return
    by = "" if judged.confirmed_by is None else f" by its {judged.confirmed_by}"
    accepted = "" if judged.is_accepted else ", not accepted"
    doubts = "" if judged.doubts is None else f": {judged.doubts}"
    yield f"{judged.verdict or 'not on record'}{by}{accepted}{doubts}"
