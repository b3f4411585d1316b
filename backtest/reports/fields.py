"""One pure reader per field: score, grade, price, gap. Each says where it read and what it refused.

A reader that is not sure returns nothing and says why; a wrong number is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from backtest.model import Grade, Price
from backtest.reports.context import section_grade
from backtest.reports.facts import Fact, Origin, is_prose, is_value
from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.page import Line
from backtest.reports.record import Record
from backtest.reports.sections import Section
from backtest.reports.text import Unit, printable, tokens_in
from backtest.reports.vocabulary import fold
from backtest.reports.words import Kind, is_plain_label, label_kinds

T = TypeVar("T")

GRADES = frozenset("ABCD")
INFERRED_FROM = ((85.0, Grade.A), (70.0, Grade.B), (55.0, Grade.C))
MAX_PRICE = Decimal(2_000_000)


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What a reader found. doubt: why nothing or not everything could be read; fatal: do not trade on it."""

    value: T | None
    line: Line | None = None
    text: str = ""
    rejected: tuple[str, ...] = ()
    doubt: str = ""
    fatal: bool = False
    weight: int = 0


_ABSENT = re.compile(
    r"(?i)n\.?/?[adk]\.?|none|tbd|k\.\s?a\.|s/?d|[-–—?\s]*|null|nil|not available|非公開|なし|不明|pending"
)


def _unreadable(record: Record, kind: Kind) -> Reading[Any] | None:
    """Return the doubt about a field that is printed, but not as a number; None when it is simply absent."""
    texts = [
        (cell.text, cell.lines[0])
        for cell in record.cells
        if kind in cell.kinds and cell.lines and Kind.GRADE not in cell.kinds
    ]
    texts += [
        (text, line)
        for kinds, text, line in record.facts.texts
        if kind in kinds and Kind.GRADE not in kinds and not record.cells
    ]
    for text, line in texts:
        if _ABSENT.fullmatch(text) or len(text) > 24 or is_plain_label(text) or bare_grade(text):
            continue
        number_like = any(character.isdigit() for character in text) or text.lower() in ("nan", "inf", "infinity")
        return Reading(None, line, text, (), f'"{printable(text, 24)}" could not be read', number_like)
    return None


def infer_grade(score: float) -> Grade:
    """Return the grade of a score when the report states none: 85 A, 70 B, 55 C, else D."""
    return next((grade for limit, grade in INFERRED_FROM if score >= limit), Grade.D)


def cell_facts(record: Record) -> list[Fact]:
    """Return the numbers of a table row, each under its header."""
    found: list[Fact] = []
    for cell in record.cells:
        if not cell.lines:
            continue
        for position, token in enumerate(tokens_in(cell.text, cell.lines[0].decimal_comma)):
            inside = "(" in cell.text[: token.start] and ")" in cell.text[token.end :]
            found.append(
                Fact(token, cell.header, cell.kinds, cell.lines[0], Origin.COLUMN, Section.NONE, position > 0 or inside,
                     token.text == cell.text)
            )  # fmt: skip
    return found


def all_facts(record: Record) -> list[Fact]:
    """Return the facts of a record, those of a table's columns first."""
    if not record.cells:
        numbers = record.facts.numbers
        labelled = any(
            fact.kinds & (Kind.SCORE | Kind.PRICE | Kind.GAP) and fact.origin is not Origin.PROSE for fact in numbers
        )
        return [fact for fact in numbers if fact.origin is not Origin.PROSE] if labelled else numbers
    columns = cell_facts(record)
    headed = {cell.lines[0].index for cell in record.cells if cell.lines and cell.kinds}
    loose = [fact for fact in record.facts.numbers if fact.line.index not in headed and fact.kinds]
    return [*columns, *loose]


def read_score(record: Record) -> Reading[float]:
    """Return the total, 0 to 100. x/5 counts times 20, x/10 times 10; element scores never count."""
    facts = record.numbers
    labelled: list[tuple[int, float, Fact]] = []
    wrong: list[str] = []
    rejected: list[str] = []
    for fact in facts:
        if Kind.SCORE not in fact.kinds:
            if fact.token.unit in (Unit.RATIO, Unit.POINTS) and fact.label:
                rejected.append(f"{fact.token.text} ({fact.label[:30]})")
            continue
        value = _as_score(fact)
        if value is None:
            if fact.token.unit in (Unit.NUMBER, Unit.POINTS, Unit.RATIO) and not fact.alternative:
                wrong.append(fact.token.text)
            continue
        if Section.ELEMENTS in fact.section and Kind.TOTAL not in fact.kinds and not _is_sum(fact):
            rejected.append(f"{fact.token.text} (part of the score)")
            continue
        labelled.append((_score_weight(fact), value, fact))
    if labelled:
        labelled.sort(key=lambda entry: -entry[0])
        weight, value, fact = labelled[0]
        others = {other for entry_weight, other, _ in labelled if entry_weight == weight and abs(other - value) > 0.5}
        doubt = f"other totals printed too: {', '.join(f'{other:g}' for other in sorted(others))}" if others else ""
        return Reading(value, fact.line, fact.token.text, tuple(rejected[:6]), doubt, weight=weight)
    if wrong:
        return Reading(None, None, wrong[0], tuple(rejected[:6]), f"{wrong[0]} is no score between 0 and 100", True)
    return _unlabelled_score(record, facts, tuple(rejected[:6]))


def _score_weight(fact: Fact) -> int:
    weight = 10 * (Kind.TOTAL in fact.kinds) + (5 if fact.origin > Origin.PROSE else 0)
    if fact.token.unit is Unit.RATIO and fact.token.of is not None and fact.token.of != 100:
        weight -= 2
    if Kind.GRADE in fact.kinds:
        weight -= 1
    return weight - (1 if fact.alternative else 0) + (fact.origin is Origin.COLUMN)


def _is_sum(fact: Fact) -> bool:
    return fact.token.unit is Unit.RATIO and fact.token.of == 100


def _as_score(fact: Fact) -> float | None:
    token = fact.token
    if token.unit is Unit.RATIO:
        if token.of is None or token.of <= 0 or token.value < 0 or token.value > token.of:
            return None
        factor = {Decimal(5): 20, Decimal(10): 10, Decimal(100): 1}.get(
            token.of.normalize() if token.of % 1 else Decimal(int(token.of))
        )
        return round(float(token.value * factor), 4) if factor else None
    if token.unit in (Unit.POINTS, Unit.NUMBER, Unit.PERCENT):
        if token.unit is Unit.PERCENT and token.signed:
            return None
        return float(token.value) if 0 <= token.value <= 100 else None
    return None


def _unlabelled_score(record: Record, facts: Sequence[Fact], rejected: tuple[str, ...]) -> Reading[float]:
    """A bare total: "88 pts", "85/100", or one number alone in the head of the card."""
    bare = [fact for fact in facts if not fact.label or (fact.origin is Origin.INLINE and _is_grade_words(fact.label))]
    bare = [fact for fact in bare if not fact.section & Section.PLAN and fact.origin is not Origin.PROSE]
    among_elements = [fact for fact in bare if Section.ELEMENTS in fact.section]
    bare = [fact for fact in bare if Section.ELEMENTS not in fact.section]
    tiers = (
        [fact for fact in bare if fact.token.unit is Unit.RATIO and fact.token.of == 100],
        [fact for fact in bare if fact.token.unit is Unit.POINTS],
        [
            fact
            for fact in bare
            if fact.token.unit is Unit.NUMBER and fact.whole and not fact.token.signed and not _is_rank(fact, record)
        ],
        [
            fact
            for fact in bare
            if fact.token.unit is Unit.RATIO
            and fact.token.of is not None
            and fact.token.of in (5, 10)
            and fact.token.decimals
        ],
        [
            fact
            for fact in bare
            if fact.token.unit is Unit.NUMBER and fact.line is record.mention.line and not fact.token.signed
        ],
        [fact for fact in among_elements if fact.token.unit is Unit.POINTS and is_value(fact.line)],
    )
    for tier in tiers:
        values = {value for fact in tier if (value := _as_score(fact)) is not None}
        if len(values) == 1:
            fact = next(fact for fact in tier if _as_score(fact) is not None)
            return Reading(values.pop(), fact.line, fact.token.text, rejected, weight=3)
        if len(values) > 1:
            texts = ", ".join(f"{value:g}" for value in sorted(values))
            return Reading(None, None, "", rejected, f"several unlabelled numbers could be the score: {texts}")
    return _unreadable(record, Kind.SCORE) or Reading(None, rejected=rejected)


def _is_grade_words(label: str) -> bool:
    return bool(GRADE_TEXT.search(label) or bare_grade(label)) or Kind.GRADE in label_kinds(label)


def _is_rank(fact: Fact, record: Record) -> bool:
    return (
        "rank" in fact.line.hint.split()
        or fact.line.plain.startswith("#")
        or (fact.line.index < record.mention.line.index and fact.token.value <= 50 and not fact.token.decimals)
    )


def read_grade(record: Record) -> Reading[str]:
    """Return the letter the record itself or its section states; None when neither does."""
    for cell in record.cells:
        if Kind.GRADE in cell.kinds:
            letter = bare_grade(cell.text) or _stated(cell.text)
            if letter:
                return _graded(letter, cell.lines[0], cell.text, 9)
    for kinds, text, line in record.facts.texts:
        if Kind.GRADE in kinds:
            letter = bare_grade(text.split(" ")[0].strip(",;")) or _stated(text)
            if letter:
                return _graded(letter, line, text, 8)
    found = _badges(record)
    if found:
        letters = {letter[0] for _, letter, _, _ in found}
        weight, letter, line, text = max(found, key=lambda entry: entry[0])
        best = {other[0] for other_weight, other, _, _ in found if other_weight == weight}
        doubt = f"several grades printed: {', '.join(sorted(letters))}" if len(best) > 1 else ""
        return _graded(letter, line, text, weight, doubt)
    told = _grade_in_prose(record)
    if told:
        return _graded(told, record.mention.line, told, 3)
    section = section_grade(record.context)
    if section:
        return _graded(section[0], None, section[1], 2)
    return Reading(None)


def _grade_in_prose(record: Record) -> str | None:
    """The letter of a stock that is described by sentences only."""
    if not record.lines or not all(is_prose(line) for line in record.lines):
        return None
    letters = {
        match.group("after") or match.group("before")
        for line in record.lines
        for match in GRADE_TEXT.finditer(line.plain)
    }
    return letters.pop() if len(letters) == 1 else None


def _graded(letter: str, line: Line | None, text: str, weight: int, doubt: str = "") -> Reading[str]:
    if letter[0] not in GRADES:
        return Reading(None, line, text, (), f"grade {letter} is none of A, B, C, D", True, weight)
    return Reading(letter[0], line, text, (), doubt, weight=weight)


def _stated(text: str) -> str | None:
    match = GRADE_TEXT.search(text)
    return (match.group("after") or match.group("before")) if match else None


def _badges(record: Record) -> list[tuple[int, str, Line, str]]:
    found: list[tuple[int, str, Line, str]] = []
    mention = record.mention
    if mention.rest and len(record.tickers) == 1:
        letter = _stated(mention.rest) or _letter_piece(mention.rest)
        if letter:
            found.append((7, letter, mention.line, mention.rest))
    if mention.trailing_letter and "." not in mention.tickers[0]:
        found.append((6, mention.trailing_letter, mention.line, mention.line.plain))
    for line in record.lines:
        section = record.facts.sections.get(line.index, Section.NONE)
        if section & (Section.ELEMENTS | Section.PLAN | Section.EXCLUDED) or is_prose(line):
            continue
        near = 1 if abs(line.index - mention.line.index) <= 6 else 0
        for index, segment in enumerate(line.segments):
            if line is mention.line and index == mention.segment:
                continue
            letter = bare_grade(segment.text)
            if letter and not _labels_something_else(line, record):
                found.append((5 + near, letter, line, segment.text))
            elif len(segment.text) > 60:
                stated = next(
                    (
                        letter
                        for piece in _PIECES.split(segment.text)
                        if len(piece) <= 40 and (letter := _stated(piece))
                    ),
                    None,
                )
                if stated:
                    found.append((4 + near, stated, line, segment.text))
            elif not re.search(r"(?i)success|probab|historical|based", line.plain):
                stated = _stated(segment.text) or _letter_piece(segment.text)
                if stated:
                    found.append((4 + near, stated, line, segment.text))
        if len(line.segments) > 1 and len(line.plain) <= 90 and not found:
            stated = _stated(line.plain)
            if stated:
                found.append((4 + near, stated, line, line.plain))
    return found


_PIECES = re.compile(r"\s*[|·•;,]\s*|\s[–—-]\s")


def _letter_piece(text: str) -> str | None:
    """A letter alone between separators ("Acme Corp · B · 82")."""
    for piece in re.split(r"\s*[|·•,;()\[\]]\s*|\s[–—-]\s", text):
        letter = bare_grade(piece)
        if letter and len(text) > 2:
            return letter
    return None


def _labels_something_else(line: Line, record: Record) -> bool:
    for cell in record.cells:
        if (
            line in cell.lines
            and cell.kinds
            and not cell.kinds & (Kind.GRADE | Kind.TICKER | Kind.COMPANY | Kind.SCORE)
        ):
            return True
    return False


def read_price(record: Record) -> Reading[Price]:
    """Return the price at the time of the report in 1/10,000 USD; None when none is clearly labelled."""
    labelled: list[tuple[int, Fact]] = []
    rejected: list[str] = []
    foreign: Fact | None = None
    for fact in record.numbers:
        if Kind.PRICE not in fact.kinds or fact.alternative or fact.section & (Section.PLAN | Section.EXCLUDED):
            if fact.token.unit is Unit.MONEY and fact.label:
                rejected.append(f"{fact.token.text} ({fact.label[:30]})")
            continue
        if fact.token.unit is Unit.FOREIGN_MONEY:
            foreign = fact
        elif fact.token.unit in (Unit.MONEY, Unit.NUMBER):
            weight = (
                4 * (Kind.CURRENT in fact.kinds)
                + 2 * (fact.token.unit is Unit.MONEY)
                + (fact.origin > Origin.PROSE) * 8
            )
            labelled.append((weight, fact))
    if labelled:
        labelled.sort(key=lambda entry: -entry[0])
        weight, fact = labelled[0]
        value = _as_price(fact.token.value)
        if value is None:
            return Reading(
                None, fact.line, fact.token.text, tuple(rejected[:6]), f"{fact.token.text} is no price", True
            )
        rivals = sorted(
            {
                other.token.text
                for other_weight, other in labelled
                if other_weight == weight and other.token.value != fact.token.value
            }
        )
        if rivals:
            return Reading(
                None, None, "", tuple(rejected[:6]), f"several prices printed: {fact.token.text}, {', '.join(rivals)}"
            )
        return Reading(value, fact.line, fact.token.text, tuple(rejected[:6]), weight=weight)
    if foreign is not None:
        return Reading(
            None, foreign.line, foreign.token.text, tuple(rejected[:6]), f"{foreign.token.text} is not in US dollars"
        )
    return _unlabelled_price(record, tuple(rejected[:6]))


def _unlabelled_price(record: Record, rejected: tuple[str, ...]) -> Reading[Price]:
    """The only dollar amount without a label, alone in its piece of text or beside the ticker."""
    amounts = [
        fact
        for fact in record.numbers
        if fact.token.unit is Unit.MONEY and not fact.label and not fact.alternative and fact.origin is Origin.BARE
        and not fact.section & (Section.PLAN | Section.EXCLUDED | Section.ELEMENTS)
        and (fact.whole or fact.line is record.mention.line)
    ]  # fmt: skip
    values = {fact.token.value for fact in amounts}
    if len(values) > 1:
        head = [fact for fact in amounts if abs(fact.line.index - record.mention.line.index) <= 3]
        values = {fact.token.value for fact in head} if head else values
        amounts = head or amounts
    if len(values) == 1:
        price = _as_price(amounts[0].token.value)
        if price is None:
            return Reading(
                None, amounts[0].line, amounts[0].token.text, rejected, f"{amounts[0].token.text} is no price", True
            )
        return Reading(price, amounts[0].line, amounts[0].token.text, rejected, weight=1)
    if values:
        texts = ", ".join(sorted({fact.token.text for fact in amounts}))
        return Reading(None, None, "", rejected, f"several unlabelled amounts, none taken for the price: {texts}")
    return _unreadable(record, Kind.PRICE) or Reading(None, rejected=rejected)


def _as_price(value: Decimal) -> Price | None:
    if not 0 < value <= MAX_PRICE:
        return None
    units = value * 10_000
    return round(units) or None


def read_gap(record: Record, weights: frozenset[Decimal] = frozenset()) -> Reading[float]:
    """Return the gap in percent with its sign; only what the page calls the gap.

    weights: percentages known to be weights of the score's elements ("Gap Size (25%)").
    """
    direct: list[tuple[int, Fact]] = []
    rejected: list[str] = []
    for fact in record.numbers:
        if Kind.GAP not in fact.kinds:
            if fact.token.unit is Unit.PERCENT and fact.token.signed and fact.label:
                rejected.append(f"{fact.token.text} ({fact.label[:30]})")
            continue
        if fact.token.unit is Unit.PERCENT:
            if fact.origin is Origin.BRACKET and (_is_weight(fact, weights)):
                rejected.append(f"{fact.token.text} (a weight)")
                continue
            direct.append(
                (
                    int(fact.origin) + (4 if fact.origin > Origin.PROSE else 0) - 3 * (fact.origin is Origin.BRACKET),
                    fact,
                )
            )
        elif fact.token.unit is Unit.NUMBER and not fact.alternative and _percent_by_label(fact):
            direct.append((int(fact.origin), fact))
    if direct:
        weight, fact = max(direct, key=lambda entry: entry[0])
        return _gap_of(fact, tuple(rejected[:6]), weight)
    hinted = [
        fact for fact in record.numbers
        if fact.token.unit is Unit.PERCENT and not fact.label and fact.whole and "gap" in _segment_hint(fact).split()
    ]  # fmt: skip
    if len({fact.token.value for fact in hinted}) == 1:
        return _gap_of(hinted[0], tuple(rejected[:6]), 1)
    return Reading(None, rejected=tuple(rejected[:6]))


def _segment_hint(fact: Fact) -> str:
    return (
        next((segment.hint for segment in fact.line.segments if fact.token.text in segment.text), "")
        + " "
        + fact.line.node.hint
    )


def _gap_of(fact: Fact, rejected: tuple[str, ...], weight: int) -> Reading[float]:
    value = fact.token.value
    words = fold(fact.label)
    if not fact.token.signed and (re.search(r"\bdown\b", words) or "▼" in fact.line.plain or "↓" in fact.line.plain):
        value = -value
    doubt = f"a gap of {value}% is out of the ordinary" if abs(value) > 150 else ""
    return Reading(float(value), fact.line, fact.token.text, rejected, doubt, weight=weight)


def _is_weight(fact: Fact, weights: frozenset[Decimal]) -> bool:
    if (
        re.search(r"(?i)weight|gewicht|poids|peso", fact.label)
        or "weight" in fact.line.text[fact.token.end : fact.token.end + 10].lower()
    ):
        return True
    return not fact.token.signed and fact.token.value in weights


def _percent_by_label(fact: Fact) -> bool:
    return (
        "%" in re.sub(r"\([^)]*\d[^)]*\)", "", fact.label)
        or fact.token.signed
        or (fact.origin is Origin.COLUMN and bool(fact.token.decimals))
    )
