"""A state DB with years of trading in it: every row is written through `StateDB`, as the two programs would write it.

Invented stocks, some entries a session, each held for five sessions: every second one is stopped out by the stop that
replaced its leg, the others are sold after a trend break. The book is empty before the first session and after the
last one, so that an account can go on with the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from itertools import product
from pathlib import Path

from backtest.model import (
    Decisions,
    Entry,
    Exit,
    ExitReason,
    Skip,
    SkipReason,
)
from backtest.money import stop_price, to_decimal
from backtest.sessions import NEW_YORK
from live.broker import Account, Order, Position
from live.config_file import load_config, settings_of
from live.generate.generator_state import GeneratorState, save_state
from live.generate.reference_prices import ReferencePrices
from live.orders import Intent
from live.signals.build import from_decisions
from live.signals.file import AssetsRef, Inputs, PricesRef, ReportRef, account_ref, file_sha256
from live.state_db.db import StateDB
from live.state_db.records import ForeignFill, SignalFileRow
from live.state_db.rows import OrderRow, PositionRow
from tests.bench.history_orders import (
    STOP_LOSS_BP,
    accepted,
    broker_id,
    candidate,
    entry,
    entry_order,
    exit_order,
    known,
    new_stop,
    text,
)
from tests.fakes import FakeClock
from tests.live.state_db.builders import filled
from tests.paths import DEFAULT_CONFIG

PRIMARY, SHADOW = "ema_p10", "nwl_p4"
HELD_SESSIONS, SKIPPED = 5, 6
BY_HAND_EVERY = 50
"""In one session of so many the first position that leaves is sold by hand."""
OF_A_TRANSACTION = 50
"""So many sessions are committed at once."""


def write_history(path: Path, sessions: Sequence[date], trades: int) -> None:
    """Make a state DB in which so many trades were made in these sessions, all of them closed."""
    clock = FakeClock()
    with closing(StateDB.in_memory(clock)) as db:
        past = _Past(db, clock, trades, settings_of(load_config(DEFAULT_CONFIG)))
        for first in range(0, len(sessions), OF_A_TRANSACTION):
            with db.transaction():
                for n in range(first, min(first + OF_A_TRANSACTION, len(sessions))):
                    past.trade(sessions, n)
        path.parent.mkdir(parents=True, exist_ok=True)
        db.connection.copy_to(path)
    path.chmod(0o600)


def _tickers() -> Iterator[str]:
    return ("Q" + "".join(letters) for letters in product("BCDFGHJKLM", "AEIOU", "NPRSTVXZ"))


@dataclass
class _Past:
    """The account while its history is written."""

    db: StateDB
    clock: FakeClock
    trades: int
    settings: Mapping[str, Mapping[str, object]]

    def __post_init__(self) -> None:
        self.stocks = tuple(_tickers())
        self.entered = self.number = 0

    def trade(self, sessions: Sequence[date], n: int) -> None:
        """One session: the generator, `place`, `poll` and two times `protect`."""
        self.number = n
        day, as_of = sessions[n], sessions[max(n - 1, 0)]
        due = sessions[n - HELD_SESSIONS] if n >= HELD_SESSIONS else None
        leaving = [one for one in self.db.positions.open_positions() if one.entry_date == due]
        stopped, sold = leaving[::2], leaving[1::2]
        enters = max(len(sessions) - HELD_SESSIONS, 1)
        wanted = (n + 1) * self.trades // enters - n * self.trades // enters if n < enters else 0
        decisions = self._decide(day, as_of, wanted, sold)
        signal_file = self._generate(decisions)
        self._place(decisions, signal_file, sold)
        self._poll(decisions, sold)
        self._protect(day, time(15, 45), stopped)
        self._protect(day, time(16, 5), ())

    def _decide(self, day: date, as_of: date, wanted: int, sold: Sequence[PositionRow]) -> Decisions:
        names = [self.stocks[(self.entered + n) % len(self.stocks)] for n in range(wanted + SKIPPED)]
        self.entered += wanted
        offered = [candidate(name, day, 95.0 - n) for n, name in enumerate(names)]
        why: dict[str, str | int] = {"week_close": "145.37", "indicator": "148.9766", "weeks": 7}
        return Decisions(
            day,
            as_of,
            tuple(
                Exit(
                    one.ticker, one.actual_shares, ExitReason.TREND_BREAK, one.entry_price, as_of, one.position_id, why
                )
                for one in sold
            ),
            tuple(entry(rank, one) for rank, one in enumerate(offered[:wanted], start=1)),
            tuple(Skip(one, SkipReason.CAPACITY_FULL, {"held": 20, "slots": 0}) for one in offered[wanted:]),
        )

    def _start(self, day: date, at: time, program: str, phase: str | None = None) -> str:
        self.clock.sleep((datetime.combine(day, at, NEW_YORK) - self.clock.now()).total_seconds())
        self.db.connection.program = program
        return self.db.runs.start(program, phase=phase, settings=self.settings)

    def _finish(self, run_id: str, day: date) -> None:
        closing_lines = dict.fromkeys(("exits", "entries", "skipped", "needs_hand"), "2 sold: ZDGZ, ZGCV")
        summary = {"exit_code": 0, "endings": [], "notes": [], "closing": {"stopped_out": [], **closing_lines}}
        self.db.runs.set_trade_date(run_id, day)
        self.db.runs.finish(run_id, 0, "ok", summary)

    def _generate(self, decisions: Decisions) -> SignalFileRow:
        db, day = self.db, decisions.trade_date
        run_id = self._start(day, time(9), "signal_generator")
        issued = [self._issue(strategy, decisions, run_id) for strategy in (PRIMARY, SHADOW)]
        self._step_shadow(decisions)
        references = {one.ticker: one.reference for one in decisions.entries}
        candidates = tuple(one.candidate for one in (*decisions.entries, *decisions.skipped))
        save_state(db, GeneratorState(ReferencePrices(day, day, references), {day: {SHADOW: candidates}}))
        self._finish(run_id, day)
        return issued[0]

    def _issue(self, strategy: str, decisions: Decisions, run_id: str) -> SignalFileRow:
        day, digest = decisions.trade_date, hashlib.sha256(run_id.encode()).hexdigest()
        signal = from_decisions(
            decisions,
            strategy=strategy,
            run_id=run_id,
            generated_at=self.clock.now(),
            account=account_ref("sim", "history", False),
            inputs=Inputs(
                (ReportRef(f"earnings_trade_analysis_{day}.html", digest),),
                digest,
                digest,
                PricesRef("sim", None, digest),
                AssetsRef("sim", day, digest),
            ),
            summary={"exits": len(decisions.exits), "entries": len(decisions.entries)},
        )
        written = signal.text()
        return self.db.signal_files.issue(
            strategy=strategy,
            trade_date=day,
            path=f"/home/trader/earnings-drift/live/signals/{signal.file_name}",
            text=written,
            content_sha256=signal.content_sha256,
            file_sha256=file_sha256(written),
            run_id=run_id,
        )

    def _step_shadow(self, decisions: Decisions) -> None:
        """Fill what was decided for the session before, close what has been held long enough, decide anew."""
        shadow, as_of = self.db.shadow, decisions.as_of
        for row in shadow.active(SHADOW):
            if row.entry_date < decisions.trade_date and row.actual_shares == 0:
                stop = stop_price(row.entry_price, STOP_LOSS_BP)
                shadow.fill(
                    row.position_id, entry_date=as_of, shares=row.target_shares, entry_price=row.entry_price,
                    stop_price=stop,
                )  # fmt: skip
            elif (as_of - row.entry_date).days >= HELD_SESSIONS or not decisions.entries:
                pnl = (row.stop_price - row.entry_price) * row.actual_shares
                reason = ExitReason.STOP_LOSS
                shadow.close(row.position_id, day=as_of, price=row.stop_price, reason=reason, pnl=pnl)
        shadow.replace_pending(SHADOW, self._new_to_shadow(decisions), decisions.trade_date, as_of)
        shadow.record_decisions(SHADOW, replace(decisions, exits=()))
        shadow.set_stepped_through(SHADOW, as_of)

    def _new_to_shadow(self, decisions: Decisions) -> list[Entry]:
        held = {row.ticker for row in self.db.shadow.active(SHADOW)}
        return [one for one in decisions.entries if one.ticker not in held]

    def _place(self, decisions: Decisions, signal_file: SignalFileRow, sold: Sequence[PositionRow]) -> None:
        db, day = self.db, decisions.trade_date
        run_id = self._start(day, time(9, 20), "executor", "place")
        intents = [exit_order(one, day) for one in sold] + [entry_order(one, decisions) for one in decisions.entries]
        pending = {one.position_id: ExitReason.TREND_BREAK for one in sold}
        db.plans.accept(signal_file, as_of=decisions.as_of, pending_exits=pending, intents=intents)
        db.orders.book_all([replace(self._stop_of(one), broker_status="canceled") for one in sold])
        db.orders.mark_sent([one.client_order_id for one in intents])
        db.orders.book_all([accepted(one, self.clock.now()) for one in intents])
        self._record_equity(day)
        self._finish(run_id, day)

    def _poll(self, decisions: Decisions, sold: Sequence[PositionRow]) -> None:
        db, day = self.db, decisions.trade_date
        run_id = self._start(day, time(9, 31), "executor", "poll")
        prices = {one.ticker: one.entry_price * 104 // 100 for one in sold}
        prices |= {one.ticker: one.reference.price for one in decisions.entries}
        rows = [row for row in db.orders.of_trade_date(day) if row.intent is not Intent.STOP]
        db.orders.book_all(
            [filled(known(row, self.clock.now()), text(prices[row.ticker]), at=self.clock.now()) for row in rows]
        )
        self._true_up([one.ticker for one in decisions.entries])
        self._record_equity(day)
        self._finish(run_id, day)

    def _true_up(self, tickers: Sequence[str]) -> None:
        """Replace each leg by a stop at the price of the fill."""
        orders = self.db.orders
        held = [one for one in self.db.positions.open_positions() if one.ticker in tickers]
        legs = {one.position_id: self._live_stop(one) for one in held}
        stops = [new_stop(one, legs[one.position_id]) for one in held]
        orders.plan(stops)
        orders.mark_sent([one.client_order_id for one in stops])
        answers = [
            replace(accepted(one, self.clock.now(), status="new"), replaces=legs[one.position_id or 0].alpaca_order_id)
            for one in stops
        ]
        orders.book_all(answers)
        orders.book_all([replace(known(one, self.clock.now()), broker_status="replaced") for one in legs.values()])

    def _protect(self, day: date, at: time, stopped: Sequence[PositionRow]) -> None:
        run_id = self._start(day, at, "executor", "protect")
        if self.number % BY_HAND_EVERY == 0 and stopped:
            self._sell_by_hand(stopped[0])
            stopped = stopped[1:]
        fills = [filled(self._stop_of(one), text(one.stop_price), at=self.clock.now()) for one in stopped]
        self.db.orders.book_all(fills)
        self._record_equity(day)
        held = [_at_broker(one) for one in self.db.positions.open_positions()]
        self.db.last_prices.keep(held, self.clock.now(), "executor")
        self.db.system_config.set_last_complete_sync(self.clock.now())
        self._finish(run_id, day)

    def _sell_by_hand(self, position: PositionRow) -> None:
        self.db.orders.book(replace(self._stop_of(position), broker_status="canceled"))
        sale = ForeignFill(
            broker_id(), broker_id(), position.ticker, "sell", position.actual_shares,
            to_decimal(position.entry_price), self.clock.now(),
        )  # fmt: skip
        self.db.positions.book_by_hand(position.position_id, [sale])

    def _live_stop(self, position: PositionRow) -> OrderRow:
        rows = self.db.orders.of_position(position.position_id)
        return next(one for one in rows if one.alpaca_order_id == position.stop_order_id)

    def _stop_of(self, position: PositionRow) -> Order:
        return known(self._live_stop(position), self.clock.now())

    def _record_equity(self, day: date) -> None:
        equity = Decimal("213456.78")
        account = Account("history", "PA1", "ACTIVE", equity, equity, Decimal("13456.78"), equity, Decimal(2))
        self.db.equity.record(account, day, len(self.db.positions.open_positions()))


def _at_broker(position: PositionRow) -> Position:
    price, shares = to_decimal(position.entry_price), Decimal(position.actual_shares)
    return Position(position.ticker, broker_id(), shares, None, price, price)
