"""Where a line names a stock: `NVDA`, `$NVDA`, `NYSE: IBM`, `NVIDIA Corp (NVDA)`, `UA/UAA`, `BRK-B`.

A mention says how strongly it looks like a name and what stands beside it; whether it really is one is decided by what
its record shows (`groups.py`) and by the asset directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeAlias

from backtest.model import TICKER_PATTERN
from backtest.reports.directory import Directory, first_word
from backtest.reports.identity import Fit, core_words, fit
from backtest.reports.page import Line
from backtest.reports.words import Kind, is_plain_label, label_kinds
from backtest.tickers import canonical_ticker


class Strength(IntEnum):
    """How sure a name is.

    NONE: only the directory can tell ("MU Micron Technology"). WEAK: a letter, a label's word, a symbol that is not
    listed. STRONG: marked, or named.
    """

    NONE = 0
    WEAK = 1
    PLAIN = 2
    STRONG = 3


@dataclass(frozen=True, slots=True)
class Mention:
    """Stocks named by one line. rest: what the same text says besides (company, price, badge).

    respelled: the symbol as printed, where it is another spelling.
    """

    line: Line
    segment: int
    tickers: tuple[str, ...]
    strength: Strength
    rest: str
    respelled: str


Named: TypeAlias = tuple[tuple[str, ...], Strength, str]
"""Printed symbols, how strongly they look like names, what their text says besides."""
MAX_PROSE, MARKED = 160, 6
"""Characters of a line that is prose, and pieces of it that may name a stock where they are marked."""
_ONE_EXCHANGE = (
    r"(?:NYSE(?:[ -]?(?:American|Arca|MKT))?|N[Aa][Ss][Dd][Aa][Qq](?:[ -]?(?:GS|GM|CM|Global Select|Capital Market))?"
    r"|AMEX|BATS|CBOE|OTC(?:QX|QB|MKTS| Markets)?|XNYS|XNAS|ARCA|NYQ|NMS)"
)
_EXCHANGE = rf"(?:{_ONE_EXCHANGE}(?:/{_ONE_EXCHANGE})?)"
_MARK = rf"(?P<mark>(?:{_EXCHANGE}\s?[:：\-·|/ ]|(?i:ticker|symbol)\b\s?[:：]?)\s*)?(?P<dollar>[$#])?"
_SYM = r"(?P<sym>[A-Z][A-Z0-9]{0,5}(?:[./-][A-Z]{1,2})?)"
_END = r"(?![\w.$]*\w)"
_RANK = (
    r"(?:\[[A-D][+-]?\]\s+|\d{1,2}/\d{1,2}\s+|(?:#|No\.? ?|Nr\.? ?|Rank ?#?|Platz ?)\d{1,3}\s*[.):\-–—·•|]?\s+"
    r"|\d{1,3}\s*[.)]\s*)?"
)
"""What may stand before a stock in its line: a badge, a count of posts, a rank."""
_SIGNS = re.compile(r"[^\x00-\x7f\w–—：（）【】「」•·»’]")
_MARKUP = re.compile(
    r"^\[[\d/., :]+\] \w+: |^\[[A-D][+-]?\] (?=[A-Z][a-z])|(?<=\[) (?=[A-Z])|(?<=[A-Z]) (?=\])|^[>»▸►]+ "
    r"|\*+|`+|\[\[|\]\]|__"
)
"""What an export leaves of a chat's time and writer, bold text and links ("*SNAP*", "[[C]]"), a badge before a name."""
_REMARK = re.compile(r"^[A-Z][a-z]{2,14}: (?=[A-Z])")
"""What may stand before a company's name ("Note: Netflix (NFLX)")."""
_FIRST = re.compile(
    rf"{_RANK}[\[(「【]?{_MARK}{_SYM}{_END}(?!(?<=\b[A-Z])-[A-Za-z][a-z])(?P<ex>\s?\(?{_EXCHANGE}\)?)?[\])」】]?\s*(?P<sep>[-–—:：|·•,(\[»>/]?)\s*(?P<rest>.*)"
)
_LABELLED = re.compile(rf"(?P<label>[^:：$]{{2,24}}?)(?:\s*[:：]\s*|\s)\$?{_SYM}{_END}\s*(?P<rest>.*)")
_IN_BRACKETS = re.compile(
    rf"(?P<company>[^()\[\]]{{0,80}}?)\s*[\[(（<]{_MARK}{_SYM}(?:[,;] [^()]*)?[\])）>](?P<rest>.*)"
)
_OPENING = re.compile(
    rf"(?:[^(),]{{0,30}}[\d,.] +)?(?P<company>[A-Z][^(),]{{1,40}})(?: \(| [-–—] ){_MARK}{_SYM}(?:[),]| [-–—] )"
)
"""How a paragraph about a stock begins ("Truist (TFC) …", "At $3.26, Adobe (ADBE) …", "1. Target - TGT - …")."""
_BEHIND_NAME = re.compile(rf"(?P<rest>[^:]{{2,80}}?)\s*[-–—|·•/,]\s*{_MARK}{_SYM}\.?")
_LAST_WORD = re.compile(rf"(?P<rest>[^:]{{2,30}}) {_SYM}")
_SEVERAL = re.compile(rf"{_RANK}\$?(?P<one>[A-Z]{{1,5}})(?:\s*[/+]\s*|\s&\s)\$?(?P<other>[A-Z]{{1,6}})")
_VALUE = re.compile(r"[@+-]?\s?\$?\d")
_GRADED = re.compile(r"[\[(]?[A-D]\b[+-]?(?:[\])].*|[ \-–]?(?:Grade|GRADE|grade)\b.*)?")
_GLUED = re.compile(r"^([A-Z]{1,5})(?=[A-D][+-]?-?(?:Grade|GRADE)\b)")
_LISTED_IN = re.compile(r"(?<=[A-Z])(?:[.:](?:US|NYSE|NASDAQ|OQ|O|N)| US(?: Equity)?)(?![\w.])|\s\(AD[RS]\)")
"""What data vendors put behind a symbol (`NVDA.US`, `NVDA.O`, `NVDA US Equity`) or a name (`ASML Holding (ADR)`)."""
_WITH_CLASS = re.compile(r"\$?((?:BRK|BF|HEI|LEN|MOG|GEF|BIO|CWEN|UHAL|AKO|CRD|JW|LGF|BH) [A-D])")
"""Companies whose share class is often written after a blank; behind other symbols a letter is a grade."""
_PLACEHOLDER = re.compile(r"(?i:n/[adk]|tbd|tba|none|null)")
_SUFFIX = re.compile(
    r"\b(?:inc|corp|corporation|company|co|ltd|limited|plc|llc|lp|group|holdings?|technologies|systems|bancorp|bank|energy"
    r"|pharma\w*|therapeutics|sa|s\.a|ag|se|nv|n\.v|adr|trust|partners|international|industries|brands|motors?|airlines"
    r"|financial|software|networks?|solutions|sciences|labs|entertainment|foods|resources|health\w*)\b\.?",
    re.IGNORECASE,
)


def is_company_like(text: str) -> bool:
    """Return whether a text ends or is built like a company's name."""
    return bool(_SUFFIX.search(text))


def is_exchange(text: str) -> bool:
    """Return whether a text is nothing but an exchange's name."""
    return bool(re.fullmatch(_EXCHANGE, text.strip()))


def canonical(symbol: str) -> str | None:
    """Return the canonical spelling of a printed symbol (`BRK/B` → `BRK.B`), None when it is no ticker."""
    plain = canonical_ticker(symbol)
    return plain if symbol.isascii() and TICKER_PATTERN.fullmatch(plain) else None


def symbol_of(text: str) -> str | None:
    """Return the canonical ticker when a text is nothing but one stock's symbol."""
    first = _FIRST.fullmatch(text)
    return canonical_ticker(first["sym"]) if first and not first["rest"] else None


def best_mention(line: Line, directory: Directory | None) -> Mention | None:
    """Return the stock that a line names most surely, None where it names none prominently."""
    listed = directory.names if directory is not None else {}
    found = [_judged(one, directory) for one in _mentions_in(line)]
    known = (one for one in found if one.strength > Strength.NONE or one.tickers[0] in listed)
    return max(
        known, key=lambda one: (one.strength > Strength.WEAK, one.tickers[0] in listed, one.strength), default=None
    )


def _judged(mention: Mention, directory: Directory | None) -> Mention:
    """Return a mention as weak when its form alone makes it a name and no directory lists it."""
    tickers, strength = mention.tickers, mention.strength
    if directory is None or strength is Strength.WEAK:
        return mention
    listed = directory.names.keys() & tickers
    if strength is Strength.NONE:
        rest = mention.rest
        named = any(fit(rest, one, directory) is Fit.SAME or core_words(rest) == (one.lower(),) for one in listed)
        return replace(mention, strength=Strength.STRONG) if named else mention
    text = mention.line.segments[mention.segment].text
    others = (one for one in directory.beginning_with(first_word(text)) if one not in tickers)
    if any(core_words(directory.names[one]) == core_words(text) for one in others):
        return replace(mention, strength=Strength.WEAK if listed else Strength.NONE)  # "AMC Networks" is AMCX
    return mention if listed else replace(mention, strength=Strength(strength - 1))


def _mentions_in(line: Line) -> list[Mention]:
    """Return what a line names in every way; prose names none but where that is marked, or in its opening."""
    numbers = list(range(len(line.segments)))
    if len(line.plain) > MAX_PROSE:
        numbers = [number for number in numbers[:MARKED] if line.segments[number].named is not None]
        if not numbers and (opening := _OPENING.match(line.segments[0].text)):
            return [_mention(line, 0, (opening["sym"],), Strength.NONE, opening["company"])]
    return [_mention(line, number, *named) for number in numbers for named in _named_in(line, number)]


def _mention(line: Line, number: int, symbols: tuple[str, ...], strength: Strength, rest: str) -> Mention:
    tickers = tuple(dict.fromkeys(map(canonical_ticker, symbols)))
    respelled = next((symbol for symbol in symbols if symbol not in tickers), "")
    return Mention(line, number, tickers, strength, rest.strip(" -–—:|·•,()[]/"), respelled)


def _named_in(line: Line, number: int) -> Iterator[Named]:
    """Yield what a piece of text names, in every way in which it may be read."""
    text = _MARKUP.sub("", _SIGNS.sub(" ", line.segments[number].text).strip())
    text = _GLUED.sub(r"\1 ", _LISTED_IN.sub("", text))
    if len(text) > MAX_PROSE or not re.search("[A-Z]", text) or _PLACEHOLDER.fullmatch(text) or is_exchange(text):
        return
    if with_class := _WITH_CLASS.fullmatch(text):
        yield (with_class[1],), Strength.PLAIN, ""
        return
    several = _SEVERAL.fullmatch(text)
    if several and not all(len(one) == 1 or label_kinds(one) for one in several.groups()):
        one, other = several.groups()
        is_class = len(one) > 1 and other in ("A", "B", "C")
        yield (f"{one}/{other}",) if is_class else (one, other), Strength.PLAIN, ""
        return
    labelled = _LABELLED.fullmatch(text)
    if labelled and Kind.TICKER in label_kinds(labelled["label"]) and is_plain_label(labelled["label"]):
        yield (labelled["sym"],), Strength.STRONG, labelled["rest"]
    if found := _IN_BRACKETS.fullmatch(text):
        yield from _in_brackets(found, line.segments[number - 1].text if number else "")
    if found := _FIRST.fullmatch(text):
        yield from _first(found)
    for form in (_BEHIND_NAME, _LAST_WORD):
        if found := form.fullmatch(text):
            yield (found["sym"],), Strength.NONE, found["rest"]


def _in_brackets(found: re.Match[str], before: str) -> Iterator[Named]:
    """`NVIDIA Corp (NVDA)`, also with the name in the piece before."""
    symbol, company = found["sym"], _REMARK.sub("", found["company"] or before)
    if len(symbol) == 1 and re.match(r"[A-Z]{2,5}\b\s?[-–—:|/]", company):
        return  # "FAST - Fastenal - 79 (B)"
    is_symbol = symbol not in "ABCDEF" and len(symbol) <= 5 and not is_exchange(symbol)
    if not company or (len(company) <= 6 and company.isupper() and not is_symbol):
        return  # "APLD (B)", "NVDA (NASDAQ)", "NVDA (NVIDIA)"
    if is_company_like(company) or not label_kinds(company):
        sure = bool(found["mark"] or found["dollar"] or is_company_like(company))
        yield (symbol,), _strength(symbol, sure), f"{company} {found['rest'] if found['company'] else ''}"
    elif not symbol_of(company):
        yield (symbol,), Strength.NONE, company  # "Sprouts Farmers Market (SFM)", if the directory says so


def _first(found: re.Match[str]) -> Iterator[Named]:
    """`NVDA`, `$NVDA …`, `NASDAQ: NVDA`, `NVDA: NVIDIA Corp`, `NVDA B`; `NVDA NVIDIA`, if the directory says so."""
    symbol, rest = found["sym"], found["rest"]
    marked, has_digit = bool(found["mark"] or found["dollar"] or found["ex"]), any(c.isdigit() for c in symbol)
    is_value = bool(_VALUE.match(rest) or (len(symbol) > 1 and _GRADED.fullmatch(rest)))
    if marked or (not has_digit and (found["sep"] or not rest or is_value)):
        name = re.split(r"[|·•]|\s[-–—]\s", rest)[0].strip()
        named = is_company_like(name) and not _SUFFIX.fullmatch(name)  # "NIKE, Inc." is a name alone
        yield (symbol,), _strength(symbol, marked or named), rest
    if not has_digit and re.match(r"[A-Z\u0100-\uffff]..", rest):
        sure = len(symbol) > 1 and (is_company_like(rest) or (rest.endswith(")") and not rest[0].isascii()))
        yield (symbol,), Strength.PLAIN if sure else Strength.NONE, rest


def _strength(symbol: str, sure: bool) -> Strength:
    if sure:
        return Strength.STRONG
    return Strength.WEAK if symbol in "ABCDEF" or label_kinds(symbol) else Strength.PLAIN
