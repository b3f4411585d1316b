"""Text and numbers as reports print them, each number with its unit: a percentage is no price, and 2/3 is no 23."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache

from backtest.reports.dates import MONTH_DATE, MONTH_WORD

BOUNDARY = "\x1f"
"""Stands between two pieces of text that the page keeps apart inside one line."""
_SPACES = re.compile(r"[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad\u202a-\u202e\u2066-\u2069]|[0-9]\ufe0f?\u20e3")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_PUNCTUATION = str.maketrans(
    "\u2010\u2011\u2212\ufe63\uff0d\uff05\ufe6a\uff0b\uff0e\uff0c\uff0f\uff1a\uff04\ufe69\uff08\uff09\uff1b\uff5c\u2044"
    "\u2019\u3010\u3011\u30fb\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
    "-----%%+.,/:$$();|/'[]·0123456789",
)


def clean(text: str) -> str:
    """Return one line of visible text: white space folded, dashes and full-width signs made plain.

    Letters are left as they are, so that a look-alike letter never becomes a ticker.
    """
    folded = _SPACES.sub(" ", text).strip()
    if not folded.isascii():
        folded = folded.replace("\u2212 ", "\u2212").translate(_PUNCTUATION)
        folded = folded.strip("\u200b\u200c\u200d\u2060\ufeff\u00ad ")
    return _CONTROL.sub("", folded)


def printable(text: str, limit: int = 80) -> str:
    """Return foreign text for messages: one line, no control or invisible characters, capped."""
    flat = _INVISIBLE.sub("", _CONTROL.sub(" ", _SPACES.sub(" ", text))).strip()
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


class Unit(StrEnum):
    """What a printed number is, by its sign or neighbour: the first that fits, named as its group in the pattern.

    A group whose name ends in `_2` is another way to print the same.
    """

    DATE = "date"
    RANGE = "range"
    AMOUNT = "amount"  # 1.99M, $9.21B: a size, never a price
    MONEY = "money"
    FOREIGN_MONEY = "foreign"
    RATIO = "ratio"
    PERCENT = "percent"
    MULTIPLE = "multiple"
    POINTS = "points"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Token:
    """One number of a line. value: as printed; of: the denominator of a ratio; start, end: in the line."""

    unit: Unit
    value: Decimal
    start: int
    end: int
    text: str
    of: Decimal | None
    signed: bool

    @property
    def decimals(self) -> int:
        exponent = self.value.as_tuple().exponent
        return -exponent if isinstance(exponent, int) and exponent < 0 else 0


_NUM = (
    r"(?:(?<=\$)\d{1,3}(?:[ ]\d{3})+\.\d\d(?!\d)|\d{1,3}(?:[,.']\d{3})+(?:[.,]\d+)?"
    r"|\d{1,3}(?:[ ]\d{3})+(?:,\d+|(?=\s?(?:US\$|\$|USD|€|EUR)))"
    r"|\d+(?:[.,]\d+)?|\.\d+)"
)
_SIGN = r"(?:(?:(?<![\w.,%)])[+\-–—±]|(?<![\w.,%)])\+[ ]|(?<![^(\[\x1f])[+\-–±][ ])(?=[$€£¥\d.U]))?"
_POINT = r"(?i:pts?\.?|points?|punkten?|pkt\.?|puntos?|punti|pontos?|punten|ptos\.?|点|ポイント|分|점|баллов|балла?)"
_OF = r"(?i:/|out[ ]of|of|von|sur|de|su|van|av|из)"
_TO = r"(?:[-–—~]|[ ](?:[-–—~]|to|bis)[ ])"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_TOKEN_SOURCE = rf"""
    (?P<date>MONTHS\d{{4}}([-/])\d{{1,2}}\2\d{{1,2}}|(?<![\d.]){_DAY}([./]){_DAY}\3(?:20)?\d{{2}}(?![\d./])
        |\d{{4}}年(?:\d{{1,2}}月(?:\d{{1,2}}日)?)?|\d{{1,2}}月\d{{1,2}}日
        |\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:\s?[AaPp]\.?[Mm]\b)?)
    |(?P<range>[<>≤≥~≈]=?\s*\$?{_NUM}\s*%?
        |(?<![\w.,])(?:\${_NUM}{_TO}\$?{_NUM}|{_NUM}[ ]?%?{_TO}{_NUM}(?:\s*%|\s*{_POINT}\b)?)(?!\w)
        |(?<![\w.,])\$?{_NUM}\s*%?\s?\+(?![\d.]))
    |(?P<ratio_2>{_NUM})\s?点満点中\s?(?P<reached>{_NUM})\s?点?
    |{_SIGN}
        (?:(?P<front>(?P<money>US\s?\$|U\.S\.\s?\$|\$|USD)|(?P<foreign>€|£|¥|EUR|GBP|JPY|CHF|C\$|A\$|HK\$))\s*(?P<minus>-?)
            |(?<![\w.$]))
        (?P<number>{_NUM})
        (?:\s*{_POINT}?\s*{_OF}\s*(?P<ratio>{_NUM})(?:\s*{_POINT}(?![A-Za-z]))?(?![A-Za-z0-9]|[.,]\d)
            |(?(front)(?!))[ ]?(?:(?P<money_2>US\s?\$|\$|USD\b|US-Dollar|[Dd]ollars?\b|d[oó]lares|ドル|美元)
                |(?P<foreign_2>€|£|¥|EUR\b|円|元|GBP\b|CHF\b))
            |\s?(?P<percent>(?i:%|percent\b|prozent\b|pour[ ]cent|por[ ]ciento|パーセント))
            |\s?(?P<multiple>[x×X])(?!\w)
            |\s*(?P<points>{_POINT})(?![A-Za-z])
            |(?(front)|(?!(?<=(?<![.,\d])\d\d)[ ]B(?!\w)))  # "76 B": a total and a letter
             [ ]?(?P<amount>[KMBT]|(?i:bn|mn|mio\.?|mrd\.?|million|billion|trillion|millionen|milliarden)|億|万|兆)
                (?![A-Za-z])
            |(?!\w|-[A-Za-z]|[.,]\d))
    """
_STARTS = r"(?=[\d$€£¥<>≤≥~≈+\-–—±.]|[UECGJHA][\w.]{0,2}[$\s\d])"
_TOKEN = re.compile(f"{_STARTS}(?:{_TOKEN_SOURCE.replace('MONTHS', '')})", re.VERBOSE)
_TOKEN_OR_MONTH = re.compile(_TOKEN_SOURCE.replace("MONTHS", f"{MONTH_DATE}|"), re.VERBOSE)
_MONTH_NEAR = re.compile(rf"(?i)\b{MONTH_WORD}\b")
_COMMA_DECIMAL = re.compile(r"(?<![\d.,])\d{1,6},\d{1,2}(?![\d.,])|\d\.\d{3},\d")
_POINT_DECIMAL = re.compile(r"(?<![\d.,])\d{1,6}\.\d{1,2}(?![\d.,])|\d,\d{3}\.\d")
_BEFORE_SCALE = re.compile(
    r"(?i)(?:/|\b(?:scores?|points?|punkte|total) of|\bout of|\bmax(?:imum|\.)?(?: of)?"
    r"|(?:\bn/?a|\bnan|\binf|\bnone|\btbd|[-–—?])\s*(?:of|von|sur|aus|de|su|из))\s*$"
)
_REPLACED = re.compile(r"\s*(?:\([^()]*\)\s*)?(?:→|->|➜|⇒|now\b)\s*(?:[a-z-]+ )?[$+-]?\d")
"""What follows a number in whose place another one has come: "77 → 91"."""


def uses_decimal_comma(text: str) -> bool:
    """Return whether a page writes 12,34 for twelve and a bit, by counting the unambiguous numbers."""
    return len(_COMMA_DECIMAL.findall(text)) > len(_POINT_DECIMAL.findall(text))


def parse_number(text: str, decimal_comma: bool = False) -> Decimal | None:
    """Return the value of one printed number; None when it is none.

    decimal_comma decides only what is ambiguous: 1.025 is 1025 on such a page, and 1,025 is 1.025 nowhere
    (three digits after a single comma are thousands).
    """
    plain = text.replace("'", "").replace(" ", "")
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma >= 0 and point >= 0:
        plain = plain.replace(",", "") if point > comma else plain.replace(".", "").replace(",", ".")
    elif comma >= 0:
        is_grouped = re.fullmatch(r"(?!0,)\d{1,3}(?:,\d{3})+", plain)
        plain = plain.replace(",", "" if is_grouped else ".")
    elif decimal_comma and re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", plain):
        plain = plain.replace(".", "")
    try:
        return Decimal(plain) if len(plain) <= 24 else None
    except InvalidOperation:
        return None


@lru_cache(maxsize=20_000)
def tokens_in(text: str, decimal_comma: bool = False) -> tuple[Token, ...]:
    """Return the numbers of a line from left to right, each with its unit. Ranges and dates are told apart."""
    if not any(map(str.isdigit, text)):
        return ()
    pattern = _TOKEN_OR_MONTH if _MONTH_NEAR.search(text) else _TOKEN
    tokens = filter(None, (_token(match, decimal_comma) for match in pattern.finditer(text)))
    return tuple(one for one in tokens if not (_is_lone_scale(one, text) or _is_replaced(one, text)))


def _is_replaced(token: Token, text: str) -> bool:
    other = _REPLACED.match(text, token.end)
    return other is not None and ("$" in other[0]) == (token.unit is Unit.MONEY)


def _is_lone_scale(token: Token, text: str) -> bool:
    """Return whether a number is what something unreadable is out of: the 100 of "N/A / 100" is nobody's score."""
    may_be = token.value in (5, 10, 100) and token.unit in (Unit.NUMBER, Unit.POINTS, Unit.PERCENT)
    return may_be and _BEFORE_SCALE.search(text[: token.start]) is not None


def _token(match: re.Match[str], decimal_comma: bool) -> Token | None:
    groups = match.groupdict()
    text = match.group().strip()
    unit = next(unit for unit in Unit if groups[unit] or groups.get(f"{unit}_2"))
    is_number = unit not in (Unit.DATE, Unit.RANGE, Unit.MULTIPLE)
    value = parse_number(groups["number"] or groups["reached"], decimal_comma) if is_number else Decimal(0)
    if value is None:
        return None
    of = parse_number(groups["ratio"] or groups["ratio_2"], decimal_comma) if unit is Unit.RATIO else None
    is_negative = text[0] in "-–—" or groups["minus"]
    return Token(unit, -value if is_negative else value, match.start(), match.end(), text, of, text[0] in "+-–—±")
