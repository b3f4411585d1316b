"""Pure questions about a decided line, each answered by a reason or None.

No guard re-ranks, re-sizes or picks another candidate: it only says whether a line may go out now,
not yet, or never. A guard that cannot be evaluated refuses.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from backtest.model import Price, SkipReason
from backtest.money import BASIS, UNITS_PER_USD, format_price, format_usd, to_price
from backtest.timezone import NEW_YORK
from live.book.funds import HEADROOM_BP, Funds
from live.broker import Account, LatestPrice
from live.execute.decide.schedule import DayPart, Moment

MAX_DRAWDOWN = "max_drawdown"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a line does not go out now.

    reason: a SkipReason or another short word, kept with the order. final: it never will, the line is
    abandoned; else it stays `planned`. exit_code: what the run ends with at least (0: it waits for a
    sell that is working, nothing is wrong). is_loss: a loss limit tripped (`safety.on_trip`).
    """

    reason: str
    words: str
    final: bool
    exit_code: int = 9
    is_loss: bool = False


def entry_time(moment: Moment, *, skip_time_check: bool = False) -> Refusal | None:
    """Entries go out before the open and until open + cutoff, never without the broker's clock."""
    if not moment.clock_known:
        return Refusal("clock_unknown", "the broker's clock did not answer", final=False)
    if moment.day_part is DayPart.CLOSED:
        return Refusal(SkipReason.AFTER_CUTOFF, "the session is over", final=True)
    if moment.day_part is DayPart.AFTER_CUTOFF and not skip_time_check:
        return Refusal(SkipReason.AFTER_CUTOFF, "the entry cutoff has passed", final=True)
    return None


def slot(free_slots: int, *, sells_working: bool) -> Refusal | None:
    """A slot must be free at the broker; with a sell on its way the entry waits for the next count."""
    if free_slots > 0:
        return None
    return Refusal(SkipReason.CAPACITY_FULL, "no free slot at the broker", final=not sells_working)


def funds(available: Funds, need: Price, *, sells_working: bool) -> Refusal | None:
    """The need must be covered; not covered, the entry waits while sells are working."""
    if available.covers(need):
        return None
    words = (
        f"needs {format_usd(need)} USD; {format_usd(available.left)} are left, "
        f"of which {format_usd(available.minimum)} must stay untouched"
    )
    return Refusal(SkipReason.INSUFFICIENT_FUNDS, words, final=not sells_working, exit_code=0 if sells_working else 9)


def order_limit(sent_today: int, limit: int | None, what: str) -> Refusal | None:
    """A day has a largest number of orders; the line stays planned and the run ends 11."""
    if limit is None or sent_today < limit:
        return None
    return Refusal("order_limit", f"{sent_today} {what} today, the limit is {limit}", final=False, exit_code=11)


def price(
    latest: LatestPrice | None, reference: Price, provisional_stop: Price, max_deviation_bp: int, moment: Moment
) -> Refusal | None:
    """Today's market must be above the provisional stop and near the reference.

    A price made before today says nothing that the decision did not know; it refuses nothing.
    """
    if latest is None or moment.session is None or not is_of_today(latest, moment):
        return None
    now = to_price(latest.price)
    if now <= provisional_stop:
        words = f"the market is at {format_price(now)}, the provisional stop at {format_price(provisional_stop)}"
        return Refusal(SkipReason.BELOW_STOP, words, final=True)
    if abs(now - reference) * BASIS > max_deviation_bp * reference:
        words = f"the market is at {format_price(now)}, the order was sized at {format_price(reference)}"
        return Refusal(SkipReason.PRICE_MISMATCH, words, final=True)
    return None


def is_of_today(latest: LatestPrice, moment: Moment) -> bool:
    """Return whether a price was made today (New York)."""
    return latest.at.astimezone(NEW_YORK).date() == moment.today


def position_value(reference: Price, shares: int, max_position_usd: Decimal | None) -> Refusal | None:
    """One entry may not be larger than `max_position_usd`."""
    if max_position_usd is None or reference * shares <= int(max_position_usd * UNITS_PER_USD):
        return None
    words = f"{format_usd(reference * shares)} USD, max_position_usd is {max_position_usd}"
    return Refusal("max_position_usd", words, final=True)


def position_share(reference: Price, shares: int, equity: Decimal, max_position_pct: Decimal | None) -> Refusal | None:
    """One entry may not be more than `max_position_pct` of the account's equity; without equity nothing fits."""
    if max_position_pct is None or reference * shares * 100 <= max_position_pct * equity * UNITS_PER_USD:
        return None
    words = f"{format_usd(reference * shares)} USD, max_position_pct is {max_position_pct} of equity {equity:,.2f}"
    return Refusal("max_position_pct", words, final=True)


def position_size(reference: Price, shares: int, position_units: Price) -> Refusal | None:
    """One entry may not cost more than `position_size` with the headroom of a market buy."""
    if shares * reference * BASIS <= position_units * HEADROOM_BP:
        return None
    return Refusal("position_size", f"{shares} shares are more than position_size", final=True)


def foreign_sell(ticker: str, foreign_open_sells: Collection[str]) -> Refusal | None:
    """A ticker with an open sell order that is not ours is left alone (F46: it would close or refuse our buy)."""
    if ticker in foreign_open_sells:
        return Refusal("foreign_sell", "an open sell order at the broker is not ours", final=True)
    return None


def frozen(ticker: str, differing: Collection[str]) -> Refusal | None:
    """A ticker on which DB and broker differ is left alone."""
    if ticker in differing:
        return Refusal(SkipReason.FROZEN, "state DB and broker differ on it", final=True)
    return None


def held_already(ticker: str, held: Collection[str]) -> Refusal | None:
    """A ticker that the account holds, ours or not, is not bought on top."""
    if ticker in held:
        return Refusal(SkipReason.DUPLICATE_TICKER, "the account holds it already", final=True)
    return None


def account(found: Account) -> Refusal | None:
    """The broker must let the account trade; a missing flag counts as a restriction."""
    problem = found.problem
    return None if problem is None else Refusal("account_blocked", problem, final=False, exit_code=11)


def safety_limits(
    found: Account, peak_equity: Decimal | None, max_drawdown_pct: Decimal | None, max_daily_loss_pct: Decimal | None
) -> Refusal | None:
    """Drawdown from the highest equity recorded, and the loss since yesterday's close.

    Equality trips. Equity that is not positive trips whenever a limit is set.
    """
    words = drawdown(found.equity, peak_equity, max_drawdown_pct)
    if words is not None:
        return Refusal(MAX_DRAWDOWN, words, final=False, exit_code=11, is_loss=True)
    if max_daily_loss_pct is not None:
        base = found.last_equity
        if base <= 0 or (base - found.equity) * 100 >= max_daily_loss_pct * base:
            words = f"daily loss: equity {found.equity:,.2f} after {base:,.2f}, max_daily_loss_pct {max_daily_loss_pct}"
            return Refusal("max_daily_loss", words, final=False, exit_code=11, is_loss=True)
    return None


def drawdown(equity: Decimal, peak_equity: Decimal | None, max_drawdown_pct: Decimal | None) -> str | None:
    """Return how far the equity is below the highest recorded when that reaches the limit, else None."""
    peak = max(peak_equity or equity, equity)
    if max_drawdown_pct is None or (peak > 0 and (peak - equity) * 100 < max_drawdown_pct * peak):
        return None
    return f"drawdown: equity {equity:,.2f}, highest {peak:,.2f}, max_drawdown_pct {max_drawdown_pct}"
