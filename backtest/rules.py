"""THE rules: one portfolio's decisions for one trade date, and what its open makes of them.

Used alike by the portfolio simulator, the primary path and the shadow path. Pure: no I/O, no clock,
no configuration file. `decide` runs before the open and knows the as-of session only; `settle_open`
runs when the opens are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backtest.model import Book, Candidate, Decisions, ExitReason, Holding, Price, Skip
from backtest.params import Params

if TYPE_CHECKING:
    from backtest.market import Market


@dataclass(frozen=True, slots=True)
class Sale:
    """A holding sold in a session: at which fill (slippage included) and why."""

    holding: Holding
    price: Price
    reason: ExitReason


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the open made of the decisions.

    book: the holdings after the open; decided exits without a bar stay in it, pending. sold: exits, and entries
    whose open was at or below their provisional stop. bought: every entry that was filled. skipped: entries
    without a bar, or too small to size on the open.
    """

    book: Book
    sold: tuple[Sale, ...] = ()
    bought: tuple[Holding, ...] = ()
    skipped: tuple[Skip, ...] = ()


def decide(book: Book, candidates: Sequence[Candidate], market: Market, params: Params) -> Decisions:
    """Take one portfolio's decisions for one trade date: exits, then rotation, then entries.

    book: in units of the trade date (`session_step.begin_session` applies the splits). candidates: those whose
    entry session is the trade date, in report order. market: answers for the as-of session and before only.
    params.primary is the trailing exit (`params.as_shadow()` for the other one).
    Every candidate comes back exactly once, in `entries` or in `skipped` with its reason.
    """
    raise NotImplementedError


def decide_each(book: Book, candidates: Sequence[Candidate], market: Market, params: Params) -> Decisions:
    """Decide as if every candidate were alone (trade mode): no slots, no rotation, nobody is held twice."""
    raise NotImplementedError


def settle_open(book: Book, decisions: Decisions, opens: Mapping[str, Price], params: Params) -> Settlement:
    """Execute decisions at the session's opens.

    opens: by ticker, in units of the trade date, only for tickers with a bar in the session.
    """
    raise NotImplementedError
