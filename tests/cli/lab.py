"""A trading lab: the executor on an embedded exchange, with signal files issued by hand.

Prices are those of `tests.live.sim.market`: quiet tickers open at 100, fall to 98 and rise to 102.
Session 0 is a Monday. `Lab.issue` plays the signal generator; `Lab.run` starts the real program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from backtest.bars import BarSeries
from backtest.model import ExitReason, Grade, GradeSource, ReferenceSource
from backtest.money import stop_price, to_price
from live.brokers.sim import open_exchange
from live.config_file import load_config, settings_of
from live.executor import main
from live.run.runtime import Runtime
from live.signals.file import Inputs, PricesRef, SignalFile, account_ref, file_sha256, write_text
from live.signals.lines import EntryLine, ExitLine
from live.sim.exchange import Exchange
from live.sim.faults import OrderFault, OrderFaultKind, RequestFault, SimAnswer, SimRequest
from live.state_db.db import StateDB
from live.state_db.records import AccountBinding
from live.state_db.rows import OrderRow, PositionRow
from tests.builders import put_manifest
from tests.cli.account import copy_files
from tests.cli.done import Done, run_command
from tests.fakes import FakeClock
from tests.live.sim.market import RestTrader, at, copy_exchange, open_rest_trader, quiet_bars, session
from tests.paths import DEFAULT_CONFIG

DEFAULT = DEFAULT_CONFIG
TICKERS = ("AAA", "BBB", "CCC", "DDD")


@dataclass
class Lab:
    """One account, one state DB, one folder."""

    folder: Path
    market: RestTrader
    settings: tuple[str, ...] = ()
    writes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.broker = open_exchange(self.market.exchange, per_minute=100_000)
        self.config = load_config(DEFAULT, self.settings)
        if not self.manifest.exists():
            put_manifest(self.manifest, self.config.strategy)

    @property
    def exchange(self) -> Exchange:
        return self.market.exchange

    @property
    def state_db(self) -> Path:
        return self.folder / "state.db"

    @property
    def manifest(self) -> Path:
        return self.folder / "run_manifest.json"

    @contextmanager
    def db(self) -> Iterator[StateDB]:
        """Open the state DB as a run does, and make one where there is none."""
        if not self.state_db.exists():
            self.state_db.write_bytes(_new_state_db(self.broker.clock.now()))
            self.state_db.chmod(0o600)
        with StateDB.open(self.state_db, self.broker.clock) as db:
            yield db

    def look(self) -> StateDB:
        """Open the state DB only to read it, which takes a fraction of the time."""
        return StateDB.open_reading(self.state_db, self.broker.clock)

    def copy_to(self, folder: Path) -> Lab:
        """Return another lab in the same state; an exchange that lies in a file must be closed."""
        copy_files(self.folder, folder)
        file = folder / "exchange.db"
        exchange = Exchange.open(file) if file.exists() else copy_exchange(self.market.exchange)
        return Lab(folder, RestTrader(exchange), self.settings)

    # the day
    def go(self, n: int, clock: str) -> Lab:
        self.market.go(n, clock)
        return self

    def run(self, phase: str, *args: str, runtime: Runtime | None = None) -> Done:
        """Start the program as the shell would; only the broker is handed over."""
        common = ["--phase", phase, "--config", str(DEFAULT), "--state-db", str(self.state_db)]
        common += ["--manifest", str(self.manifest), "--broker", "sim"]
        for setting in self.settings:
            common += ["--set", setting]
        with self._counting():
            return run_command(main, [*common, *args], runtime or Runtime(self.broker))

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Keep the mutating requests of a run as `POST 20260105_AAA_entry_buy`, `DELETE`, `PATCH …`."""
        self.writes = []
        exchange = self.market.exchange
        real = exchange.handle

        def handle(request: SimRequest) -> SimAnswer:
            if request.method != "GET":
                self.writes.append(f"{request.method} {request.json().get('client_order_id', '')}".strip())
            return real(request)

        exchange.handle = handle  # type: ignore[method-assign]
        try:
            yield
        finally:
            exchange.handle = real  # type: ignore[method-assign]

    # what the generator would do
    def issue(
        self,
        n: int,
        *,
        buy: Sequence[str] = (),
        sell: Sequence[str] = (),
        rotate: Mapping[str, str] = MappingProxyType({}),
        shares: int = 10,
        shares_of: Mapping[str, int] = MappingProxyType({}),
        reference: str = "101.00",
        limit: str | None = None,
        **changes: Any,
    ) -> Path:
        """Issue session n's signal file: entries in rank order, exits of held tickers (`trend_break`).

        shares_of: of the entries that are not of the usual size.
        rotate: entry → the held ticker that it replaces, last close 100.00. limit: of every entry.
        """
        account = self.broker.get_account()
        with self.db() as db:
            db.system_config.bind_account(AccountBinding("sim", account.id, False))
            run_id = db.runs.start("signal_generator", settings=settings_of(self.config))
            signal = SignalFile(
                strategy="ema_p10",
                trade_date=session(n),
                as_of_session=session(n - 1),
                run_id=run_id,
                generated_at=self.broker.clock.now(),
                account=account_ref("sim", account.id, False),
                inputs=Inputs((), self.config.config_sha256, _sha256(self.manifest), PricesRef("sim", None, "0" * 64)),
                exits=(
                    *(_exit(db, ticker) for ticker in sell),
                    *(_exit(db, ticker, ExitReason.ROTATED_OUT, to_price("100.00")) for ticker in rotate.values()),
                ),
                entries=tuple(
                    replace(
                        _entry(rank, ticker, shares_of.get(ticker, shares), reference, session(n)),
                        replaces=rotate.get(ticker),
                        limit_price=None if limit is None else to_price(limit),
                    )
                    for rank, ticker in enumerate((*buy, *rotate), start=1)
                ),
                **changes,
            )
            text = signal.text()
            path = self.folder / signal.file_name
            db.signal_files.issue(
                strategy=signal.strategy,
                trade_date=signal.trade_date,
                path=str(path),
                text=text,
                content_sha256=signal.content_sha256,
                file_sha256=file_sha256(text),
                run_id=run_id,
            )
            db.runs.finish(run_id, 0, "ok")
        write_text(self.folder, signal.file_name, text)
        return path

    def hold(self, *tickers: str, shares: int = 10) -> Lab:
        """Buy in session 0 through the executor itself; ends at 09:31 with stops at the fill."""
        self.issue(0, buy=tickers, shares=shares)
        assert self.go(0, "09:20").run("place").code == 0
        done = self.go(0, "09:31").run("poll")
        assert done.code == 0, done.stderr
        return self

    # what may go wrong
    def break_requests(self, *rules: RequestFault) -> None:
        self.market.exchange.faults.add(*rules)

    def break_orders(self, kind: OrderFaultKind, symbol: str = "*", **more: Any) -> None:
        self.market.exchange.faults.add(OrderFault(kind, symbol=symbol, **more))

    def mend(self) -> None:
        self.market.exchange.faults.clear()

    # what is true now
    def positions(self) -> dict[str, PositionRow]:
        with self.look() as db:
            return {row.ticker: row for row in db.positions.open_positions()}

    def closed(self) -> list[PositionRow]:
        with self.look() as db:
            return [row for row in db.positions.ledger() if not row.is_open]

    def order(self, client_order_id: str) -> OrderRow:
        with self.look() as db:
            row = db.orders.get(client_order_id)
        assert row is not None, client_order_id
        return row

    def stops(self) -> dict[str, list[tuple[str, str, str]]]:
        """Return the live stops at the exchange by ticker: (shares, price, status)."""
        found: dict[str, list[tuple[str, str, str]]] = {}
        for order in self.market.get("/v2/orders", status="open"):
            if order["type"] == "stop":
                found.setdefault(order["symbol"], []).append((order["qty"], order["stop_price"], order["status"]))
        return found

    def open_ids(self) -> set[str]:
        return {order["client_order_id"] for order in self.market.get("/v2/orders", status="open")}

    def agrees(self) -> bool:
        """DB and exchange hold the same shares, and each position has exactly one stop at its price."""
        ours = {ticker: str(row.actual_shares) for ticker, row in self.positions().items()}
        if ours != self.market.holdings():
            return False
        stops = self.stops()
        return all(
            [(shares, to_price(price)) for shares, price, _ in stops.get(ticker, [])]
            == [(str(row.actual_shares), row.stop_price)]
            for ticker, row in self.positions().items()
        )


def make_lab(
    folder: Path,
    *series: BarSeries,
    settings: Sequence[str] = (),
    cash: int = 100_000,
    in_file: bool = False,
    **more: Any,
) -> Lab:
    """Return a lab on a new exchange, before the open of session 0. in_file: the exchange is a file beside the DB."""
    given = series or tuple(quiet_bars(ticker) for ticker in TICKERS)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "exchange.db" if in_file else None
    market = open_rest_trader(*given, now=at(0, "08:30"), cash=cash, file=file, **more)
    return Lab(folder, market, ("broker.id=sim", *settings))


@cache
def _new_state_db(now: datetime) -> bytes:
    """Return the file that is made where there is none at that moment: most labs begin at the same one."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        StateDB.open(path, FakeClock(now)).close()
        return path.read_bytes()


def _entry(rank: int, ticker: str, shares: int, reference: str, day: date) -> EntryLine:
    price = to_price(reference)
    return EntryLine(
        rank=rank,
        ticker=ticker,
        shares=shares,
        reference_price=price,
        reference_source=ReferenceSource.LAST_CLOSE,
        stop_price=stop_price(price, 1000),
        replaces=None,
        score=90.0 - rank,
        grade=Grade.A,
        grade_source=GradeSource.HTML,
        report_date=day,
        company_name=f"{ticker} Corp",
        gap_size=None,
    )


def _exit(
    db: StateDB, ticker: str, reason: ExitReason = ExitReason.TREND_BREAK, last_close: int | None = None
) -> ExitLine:
    position = db.positions.open_for(ticker)
    assert position is not None, f"{ticker} is not held"
    return ExitLine(
        position.position_id, ticker, position.actual_shares, reason, position.entry_price, last_close=last_close
    )


def _sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
