"""The embedded exchange: one account, one market, one SQLite file, virtual time.

Everything that talks to it goes through `handle` (a REST request in, an answer out), so the client
that trades on Alpaca trades here unchanged, in-process through `live.sim.transport` or over loopback
through `live.sim.server`. Time stands still between requests; `advance` moves it and lets orders
fill, expire and age on the way. Nothing later than `now` is ever served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from backtest.errors import ConfigError
from backtest.model import Price, Split
from backtest.params import Params
from backtest.reports.directory import Listing
from live.sim import listed
from live.sim.advance import advance
from live.sim.faults import Faults, SimAnswer, SimRequest
from live.sim.fills import process_due, set_triggers
from live.sim.market import Market
from live.sim.rest import respond
from live.sim.state import ExchangeState
from live.sim.store import Settings, Store
from live.sim.timeline import SECOND_US, new_york_day, to_datetime, to_us

if TYPE_CHECKING:
    from backtest.bars import BarSeries
    from backtest.sessions import Sessions

T = TypeVar("T")


class Exchange:
    """An open exchange file. Thread-safe; several processes may use one file, in turn or even by turns.

    faults: scripted misbehaviour, for tests (`live.sim.faults`).
    """

    _state: ExchangeState
    _version: int
    _fault_revision: int

    def __init__(self, store: Store) -> None:
        self.faults = Faults()
        self._store = store
        self._lock = RLock()
        settings = store.settings()
        self._market = Market(store.timeline(), store.bars, store.splits(), settings.delisted_after_sessions)
        self._listings = store.listings()
        self._settings = settings
        self._load()

    @classmethod
    def create(
        cls,
        file: Path | None,
        series: Mapping[str, BarSeries],
        *,
        splits: Sequence[Split],
        sessions: Sessions,
        cash: Price,
        now: datetime,
        params: Params,
        multiplier: int = 1,
        listings: Iterable[Listing] = (),
    ) -> Exchange:
        """Make a new exchange file (None: in memory) with bars, splits and calendar copied in, and open it.

        cash: 1/10,000 USD. now: where its clock starts. params: slippage, stop fill and
        `delisted_after_sessions` are taken from it. multiplier: 1, 2 or 4, the account's buying power.
        listings: who is listed, with names; a listed stock without bars never trades.
        Raises ConfigError when the file already exists or the calendar does not reach past `now`.
        """
        from live.sim.build import bar_blobs, make_timeline, split_events  # late: numpy

        if multiplier not in (1, 2, 4):
            raise ConfigError(f"the multiplier of an account is 1, 2 or 4, not {multiplier}")
        start = to_us(now)
        timeline = make_timeline(series, sessions, new_york_day(start))
        settings = Settings(
            seed=f"{start}:{cash}",
            slippage_bp=params.slippage_bp,
            entry_slippage_bp=params.entry_slippage_bp,
            stop_fill=params.stop_fill.value,
            delisted_after_sessions=params.delisted_after_sessions,
            multiplier=multiplier,
            initial_cash=cash,
            created=start,
        )
        store = Store.create(file)
        try:
            store.fill(settings, timeline, bar_blobs(series, timeline), split_events(splits, timeline), listings, start)
        except BaseException:
            store.close()
            if file is not None:
                file.unlink(missing_ok=True)
            raise
        return cls(store)

    @classmethod
    def open(cls, file: Path, *, read_only: bool = False) -> Exchange:
        """Open an existing file where its last process left it. Raises ConfigError when it is none.

        read_only: time passes and orders fill in memory only; the file stays as it is.
        """
        return cls(Store.open(file, read_only=read_only))

    def close(self) -> None:
        with self._lock:
            self._store.close()

    def now(self) -> datetime:
        """Return the exchange's virtual time (UTC)."""
        return to_datetime(self._state.now)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, rounded up to a microsecond: orders trigger, fill, expire and age in time order.

        One transaction. Who waits for the rest of a second waits for more than nothing.
        """
        self._change(lambda state: advance(state, state.now + max(0, ceil(seconds * SECOND_US))))

    def advance_to(self, moment: datetime) -> None:
        """Let time pass until `moment`; a moment in the past changes nothing."""
        self._change(lambda state: advance(state, to_us(moment)))

    def handle(self, request: SimRequest) -> SimAnswer:
        """Answer a REST request, as far as scripted faults let it get there."""
        action = self.faults.action_for(request) if self.faults.requests else None
        return self._respond(request) if action is None else action(request, lambda: self._respond(request))

    def set_account(self, **changes: Any) -> None:
        """Change fields of the account as answered (`trading_blocked`, `status` …); kept in the file."""
        self._change(lambda state: state.change_account({**state.account, **changes}))

    def set_asset(self, symbol: str, **changes: Any) -> None:
        """Change fields of an instrument (`tradable`, `status`, `attributes`; `missing`: unknown); kept in the file."""
        self._change(lambda state: state.change_asset(symbol, changes))

    def listed_at(self, moment: datetime) -> tuple[Listing, ...]:
        """Return what the exchange lists as active at a moment, whatever its own time is."""
        return self.inspect(lambda state: listed.active_at(state, to_us(moment)))

    def inspect(self, look: Callable[[ExchangeState], T]) -> T:
        """Return what `look` reads from the exchange's state; for reports and tests, it must change nothing."""
        with self._lock:
            self._reload_if_changed()
            return look(self._state)

    def _respond(self, request: SimRequest) -> SimAnswer:
        if request.method == "GET":
            return self.inspect(lambda state: respond(state, request))
        return self._change(lambda state: respond(state, request))

    def _change(self, step: Callable[[ExchangeState], T]) -> T:
        """Run one change in one transaction; anything unforeseen takes the memory back to what the file says."""
        with self._lock:
            try:
                with self._store.transaction():
                    self._reload_if_changed()
                    self._apply_changed_faults()
                    result = step(self._state)
                    self._state.flush(self._store)
            except BaseException:
                self._load()
                raise
            return result

    def _reload_if_changed(self) -> None:
        """Read the file again when another process has written to it."""
        if self._store.version() != self._version:
            self._load()

    def _apply_changed_faults(self) -> None:
        """Look again at every open order after the scripted faults have changed."""
        if self.faults.revision != self._fault_revision:
            self._fault_revision = self.faults.revision
            set_triggers(self._state)
            process_due(self._state, self._state.now)

    def _load(self) -> None:
        self._version = self._store.version()
        self._fault_revision = self.faults.revision
        self._state = ExchangeState(self._store, self._market, self._listings, self._settings, self.faults)
        set_triggers(self._state)
