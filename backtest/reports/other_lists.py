"""Why a stock that the page rates is perhaps none of today's; what surely is none of them, `left_out` knows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain, pairwise

from backtest.model import Candidate, GradeSource
from backtest.reports.context import Headings, excludes
from backtest.reports.dates import dates_in
from backtest.reports.grades import heading_grades
from backtest.reports.identity import core_words
from backtest.reports.page import Line, Page
from backtest.reports.record import Record
from backtest.reports.report_date import QUOTES
from backtest.reports.text import Unit, printable
from backtest.reports.words import ICONS, PERHAPS_EXCLUDED, TODAYS, WEEKDAY, fold, label_kinds

MAX_LINE = 60
"""Characters of a line between two stocks that may head those behind it."""
_ENDED = (
    r"(?:withdrawn|retracted|revoked|rescinded|voided|struck|cancel+ed|removed|deleted|suspended)"
    r"(?! (?:an?|its|the|all|their)\b)|no longer \w+"
)
"""What is said of a stock, or its rating, that was meant before and is not now; no company's own doing ("suspended its
dividend")."""
_SAID = re.compile(
    r"\b(?:report(?:s|ing) (?:tonight|tomorrow|later|next)|stopped out|examples?|samples?"
    r"|not yet (?:\w*(?:rat|grad|scor|report|confirm|review|approv)ed|final|available)"
    r"|placeholder|fictional|made-up|how to read|sponsored|advertisement|preview|upcoming)\b"
    rf"|^no [–—-] |^(?:(?:rating|grade|score|call|pick|entry) (?:\w+ ){{0,3}}?)?(?:{_ENDED}|closed|exited|no trade"
    r"|do not (?:buy|trade))(?: (?:on )?(?:\d{1,2}\.? [a-z]{3,}|[a-z]{3,} \d{1,2}))?[ .!]*$"
)
"""What a piece of a stock's own text says when it is none of today's."""
_TAKES_BACK = re.compile(
    rf"^\W*(?:corrections?|corrected|errat(?:um|a)|amendments?|berichtigung|korrektur\w*)\b|訂正|取消|撤回"
    r"|(?:^|[:.] |please )strike\b"
    rf"|\b(?:{_ENDED}|zuruckgezogen|gestrichen|dummy|not tradable|do(?:es)? not (?:belong|qualify|count|report until)"
    r"|void|placeholder|fail(?:s|ed) (?:the|our)|by mistake|taken off|reports (?:tomorrow|tonight|next)"
    r"|reported last \w+|not (?:to )?(?:buy|trade)"
    r"|forget (?:the|about)|mistakenly|in error|wrongly|disregard"
    r"|should (?:read|not (?:be|have been))|(?:lift|cut|raise|lower|upgrade|downgrade)[sd]? [\w ,.&]{1,40} to [a-d]"
    r"|versehentlich|irrtumlich\w*|par erreur|por error)\b"
)
"""What a line says that takes back something of the stocks it names."""
_WEEKDAYS = re.compile(rf"\b{WEEKDAY}\b")
_MAIL = re.compile(
    r"(?i)^(?:-* ?(?:original|forwarded|ursprüngliche) (?:message|nachricht)|(?:sent|gesendet|envoyé) ?:)"
)
"""How the head of an earlier mail begins."""
_OF_DAYS = re.compile(rf"\b(?:history|{WEEKDAY})\b")
_HIDDEN = re.compile(
    r"(?<![\w-])(?:d-none|(?:is-|visually-)?hidden|invisible|sr-only)(?![\w-])(?!.*(?:\w:\w|d-\w+-|tab|pane|accordion))"
)
"""What the class or id of a block says besides whose stocks are none of today's, or are not shown to everyone."""
_OF_GRADE = re.compile(r"^\W*[a-d][+-]?\b|\((?:[a-d][+-]?|\d{1,2})\)")
"""What a heading says over the stocks of a grade, or how many they are."""
_NOTHING = re.compile(
    r"\b(?:(?:0|none) of (?:the )?\w+ (?:stocks |candidates |names |companies )?(?:passed|qualif\w+|graded)"
    r"|nothing (?:(?:was|is|has been|could be) )?(?:graded|rated|scored|qualifie[ds]|passe[ds]|to (?:buy|trade))"
    r"|no (?:qualifying |eligible |new |tradable )?(?:stocks?|candidates?|names?|companies|setups?)"
    r" (?:today|qualif\w+|pass\w*|(?:was|were) (?:graded|found))|(?:invented|made-up|fictional) (?:numbers|figures)"
    r"|dry run)\b"
)
"""What a page says whose day has no list; stocks that stand there all the same are shown for another reason."""
_FOOTNOTE = re.compile(r"[*†‡]+")
_SCORED = re.compile(r"\b([A-Z][A-Z.]{0,5})[\s:–—-]{1,4}(\d{1,3}(?:\.\d+)?)(?= ?(?:[,;]|$))")
_ANNOUNCED = {
    "score": re.compile(r"(?i)\bscores?\W{0,3}(\d[\d.,]*\d|\d)"),
    "grade": re.compile(r"\b(?i:grade|rating)d?\W{0,3}([A-D])\b"),
    "price": re.compile(r"(?i)\bprice(?: is)?[ :$]{1,4}(\d[\d.,]*\d|\d)"),
}
"""Values with the word that says what they are."""


def doubts_of_lists(
    page: Page, stocks: Sequence[tuple[Candidate, Record]], day: date
) -> Iterator[tuple[str, str, str]]:
    """Yield tickers, fields and why: the stock is perhaps none of a day's, or the page says otherwise elsewhere."""
    records = {one.ticker: record for one, record in stocks}
    owned = {line.index for record in records.values() for line in record.lines}
    doubts = chain(_under_others_headings(page, records, owned, day), _said_to_be_none(page, records, owned, day))
    for ticker, text in doubts:
        yield ticker, "ticker", text
    for ticker, text in _differing_in_summaries(page, {one.ticker: one.score for one, _ in stocks}):
        yield ticker, "score", text
    yield from _taken_back(page, stocks)


def _under_others_headings(
    page: Page, records: Mapping[str, Record], owned: Collection[int], day: date
) -> Iterator[tuple[str, str]]:
    """Yield tickers with the heading under which they stand, when it is not of the list of a day."""
    lines = _lines_before(page, records.values(), owned)
    over = {
        ticker: [text for text in _headings_of(record, lines.get(record)) if not _names_one(text, records, page)]
        for ticker, record in records.items()
    }
    lists = {ticker: next(filter(None, texts), "") for ticker, texts in over.items()}
    known = {ticker for ticker, text in lists.items() if not text or _is_todays(text, day)}
    if not known and len(set(lists.values())) == 2:  # of two lists that nothing tells apart the first is meant
        known = {ticker for ticker, text in lists.items() if text == next(iter(lists.values()))}
    others = [text for ticker, text in lists.items() if ticker not in known and not is_perhaps_excluding(text)]
    is_strange = len(set(others)) == 1 and len(others) * 2 <= len(lists)
    for ticker in records:
        if heading := next((one for one in over[ticker] if is_perhaps_excluding(one) or _of_another_day(one, day)), ""):
            yield ticker, f'stands under "{printable(heading, 60)}"'
        elif known and ticker not in known and is_strange:
            yield ticker, f'stands in another list than the others, under "{printable(lists[ticker], 60)}"'


def _said_to_be_none(
    page: Page, records: Mapping[str, Record], owned: Collection[int], day: date
) -> Iterator[tuple[str, str]]:
    """Yield tickers with what is said of them, of the block or mail around them, or of the day."""
    headings = Headings(page)
    first = min((record.order for record in records.values()), default=0)
    mails = (line.index for line in page.lines if QUOTES.search(line.plain) or _MAIL.search(line.plain))
    quoted = next((index for index in mails if index > first), len(page.lines))
    nothing = next((line for line in page.lines if line.index not in owned and _says_nothing(line, headings)), None)
    own = {ticker: said for ticker, record in records.items() if (said := _said(record))}
    for ticker, record in records.items():
        if name := _named_block(record, records.values(), day):
            yield ticker, f'stands in a block that is called "{name}"'
        if record.order > quoted:
            yield ticker, "stands in an earlier mail that the page quotes"
        if nothing is not None:
            yield ticker, f'the page says "{printable(nothing.plain, 60)}"'
        if ticker in own and len(own) * 2 < len(records):
            yield ticker, f'says of itself "{own[ticker]}"'


def is_perhaps_excluding(heading: str) -> bool:
    """Return whether a heading says that what is below it is perhaps none of today's; one of a grade never does."""
    return not heading_grades(heading) and PERHAPS_EXCLUDED.search(fold(ICONS.sub(" ", heading))) is not None


def _headings_of(record: Record, before: str | None) -> list[str]:
    """Return what heads a record, innermost first: headings inside of it, a line before it, headings above."""
    inside = [line.plain for line in record.lines if line.index < record.order and line.node.heading_level]
    return [*inside, *([before] if before else []), *record.context]


def _names_one(text: str, records: Mapping[str, Record], page: Page) -> bool:
    """Return whether a heading is of one stock: it has its symbol, or is its company's name."""
    if records.keys() & set(re.findall(r"[A-Z][A-Z.]+", text)):
        return True
    names = page.directory.names if page.directory is not None else {}
    words = core_words(text)
    listed = (core_words(names[ticker])[: max(1, len(words))] for ticker in records if ticker in names)
    return any(words[: len(one)] == one for one in listed if words and one)


def _says_nothing(line: Line, headings: Headings) -> bool:
    """Return whether a line says that there is no list today, and not of another list or of one grade."""
    if not _NOTHING.search(fold(line.plain)):
        return False
    texts = (line.plain, *headings.above(line.node, line.index))
    return not any(excludes(text) or is_perhaps_excluding(text) or heading_grades(text) for text in texts)


def _of_another_day(heading: str, day: date) -> bool:
    """Return whether a heading names weekdays, and neither the day's nor that of the evening before."""
    named = set(_WEEKDAYS.findall(fold(heading)))
    own = (day - timedelta(days=back) for back in range(4 if day.weekday() == 0 else 2))
    return bool(named) and not named & {f"{one:%A}".lower() for one in own}


def _is_todays(heading: str, day: date) -> bool:
    folded, days = fold(heading), [one for text in (heading, f"{heading} {day.year}") for one in dates_in(text)]
    says = heading_grades(heading) or TODAYS.search(folded) or _OF_GRADE.search(folded)
    return bool(says) or any(day in one for one in days)


def _lines_before(page: Page, records: Iterable[Record], owned: Collection[int]) -> dict[Record, str]:
    """Return by record the last line between two stocks that may head those behind it, down to the next heading."""
    lines: dict[Record, str] = {}
    for record, other in pairwise(sorted(records, key=lambda record: record.lines[0].index)):
        between = page.lines[record.lines[-1].index + 1 : other.lines[0].index]
        own = [line for line in between if line.index not in owned and any(map(str.isalpha, line.plain))]
        if len(own) == 1 and _may_head(own[0]):
            lines[other] = own[0].plain
        elif record in lines and record.context == other.context:
            lines.setdefault(other, lines[record])
    return lines


def _may_head(line: Line) -> bool:
    values = sum(token.unit is not Unit.DATE for token in line.tokens)
    return len(line.plain) <= MAX_LINE and values < 2


def _said(record: Record) -> str:
    pieces = (piece for line in record.lines for piece in (line.plain, *(one.text for one in line.segments)))
    return next((found[0].strip() for piece in pieces if (found := _SAID.search(fold(piece)))), "")


def _named_block(record: Record, records: Collection[Record], day: date) -> str:
    """Return the name of a block around a record, but not around all, that excludes what is inside."""
    low, high = min(one.order for one in records), max(one.order for one in records)
    for node in record.mention.line.node.ancestors():
        if node.first <= low and high < node.last:
            return ""
        name = re.sub(r"[-_]+|(?<=[a-z])(?=\d)", " ", node.named.lower()).replace(f"{day:%A}".lower(), "")
        is_others = any(day not in days for days in dates_in(f"{name} {day.year}")) or _OF_DAYS.search(name)
        if is_others or excludes(name, surely=True) or is_perhaps_excluding(name) or _HIDDEN.search(node.named):
            return node.named.strip()
    return ""


def _taken_back(page: Page, stocks: Sequence[tuple[Candidate, Record]]) -> Iterator[tuple[str, str, str]]:
    """Yield tickers, fields and why: a line outside of a stock's own text takes something back, or says otherwise."""
    notes = [(line, found) for line in page.lines if (found := _notes_of(line))]
    for one, record in stocks:
        own = {line.index for line in record.lines}
        about = ((line, found) for line, found in notes if line.index not in own and _is_about(line, record, one, page))
        for line, found in about:
            for name, said in found:
                if name == "ticker" or not _is_printed(one, name, line):
                    yield one.ticker, name, f'line {line.at} says "{printable(said, 60)}" of it'


def _is_about(line: Line, record: Record, one: Candidate, page: Page) -> bool:
    """Return whether a line has a stock's symbol, its company's name, or the mark of a footnote that stands at it."""
    is_word = len(one.ticker) == 1 or label_kinds(one.ticker)
    if not is_word and re.search(rf"(?<![\w.]){re.escape(one.ticker)}(?!\w)", line.plain):
        return True
    listed = page.directory.names.get(one.ticker, "") if page.directory is not None else ""
    called, words = core_words(listed)[:2], core_words(re.sub("['’]s\\b", "", line.plain))
    if called and any(words[at : at + len(called)] == called for at in range(len(words))):
        return True
    mark = _FOOTNOTE.match(line.plain)
    return mark is not None and any(re.search(rf"\w{re.escape(mark[0])}(?![*†‡])", own.plain) for own in record.lines)


def _differing_in_summaries(page: Page, scores: Mapping[str, float | None]) -> Iterator[tuple[str, str]]:
    """Yield tickers of which a line that lists stocks with their scores ("MU 90, FDX 83") gives another score."""
    for line in page.lines:
        listed = {ticker: float(text) for ticker, text in _SCORED.findall(line.plain) if scores.get(ticker) is not None}
        others = [ticker for ticker, score in listed.items() if score != scores[ticker]]
        for ticker in others if len(others) * 2 < len(listed) > 2 else ():
            yield ticker, f"line {line.at} gives it another score"


def _notes_of(line: Line) -> list[tuple[str, str]]:
    """Return what a line takes back, and the values that it announces, with their fields."""
    found = {"ticker": _TAKES_BACK.search(fold(line.plain))}
    found |= {name: words.search(line.plain) for name, words in _ANNOUNCED.items()}
    return [(name, match[0].strip()) for name, match in found.items() if match]


def _is_printed(one: Candidate, name: str, line: Line) -> bool:
    """Return whether a line prints a stock's value, or there is none to compare."""
    if name == "grade":
        return one.grade_source is GradeSource.INFERRED or re.search(rf"\b{one.grade}\b", line.plain) is not None
    claimed, scale = (one.score, 1) if name == "score" else (one.price, 10_000)
    return claimed is None or any(round(float(token.value) * scale, 2) == round(claimed, 2) for token in line.tokens)
