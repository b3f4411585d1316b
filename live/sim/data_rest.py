"""The market-data half of the REST surface: daily bars, latest trades and quotes, corporate actions.

Only what has happened by now: bars of closed sessions, the running session's price and nothing of its
high, low or close. Splits are announced up to the trade date (their ex-date lies before an open that a
run prepares for), dividends likewise.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from fractions import Fraction

from backtest.money import format_price, split_price
from live.sim.faults import SimAnswer, SimRequest
from live.sim.json_forms import dump
from live.sim.market import Bars
from live.sim.model import make_uuid
from live.sim.query import ok, read_day, read_moment
from live.sim.refusals import Refusal
from live.sim.state import ExchangeState
from live.sim.timeline import DAY_US, iso, new_york_day, new_york_midnight

_MAX_BARS = 10_000
_DEFAULT_BARS = 1_000
_DIVIDEND_THRESHOLD = 1e-4
"""Smaller steps of the adjustment factor are rounding of the source's adjusted prices, not dividends."""


def _bad_request(message: str) -> Refusal:
    return Refusal(400, 40010001, message)


def _symbols(request: SimRequest) -> list[str]:
    symbols = sorted({name for name in request.query.get("symbols", "").split(",") if name})
    if not symbols:
        raise _bad_request("symbols is required")
    return symbols


# -- latest prices ------------------------------------------------------------------------------


def latest_trades(state: ExchangeState, request: SimRequest) -> SimAnswer:
    found = {symbol: text for symbol in _symbols(request) if (text := _trade_text(state, symbol))}
    return ok(_keyed("trades", found))


def latest_trade(state: ExchangeState, request: SimRequest, symbol: str) -> SimAnswer:
    return _one(symbol, "trade", _trade_text(state, symbol))


def latest_quotes(state: ExchangeState, request: SimRequest) -> SimAnswer:
    found = {symbol: text for symbol in _symbols(request) if (text := _quote_text(state, symbol))}
    return ok(_keyed("quotes", found))


def latest_quote(state: ExchangeState, request: SimRequest, symbol: str) -> SimAnswer:
    return _one(symbol, "quote", _quote_text(state, symbol))


def _trade_text(state: ExchangeState, symbol: str) -> str | None:
    trade = state.market.last_trade(symbol, state.now)
    if trade is None:
        return None
    price, at = trade
    return f'{{"t":"{iso(at)}","x":"V","p":{format_price(price)},"s":100,"c":["@"],"i":1,"z":"C"}}'


def _quote_text(state: ExchangeState, symbol: str) -> str | None:
    """Return a quote without a spread: bid and ask are the latest trade."""
    trade = state.market.last_trade(symbol, state.now)
    if trade is None:
        return None
    price, at = format_price(trade[0]), iso(trade[1])
    return f'{{"t":"{at}","ax":"V","ap":{price},"as":100,"bx":"V","bp":{price},"bs":100,"c":["R"],"z":"C"}}'


def _keyed(key: str, texts: dict[str, str]) -> str:
    inner = ",".join(f"{dump(symbol)}:{text}" for symbol, text in texts.items())
    return f'{{"{key}":{{{inner}}}}}'


def _one(symbol: str, key: str, text: str | None) -> SimAnswer:
    if text is None:
        raise _bad_request(f"invalid symbol: {symbol}")
    return ok(f'{{"symbol":{dump(symbol)},"{key}":{text}}}')


# -- bars ---------------------------------------------------------------------------------------


def multi_bars(state: ExchangeState, request: SimRequest) -> SimAnswer:
    pages, token = _bar_page(state, request, _symbols(request))
    inner = ",".join(f"{dump(symbol)}:[{','.join(texts)}]" for symbol, texts in pages.items())
    return ok(f'{{"bars":{{{inner}}},"next_page_token":{dump(token)}}}')


def single_bars(state: ExchangeState, request: SimRequest, symbol: str) -> SimAnswer:
    pages, token = _bar_page(state, request, [symbol])
    texts = pages.get(symbol)
    bars = "null" if texts is None else f"[{','.join(texts)}]"
    return ok(f'{{"bars":{bars},"symbol":{dump(symbol)},"next_page_token":{dump(token)}}}')


def _bar_page(state: ExchangeState, request: SimRequest, symbols: list[str]) -> tuple[dict[str, list[str]], str | None]:
    """Return the texts of one page by symbol, and the token of the next; a limit counts bars over all symbols."""
    query = request.query
    if query.get("timeframe") not in ("1Day", "1D", "Day"):
        raise _bad_request("only timeframe=1Day is served by this exchange")
    limit = _bar_limit(query)
    first, last = _span(state, query)
    descending = query.get("sort", "asc") == "desc"
    write = _bar_writer(state, set((query.get("adjustment") or "raw").split(",")))
    start_symbol, start_row = _read_token(query.get("page_token"))
    pages: dict[str, list[str]] = {}
    for symbol in symbols:
        bars = state.market.bars(symbol)
        if bars is None or (start_symbol is not None and symbol < start_symbol):
            continue
        rows = range(bisect_left(bars.sessions, first), bisect_right(bars.sessions, last))
        texts: list[str] = []
        for row in reversed(rows) if descending else rows:
            if symbol == start_symbol and (row > start_row if descending else row < start_row):
                continue
            if limit == 0:
                if texts:
                    pages[symbol] = texts
                return pages, urlsafe_b64encode(f"{symbol}|{row}".encode()).decode()
            texts.append(write(symbol, bars, row))
            limit -= 1
        if texts:
            pages[symbol] = texts
    return pages, None


def _bar_limit(query: dict[str, str]) -> int:
    try:
        limit = int(query.get("limit") or _DEFAULT_BARS)
    except ValueError:
        limit = 0
    if not 0 < limit <= _MAX_BARS:
        raise _bad_request(f"limit must be between 1 and {_MAX_BARS}")
    return limit


def _span(state: ExchangeState, query: dict[str, str]) -> tuple[int, int]:
    """Return the first and last session asked for, none that has not closed."""
    line = state.market.timeline
    closed = line.closed(state.now)
    today = new_york_midnight(new_york_day(state.now))
    start = read_moment(query["start"]) if query.get("start") else today
    end = query.get("end")
    until = state.now if not end else read_moment(end) + (DAY_US - 1 if len(end) == 10 else 0)
    first = bisect_left(range(len(line)), start, key=lambda index: new_york_midnight(line.day(index)))
    last = bisect_right(range(len(line)), until, key=lambda index: new_york_midnight(line.day(index))) - 1
    return first, min(last, closed)


def _read_token(token: str | None) -> tuple[str | None, int]:
    if not token:
        return None, 0
    try:
        symbol, row = urlsafe_b64decode(token).decode().rsplit("|", 1)
        return symbol, int(row)
    except (ValueError, Base64Error):
        raise _bad_request("invalid page_token") from None


def _bar_writer(state: ExchangeState, adjustments: set[str]) -> Callable[[str, Bars, int], str]:
    unknown = adjustments - {"raw", "split", "dividend", "all"}
    if unknown:
        raise _bad_request(f"invalid adjustment: {sorted(unknown)[0]}")
    by_split, by_dividend = bool(adjustments & {"split", "all"}), bool(adjustments & {"dividend", "all"})
    closed = state.market.timeline.closed(state.now)

    def write(symbol: str, bars: Bars, row: int) -> str:
        prices = [column[row] for column in (bars.open, bars.high, bars.low, bars.close)]
        volume = bars.volume[row]
        if by_split and (ratio := _splits_since(state, symbol, bars.sessions[row])) != 1:
            prices, volume = [split_price(price, ratio) for price in prices], int(volume * ratio)
        if by_dividend and (factor := bars.factor[row] / bars.factor[bars.through(closed)]) != 1.0:
            prices = [round(price * factor) for price in prices]
        first, high, low, last = map(format_price, prices)
        stamp = _stamp(state, bars.sessions[row])
        return f'{{"t":"{stamp}","o":{first},"h":{high},"l":{low},"c":{last},"v":{volume},"n":1,"vw":{last}}}'

    return write


def _stamp(state: ExchangeState, session: int) -> str:
    return iso(new_york_midnight(state.market.timeline.day(session)))[:19] + "Z"


def _splits_since(state: ExchangeState, symbol: str, session: int) -> Fraction:
    ratio = Fraction(1)
    for split in state.market.splits_of(symbol):
        if session < split.session and state.market.timeline.early[split.session] <= state.now:
            ratio *= split.ratio
    return ratio


# -- corporate actions --------------------------------------------------------------------------


def corporate_actions(state: ExchangeState, request: SimRequest) -> SimAnswer:
    """Return splits and cash dividends by ex-date; everything in one page."""
    query = request.query
    symbols = _symbols(request) if query.get("symbols") else None
    types = set(query["types"].split(",")) if query.get("types") else None
    trade_date = state.market.timeline.upcoming(state.now)
    known_until = state.market.timeline.day(min(trade_date, len(state.market.timeline) - 1))
    start = read_day(query["start"]) if query.get("start") else new_york_day(state.now)
    end = min(read_day(query["end"]) if query.get("end") else known_until, known_until)
    found: dict[str, list[dict[str, object]]] = {}
    rows = [
        *_split_rows(state, symbols),
        *_dividend_rows(state, symbols if types is None or _DIVIDEND in types else []),
    ]
    for kind, row in rows:
        if start.isoformat() <= str(row["ex_date"]) <= end.isoformat() and (types is None or kind in types):
            found.setdefault(f"{kind}s", []).append(row)
    return ok(dump({"corporate_actions": found, "next_page_token": None}))


_DIVIDEND = "cash_dividend"


def _split_rows(state: ExchangeState, symbols: list[str] | None) -> Iterator[tuple[str, dict[str, object]]]:
    for split in state.market.splits:
        if symbols is None or split.symbol in symbols:
            kind = "forward_split" if split.ratio > 1 else "reverse_split"
            cusips = ("cusip",) if split.ratio > 1 else ("old_cusip", "new_cusip")
            yield (
                kind,
                {
                    "id": make_uuid(state.settings.seed, "split", split.symbol, split.ex_date),
                    "symbol": split.symbol,
                    **dict.fromkeys(cusips, "000000000"),
                    "new_rate": split.ratio.numerator,
                    "old_rate": split.ratio.denominator,
                    "process_date": split.ex_date.isoformat(),
                    "ex_date": split.ex_date.isoformat(),
                    "payable_date": split.ex_date.isoformat(),
                },
            )


def _dividend_rows(state: ExchangeState, symbols: list[str] | None) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the dividends that the adjustment factors of the copied bars stand for."""
    line = state.market.timeline
    for symbol in state.symbols if symbols is None else symbols:
        bars = state.market.bars(symbol)
        if bars is None:
            continue
        factor = bars.factor
        for row in range(1, bars.through(line.closed(state.now)) + 1):
            step = factor[row - 1] / factor[row]
            if step < 1 - _DIVIDEND_THRESHOLD:
                day = line.day(bars.sessions[row]).isoformat()
                yield (
                    _DIVIDEND,
                    {
                        "id": make_uuid(state.settings.seed, _DIVIDEND, symbol, day),
                        "symbol": symbol,
                        "cusip": "000000000",
                        "rate": round(bars.close[row - 1] / 10_000 * (1 - step), 6),
                        "special": False,
                        "foreign": False,
                        "process_date": day,
                        "ex_date": day,
                        "payable_date": day,
                    },
                )
