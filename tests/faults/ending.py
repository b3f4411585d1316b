"""How a run that met a fault ended: the five things that every row of docs/faults.md is asserted by.

fault_ends(
    "F21",
    lab,
    lambda: lab.run("poll"),
    exit_code=9,
    last_line="error[9] AAA: bought 4 of 10 shares. Nothing to do: the entry is over.",
    received=["DELETE 20260105_AAA_entry_buy", "POST 20260105_AAA_stop_sell"],
    state=State({"AAA": "4 at 100.00, stop 90.00"}, {"20260105_AAA_entry_buy": "canceled 4/10"}),
    rerun=Rerun(0),
)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from backtest.errors import DriftError
from backtest.money import format_price
from live.broker import Broker
from live.orders import Intent, parse_order_id
from live.sim.exchange import Exchange
from live.sim.faults import SimAnswer, SimRequest
from live.state_db.db import StateDB
from live.state_db.records import RunRow
from live.state_db.rows import OrderRow, PositionRow
from tests.cli.done import Done


class World(Protocol):
    """A trading account under test: `tests.cli.lab.Lab`, `tests.cli.account.TradingAccount`."""

    @property
    def exchange(self) -> Exchange: ...
    @property
    def state_db(self) -> Path: ...
    @property
    def broker(self) -> Broker: ...


@dataclass(frozen=True)
class State:
    """What the state DB says.

    positions: every open one, as "10 at 100.00, stop 90.00" (shares, entry, stop). orders: "filled 10/10" (status,
    filled of quantity); those that are not over must all be named, working stops apart, others may be. closed: every
    closed position, as "10 stop_loss at 90.00". kill_switch: whether it is on.
    """

    positions: Mapping[str, str]
    orders: Mapping[str, str] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)
    kill_switch: bool = False


UNCHANGED: Literal["unchanged"] = "unchanged"
"""Positions, orders and kill switch are what they were before the run; its run_log row and events apart."""
UNTOUCHED: Literal["untouched"] = "untouched"
"""The file of the state DB (or its absence) is what it was, byte for byte: it was not, or could not be, written."""
_BEFORE_THE_STATE_DB = frozenset({2, 5, 6, 7, 10, 13})
"""Codes with which a run can end before it has opened the state DB."""
_MAY_END_WITH_WHAT_IS_EXPECTED = frozenset({0, 2, 6, 7})
"""Codes whose last line may end with what was expected of a person's input; all others are followed by what to do."""
Expected = State | Literal["unchanged", "untouched"]


@dataclass(frozen=True)
class Rerun:
    """The same command once more, when the fault has passed.

    last_line: of a code other than 0. received, state: as of the first run; state None: as the first run left it.
    mend: what makes the fault pass. run: where the command that the message names is another one.
    foreign: tickers whose shares orders of another hand hold, so that no stop of ours is asked for.
    """

    exit_code: int
    last_line: str | re.Pattern[str] = ""
    received: Collection[str] = ()
    state: Expected | None = None
    mend: Callable[[], object] | None = None
    run: Callable[[], Done] | None = None
    foreign: Collection[str] = ()


def begins(*words: str) -> re.Pattern[str]:
    """Return the pattern of a last line with these words in this order, the first at its start; paths lie between."""
    return re.compile("".join(f"{re.escape(one)}.*" for one in words))


def fault_ends(
    fault: str,
    world: World,
    run: Callable[[], Done],
    *,
    exit_code: int,
    last_line: str | re.Pattern[str],
    received: Collection[str],
    state: Expected,
    rerun: Rerun,
) -> Done:
    """Start the run that meets a fault, assert how it ended, then that the same command again is safe.

    fault: ids of the row or rows, separated by blanks ("F09", "F09 F10"). last_line: the last line on stderr, whole, or
    a pattern of the whole of it; "" for exit code 0. received: the mutating requests that reached the exchange, in any
    order: "POST 20260105_AAA_entry_buy", "DELETE 20260105_AAA_entry_buy", "PATCH 20260105_AAA_stop_sell_2"; a leg or
    an order of another hand is told by what it is: "DELETE stop sell AAA". Returns the first run's ending.
    """
    assert re.fullmatch(r"F\d{2,3}( F\d{2,3})*", fault), fault
    before = _see(world)
    done = _started(world, run, exit_code, last_line, received)
    after = _see(world)
    _assert_state(state, before, after)
    if state != UNTOUCHED:
        _assert_recorded(done, before, after)
    if rerun.mend is not None:
        rerun.mend()
    again = _started(world, rerun.run or run, rerun.exit_code, rerun.last_line, rerun.received)
    end = _see(world)
    _assert_state(rerun.state or (UNTOUCHED if state == UNTOUCHED else UNCHANGED), after, end)
    _assert_invariants(world, end, must_be_protected=again.code == 0, foreign=rerun.foreign)
    return done


# -- the run -----------------------------------------------------------------------------------------------------------


def _started(
    world: World,
    run: Callable[[], Done],
    exit_code: int,
    last_line: str | re.Pattern[str],
    received: Collection[str],
) -> Done:
    with _receiving(world.exchange) as requests:
        done = run()
    assert done.code == exit_code, f"{done.code}: {done.stdout}{done.stderr}"
    if isinstance(last_line, str):
        assert (done.last_line if exit_code else "") == last_line
    else:
        assert last_line.fullmatch(done.last_line), done.last_line
    assert exit_code in _MAY_END_WITH_WHAT_IS_EXPECTED or ". " in done.last_line, f"no next step: {done.last_line}"
    assert "Traceback" not in done.stdout + done.stderr
    assert sorted(requests) == sorted(received), requests
    return done


@contextmanager
def _receiving(exchange: Exchange) -> Iterator[list[str]]:
    """Note the mutating requests that reach the exchange, whatever scripted faults then make of them."""
    requests: list[str] = []
    real = exchange.handle

    def handle(request: SimRequest) -> SimAnswer:
        if request.method != "GET":
            requests.append(f"{request.method} {_named(exchange, request)}")
        return real(request)

    exchange.handle = handle  # type: ignore[method-assign]
    try:
        yield requests
    finally:
        exchange.handle = real  # type: ignore[method-assign]


def _named(exchange: Exchange, request: SimRequest) -> str:
    """Return the client_order_id of what is sent, else the order that is changed."""
    sent = request.json().get("client_order_id")
    if sent:
        return str(sent)
    order_id = request.path.rpartition("/")[2]
    order = exchange.inspect(lambda exchange_state: exchange_state.orders.get(order_id))
    if order is None:
        return request.path
    return (
        order.client_order_id if parse_order_id(order.client_order_id) else f"{order.type} {order.side} {order.symbol}"
    )


# -- the state DB ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Book:
    """The rows of a state DB in words, as `State` has them. shares: of every open position."""

    positions: Mapping[str, str]
    closed: Mapping[str, str]
    orders: Mapping[str, str]
    unfinished: Collection[str]
    kill_switch: bool
    shares: Mapping[str, int]


@dataclass(frozen=True)
class _Seen:
    """A state DB at one moment. digest: of its file, before it was opened. book: None where it cannot be read.

    has_event: whether the last run has one.
    """

    digest: str
    book: _Book | None = None
    last_run: RunRow | None = None
    has_event: bool = False


def _see(world: World) -> _Seen:
    """Open the state DB once, where it can be opened, and return all that is asked about it."""
    seen = _Seen(_digest(world.state_db))
    if not world.state_db.is_file():
        return seen
    with suppress(DriftError), StateDB.open_reading(world.state_db, world.broker.clock) as db:
        with suppress(DriftError):
            seen = replace(seen, book=_book(db))
        with suppress(DriftError):
            seen = replace(seen, last_run=next(iter(db.runs.last(1)), None))
        if seen.last_run is not None:
            seen = replace(seen, has_event=bool(db.events.newest(kind="run", corr_id=seen.last_run.run_id, limit=1)))
    return seen


def _book(db: StateDB) -> _Book:
    ledger = db.positions.ledger()
    names = [str(row[0]) for row in db.connection.all("SELECT client_order_id FROM orders")]
    orders = [order for order in map(db.orders.get, names) if order is not None]
    return _Book(
        {row.ticker: _open_text(row) for row in ledger if row.is_open},
        {row.ticker: _closed_text(row) for row in ledger if not row.is_open},
        {row.client_order_id: _order_text(row) for row in orders},
        [row.client_order_id for row in db.orders.unfinished() if row.intent is not Intent.STOP],
        db.system_config.kill_switch().on,
        {row.ticker: row.actual_shares for row in ledger if row.is_open},
    )


def _open_text(row: PositionRow) -> str:
    return f"{row.actual_shares} at {format_price(row.entry_price)}, stop {format_price(row.stop_price)}"


def _closed_text(row: PositionRow) -> str:
    price = "none" if row.exit_price is None else format_price(row.exit_price)
    return f"{row.sold_shares} {row.exit_reason} at {price}"


def _order_text(row: OrderRow) -> str:
    return f"{row.status} {row.filled_qty}/{row.qty}"


def _assert_state(expected: Expected, before: _Seen, after: _Seen) -> None:
    if expected == UNTOUCHED:
        assert after.digest == before.digest, "the state DB was written"
        return
    book = after.book
    if expected == UNCHANGED:
        assert book == before.book
        return
    assert isinstance(expected, State)
    assert book is not None, "there is no state DB that can be opened"
    assert dict(book.positions) == dict(expected.positions)
    assert dict(book.closed) == dict(expected.closed)
    assert book.kill_switch == expected.kill_switch
    assert {name: book.orders.get(name) for name in expected.orders} == dict(expected.orders)
    assert set(book.unfinished) <= set(expected.orders), f"not over: {set(book.unfinished) - set(expected.orders)}"


def _digest(path: Path) -> str:
    """Return what tells a file's content from another; of a folder or no file, what it is."""
    if not path.is_file():
        return "folder" if path.is_dir() else "absent"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _assert_recorded(done: Done, before: _Seen, after: _Seen) -> None:
    """I20: a run that opened the state DB and did not end 0 has its row with code and last line, and its event."""
    row = after.last_run
    if row is None or row == before.last_run:
        assert done.code in _BEFORE_THE_STATE_DB, "the run left no row"
        return
    if done.code == 13 and row.exit_code is None:
        return  # the state DB could not be written any more; the next run ends the row
    assert row.exit_code == done.code
    said = (row.last_line or "").partition("python -m ")[0]  # a command is printed with the run's options, kept without
    assert done.code == 0 or (said and said in done.last_line), row.last_line
    assert after.has_event


# -- what holds in every row -------------------------------------------------------------------------------------------


def _assert_invariants(world: World, seen: _Seen, *, must_be_protected: bool, foreign: Collection[str]) -> None:
    """I1 and I3 at the exchange; after an end with 0 every share of ours has its stop or its sale (I2, I4)."""
    orders, held = world.exchange.inspect(
        lambda exchange_state: (
            list(exchange_state.orders.values()),
            {ticker: position.qty for ticker, position in exchange_state.positions.items()},
        )
    )
    entries = [one.client_order_id for one in orders if one.client_order_id.endswith("_entry_buy")]
    assert len(entries) == len(set(entries)), "an entry twice"
    assert not [one for one in orders if re.search(r"_entry_buy_\d+$", one.client_order_id)], "an entry's second try"
    tickers = {one.symbol for one in orders if one.is_open and one.side == "sell"}
    selling = world.exchange.inspect(lambda exchange_state: {one: exchange_state.reserved(one)[0] for one in tickers})
    for ticker, shares in selling.items():
        assert shares <= max(0, held.get(ticker, 0)), f"{ticker}: {shares} offered, {held.get(ticker, 0)} held"
    if not must_be_protected or seen.digest in ("absent", "folder"):
        return
    assert seen.book is not None, "the state DB cannot be read"
    ours = seen.book.shares
    assert {one: held.get(one, 0) for one in ours} == ours, "the state DB is not the broker's book"
    assert [one for one, shares in ours.items() if one not in foreign and selling.get(one) != shares] == [], "naked"
