"""The company's name: the words beside the ticker that are neither label nor sector."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from backtest.reports.grades import GRADE_TEXT, bare_grade
from backtest.reports.lines import is_prose, is_value
from backtest.reports.mentions import is_company_like, is_exchange, mentions_in, symbol_of
from backtest.reports.text import Unit, tokens_in
from backtest.reports.words import Kind, is_plain_label, label_kinds

if TYPE_CHECKING:
    from backtest.reports.page import Line, Segment
    from backtest.reports.record import Record

_PARTS = re.compile(r"\s*(?:[|·•]|\s[–—-]\s|\x1f)\s*")
_LETTER = re.compile(r"[^\W\d_]")
_OPENS_SENTENCE = re.compile(
    r"([A-Z][\w&.,' -]{1,50}?\b(?:Inc|Corp|Corporation|Ltd|plc|PLC|Co|Company|Group|Holdings|S\.A|N\.V|SA|NV|AG))"
    r"\.?[,.;:]? (?=[A-Z])"
)
_GRADE_TAIL = re.compile(r"\s*[\[(]?\b(?:Grade|Rating|Note|Klasse)?\s?[A-D][+-]?[ -]?(?:Grade)?[\])]?$")
_SECTOR = re.compile(
    r"^(?:(?:technology|healthcare|health care|financials?|financial services|industrials?|consumer \w+|"
    r"energy|utilities|real estate|basic materials|materials|communication services?|communications?|"
    r"telecom\w*|semiconductors?|software|biotech\w*|banks?|banking|insurance|retail|airlines?|aerospace|"
    r"pharma\w*|it services|information technology|staples|discretionary|cyclical|defensive|media|technologie|"
    r"gesundheit\w*|finanz\w*|industrie|energie|konsum\w*|versorger|sante|finance|services financiers|"
    r"tecnologia|salud|finanzas|industria|energia|テクノロジー|ヘルスケア|金融|エネルギー|資本財|一般消費財|"
    r"生活必需品)(?: \w+)?\s*(?:[-–—|·•/&,(].*)?$)",
    re.IGNORECASE,
)


def company_line(record: Record) -> Line | None:
    """Return the line that shows the company's name, None when the ticker's own line does or none is there."""
    own = record.mention.line
    by_hint = [line for line in record.lines if _hinted(line) and _could_be(line, record)]
    if by_hint:
        return by_hint[0]
    position = next((index for index, line in enumerate(record.lines) if line is own), -1)
    if position < 0 or is_name(record.mention.rest) or any(is_name(s.text) for s in _others(own, record)):
        return None
    following = [record.lines[index] for index in (position + 1, position + 2) if index < len(record.lines)]
    before = [record.lines[position - 1]] if position else []
    for line in (*following[:1], *before, *following[1:]):
        if _could_be(line, record):
            return line
    return None


def _others(line: Line, record: Record) -> list[Segment]:
    return [segment for index, segment in enumerate(line.segments) if index != record.mention.segment]


def _hinted(line: Line) -> bool:
    words = set(line.hint.split())
    return bool(words & {"company", "companyname", "name", "firm", "issuer", "corp"}) and not words & {
        "sector", "industry", "label", "metric", "factor", "item", "score"
    }  # fmt: skip


def _could_be(line: Line, record: Record) -> bool:
    text = line.plain
    if line is record.mention.line or is_prose(line) or is_value(line) or not _LETTER.search(text) or len(text) > 110:
        return False
    if line.node.tag in ("th", "dt", "button"):
        return False
    first = _PARTS.split(line.segments[0].text)[0]
    if first != text and len(line.segments) > 1 and is_company_like(first) and is_name(first):
        pass  # the name beside other things: "Acme Inc" and "+5.2% gap" on one line
    elif not is_name(_PARTS.split(text)[0]):
        return False
    return not any(mention.tickers == record.tickers for mention in mentions_in(line) if not mention.rest)


def is_name(text: str) -> bool:
    """Tell whether a piece of text could be a company's name."""
    text = text.strip()
    if len(text) < 2 or len(text) > 80 or not _LETTER.search(text) or text.endswith((":", "：")):
        return False
    if (
        bare_grade(text)
        or is_exchange(text)
        or GRADE_TEXT.fullmatch(text)
        or re.search(r"(?i)\b[A-F][+-]?[ -]grade\b|\bgrade [A-F]\b|★|⭐|%|\$\s?\d", text)
    ):
        return False
    bare = re.sub(r"[\d.,/%$+-]+", " ", text)
    if any(token.unit is not Unit.NUMBER or label_kinds(bare) for token in tokens_in(text)):
        return False
    if (is_company_like(text) and not _SECTOR.match(text)) or (" " in text and is_company_like(text.split()[-1])):
        return True
    if _SECTOR.match(text) or (symbol_of(text) and text.isupper() and len(text) <= 5):
        return False
    return not (is_plain_label(text) or re.fullmatch(r"[\d\s.,+\-/%$]+", text))


def read_company(record: Record) -> tuple[str, Line] | None:
    """Return the company's name without sector or ticker, and the line that shows it."""
    for cell in record.cells:
        if Kind.COMPANY in cell.kinds and cell.text:
            others = [part.plain for part in cell.lines if part is not record.mention.line]
            both = Kind.TICKER in cell.kinds and len(others) < len(cell.lines)  # "Ticker / Company" in two lines
            name = _tidy(others[0] if both and others else cell.text, record, both)
            if name:
                return name, cell.lines[0]
    for kinds, text, line in record.facts.texts:
        if Kind.COMPANY in kinds and _LETTER.search(text):
            name = _tidy(text, record)
            if name:
                return name, line
    beside = record.company_line
    if beside is not None:
        name = _tidy(beside.plain if len(beside.segments) == 1 else _named_segment(beside), record)
        if name:
            return name, beside
    own = record.mention.line
    texts = [
        record.mention.rest,
        *(segment.text for i, segment in enumerate(own.segments) if i != record.mention.segment),
    ]
    for cell in record.cells:
        if own in cell.lines:
            texts.extend(other.plain for other in cell.lines if other is not own)
    for text in texts:
        opening = re.match(r"[(\[（]([^()\[\]]{2,60})[)\]）]\s\w", text)  # "(Acme Corp) earns grade A …"
        name = _tidy(opening.group(1) if opening else text, record, True)
        sentence = _OPENS_SENTENCE.match(text) if not name else None
        if sentence:
            name = _tidy(sentence.group(1), record, True)
        if name:
            return name, own
    return None


def _named_segment(line: Line) -> str:
    return next((segment.text for segment in line.segments if is_name(segment.text)), line.plain)


def _tidy(text: str, record: Record, own: bool = False) -> str | None:
    text = re.sub(r"^(?:#\s?)?\d{1,3}[.)]\s+", "", text)
    for ticker in record.tickers if own else ():
        text = re.sub(
            rf"[\[(（]\s*(?:[A-Za-z]+\s?:\s?)?\$?{re.escape(ticker)}\s*[\])）]|^\$?{re.escape(ticker)}\s[-–—:]\s",
            " ",
            text,
        )
    for part in _PARTS.split(text):
        part = (
            _GRADE_TAIL.sub("", part).strip(' []-–—,:;|·•*★⭐"')
            if not is_company_like(part[-6:])
            else part.strip(' -–—:;|·•*★⭐"')
        )
        part = " ".join(part.split())
        if part.startswith("(") and part.endswith(")"):
            part = part[1:-1].strip()
        if part.count("(") != part.count(")"):
            part = part.replace("(", "").replace(")", "").strip()
        if is_name(part) and part not in record.tickers:
            return part
    return None
