"""Who is meant: the symbol is listed, and a second proof, the company's name or the price, says the same.

The name must stand at the record itself. A price counts only where no name is printed: within
`max_identity_deviation_pct` of the market, by the price check's own measure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from backtest.entries import price_deviation
from backtest.model import Candidate, Price
from backtest.money import format_price
from backtest.reports.directory import Directory
from backtest.reports.names import Fit, fit
from backtest.reports.verdict import Doubt
from backtest.reports.words import label_kinds

MarketPrice: TypeAlias = Callable[[Candidate], Price | None]
"""The market's price for a candidate as of its trade date, in 1/10,000 USD; None when there is none."""

WITHOUT_DIRECTORY = "judged without an asset directory: names were not compared, the price alone confirms"
NOT_JUDGED = "identity was not judged: there is neither an asset directory nor a market price"
NOT_COMPARED = Doubt("identity", "no name confirms it, and its price was not compared with the market")
"""Stands until `judge_prices` has compared it, so that a caller who forgets to ask confirms nothing."""
GRADE_LETTERS = frozenset("ABCDEF")


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
    fits = {text: fit(text, ticker, directory) for text in printed if _in_latin(text)}
    if Fit.SAME in fits.values():
        return Identity()
    named = named if named is None or _in_latin(named) else None
    wrong = next((text for text, found in fits.items() if found is Fit.ANOTHER), named)
    if wrong is not None and fits.get(wrong) in (Fit.UNLIKE, Fit.ANOTHER):
        return Identity(Doubt("identity", f'the page names it "{wrong}", the directory "{directory.names[ticker]}"'))
    if ticker in GRADE_LETTERS or label_kinds(ticker):
        return Identity(needs_price=True, against_price=f"{ticker} reads like a label or a grade")
    return Identity(needs_price=True, in_part=by_symbol or Fit.UNCLEAR in fits.values())


def _in_latin(text: str) -> bool:
    """Return whether a name has letters that can be compared; one in another script says nothing for or against."""
    return any("a" <= letter <= "z" for letter in text.lower())


def price_doubt(candidate: Candidate, market: Price | None, max_deviation_bp: int) -> Doubt | None:
    """Return why the printed price does not confirm a stock; None when it does."""
    if candidate.price is None:
        return Doubt("identity", "neither name nor price confirms it")
    if market is None:
        return Doubt("identity", "no name confirms it, and there is no market price to compare its price with")
    deviation = price_deviation(candidate, market)
    if deviation is None or deviation > Fraction(max_deviation_bp, 10_000):
        text = f"no name confirms it, and its price {format_price(candidate.price)} is far from {format_price(market)}"
        return Doubt("identity", text)
    return None
