"""A synthetic daily market made from a seed: made when it runs, never committed, no real prices.

Trends, earnings gaps with a drift after them, stop-outs, a halt, a split and a delisting: what a day of the
two programs can meet. The same seed and sessions give the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backtest.bars import BarSeries
from backtest.model import Candidate, Price, Split
from backtest.money import format_price
from backtest.reports.directory import Listing, directory_csv
from demo.names import company_name, listings, ticker_names
from demo.paths import Paths, bridged_paths, calm, free_paths
from demo.scoring import candidates_of_gaps
from live.sim.names import ASSETS_FILE

UNPRINTED_USD = 50.0


@dataclass(frozen=True, slots=True)
class SyntheticMarket:
    """Bars as traded and splits of invented tickers, plus the report-like candidates their gap days offer.

    listings: the names of their companies; none where the tickers are real ones.
    """

    series: Mapping[str, BarSeries]
    splits: tuple[Split, ...]
    candidates: tuple[Candidate, ...] = ()
    listings: tuple[Listing, ...] = ()

    def write(self, folder: Path, *, parquet: bool = False) -> Path:
        """Write `bars.csv` (or `bars.parquet`) in long format, `splits.csv` and `assets.csv`; return the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (_write_parquet if parquet else _write_csv)(folder, self.series)
        lines = ["symbol,ex_date,ratio", *(f"{one.ticker},{one.ex_date},{one.ratio}" for one in self.splits)]
        (folder / "splits.csv").write_text("\n".join(lines) + "\n", encoding="ascii")
        if self.listings:
            (folder / ASSETS_FILE).write_bytes(directory_csv(self.listings))
        return folder


@dataclass(frozen=True, slots=True)
class PrintedPrice:
    """A price that a report printed for a ticker; `day` is the trade date it belongs to, None: it printed none."""

    ticker: str
    day: date
    price: Price | None


def make_market(sessions: Sequence[date], trading_from: date, *, seed: int = 1, tickers: int = 260) -> SyntheticMarket:
    """Return a market over the sessions given; its candidates' reports are dated from `trading_from` on.

    About one candidate in 130 a ticker and session: 260 tickers fill 20 slots within some weeks. A split, a
    reverse split, a halt and a delisting hit tickers that were offered in the first weeks, so that a book holds them.
    """
    rng = np.random.default_rng(seed)
    names = ticker_names(tickers, rng)
    paths = free_paths(rng, len(sessions), tickers)
    start = sessions.index(trading_from)
    series = _to_series(names, sessions, paths)
    offered = candidates_of_gaps(series, trading_from, company_name)
    early = [c.ticker for c in offered if c.report_date <= sessions[min(start + 12, len(sessions) - 1)]]
    events = _plan_events(list(dict.fromkeys(early)), offered, sessions)
    for event in events:
        calm(paths, names.index(event.ticker), event.start)
    series = _to_series(names, sessions, paths)
    offered = candidates_of_gaps(series, trading_from, company_name)
    return replace(_disturbed(series, sessions, events), candidates=tuple(offered), listings=listings(names))


def walk_through(printed: Sequence[PrintedPrice], sessions: Sequence[date], *, seed: int = 1) -> SyntheticMarket:
    """Return a seeded walk of every printed ticker through its printed prices, with the same disturbances.

    The close of the session before a printed price's trade date equals it ($50 where a ticker has none at all);
    between and around them prices wander, gap, and fall far enough for stops now and then.
    """
    rng = np.random.default_rng(seed)
    names = sorted({one.ticker for one in printed})
    anchors = {name: _anchors(name, printed, sessions) for name in names}
    paths = bridged_paths(rng, [anchors[name] for name in names], len(sessions))
    first: dict[str, int] = {name: min(anchors[name]) for name in names}
    once = sorted((name for name in names if len(anchors[name]) == 1), key=lambda name: (first[name], name))
    events = [
        _Event(kind, name, first[name] + 1)
        for kind, name in zip(_KINDS, [n for n in once if first[n] + 40 < len(sessions)][: len(_KINDS)], strict=False)
    ]
    for event in events:
        calm(paths, names.index(event.ticker), event.start)
    return _disturbed(_to_series(names, sessions, paths), sessions, events)


@dataclass(frozen=True, slots=True)
class _Event:
    """A disturbance of a ticker; `start`: index of the session in which a book may have bought it."""

    kind: str
    ticker: str
    start: int


_KINDS = ("split", "delisting", "halt", "reverse split")


def _anchors(name: str, printed: Sequence[PrintedPrice], sessions: Sequence[date]) -> dict[int, float]:
    """Return session index → dollars for a ticker: the close before each printed price's trade date."""
    reported = [one for one in printed if one.ticker == name]
    priced = [one for one in reported if one.price is not None] or reported[:1]
    places = {day: place for place, day in enumerate(sessions)}
    return {
        max(places[one.day] - 1, 0): UNPRINTED_USD if one.price is None else one.price / 10_000
        for one in sorted(priced, key=lambda one: one.day)
    }


def _plan_events(early: Sequence[str], offered: Sequence[Candidate], sessions: Sequence[date]) -> list[_Event]:
    first = {candidate.ticker: candidate.report_date for candidate in reversed(offered)}
    return [_Event(kind, ticker, sessions.index(first[ticker])) for kind, ticker in zip(_KINDS, early, strict=False)]


def _to_series(names: Sequence[str], sessions: Sequence[date], paths: Paths) -> dict[str, BarSeries]:
    days = np.array(sessions, dtype="datetime64[D]")
    open_, close = _units(paths.open), _units(paths.close)
    high = _units(np.maximum(paths.open, paths.close) * (1 + paths.width))
    low = _units(np.minimum(paths.open, paths.close) * (1 - paths.width))
    high = np.maximum(high, np.maximum(open_, close))
    low = np.minimum(low, np.minimum(open_, close))
    ones = np.ones(len(days))
    return {
        name: BarSeries(
            name, days, open_[:, i].copy(), high[:, i].copy(), low[:, i].copy(), close[:, i].copy(),
            paths.volume[:, i].astype(np.int64), ones,
        )
        for i, name in enumerate(names)
    }  # fmt: skip


def _units(usd: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return dollars as prices on the tick grid: cents from $1, 1/10,000 below."""
    cents = np.rint(usd * 100).astype(np.int64) * 100
    fine = np.rint(usd * 10_000).astype(np.int64)
    return np.where(cents >= 10_000, cents, np.maximum(fine, 1))


def _disturbed(series: Mapping[str, BarSeries], sessions: Sequence[date], events: Sequence[_Event]) -> SyntheticMarket:
    changed = dict(series)
    splits: list[Split] = []
    for event in events:
        one = changed[event.ticker]
        if event.kind == "halt":  # three sessions, the last of a week among them
            place = event.start + 5
            while (
                place + 2 < len(sessions)
                and sessions[place + 1].isocalendar().week == sessions[place].isocalendar().week
            ):
                place += 1
            changed[event.ticker] = _without(one, sessions[place - 1 : place + 2])
        elif event.kind == "delisting":
            changed[event.ticker] = _without(one, sessions[event.start + 14 :])
        elif event.start + 9 < len(sessions):
            ratio = Fraction(2) if event.kind == "split" else Fraction(1, 5)
            split = Split(event.ticker, sessions[event.start + 9], ratio)
            splits.append(split)
            changed[event.ticker] = _after_split(one, split)
    return SyntheticMarket(changed, tuple(sorted(splits, key=lambda split: (split.ex_date, split.ticker))))


def _without(series: BarSeries, days: Sequence[date]) -> BarSeries:
    keep = ~np.isin(series.days, np.array(days, dtype="datetime64[D]"))
    columns = (series.days, series.open, series.high, series.low, series.close, series.volume, series.adj_factor)
    return BarSeries(series.ticker, *(column[keep] for column in columns))  # type: ignore[arg-type]


def _after_split(series: BarSeries, split: Split) -> BarSeries:
    at = series.index_at(split.ex_date)

    def scaled(column: NDArray[np.int64]) -> NDArray[np.int64]:
        later = _units(column[at:] / 10_000 / float(split.ratio))
        return np.concatenate([column[:at], later])

    return replace(
        series,
        open=scaled(series.open),
        high=scaled(series.high),
        low=scaled(series.low),
        close=scaled(series.close),
    )


def _rows(series: Mapping[str, BarSeries]) -> Iterable[tuple[str, ...]]:
    for ticker in sorted(series):
        one = series[ticker]
        columns = (one.open.tolist(), one.high.tolist(), one.low.tolist(), one.close.tolist())
        for day, open_, high, low, close, volume in zip(one.days.tolist(), *columns, one.volume.tolist(), strict=True):
            prices = (format_price(price) for price in (open_, high, low, close))
            yield (ticker, day.isoformat(), *prices, str(volume))


def _write_csv(folder: Path, series: Mapping[str, BarSeries]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("symbol", "date", "open", "high", "low", "close", "volume"))
    writer.writerows(_rows(series))
    (folder / "bars.csv").write_text(text.getvalue(), encoding="ascii")


def _write_parquet(folder: Path, series: Mapping[str, BarSeries]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    ordered = [series[ticker] for ticker in sorted(series)]
    table = pa.table(
        {
            "symbol": pa.array([one.ticker for one in ordered for _ in range(len(one))]).dictionary_encode(),
            "date": pa.array(np.concatenate([one.days for one in ordered]), pa.date32()),
            **{
                name: pa.array(np.concatenate([getattr(one, name) for one in ordered]) / 10_000)
                for name in ("open", "high", "low", "close")
            },
            "volume": pa.array(np.concatenate([one.volume for one in ordered])),
        }
    )
    pq.write_table(table, folder / "bars.parquet", compression="zstd")
