"""Who is meant: the symbol is listed, and a second proof, the company's name or the price, says the same.

The name must stand at the record itself. A price counts only where no name is printed: within
`max_identity_deviation_pct` of the market, by the price check's own measure. Printed and listed names lose accents,
punctuation, legal forms ("Inc", "Holdings plc") and the words of share classes ("Class A Common Stock"). Then:

- SAME: the words are equal (`CIENA Corp`, `Ciena Corporation Common Stock`), also when joined (`JPMorgan`,
  `JP Morgan`); or one name begins the other (`Natural Grocers`, `Natural Grocers by Vitamin Cottage`); or at least two
  leading words and two thirds of the shorter name agree (`Molson Coors Brewing`, `Molson Coors Beverage`). A word
  agrees with its abbreviation (`Intl`, `Mgmt`, `Pharma`).
- UNCLEAR: all that agrees is one word, or the initials (`Schwab`, `United`, `BNY`), or no name is listed.
- ANOTHER: the name is exactly another listed company's. UNLIKE: anything else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from backtest.entries import price_deviation
from backtest.model import Candidate, Price
from backtest.money import format_price
from backtest.reports.directory import Directory, first_word
from backtest.reports.verdict import Doubt
from backtest.reports.words import label_kinds


class Fit(StrEnum):
    """How a printed name fits the listed one."""

    SAME = "same"
    UNCLEAR = "unclear"
    UNLIKE = "unlike"
    ANOTHER = "another"


_SHARE_CLASS = re.compile(
    r"\b(?:american deposit[ao]ry|depositary (?:shares?|receipts?)|(?:class|series) [a-z]\b|capital stock|"
    r"common (?:stock|shares?|units?)|ordinary shares?|(?:new york )?registry shares|sub(?:ordinate)? vot|ad[rs]s?\b|"
    r"shares? of|limited partnership|beneficial interest|preferred|pfd\b|warrants?\b|units?\b|each representing|"
    r"par value).*"
)
_LEGAL = frozenset(
    """
    dba inc incorporated corp corporation co company ltd limited plc llc lp llp sa ag se nv spa ab asa oyj kk holding
    holdings group groep trust reit the and of de
    """.split()  # noqa: SIM905
)


@lru_cache(maxsize=20_000)
def core_words(name: str) -> tuple[str, ...]:
    """Return the words that tell a company from others: folded, without legal forms and share classes."""
    text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"\([^)]*(?:\)|$)", " ", text).replace("'", "")
    text = re.sub(r"\b([a-z])[.\s]+(?=[a-z]\b)", r"\1", text)  # "C.H. Robinson", "N.V."
    words = re.findall(r"[a-z0-9]+", text)
    joined = _SHARE_CLASS.sub("", " ".join(words)).split() or words
    kept = [word for word in joined if word not in _LEGAL]
    return tuple(kept or joined)


def fit(printed: str, ticker: str, directory: Directory) -> Fit:
    """Return how a printed name fits the company that the directory lists under a ticker (which it must)."""
    ours, theirs = core_words(printed), core_words(directory.names[ticker])
    if not ours:
        return Fit.UNLIKE
    if "".join(ours) == "".join(theirs):
        return Fit.SAME
    if len(ours) == 1 and "".join(theirs).startswith(ours[0]) and len(theirs[0]) + 4 <= len(ours[0]):
        return Fit.SAME  # "onsemi", listed as ON Semiconductor
    others = _names_beginning(first_word(printed), directory) - {theirs}
    if ours in others:
        return Fit.ANOTHER
    if not theirs:
        return Fit.UNCLEAR
    apart = (*theirs[:2], *ours[1:]) if "".join(theirs[:2]) == ours[0] else ours  # "JPMorgan"
    alike, shorter = _leading_alike(apart, theirs), min(len(apart), len(theirs))
    if alike < shorter and not (alike >= 2 and alike * 3 >= shorter * 2):
        return Fit.UNCLEAR if _in_part(ours, theirs, directory) else Fit.UNLIKE
    if alike == 1 and any(other[:1] == theirs[:1] for other in others):
        return Fit.UNCLEAR
    return Fit.SAME


def _names_beginning(word: str, directory: Directory) -> set[tuple[str, ...]]:
    return {core_words(directory.names[ticker]) for ticker in directory.beginning_with(word)}


def _in_part(ours: tuple[str, ...], theirs: tuple[str, ...], directory: Directory) -> bool:
    """Return whether the printed name is a part of the listed one ("Schwab"), or its initials ("IBM", "BNY").

    Words with which several companies begin ("Energy", "United") tell nothing.
    """
    if len(ours[0]) >= 3 and "".join(word[0] for word in theirs).startswith(ours[0]):
        return True
    if len(_names_beginning(ours[0], directory)) > 1:
        return False
    is_first = ours[0] == theirs[0] and len(ours[0]) > 4  # "Deckers Brands", listed as Deckers Outdoor
    return is_first or all(any(_begins(one, other, letters=4) for other in theirs) for one in ours)


def _begins(one: str, other: str, *, letters: int) -> bool:
    """Return whether one of two words begins the other, and has at least so many letters."""
    short, long = sorted((one, other), key=len)
    return len(short) >= letters and long.startswith(short)


def _leading_alike(ours: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    """Return how many words agree from the first on: equal, that one begun, the others abbreviated."""
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if not (one == other or (_abbreviates(one, other) if number else _begins(one, other, letters=5))):
            return number
    return min(len(ours), len(theirs))


def _abbreviates(one: str, other: str) -> bool:
    """Return whether the letters of one of two words, three or more, are in the other in order, the first as first."""
    short, long = sorted((one, other), key=len)
    rest = iter(long)
    return len(short) >= 3 and short[0] == long[0] and all(letter in rest for letter in short)


MarketPrice: TypeAlias = Callable[[Candidate], Price | None]
"""The market's price for a candidate as of its trade date, in 1/10,000 USD; None when there is none."""

WITHOUT_DIRECTORY = "judged without an asset directory: names were not compared, the price alone confirms"
NOT_JUDGED = "identity was not judged: there is neither an asset directory nor a market price"
NOT_COMPARED = Doubt("identity", "no name confirms it, and its price was not compared with the market")
"""Stands until `judge_prices` has compared it, so that a caller who forgets to ask confirms nothing."""


@dataclass(frozen=True, slots=True)
class Identity:
    """doubt: why the stock may be another one. needs_price: no name confirms it; only the price can.

    against_price: why the price alone would not be enough. in_part: a printed name agrees in part, or is the symbol.
    """

    doubt: Doubt | None = None
    needs_price: bool = False
    against_price: str = ""
    in_part: bool = False

    def doubts(self, directory: Directory | None) -> list[Doubt]:
        """Return what is in doubt before any price is known; without a directory nothing is."""
        if self.doubt is not None:
            return [self.doubt]
        return [NOT_COMPARED] if self.needs_price and directory is not None else []


def identify(
    ticker: str, printed: Sequence[str], named: str | None, directory: Directory | None, *, by_symbol: bool = False
) -> Identity:
    """Judge a stock by its name.

    printed: every text at the record that could be its company's name. named: the one that surely is meant as a name.
    by_symbol: the symbol itself stands where a name is printed.
    """
    if directory is None:
        return Identity(needs_price=True)
    if ticker not in directory.names:
        return Identity(Doubt("identity", f"{ticker} is not in the directory"))
    in_latin = (text for text in printed if re.search("[a-z]", text.lower()))  # other scripts say nothing
    fits = {text: fit(text, ticker, directory) for text in in_latin}
    if Fit.SAME in fits.values():
        return Identity()
    wrong = next((text for text, found in fits.items() if found is Fit.ANOTHER), named)
    if wrong is not None and fits.get(wrong) in (Fit.UNLIKE, Fit.ANOTHER):
        return Identity(Doubt("identity", f'the page names it "{wrong}", the directory "{directory.names[ticker]}"'))
    if ticker in set("ABCDEF") or label_kinds(ticker):
        return Identity(needs_price=True, against_price=f"{ticker} reads like a label or a grade")
    return Identity(needs_price=True, in_part=by_symbol or Fit.UNCLEAR in fits.values())


def price_doubt(candidate: Candidate, market: Price | None, max_deviation_bp: int) -> Doubt | None:
    """Return why the printed price does not confirm a stock; None when it does."""
    if candidate.price is None:
        return Doubt("identity", "neither name nor price confirms it")
    if market is None:
        return Doubt("identity", "no name confirms it, and there is no market price to compare its price with")
    deviation = price_deviation(candidate, market)
    if deviation is not None and deviation <= Fraction(max_deviation_bp, 10_000):
        return None
    text = f"no name confirms it, and its price {format_price(candidate.price)} is far from {format_price(market)}"
    return Doubt("identity", text)
