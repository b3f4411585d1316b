"""Where a line names a stock: `NVDA`, `$NVDA`, `NYSE: IBM`, `NVIDIA Corp (NVDA)`, `UA/UAA`, `BRK-B`.

A mention says how strongly it looks like a name and what stands beside it; whether it really is one is
decided by the structure around it (`blocks.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum

from backtest.model import TICKER_PATTERN
from backtest.reports.directory import Directory
from backtest.reports.grades import GRADE_TEXT
from backtest.reports.page import Line
from backtest.reports.vocabulary import fold
from backtest.reports.words import Kind, is_plain_label, label_kinds
from backtest.tickers import canonical_ticker


class Strength(IntEnum):
    """How sure a name is. WEAK: a letter, a label's word, a symbol that is not listed; STRONG: marked, or named."""

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

    def judged(self, directory: Directory | None) -> Mention:
        """Return the mention as weak when its form alone makes it a name and no directory lists it."""
        if directory is None or self.strength is not Strength.PLAIN:
            return self
        return self if directory.names.keys() & self.tickers else replace(self, strength=Strength.WEAK)


_EXCHANGE = (
    r"(?:NYSE(?:[ -]?(?:American|Arca|MKT))?|N[Aa][Ss][Dd][Aa][Qq](?:[ -]?(?:GS|GM|CM|Global Select|Capital Market))?"
    r"|AMEX|BATS|CBOE|OTC(?:QX|QB|MKTS| Markets)?|XNYS|XNAS|ARCA|NYQ|NMS)"
)
_SYMBOL = r"[A-Z]{1,6}(?:[./-][A-Z]{1,2})?"
_DIGITS = r"[A-Z][A-Z0-9]{0,5}(?:[./-][A-Z]{1,2})?"
_RANK = r"(?:(?:#|No\.? ?|Nr\.? ?|Rank ?#?|Platz ?)\d{1,3}\s*[.):\-–—]?\s+|\d{1,3}\s*[.)]\s*)?"
_END = r"(?![\w.$]*\w)"

_OWN = re.compile(
    rf"{_RANK}[\[(「【]?(?:(?P<ex>{_EXCHANGE})\s?[:：\-·|/ ]\s*)?(?P<dollar>\$)?(?P<sym>{_DIGITS})"
    r"(?:[.:](?P<us>US|NYSE|NASDAQ)| US(?: Equity)?)?"
    rf"(?:\s?\(?(?P<ex2>{_EXCHANGE})\)?)?[\])」】]?\s?[:：]?"
)
_COMPOUND = re.compile(rf"{_RANK}\$?(?P<first>[A-Z]{{1,5}})(?P<more>(?:\s*(?:/|&|,|\+)\s*\$?[A-Z]{{1,6}}){{1,3}})")
_SPACED_CLASS = re.compile(r"\$?(?P<sym>[A-Z]{2,5}) (?P<letter>[A-D])")
_DOLLAR = re.compile(rf"{_RANK}\$(?P<sym>{_DIGITS}){_END}\s*(?P<rest>.*)")
_EXCHANGE_IN = re.compile(rf"(?:^|[\s(\[|·•,])(?P<ex>{_EXCHANGE})\s?[:：]\s?\$?(?P<sym>{_DIGITS}){_END}")
_LEAD = re.compile(rf"{_RANK}\$?(?P<sym>{_SYMBOL}){_END}\s*(?P<sep>[-–—:：|·•,(\[»>])\s*(?P<rest>\S.*)")
_IN_BRACKETS = re.compile(
    rf"(?P<before>[^()\[\]]{{2,80}}?)\s*[\[(（](?:(?P<ex>{_EXCHANGE})(?:\s?[:：]\s?|\s))?(?P<dollar>\$)?(?P<sym>{_SYMBOL})[\])）](?P<after>.*)"
)
_OPENS_IN_BRACKETS = re.compile(rf"\((?:{_EXCHANGE}\s?[:：]\s?)?\$?(?P<sym>{_SYMBOL})\)[\s:,–—-]*(?P<rest>.*)")
"""What stands behind a company's name in a piece of its own: "**Acme Corp** (ACME) gapped up …"."""
_TRAIL = re.compile(rf"(?P<before>[A-Z][^|·•–—]{{2,60}}?)\s*(?:[|·•–—/,]|\s-\s)\s*\$?(?P<sym>{_SYMBOL})")
_GLUED = re.compile(r"(?P<sym>[A-Z]{1,5})[\s\[(]*(?P<grade>[A-D])[+-]?[ \-–]?(?:Grade|GRADE|grade)\b.*")
_LEAD_WORDS = re.compile(rf"{_RANK}(?P<sym>[A-Z]{{2,5}}) (?P<rest>[A-Z][\w'’&.,\- ]{{2,60}})")
_WITH_CLASSES = frozenset(
    {"BRK", "BF", "HEI", "LEN", "MOG", "GEF", "BIO", "CWEN", "UHAL", "AKO", "CRD", "JW", "LGF", "BH"}
)
"""Companies whose share class is often written after a blank; behind other symbols a letter is a grade."""
_PLACEHOLDER = re.compile(r"(?i)n/[adk]|n\.[adk]\.?|tbd|tba|none|null")
_LABELLED = re.compile(rf"(?P<label>[^:：$]{{2,24}}?)\s*[:：]\s*\$?(?P<sym>{_DIGITS}){_END}\s*(?P<rest>.*)")

_SUFFIX = re.compile(
    r"\b(?:inc|corp|corporation|company|co|ltd|limited|plc|llc|lp|group|holdings?|technologies|systems|bancorp|bank|energy|pharma\w*|therapeutics|sa|s\.a|ag|se|nv|n\.v|adr|trust|partners|international"
    r"|industries|brands|motors?|airlines|financial|software|networks?|solutions|sciences|labs|entertainment|foods|resources|health\w*)\b\.?",
    re.IGNORECASE,
)


def is_company_like(text: str) -> bool:
    """Tell whether a text ends or is built like a company's name."""
    return bool(_SUFFIX.search(text))


def is_exchange(text: str) -> bool:
    """Tell whether a text is nothing but an exchange's name."""
    return bool(re.fullmatch(_EXCHANGE, text.strip()))


def canonical(symbol: str) -> str | None:
    """Return the canonical spelling of a printed symbol (`BRK/B` → `BRK.B`), None when it is no ticker."""
    plain = canonical_ticker(symbol)
    return plain if symbol.isascii() and TICKER_PATTERN.fullmatch(plain) else None


def mentions_in(line: Line) -> list[Mention]:
    """Return the stocks a line names prominently; prose names none."""
    if len(line.plain) > 160:
        opening = line.segments[0]
        if not opening.strong or len(opening.text) > 60 or len(line.segments) < 2:
            return []
        mention = _mention(line, 0, opening.text) or _behind_company(line, 1)
        return [mention] if mention is not None else []
    found = []
    for index, segment in enumerate(line.segments):
        mention = _mention(line, index, segment.text) or (_behind_company(line, index) if index else None)
        if mention is not None:
            found.append(mention)
    if not found:
        exchange = _EXCHANGE_IN.search(line.plain)
        if exchange and len(line.plain) <= 100:
            mention = _made(line, 0, (exchange["sym"],), Strength.STRONG, line.plain.replace(exchange.group(), " "))
            found = [mention] if mention else []
    return found


def _behind_company(line: Line, index: int) -> Mention | None:
    company = line.segments[index - 1].text
    behind = _OPENS_IN_BRACKETS.fullmatch(line.segments[index].text)
    if behind is None or not is_company_like(company) or len(company) > 80 or behind["sym"] in ("A", "B", "C", "D"):
        return None
    return _made(line, index, (behind["sym"],), Strength.PLAIN, company)


def symbol_of(text: str) -> str | None:
    """Return the canonical ticker when a text is nothing but one stock's symbol."""
    own = _OWN.fullmatch(text)
    return canonical(own["sym"]) if own else None


def _mention(line: Line, index: int, text: str) -> Mention | None:
    if not text.isascii():
        stripped = "".join(
            c if ord(c) < 128 or c in "–—：（）【】「」•·»’" else " " if not c.isalnum() else c for c in text
        ).strip()
        if not stripped:
            return None
        text = stripped
    if len(text) > 160 or not any("A" <= c <= "Z" for c in text):
        return None
    if _PLACEHOLDER.fullmatch(text) or (is_exchange(text) and text != "CBOE"):  # CBOE is listed itself
        return None
    own = _OWN.fullmatch(text)
    if own:
        strong = bool(own["ex"] or own["ex2"] or own["dollar"] or own["us"])
        if not strong and any(c.isdigit() for c in own["sym"]):
            return None
        beside = line.segments[index + 1].text if index == 0 and len(line.segments) > 1 else ""
        return _made(line, index, (own["sym"],), _strength(own["sym"], strong, is_company_like(beside)))
    spaced = _SPACED_CLASS.fullmatch(text)
    if spaced and not label_kinds(spaced["sym"]):
        if spaced["sym"] in _WITH_CLASSES:
            return _made(line, index, (text.lstrip("$"),), Strength.PLAIN)
        return _made(line, index, (spaced["sym"],), Strength.PLAIN, spaced["letter"])
    compound = _COMPOUND.fullmatch(text)
    if compound:
        parts = [compound["first"], *re.findall(r"[A-Z]{1,6}", compound["more"])]
        if not all(len(part) == 1 or label_kinds(part) for part in parts):
            return _made(line, index, tuple(parts), Strength.PLAIN)
    return _with_rest(line, index, text)


def _with_rest(line: Line, index: int, text: str) -> Mention | None:
    dollar = _DOLLAR.fullmatch(text)
    if dollar:
        return _made(line, index, (dollar["sym"],), Strength.STRONG, dollar["rest"])
    glued = _GLUED.fullmatch(text)
    if glued:
        return _made(line, index, (glued["sym"],), Strength.PLAIN, text[len(glued["sym"]) :])
    labelled = _LABELLED.fullmatch(text)
    if labelled and Kind.TICKER in label_kinds(labelled["label"]) and is_plain_label(labelled["label"]):
        return _made(line, index, (labelled["sym"],), Strength.STRONG, labelled["rest"])
    bracket = _IN_BRACKETS.fullmatch(text)
    if bracket and bracket["sym"] in "ABCDEF" and (ahead := _OWN.fullmatch(bracket["before"])):
        return _made(line, index, (ahead["sym"],), _strength(ahead["sym"], False), text[len(bracket["before"]) :])
    if bracket and _could_be_company(bracket["before"]):
        strong = bool(bracket["ex"] or bracket["dollar"])
        strength = _strength(bracket["sym"], strong, is_company_like(bracket["before"]))
        return _made(line, index, (bracket["sym"],), strength, f"{bracket['before']} {bracket['after']}")
    lead = _LEAD.fullmatch(text)
    if lead and len(text) <= (160 if lead["sep"] in "(|·•[" else 90):
        rest = _unbracket(lead["sep"], lead["rest"])
        named = is_company_like(re.split(r"[|·•]|\s[-–—]\s", rest)[0])
        return _made(line, index, (lead["sym"],), _strength(lead["sym"], False, named), rest)
    trail = _TRAIL.fullmatch(text)
    named = trail is not None and is_company_like(trail["before"].split()[-1])
    if (
        trail
        and _could_be_company(trail["before"])
        and (named or (len(trail["sym"]) > 1 and not label_kinds(trail["sym"])))
    ):
        return _made(line, index, (trail["sym"],), Strength.PLAIN, trail["before"])
    words = _LEAD_WORDS.fullmatch(text)
    if words and is_company_like(words["rest"]):
        return _made(line, index, (words["sym"],), Strength.PLAIN, words["rest"])
    return None


def _is_announced(line: Line, index: int) -> bool:
    """Tell whether the text before a letter says that it is a grade ("Grade: **B**")."""
    return index > 0 and Kind.GRADE in label_kinds(line.segments[index - 1].text[-24:])


def _unbracket(sep: str, rest: str) -> str:
    return rest.replace(")", " ", 1).replace("]", " ", 1) if sep in "([" else rest


def _could_be_company(text: str) -> bool:
    folded = fold(text)
    return (
        any(c.isalpha() for c in folded)
        and (is_company_like(text) or not label_kinds(text))
        and len(folded.split()) <= 8
    )


def _strength(symbol: str, strong: bool, named: bool = False) -> Strength:
    if strong or named:
        return Strength.STRONG
    return Strength.WEAK if symbol in ("A", "B", "C", "D", "E", "F") or label_kinds(symbol) else Strength.PLAIN


def _made(line: Line, index: int, symbols: tuple[str, ...], strength: Strength, rest: str = "") -> Mention | None:
    if (
        strength is Strength.WEAK
        and len(symbols[0]) == 1
        and (GRADE_TEXT.search(line.segments[index].text) or _is_announced(line, index))
    ):
        return None
    if len(symbols) == 2 and len(symbols[1]) == 1 and symbols[1] in "ABC" and len(symbols[0]) > 1:
        symbols = (f"{symbols[0]}/{symbols[1]}",)
    tickers = tuple(dict.fromkeys(ticker for symbol in symbols if (ticker := canonical(symbol)) is not None))
    if len(tickers) != len(set(symbols)):
        return None
    respelled = next((symbol for symbol, ticker in zip(symbols, tickers, strict=False) if symbol != ticker), "")
    return Mention(line, index, tickers, strength, rest.strip(" -–—:|·•,()[]/"), respelled)
