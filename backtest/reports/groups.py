"""The structures of a page that rate stocks, each read by what its records have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from backtest.reports.anchors import find_anchors
from backtest.reports.columns import Reading, Readings, columns_of
from backtest.reports.fields.grade import read_letters
from backtest.reports.fields.numbers import read_gaps, read_prices
from backtest.reports.fields.score import read_scores
from backtest.reports.mentions import Strength
from backtest.reports.page import Page
from backtest.reports.record import Record
from backtest.reports.structure import Structures
from backtest.reports.values import Reader, common_words
from backtest.reports.words import Kind

MAX_VALUES = 400
"""More values than any page prints of one stock."""
ENOUGH = 3
"""Fields that show that a letter or a label is a stock after all, where no directory says so."""
NOTHING: Readings = dict.fromkeys(("grade", "score", "price", "gap_size"), Reading(None))
Group: TypeAlias = list[tuple[Record, Readings]]


def read_groups(page: Page) -> Group:
    """Return the records of the structures that say most, with what they say; no line belongs to two."""
    structures = Structures(page, find_anchors(page))
    groups = [_read_group(page, records) for records in structures.groups() if records]
    single = [group for group in groups if len(group) > 1 and _says(group)[0] == 1]
    lone = [one[0].mention for group in single for one in group if _says([one])[0]]
    groups += [_read_group(page, records) for mention in lone for records in structures.lone(mention)]
    taken: set[int] = set()
    chosen: Group = []
    for group in sorted(groups, key=_says, reverse=True):
        weak = sum(record.mention.strength <= Strength.WEAK for record, _ in group)
        if weak == len(group) and chosen:
            continue
        for record, readings in group:
            lines = {line.index for line in record.lines}
            known = record.mention.strength > Strength.WEAK or weak * 2 <= len(group) or weak == len(group)
            known |= page.directory is None and _says([(record, readings)])[1] >= ENOUGH
            known &= len(group) > 1 or len(chosen) <= 1 or _adds(record, readings, chosen)
            if known and taken.isdisjoint(lines):
                chosen.append((record, readings))
        taken |= {line.index for record, _ in group for line in record.lines}
    return chosen


def _adds(record: Record, readings: Readings, chosen: Group) -> bool:
    """Return whether a stock unlike the others is one of the list, or says something of one again.

    Again: a total that is called so or out of 100, or a letter. A new one: more than a letter.
    """
    text = readings["score"].text
    if not any(record.tickers == one.tickers for one, _ in chosen):
        return bool(text) or readings["price"].value is not None
    called = "100" in text or any(Kind.SCORE in value.kinds for value in record.values if value.text == text)
    return called if text else readings["grade"].line is not None


def _says(group: Group) -> tuple[int, int]:
    """Return how many stocks a structure rates, and how many fields it shows."""
    rated = {
        record.tickers: sum(reading.value is not None for reading in readings.values()) for record, readings in group
        if readings["score"].value is not None or readings["grade"].line is not None
    }  # fmt: skip
    sure = rated.keys() & {record.tickers for record, _ in group if record.mention.strength > Strength.WEAK}
    return len(sure), sum(rated[tickers] for tickers in sure or rated)


def _read_group(page: Page, records: Sequence[Record]) -> Group:
    reader = Reader(page, common_words(records))
    for record in records:
        values = reader.read(record)
        record.values, record.alike = values if len(values) <= MAX_VALUES else [], len(records)
    spoken = [record for record in records if record.values]
    columns = columns_of(spoken)
    letters = read_letters(columns, spoken)
    scores = read_scores(columns, [letter.value for letter in letters], spoken)
    fields = zip(letters, scores, read_prices(columns, spoken), read_gaps(columns, spoken), strict=True)
    readings: Iterator[Readings] = (dict(zip(NOTHING, one, strict=True)) for one in fields)
    return [(record, next(readings) if record.values else NOTHING) for record in records]
