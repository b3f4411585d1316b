"""Where a line names a stock: `NVDA`, `$NVDA`, `NYSE: IBM`, `NVIDIA Corp (NVDA)`, `UA/UAA`, `BRK-B`.

A mention says how strongly it looks like a name and what stands beside it; whether it really is one is decided by what
its record shows (`groups.py`) and by the asset directory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum

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
    """Stocks named by one line. rest: what the same text says besides (company, price, badge)."""

    line: Line
    segment: int
    tickers: tuple[str, ...]
    strength: Strength
    rest: str = ""
    respelled: str = ""

    def is_named(self, directory: Directory | None) -> bool:
        """Return whether the same text prints the company's name as the directory has it, and more than the ticker."""
        name = directory.names.get(self.tickers[0]) if directory is not None and self.rest else None
        return name is not None and core_words(self.line.segments[self.segment].text) == core_words(name)

    def judged(self, directory: Directory | None) -> Mention:
        """Return the mention as weak when its form alone makes it a name and no directory lists it."""
        if directory is None or self.strength is Strength.WEAK:
            return self
        if self.strength is Strength.NONE:
            named = any(
                one in directory.names
                and (fit(self.rest, one, directory) is Fit.SAME or core_words(self.rest) == (one.lower(),))
                for one in self.tickers
            )
            return replace(self, strength=Strength.STRONG) if named else self
        text, listed = self.line.segments[self.segment].text, directory.names.keys() & self.tickers
        others = (one for one in directory.beginning_with(first_word(text)) if one not in self.tickers)
        if any(core_words(directory.names[one]) == core_words(text) for one in others):
            return replace(self, strength=Strength.WEAK if listed else Strength.NONE)  # "AMC Networks" is AMCX
        return self if listed else replace(self, strength=Strength(self.strength - 1))


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
    return canonical(first["sym"]) if first and not first["rest"] else None


def mentions_in(line: Line) -> list[Mention]:
    """Return the stocks a line names prominently; prose names none but in its opening, where that is marked."""
    is_prose = len(line.plain) > MAX_PROSE
    asked = [
        index for index, one in enumerate(line.segments[: MARKED if is_prose else None]) if one.path or not is_prose
    ]
    found = [mention for index in asked for mention in _mentions(line, index)]
    if not found and not asked and (opening := _OPENING.match(line.segments[0].text)):
        made = _made(line, 0, (opening["sym"],), Strength.NONE, opening["company"])  # if the directory says so
        found = [made] if made is not None else []
    return found


def _mentions(line: Line, index: int) -> list[Mention]:
    """Return the stock that a piece of text names, in every way in which it may be read."""
    text = line.segments[index].text
    if not text.isascii():
        text = "".join(c if ord(c) < 128 or c.isalnum() or c in "–—：（）【】「」•·»’" else " " for c in text).strip()
    text = _MARKUP.sub("", text)
    text = _GLUED.sub(r"\1 ", _LISTED_IN.sub("", text))
    if (
        len(text) > MAX_PROSE
        or not any("A" <= c <= "Z" for c in text)
        or _PLACEHOLDER.fullmatch(text)
        or is_exchange(text)
    ):
        return []
    with_class, several = _WITH_CLASS.fullmatch(text), _SEVERAL.fullmatch(text)
    if with_class:
        ways = [_made(line, index, (with_class[1],), Strength.PLAIN)]
    elif several and not all(len(one) == 1 or label_kinds(one) for one in several.groups()):
        ways = [_made(line, index, several.groups(), Strength.PLAIN)]
    else:
        ways = [way(line, index, text) for way in _WAYS]
    return [made for made in ways if made is not None]


def _labelled(line: Line, index: int, text: str) -> Mention | None:
    """`Ticker: NVDA`."""
    found = _LABELLED.fullmatch(text)
    if found and Kind.TICKER in label_kinds(found["label"]) and is_plain_label(found["label"]):
        return _made(line, index, (found["sym"],), Strength.STRONG, found["rest"])
    return None


def _in_brackets(line: Line, index: int, text: str) -> Mention | None:
    """`NVIDIA Corp (NVDA)`, also with the name in the piece before."""
    found = _IN_BRACKETS.fullmatch(text)
    before = line.segments[index - 1].text if index and found and not found["company"] else ""
    company = _REMARK.sub("", before or (found["company"] if found else ""))
    if not found or not company or (len(found["sym"]) == 1 and re.match(r"[A-Z]{2,5}\b\s?[-–—:|/]", company)):
        return None  # "FAST - Fastenal - 79 (B)"
    is_symbol = found["sym"] not in "ABCDEF" and len(found["sym"]) <= 5 and not is_exchange(found["sym"])
    if len(company) <= 6 and company.isupper() and not is_symbol:
        return None  # "APLD (B)", "NVDA (NASDAQ)", "NVDA (NVIDIA)"
    if not _could_be_company(company):  # "Sprouts Farmers Market (SFM)", if the directory says so
        return None if symbol_of(company) else _made(line, index, (found["sym"],), Strength.NONE, company)
    sure = bool(found["mark"] or found["dollar"] or is_company_like(company))
    return _made(
        line, index, (found["sym"],), _strength(found["sym"], sure), f"{company} {'' if before else found['rest']}"
    )


def _first(line: Line, index: int, text: str) -> Mention | None:
    """`NVDA`, `$NVDA …`, `NASDAQ: NVDA`, `NVDA: NVIDIA Corp`, `NVDA B`."""
    found = _FIRST.fullmatch(text)
    if not found:
        return None
    symbol, rest, separated = found["sym"], found["rest"], bool(found["sep"])
    marked = bool(found["mark"] or found["dollar"] or found["ex"])
    if not marked and any(c.isdigit() for c in symbol):
        return None
    if not rest:
        return _made(line, index, (symbol,), _strength(symbol, marked))
    if marked or separated or re.match(r"[@+-]?\s?\$?\d", rest) or (len(symbol) > 1 and _GRADED.fullmatch(rest)):
        name = re.split(r"[|·•]|\s[-–—]\s", rest)[0].strip()
        named = is_company_like(name) and not _SUFFIX.fullmatch(name)  # "NIKE, Inc." is a name alone
        return _made(line, index, (symbol,), _strength(symbol, marked or named), rest)
    return None


def _before_words(line: Line, index: int, text: str) -> Mention | None:
    """`NVDA NVIDIA`, if the directory says so."""
    found = _FIRST.fullmatch(text)
    symbol, rest = (found["sym"], found["rest"]) if found else ("", "")
    if not re.match(r"[A-Z\u0100-\uffff]..", rest) or any(c.isdigit() for c in symbol):
        return None
    sure = len(symbol) > 1 and (is_company_like(rest) or (rest.endswith(")") and not rest[0].isascii()))
    return _made(line, index, (symbol,), Strength.PLAIN if sure else Strength.NONE, rest)


def _behind_name(line: Line, index: int, text: str) -> Mention | None:
    """`NVIDIA · NVDA`, if the directory says so."""
    found = _BEHIND_NAME.fullmatch(text)
    return _made(line, index, (found["sym"],), Strength.NONE, found["rest"]) if found else None


def _last_word(line: Line, index: int, text: str) -> Mention | None:
    """`TICKET 001 — BUY NVDA`, if the company is named beside it."""
    found = _LAST_WORD.fullmatch(text)
    return _made(line, index, (found["sym"],), Strength.NONE, found["rest"]) if found else None


_WAYS = (_labelled, _in_brackets, _first, _before_words, _behind_name, _last_word)


def _could_be_company(text: str) -> bool:
    return is_company_like(text) or not label_kinds(text)


def _strength(symbol: str, sure: bool) -> Strength:
    if sure:
        return Strength.STRONG
    return Strength.WEAK if symbol in "ABCDEF" or label_kinds(symbol) else Strength.PLAIN


def _made(line: Line, index: int, symbols: tuple[str, ...], strength: Strength, rest: str = "") -> Mention | None:
    if len(symbols) == 2 and symbols[1] in ("A", "B", "C") and len(symbols[0]) > 1:
        symbols = (f"{symbols[0]}/{symbols[1]}",)
    tickers = tuple(dict.fromkeys(ticker for symbol in symbols if (ticker := canonical(symbol)) is not None))
    if len(tickers) != len(set(symbols)):
        return None
    respelled = next((symbol for symbol, ticker in zip(symbols, tickers, strict=False) if symbol != ticker), "")
    return Mention(line, index, tickers, strength, rest.strip(" -–—:|·•,()[]/"), respelled)
