"""Each shadow's book against its own simulation on the candidates and bars that `parity` works on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from backtest.candidates import find_entry_session
from backtest.market import PriceHistory
from backtest.model import Candidate
from backtest.params import REPORTS, Params, Variant
from backtest.portfolio_simulator import simulate_portfolio
from backtest.text import how_many
from live.parity.compare import Ledger, LedgerRow, compare
from live.parity.ledgers import position_row, trade_row
from live.state_db.db import StateDB
from live.state_db.rows import ShadowStatus
from live.state_db.shadow_decisions import decided_days


@dataclass(frozen=True, slots=True)
class ShadowParity:
    """One shadow. first, last: the sessions compared; why_not: nothing was, and why. differences: sentences."""

    strategy: str
    first: date | None = None
    last: date | None = None
    trades: int = 0
    simulated: int = 0
    differences: tuple[str, ...] = ()
    why_not: str | None = None

    @property
    def sentence(self) -> str:
        """The comparison in words."""
        if self.why_not is not None:
            return f"shadow {self.strategy}: not compared, {self.why_not}"
        equal = how_many(len(self.differences), "difference") if self.differences else "equal in everything"
        counts = f"{how_many(self.trades, 'trade')}, its simulation {self.simulated}"
        return f"shadow {self.strategy}, {self.first} to {self.last}: {counts}, {equal}"


def shadow_parities(
    db: StateDB, params: Params, candidates: Sequence[Candidate], history: PriceHistory, days: Sequence[date]
) -> tuple[ShadowParity, ...]:
    """Return each watched shadow's trades beside its simulation. candidates: of the reports; days: the sessions."""
    return tuple(_parity(db, params, shadow, candidates, history, days) for shadow in params.watched)


def _parity(
    db: StateDB,
    params: Params,
    shadow: Variant,
    candidates: Sequence[Candidate],
    history: PriceHistory,
    days: Sequence[date],
) -> ShadowParity:
    strategy, own = shadow.strategy_id, params.as_shadow(shadow)
    first, played = db.shadow.first_trade_date(strategy), db.shadow.stepped_through(strategy)
    if own.source.id != REPORTS:
        return ShadowParity(strategy, why_not=f"its candidates are those of {own.source.id}, not of the reports")
    if first is None or played is None or played < first:
        return ShadowParity(strategy, why_not="it has not played a session yet")
    if first < days[0]:
        return ShadowParity(strategy, why_not=f"its book began on {first}, before the first report here")
    last = min(played, days[-1])
    offered = [one for one in candidates if _is_within(one, own, history, first, last)]
    decided = decided_days(db.connection, strategy)
    without_run = [day for day in days if first <= day <= last and day not in decided]
    run = simulate_portfolio(offered, history, first, last, own, skip_sessions=without_run, decides_when_skipped=True)
    ours, theirs = tuple(_bought(db, strategy, last)), tuple(map(trade_row, run.trades))
    found = compare(strategy, Ledger(ours, ()), Ledger(theirs, ())).differences
    return ShadowParity(strategy, first, last, len(ours), len(theirs), tuple(one.sentence() for one in found))


def _is_within(one: Candidate, params: Params, history: PriceHistory, first: date, last: date) -> bool:
    day = find_entry_session(one.report_date, params.entry_mode, history.sessions)
    return day is not None and first <= day <= last


def _bought(db: StateDB, strategy: str, last: date) -> Iterable[LedgerRow]:
    """Yield what a shadow bought up to a session, as it stood after its close."""
    for row in db.shadow.ledger(strategy):
        if row.status not in (ShadowStatus.OPEN, ShadowStatus.CLOSED) or row.entry_date > last:
            continue
        found = position_row(row)
        is_later = found.exit_date is not None and found.exit_date > last
        yield replace(found, exit_date=None, exit_price=None, exit_reason=None, pnl=None) if is_later else found
