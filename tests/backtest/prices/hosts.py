"""Hosts of market data that answer from one invented market, in the forms that docs/broker.md records."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses
from requests import PreparedRequest

from backtest.sessions import NEW_YORK

Answer = tuple[int, dict[str, str], str]
ALPACA = "https://data.alpaca.markets"
FMP = "https://financialmodelingprep.com"
KEYS = {
    "APCA_API_KEY_ID": "PKTESTKEYID0001",
    "APCA_API_SECRET_KEY": "sEcReTvAlUe0123456789",
    "FMP_API_KEY": "fmpKEY0123456789abc",
}


@dataclass
class Market:
    """Bars as traded by ticker and day (open, high, low, close, volume), splits and dividends by ticker and ex-date."""

    bars: Mapping[str, Mapping[date, tuple[float, float, float, float, int]]]
    splits: Mapping[tuple[str, date], Fraction] = field(default_factory=dict)
    dividends: Mapping[tuple[str, date], float] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the same market as a folder of files."""
        folder.mkdir(parents=True, exist_ok=True)
        lines = ["symbol,date,open,high,low,close,volume"]
        lines += [
            f"{ticker},{day},{','.join(str(cell) for cell in bar)}"
            for ticker, bars in self.bars.items()
            for day, bar in bars.items()
        ]
        (folder / "bars.csv").write_text("\n".join(lines) + "\n", encoding="ascii")
        splits = ["symbol,ex_date,ratio", *(f"{t},{day},{ratio}" for (t, day), ratio in self.splits.items())]
        (folder / "splits.csv").write_text("\n".join(splits) + "\n", encoding="ascii")
        return folder

    def within(self, ticker: str, first: date, last: date) -> list[tuple[date, tuple[float, float, float, float, int]]]:
        return [(day, bar) for day, bar in sorted(self.bars.get(ticker, {}).items()) if first <= day <= last]


class Host:
    """A host that can be told to answer something else. asked: path and query of every request, the keys left out."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.instead: Answer | None = None
        self.after = 0
        """`instead` is answered to every request but the first so many."""

    def answer(self, request: PreparedRequest) -> Answer:
        parts = urlsplit(str(request.url))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append((parts.path, {name: value for name, value in query.items() if name != "apikey"}))
        if self.instead is not None and len(self.asked) > self.after:
            return self.instead
        return 200, {"Content-Type": "application/json"}, json.dumps(self.content(parts.path, query))

    def content(self, path: str, query: Mapping[str, str]) -> Any:
        raise NotImplementedError

    def tickers_asked(self) -> set[str]:
        """Return every ticker whose bars were asked for."""
        raise NotImplementedError


class AlpacaHost(Host):
    """Pages of at most 400 bars over all symbols."""

    def content(self, path: str, query: Mapping[str, str]) -> Any:
        symbols = query["symbols"].split(",")
        if path == "/v1/corporate-actions":
            return {"corporate_actions": self._actions(symbols, query), "next_page_token": None}
        first, last = (datetime.fromisoformat(query[name]).astimezone(NEW_YORK).date() for name in ("start", "end"))
        rows = [(symbol, row) for symbol in sorted(symbols) for row in self._rows(symbol, first, last)]
        at = int(query.get("page_token", 0))
        bars: dict[str, list[Any]] = {}
        for symbol, row in rows[at : at + 400]:
            bars.setdefault(symbol, []).append(row)
        return {"bars": bars, "next_page_token": str(at + 400) if at + 400 < len(rows) else None}

    def _rows(self, symbol: str, first: date, last: date) -> list[dict[str, Any]]:
        rows = []
        for day, (open_, high, low, close, volume) in self.market.within(symbol, first, last):
            stamp = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)
            hours = -int((stamp.utcoffset() or timedelta()).total_seconds() // 3600)
            rows.append({"t": f"{day}T{hours:02d}:00:00Z", "o": open_, "h": high, "l": low, "c": close, "v": volume})
        return rows

    def _actions(self, symbols: list[str], query: Mapping[str, str]) -> dict[str, Any]:
        def inside(ticker: str, day: date) -> bool:
            return ticker in symbols and query["start"] <= day.isoformat() <= query["end"]

        splits = [
            {"symbol": t, "ex_date": str(d), "new_rate": r.numerator, "old_rate": r.denominator}
            for (t, d), r in self.market.splits.items()
            if inside(t, d)
        ]
        paid = [
            {"symbol": t, "ex_date": str(d), "rate": r} for (t, d), r in self.market.dividends.items() if inside(t, d)
        ]
        return {"forward_splits": splits, "cash_dividends": paid}

    def tickers_asked(self) -> set[str]:
        return {one for path, query in self.asked if "bars" in path for one in query["symbols"].split(",")}


class FmpHost(Host):
    """Both generations: prices as traded on `/stable`, split-adjusted ones on `/api/v3`; newest first."""

    def content(self, path: str, query: Mapping[str, str]) -> Any:
        if path.startswith("/api/v3"):
            return self._legacy(path)
        symbol = query["symbol"]
        ticker = symbol.replace("-", ".")
        if path.endswith("/splits"):
            return [{"symbol": symbol, **row} for row in self._splits(ticker)]
        if path.endswith("/dividends"):
            return [{"symbol": symbol, **row} for row in self._dividends(ticker)]
        first, last = (date.fromisoformat(query[name]) for name in ("from", "to"))
        if path.endswith("/full"):
            return [{"symbol": symbol, **row} for row in self._adjusted(ticker, first, last)]
        names = ("adjOpen", "adjHigh", "adjLow", "adjClose", "volume")
        rows = self.market.within(ticker, first, last)
        return [{"symbol": symbol, "date": str(day), **dict(zip(names, bar, strict=True))} for day, bar in rows[::-1]]

    def _legacy(self, path: str) -> Any:
        symbol = path.rpartition("/")[2]
        ticker = symbol.replace("-", ".")
        if ticker not in self.market.bars:
            return {}
        if "stock_split" in path:
            return {"symbol": symbol, "historical": self._splits(ticker)}
        if "stock_dividend" in path:
            return {"symbol": symbol, "historical": self._dividends(ticker)}
        query = self.asked[-1][1]
        span = (date.fromisoformat(query["from"]), date.fromisoformat(query["to"]))
        return {"symbol": symbol, "historical": self._adjusted(ticker, *span)}

    def _adjusted(self, ticker: str, first: date, last: date) -> list[dict[str, Any]]:
        rows = []
        for day, bar in reversed(self.market.within(ticker, first, last)):
            later = [float(ratio) for (t, d), ratio in self.market.splits.items() if t == ticker and d > day]
            factor = math.prod(later)
            open_, high, low, close = (price / factor for price in bar[:4])
            row = {"open": open_, "high": high, "low": low, "close": close, "adjClose": close / 2}
            rows.append({"date": str(day), **row, "volume": bar[4] * factor})
        return rows

    def _splits(self, symbol: str) -> list[dict[str, Any]]:
        return [
            {"date": str(d), "numerator": r.numerator, "denominator": r.denominator}
            for (t, d), r in self.market.splits.items()
            if t == symbol
        ]

    def _dividends(self, symbol: str) -> list[dict[str, Any]]:
        paid = self.market.dividends.items()
        return [{"date": str(d), "dividend": r, "adjDividend": r / 2} for (t, d), r in paid if t == symbol]

    def tickers_asked(self) -> set[str]:
        asked = {query["symbol"].replace("-", ".") for path, query in self.asked if "historical-price-eod" in path}
        return asked | {path.rpartition("/")[2] for path, _ in self.asked if re.search(r"price-full/[A-Z.-]+$", path)}


def serve(source: str, market: Market) -> Host:
    """Answer for the host of a price source; within the fixture `http`."""
    host: Host = AlpacaHost(market) if source == "alpaca" else FmpHost(market)
    base = ALPACA if source == "alpaca" else FMP
    responses.add_callback(responses.GET, re.compile(re.escape(base) + "/.*"), callback=host.answer)
    return host
