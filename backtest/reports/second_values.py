"""What the second reader sees of values: every printed number and letter, the words that announce it, and their rank.

No value is decided here. A rank says how surely a number or letter is a stock's score, grade or price by its words: the
value claimed has to be one that no other value of the stock outranks.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from itertools import dropwhile, takewhile

from backtest.model import Candidate, GradeSource
from backtest.reports.second_numbers import LETTER, MAX_DIGITS, NUMBER, ORDINAL, POINTS, is_old, is_scale, unit_of
from backtest.reports.second_page import BLOCK, PIECE, Cell, PageText

_STOP = re.compile(r"[;|•]|(?:(?<=[^\W\d_]{5})|(?<=[\W\d])(?<!\.))\.(?=\s|$)")
"""Where a sentence, or an entry of a line, ends."""
_CUT = re.compile(
    rf"·|/(?! est\b)|(?<![\d:A-Za-z])\d[\d.,]*(?![\d:])\s?(?:{POINTS}|%)?|{LETTER.pattern}(?:-(?i:graded?|rated)\b)?"
    rf"|{_STOP.pattern}"
)
"""What parts the words of one value from those of the next."""
_APART = re.compile(r"[,()–—]|\s-\s")
_BRACKETS = re.compile(r"\([^()]*\)")
_WORD = re.compile(r"[^\W\d_]+")
_TOTAL = r"total\w*|overall|composite|final|gesamt\w*|globale?|weighted|complessivo|総合\w*|合計\w*|总分|總分"
_KNOWN = {
    "score": rf"{_TOTAL}|scores?|sc|points?|pts|rating|punkte\w*|\w*punktzahl|puntos|punti|pontos|punteggio|pontuacao"
    r"|puntuacion|puntaje|note|notation|得点|スコア|点数?|評価点|得分",
    "grade": rf"{_TOTAL}|gr|graded?|grades|rating|rated|letter|tier|class|classe|stufe|klasse|note|nota|clase|rank|rang"
    r"|verdict|categor\w+|niveau|mention|voto|cijfer|calificacion|classificacao|valutazione|beoordeling|grado|einstufung"
    r"|bewertung|評価|ランク|判定|等級",
    "price": r"prices?|quoted?|px|usd|\w*kurs|preis|prix|cours|precio|prezzo|preco|cotacao|koers|prijs|last|latest|pre"
    r"|premarket|trading|trades|(?:現在)?株価|現在値",
    "gap": r"gap\w*|\w*lucke|ecart|saut|hueco|brecha|salto|ギャップ|窓",
}
"""Words that announce a value, without accents."""
_FILLER = (
    r"[a-z]|that|this|morning|day|also|we|gives?|gets?|ends?|earns|hence|thus|so|therefore|as|makes|us|nyse|nasdaq|amex|et|am|pm|report|the|of|out|with|at|and|our|is|its|it|for|on|to|an|by|von|und|der|die|das|mit|le|la|de|du|sur|con|el|now"
    r"|current|today|stock|share|market|earnings|trade|results?|vorborslich\w*|desk|ticker|symbol|company|name|backtest\w*|max|based|actuel|aktueller?|actual|atual|attuale"
)
"""Words that say nothing for or against."""
_PAST = re.compile(
    r"\b(?:prev\w*|prior|before|yesterday\w*|was|were|from|than|raw|unadjusted|prelim\w*|provisional|original\w*|vor(?:tag|herig|wo|quart|mon|jahr)\w*|precedente?|anterior|closed?"
    r"|last (?:week|month|quarter|year|time))\b|前日|前回|終値"
)
MAX_LINE, MAX_SEEN, MAX_BOX = 400, 500, 160
"""Characters of a line that are looked at; values about a name; characters of a block with a label and its value."""


class Rank(IntEnum):
    """How surely the words beside a value announce what is asked for."""

    NOT = -1
    UNKNOWN = 0
    MIXED = 1
    BARE = 2
    NAMED = 3


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed value. labels: the words that may announce it; unit: "$", "%", "pts", "/5" and so on, "?" for others.

    old: another one follows in its place ("C → A"), or it only counts ("1. NVDA").
    """

    start: int
    values: frozenset[Decimal | str]
    labels: tuple[str, ...]
    unit: str = ""
    old: bool = False

    @property
    def number(self) -> Decimal:
        return min((value for value in self.values if isinstance(value, Decimal)), default=Decimal(-1))

    @property
    def label(self) -> str:
        return " … ".join(self.labels)


class Values:
    """The numbers and letters of a page, looked at when asked for.

    names: offsets of the stocks' names, in order. ignored: words of companies' names, which announce nothing.
    """

    def __init__(
        self, page: PageText, cells: Mapping[int, Cell], names: Sequence[int], ignored: Collection[str]
    ) -> None:
        self.page, self._cells, self._names = page, cells, names
        known = set(names)
        self._found = {
            False: list(NUMBER.finditer(page.text)),
            True: [match for match in LETTER.finditer(page.text) if match.start(1) not in known],
        }
        self._starts = {kind: [match.start() for match in found] for kind, found in self._found.items()}
        self._seen: dict[int, Printed | None] = {}
        self._known = {what: re.compile(words).fullmatch for what, words in _KNOWN.items()}
        self._filler = re.compile(_FILLER).fullmatch
        announces = (_PAST.search, *self._known.values())
        self._plain = {word for word in ignored if not any(known(word) for known in announces)}

    def of(self, what: str, low: int, high: int, near: int) -> list[Printed]:
        """Return the letters (of a grade) or numbers (of a score or price) of a part of the text, about `near`."""
        starts, found = self._starts[what == "grade"], self._found[what == "grade"]
        at = bisect_left(starts, near)
        first, last = max(bisect_left(starts, low), at - MAX_SEEN), min(bisect_left(starts, high), at + MAX_SEEN)
        return [one for match in found[first:last] if (one := self._at(match)) is not None]

    def cell_at(self, offset: int) -> Cell | None:
        """Return the table cell around an offset, None outside of tables."""
        return next((cell for one in self.page.around(offset) if (cell := self._cells.get(one.start))), None)

    def rank(self, what: str, one: Printed) -> Rank:
        """Return how surely a value is a score, a grade or a price."""
        if one.old or not _can_be(what, one):
            return Rank.NOT
        ranks = [self._rank_of(what, label) for label in one.labels]
        if what == "grade" and any(map(_PAST.search, one.labels)):
            return Rank.NOT
        if what == "score" and one.unit in ("/100", "pts"):  # the words of another field are not its own
            least = Rank.MIXED if one.unit == "/100" else Rank.UNKNOWN
            return max([max(rank, least) for rank in ranks if rank is not Rank.NOT], default=Rank.NAMED)
        best = max(
            ranks, default=Rank.UNKNOWN if what == "score" and (_has_cents(one) or one.unit == "%") else Rank.BARE
        )
        if what == "price" and not one.unit and not _has_cents(one):  # nor is it one in "of the last 12 quarters"
            return min(ranks, default=Rank.NOT) if best is Rank.NAMED else Rank.NOT
        return best

    def _rank_of(self, what: str, label: str) -> Rank:
        words = label.split()
        hits = sum(map(bool, map(self._known[what], words)))
        if _PAST.search(label):
            return Rank.NOT
        if hits == len(words):
            return Rank.NAMED
        if any(all(map(known, words)) for known in self._known.values()):
            return Rank.NOT
        return Rank.MIXED if hits else Rank.UNKNOWN

    def _at(self, match: re.Match[str]) -> Printed | None:
        if match.start() not in self._seen:
            self._seen[match.start()] = self._printed(match)
        return self._seen[match.start()]

    def _printed(self, match: re.Match[str]) -> Printed | None:
        """Return a number, in both readings of a separator, or a letter; None for a scale ("/ 100")."""
        text, (start, end) = self.page.text, match.span()
        old = is_old(text, match)
        if match.re is LETTER:
            return Printed(start, frozenset({match[1]}), self._labels(start, end), "", old)
        digits = "".join(match["digits"].replace("'", " ").split())
        if len(digits) > MAX_DIGITS or is_scale(text, start, digits) or (digits == "100" and self._is_maximum(start)):
            return None
        readings = {digits.replace(",", ""), digits.replace(".", "").replace(",", "."), digits.replace(",", ".")}
        values = frozenset(Decimal(one) for one in readings if one.count(".") <= 1 and one.strip("."))
        return Printed(start, values, self._labels(start, end), unit_of(match), old)

    def _is_maximum(self, start: int) -> bool:
        """Return whether a number stands behind another one in a table of no stocks ("Total | 93 | 100")."""
        cell = self.cell_at(start)
        return (
            cell is not None
            and self.page.text[max(0, start - MAX_DIGITS) : start].rstrip()[-1:].isdigit()
            and not self._names_within(cell.row[0].start, cell.row[-1].end)
        )

    def _labels(self, start: int, end: int) -> tuple[str, ...]:
        return next(filter(None, self._ways(start, end)), ())

    def _ways(self, start: int, end: int) -> Iterator[tuple[str, ...]]:
        """Yield the words beside a value in its line; over its column and in its row; in the blocks around it."""
        text, cell = self.page.text, self.cell_at(start)
        low = text.rfind(BLOCK, max(0, start - MAX_LINE), start) + 1 or max(0, start - MAX_LINE)
        high = text.find(BLOCK, end, end + MAX_LINE)
        high = min(len(text), end + MAX_LINE) if high < 0 else high
        stop = _STOP.search(text, end, high)
        behind = _CUT.split(text[end : stop.start() if stop else high])
        plain = _BRACKETS.sub("", text[low:start])  # "Gap (score) 2" is no score
        before = _APART.split(_CUT.split(plain if self._telling(plain) else text[low:start])[-1])
        after, *more = _APART.split(behind[0])
        after = after if more or self._telling(behind[-1]) else ""
        if self._telling(before[-1].rpartition(PIECE)[2]):
            after = after.partition(PIECE)[0]  # "price 190.25 | trend up"
        yield self._choice(next(filter(self._telling, before[::-1]), ""), after)
        for element in self.page.around(start):
            if cell is not None and element in cell.row:
                yield self._choice(*self._over(cell, start))
            if self._names_within(element.start, element.end) or element.end - element.start > MAX_BOX:
                break
            lines, later = self._lines(element.start, low), self._lines(high, element.end)
            yield self._choice(lines[-1] if lines else "", later[0] if later and later[-1] else "")

    def _over(self, cell: Cell, start: int) -> list[str]:
        """Return what stands over a cell's column; where nothing does, what stands left of it."""
        over = [text for text in map(self._telling, cell.over) if text]
        head = (" ".join(over) if any(map(_PAST.search, over)) else over[-1]) if over else ""
        if head and self._names_within(cell.row[0].start, cell.row[-1].end):
            return [head]
        left = [_BRACKETS.sub("", self.page.of(one)) for one in reversed(cell.row) if one.end < start]
        labels = dropwhile(_CUT.search, left)  # "Price | 190.25 | Previous close | 188.10": up to the value before
        return [head, *takewhile(lambda one: not _CUT.search(one), labels)]

    def _names_within(self, low: int, high: int) -> bool:
        return bisect_left(self._names, low) < bisect_left(self._names, high)

    def _lines(self, low: int, high: int) -> list[str]:
        lines = [_BRACKETS.sub("", line) for line in self.page.text[low:high].split(BLOCK) if line.strip()]
        lines = [ORDINAL.sub("", line) for line in lines]
        return ["" if _CUT.search(line) else line for line in lines]

    def _choice(self, *texts: str) -> tuple[str, ...]:
        return tuple(filter(None, map(self._telling, texts)))

    def _telling(self, text: str) -> str:
        return " ".join([word for word in words_of(text) if not (word in self._plain or self._filler(word))][-3:])


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters without accents."""
    if not text.isascii():
        parted = unicodedata.normalize("NFKD", text)
        text = unicodedata.normalize("NFC", "".join(one for one in parted if not "\u0300" <= one <= "\u036f"))
    return [word.lower() for word in _WORD.findall(text)]


def _has_cents(one: Printed) -> bool:
    return any(isinstance(value, Decimal) and value.as_tuple().exponent == -2 for value in one.values)


def _can_be(what: str, one: Printed) -> bool:
    if what == "grade":
        return not re.search(r"(?<!top )\b(?:class|cl|series)$", one.label)
    if what == "price":
        return one.unit in ("$", "")
    return 0 <= one.number <= 100 and one.unit not in ("$", "?")


def sought(what: str, candidate: Candidate) -> Callable[[Printed], bool] | None:
    """Return what tells the prints of a claimed value, None when nothing was read that could be seen."""
    if what == "grade":
        letter = candidate.grade.value
        return None if candidate.grade_source is GradeSource.INFERRED else lambda one: letter in one.values
    claimed = candidate.score if what == "score" else candidate.price
    if claimed is None:
        return None
    value = Decimal(repr(claimed)) if what == "score" else Decimal(claimed) / 10_000

    def prints(one: Printed) -> bool:
        if what == "score" and one.unit in ("/5", "/10"):
            return value * int(one.unit[1:]) / 100 in one.values
        return value in one.values

    return prints
