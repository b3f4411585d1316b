"""Tables: candidates, announcements, market filter, symbols, bars and splits as CSV; bars as Parquet; the caches."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from backtest.candidates_file import CandidatesRead, candidates_csv, read_candidates
from backtest.market_filter import FilterSeries, read_series
from backtest.model import TICKER_PATTERN
from backtest.prices.action_files import ActionFiles, KeptActions
from backtest.prices.bar_files import BarFiles, Cached
from backtest.prices.folder import FolderPrices
from backtest.prices.provider import PriceData
from backtest.prices.raw import Actions, Dividend, RawBars
from backtest.prices.symbols import parse_symbols
from backtest.studies.announcements import AnnouncementsRead, read_announcements
from tests.proofs.fuzz.canned import is_sane
from tests.proofs.fuzz.mutate import bytes_form, json_form, text_form
from tests.proofs.fuzz.scratch import fresh_folder, put
from tests.proofs.fuzz.target import VALUE, Target, outcome, require
from tests.proofs.fuzz.targets.answers import END, START

UNREADABLE = (7,)
_CELLS = ("AAA", "BRK.B", "brk/b", "2026-01-05", "2026-01-06", "100.00", "-1", "nan", "inf", "1e308", "1e-320",
    "0", "1e3",
          "pre", "post", "html", "A", "4:1", "1/10", '"', ",", ",,", "\r\n", "9" * 30, "0.00001",
          "922337203685477")  # fmt: skip


def _file(name: str, read: Callable[[Path], Any], valid: Callable[[Any], object]) -> Callable[[bytes], str]:
    return lambda case: outcome(lambda: read(put(name, case)), UNREADABLE, valid)


def _candidates(found: CandidatesRead) -> None:
    for one in found.candidates:
        require(one.score is None or 0 <= one.score <= 100, "a score out of range")
        require(one.price is None or 0 < one.price <= 10**11, "a price that is none")
    again = read_candidates(put("again.csv", candidates_csv(found.candidates)))
    require(again.candidates == found.candidates, "not read back as written")


def _filter(found: FilterSeries) -> None:
    require(all(value.is_finite() for value in found.values.values()), "a value that is no number")


def _announcements(found: AnnouncementsRead) -> None:
    keys = [(one.symbol, one.day) for one in found.announcements]
    require(len(set(keys)) == len(keys), "an announcement twice")


def _symbols(case: bytes) -> str:
    def valid(found: list[str]) -> None:
        require(found and all(TICKER_PATTERN.fullmatch(one) for one in found), "no ticker")
        require(len(set(found)) == len(found), "a symbol twice")

    return outcome(lambda: parse_symbols(case, Path("symbols.txt")), UNREADABLE, valid)


def _prices(found: PriceData) -> None:
    is_sane(dict(found.failed))
    for ticker, one in found.series.items():
        days = [day.item() for day in one.days]
        require(days == sorted(set(days)) and all(START <= day <= END for day in days), f"{ticker}: days out of order")
        lowest, highest = one.low.min(), one.high.max()
        require(0 < lowest <= highest, "a price that is none")
        for column in (one.open, one.close):
            require(((one.low <= column) & (column <= one.high)).all(), "a price outside of its bar")
        require((np.isfinite(one.adj_factor) & (one.adj_factor > 0)).all(), "a factor that is none")


def _folder(bars: Callable[[bytes], None]) -> Callable[[bytes], str]:
    """Read a folder into which `bars` puts the case."""

    def check(case: bytes) -> str:
        folder = fresh_folder("bars")
        bars(case)

        def read() -> PriceData:
            prices = FolderPrices(folder)
            prices.span()
            return prices.fetch(prices.tickers()[:20], START, END)

        return outcome(read, UNREADABLE, _prices)

    return check


def _bars_csv() -> list[bytes]:
    rows = [f"{one},2026-01-{day:02},100.00,102.00,98.00,101.00,1000" for one in ("AAA", "BRK.B") for day in (5, 6, 7)]
    plain = "symbol,date,open,high,low,close,volume\n" + "\n".join(rows) + "\n"
    adjusted = "symbol,date,open,high,low,close,volume,adj_close\n" + "".join(f"{row},50.5\n" for row in rows)
    return [plain.encode(), adjusted.encode()]


def _put_splits(case: bytes) -> None:
    put("bars/bars.csv", _bars_csv()[1])
    put("bars/splits.csv", case)


@cache
def _parquet() -> list[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    days = [date(2026, 1, day) for day in (5, 6, 7)]
    prices: dict[str, Any] = {name: [100.0, 100.5, 101.0] for name in ("open", "high", "low", "close")}
    columns = {"symbol": ["AAA"] * 3, "date": days, **prices, "volume": [1000] * 3}
    made = []
    for dates in (columns, columns | {"adj_close": [50.0, 50.25, 50.5]}):
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(dates), sink)
        made.append(sink.getvalue().to_pybytes())
    return made


def _kept_actions(case: bytes) -> str:
    folder = fresh_folder("kept")
    put("kept/AAA.events.json", case)
    found = ActionFiles(folder).read("AAA")
    if found is None:
        return "7"
    require(all(one.ratio > 0 for one in found.actions.splits), "a split by nothing")
    require(all(0 < one.amount < math.inf for one in found.actions.dividends), "a dividend of nothing")
    found.between(START, END)
    return VALUE


def _kept_actions_seed() -> list[bytes]:
    from fractions import Fraction

    from backtest.model import Split

    folder = fresh_folder("seeds")
    actions = Actions((Split("AAA", START, Fraction(1, 10)),), (Dividend("AAA", START, 0.25),))
    ActionFiles(folder).write("AAA", KeptActions(actions, START, END))
    return [(folder / "AAA.events.json").read_bytes()]


def _kept_bars(case: bytes) -> str:
    folder = fresh_folder("kept")
    put("kept/AAA.npz", case)
    found = BarFiles(folder).read("AAA")
    if found is None:
        return "7"
    require(found.bars.prices.shape == (len(found.bars), 4), "columns that do not fit together")
    return VALUE


def _kept_bars_seed() -> list[bytes]:
    folder = fresh_folder("seeds")
    days = np.array(["2026-01-05", "2026-01-06"], dtype="datetime64[D]")
    bars = RawBars(days, np.full((2, 4), 100.0), np.array([1, 2], dtype=np.int64))
    BarFiles(folder).replace("AAA", Cached(bars, START, END))
    return [(folder / "AAA.npz").read_bytes()]


_CSV = text_form(_CELLS)
_CANDIDATES = b"""report_date,ticker,grade,score,price,gap_size,company_name,grade_source,problem,note
2026-01-05,AAA,A,91.5,100.00,4.2,AAA Corp,html,,
2026-01-05,BRK/B,B,,412.5,,"Berkshire, B",json,a doubt,why
2026-01-06,C,D,0,0.0001,-12.5,,,,
"""
_ANNOUNCEMENTS = b"""symbol,date,release,eps_estimate,eps
AAA,2026-01-05,pre,1.20,1.42
BRK/B,2026-01-06,post,,-0.05
"""
_SPLITS = b"symbol,ex_date,ratio\nAAA,2026-01-06,4:1\nBRK.B,2026-01-07,0.1\n"

TARGETS = (
    Target(
        "candidates-csv", "candidates as CSV", _file("candidates.csv", read_candidates, _candidates),
        lambda: [_CANDIDATES], _CSV, ".csv",
    ),
    Target(
        "market-filter", "the market filter's series", _file("filter.csv", read_series, _filter),
        lambda: [b"date,value\n2026-01-05,14.2\n2026-01-06,\n2026-01-07,-3\n"], _CSV, ".csv",
    ),
    Target(
        "announcements", "announcements as CSV", _file("announcements.csv", read_announcements, _announcements),
        lambda: [_ANNOUNCEMENTS], _CSV, ".csv",
    ),
    Target("symbols", "a file of symbols", _symbols, lambda: [b"AAA # first\nbrk/b\n\nC\n",
    b"symbol,name\nAAA,A\n"], _CSV),
    Target("bars-csv", "bars as CSV", _folder(lambda case: _ignore(put("bars/bars.csv", case))), _bars_csv, _CSV,
    ".csv"),
    Target("splits-csv", "splits as CSV", _folder(_put_splits), lambda: [_SPLITS], _CSV, ".csv"),
    Target(
        "bars-parquet", "bars as Parquet", _folder(lambda case: _ignore(put("bars/bars.parquet", case))), _parquet,
        bytes_form, ".parquet",
    ),
    Target("kept-bars", "bars of the cache", _kept_bars, _kept_bars_seed, bytes_form, ".npz"),
    Target(
        "kept-actions", "splits and dividends of the cache", _kept_actions, _kept_actions_seed,
        json_form(("1/10", "4/1", "1e99", "2026-01-05")), ".json",
    ),
)  # fmt: skip


def _ignore(_path: Path) -> None:
    """A file is there."""
