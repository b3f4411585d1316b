"""Text and numbers as reports print them: spaces, dashes, separators of both worlds, units.

`tokens_in` finds every number of a line with its unit, so that a field's reader can say "a percentage
is no price" and "2/3 is no 23". Nothing here knows a label.
"""

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
_LEADERS = re.compile(r"(?<=\w) ?\.{4,} ?(?=\S)")
"""What leads from a label to its value: "Score ...... 88"."""
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad\u202a-\u202e\u2066-\u2069]")
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
    folded = _LEADERS.sub(": ", _SPACES.sub(" ", text).strip())
    if not folded.isascii():
        folded = folded.replace("\u2212 ", "\u2212").translate(_PUNCTUATION)
        folded = folded.strip("\u200b\u200c\u200d\u2060\ufeff\u00ad ")
    return _CONTROL.sub("", folded)


def printable(text: str, limit: int = 80) -> str:
    """Return foreign text for messages: one line, no control or invisible characters, capped."""
    flat = _INVISIBLE.sub("", _CONTROL.sub(" ", _SPACES.sub(" ", text))).strip()
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


class Unit(StrEnum):
    """What a printed number is, by its sign or neighbour."""

    MONEY = "money"
    FOREIGN_MONEY = "foreign money"
    AMOUNT = "amount"  # 1.99M, $9.21B: a size, never a price
    PERCENT = "percent"
    RATIO = "ratio"
    POINTS = "points"
    NUMBER = "number"
    MULTIPLE = "multiple"
    RANGE = "range"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Token:
    """One number of a line. value: as printed; of: the denominator of a ratio; start, end: in the line."""

    unit: Unit
    value: Decimal
    start: int
    end: int
    text: str
    of: Decimal | None = None
    signed: bool = False

    @property
    def decimals(self) -> int:
        exponent = self.value.as_tuple().exponent
        return -exponent if isinstance(exponent, int) and exponent < 0 else 0


_NUM = (
    r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:'\d{3})+(?:[.,]\d+)?|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:[ ]\d{3})+,\d+"
    r"|\d{1,3}(?:[ ]\d{3})+(?=\s?(?:US\$|\$|USD|€|EUR))|\d+,\d+|\d+(?:\.\d+)?|\.\d+)"
)
_SIGN = r"(?:(?:(?<![\w.,%)])[+\-–—±]|(?<![\w.,%)])\+[ ]|(?<![^(\[\x1f])[+\-–—±][ ])(?=[$€£¥\d.U]))?"
_POINT_WORDS = (
    r"(?i:pts?\.?|points?|punkten?|pkt\.?|puntos?|punti|pontos?|punten|ptos\.?|点|ポイント|分|점|баллов|балла?|points?)"
)
_OF_WORDS = r"(?i:/|out[ ]of|of|von|sur|de|su|van|av|из)"
_END = r"(?![A-Za-z0-9]|[.,]\d)"
_TOKEN_SOURCE = rf"""
    (?P<date>MONTHS\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{4}}/\d{{1,2}}/\d{{1,2}}|(?<![\d.])(?:0?[1-9]|[12]\d|3[01])(?P<date_sign>[./])(?:0?[1-9]|[12]\d|3[01])(?P=date_sign)(?:20)?\d{{2}}(?![\d./])
        |\d{{4}}年(?:\d{{1,2}}月(?:\d{{1,2}}日)?)?|\d{{1,2}}月\d{{1,2}}日|\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:\s?[AaPp]\.?[Mm]\b)?)
    |(?P<best>(?P<best_of>{_NUM})\s?点満点中\s?(?P<best_value>{_NUM})\s?点?)
    |(?P<range>(?:[<>≤≥~≈]=?\s*\$?{_NUM}\s*%?)
        |(?<![\w.,])(?!{_NUM}[ ]?%?[ ]*(?:-|–|—|~|to|bis)[ ]*\$)
            \$?{_NUM}[ ]?%?[ ]*(?:-|–|—|~|to|bis)[ ]*\$?{_NUM}(?:\s*%|\s*{_POINT_WORDS}\b)?(?![\w])
        |(?<![\w.,])\$?{_NUM}\s*%?\s?\+(?![\d.]))
    |(?P<ratio>(?P<top>{_SIGN}(?<![\w.]){_NUM})\s*{_POINT_WORDS}?\s*{_OF_WORDS}\s*(?P<bottom>{_NUM})
        (?:\s*{_POINT_WORDS}(?![A-Za-z]))?{_END})
    |(?P<money>{_SIGN}(?P<cur>US\s?\$|U\.S\.\s?\$|\$|USD\s?|€|£|¥|EUR\s?|GBP\s?|JPY\s?|CHF\s?|C\$|A\$|HK\$)\s*-?(?P<money_num>{_NUM})
        (?P<size>\s?(?:[KMBT]\b|bn\b|mn\b|mio\.?|mrd\.?|million|billion|trillion|Millionen|Milliarden))?{_END})
    |(?P<after>{_SIGN}(?<![\w.])(?P<after_num>{_NUM})[ ]?
        (?P<cur2>US\s?\$|\$|USD\b|US-Dollar|Dollars?\b|dollars?\b|d[oó]lares|ドル|美元|€|£|¥|EUR\b|円|元|GBP\b|CHF\b))
    |(?P<percent>{_SIGN}(?<![\w.])(?P<percent_num>{_NUM})\s?
        (?i:%|percent\b|prozent\b|pour[ ]cent|por[ ]ciento|パーセント))
    |(?P<multiple>(?<![\w.]){_NUM}\s?[x×X](?![\w]))
    |(?P<points>{_SIGN}(?<![\w.])(?P<points_num>{_NUM})\s*{_POINT_WORDS}(?![A-Za-z]))
    |(?P<amount>(?<![\w.$]){_NUM}\s?(?:[KMBT]|bn|mn|million|billion|trillion|Mio\.?|Mrd\.?|億|万|兆)(?![A-Za-z]))
    |(?P<number>{_SIGN}(?<![\w.$])(?P<number_num>{_NUM})(?![\w]|-[A-Za-z]|[.,]\d))
    """
_STARTS = r"(?=[\d$€£¥<>≤≥~≈+\-–—±.]|[UECGJHA][\w.]{0,2}[$\s\d])"
_TOKEN = re.compile(f"{_STARTS}(?:{_TOKEN_SOURCE.replace('MONTHS', '')})", re.VERBOSE)
_TOKEN_OR_MONTH = re.compile(_TOKEN_SOURCE.replace("MONTHS", f"{MONTH_DATE}|"), re.VERBOSE)
_MONTH_NEAR = re.compile(rf"(?i)\b{MONTH_WORD}\b")
_DOLLARS = re.compile(r"(?:US\s?\$|U\.S\.\s?\$|\$|USD\s?|US-Dollar|[Dd]ollars?|d[oó]lares|ドル|美元)")
_COMMA_DECIMAL = re.compile(r"(?<![\d.,])\d{1,6},\d{1,2}(?![\d.,])|\d\.\d{3},\d")
_POINT_DECIMAL = re.compile(r"(?<![\d.,])\d{1,6}\.\d{1,2}(?![\d.,])|\d,\d{3}\.\d")


_SCALES = (Decimal(5), Decimal(10), Decimal(100))
_BEFORE_SCALE = re.compile(
    r"(?i)(?:/|\b(?:scores?|points?|punkte|total) of|\bout of|\bmax(?:imum|\.)?(?: of)?"
    r"|(?:\bn/?a|\bnan|\binf|\bnone|\btbd|[-–—?])\s*(?:of|von|sur|aus|de|su|из))\s*$"
)


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
        grouped = re.fullmatch(r"\d{1,3}(?:,\d{3})+", plain)
        plain = plain.replace(",", "") if grouped and not plain.startswith("0,") else plain.replace(",", ".")
        if plain.count(".") > 1:
            return None
    elif decimal_comma and re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", plain):
        plain = plain.replace(".", "")
    try:
        return Decimal(plain) if len(plain) <= 24 else None
    except InvalidOperation:
        return None


@lru_cache(maxsize=20_000)
def tokens_in(text: str, decimal_comma: bool = False) -> tuple[Token, ...]:
    """Return the numbers of a line from left to right, each with its unit. Ranges and dates are told apart."""
    if not any(character.isdigit() for character in text):
        return ()
    pattern = _TOKEN_OR_MONTH if _MONTH_NEAR.search(text) else _TOKEN
    tokens = (_token(match, decimal_comma) for match in pattern.finditer(text))
    return tuple(token for token in tokens if token is not None and not _is_lone_scale(token, text))


def _is_lone_scale(token: Token, text: str) -> bool:
    """Return whether a number is what something unreadable is out of: the 100 of "N/A / 100" is nobody's score."""
    return (
        token.of is None
        and token.value in _SCALES
        and token.unit in (Unit.NUMBER, Unit.POINTS, Unit.PERCENT)
        and _BEFORE_SCALE.search(text[: token.start]) is not None
    )


_BY_GROUP = {
    "money": Unit.MONEY,
    "after": Unit.MONEY,
    "percent": Unit.PERCENT,
    "points": Unit.POINTS,
    "number": Unit.NUMBER,
    "ratio": Unit.RATIO,
    "best": Unit.RATIO,
}
_WITHOUT_VALUE = {"date": Unit.DATE, "range": Unit.RANGE, "multiple": Unit.MULTIPLE, "amount": Unit.AMOUNT}


def _token(match: re.Match[str], decimal_comma: bool) -> Token | None:
    groups = match.groupdict()
    text = match.group()
    sign = text.lstrip()[:1]
    for name, unit in _WITHOUT_VALUE.items():
        if groups[name]:
            return Token(unit, Decimal(0), match.start(), match.end(), text.strip(), None, sign in "+-–—±")
    kind, unit = next((name, unit) for name, unit in _BY_GROUP.items() if groups[name])
    number = groups["top"].lstrip("+-–—± ") if kind == "ratio" else groups.get(f"{kind}_num") or groups["best_value"]
    negative = sign in "-–—" or (kind == "money" and "-" in text[: match.start("money_num") - match.start()])
    bottom = groups["bottom"] or groups["best_of"]
    of = parse_number(bottom, decimal_comma) if bottom else None
    if unit is Unit.MONEY and not _DOLLARS.fullmatch(groups["cur"] or groups["cur2"]):
        unit = Unit.FOREIGN_MONEY
    if groups["size"]:
        unit = Unit.AMOUNT
    value = parse_number(number, decimal_comma)
    if value is None:
        return None
    return Token(unit, -value if negative else value, match.start(), match.end(), text.strip(), of, sign in "+-–—±")
