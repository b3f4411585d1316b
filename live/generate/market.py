"""Fetches and checks what `decide` may see, and builds the market that answers it; decides nothing.

One request for the bars of every ticker, one for the latest trades of the candidates, one for the quotes
of those without a usable trade.

A latest trade or quote counts only when it is not older than the close of the as-of session: whatever
is older says less than that session's close, which is what stands in for it. So Friday's 15:59 trade is
never taken for Monday's price, and an after-hours or pre-market trade is. Prices told before a split's
ex-date are brought into units of the trade date by the same function as everything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from backtest.errors import PriceDataError, PriceSourceUnavailableError
from backtest.market import PriceHistory, SeriesMarket, history_start
from backtest.model import Reference, ReferenceSource, Split
from backtest.money import format_price, to_price
from backtest.params import Params
from backtest.prices.provider import PriceData, PriceProvider
from backtest.sessions import NEW_YORK, Sessions
from backtest.splits import USUAL_RATIOS, price_after, splits_in
from live.broker import Broker, LatestPrice

if TYPE_CHECKING:
    from backtest.bars import BarSeries

SOURCES_WITH_ALL_SPLITS = frozenset({"folder", "sim"})
"""Their splits are part of the data: a jump without one is a price. Others may tell a split days late."""

LEAST_JUMP = Fraction(3, 2)
SPLIT_RATIOS = tuple(ratio for ratio in USUAL_RATIOS if max(ratio, 1 / ratio) >= LEAST_JUMP)
"""A smaller split moves the price no further than news does."""
JUMP_TOLERANCE_PCT = 2
JUMP_SESSIONS = 5
"""After so many sessions without a record the jump is taken for what it looks like: a price."""

CLOCK_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class MarketNeeds:
    """What one run has to know.

    judged_after: held ticker (of both strategies, pending shadow entries included) → its `decided_through`; bars
    reach back far enough to judge every close after it. candidates: tickers whose reference price is wanted.
    also: further tickers whose bars are needed (candidates of missed sessions for the shadow), from `since` on.
    """

    trade_date: date
    as_of: date
    judged_after: Mapping[str, date] = field(default_factory=dict)
    candidates: Sequence[str] = ()
    also: Sequence[str] = ()
    since: date | None = None

    @property
    def tickers(self) -> tuple[str, ...]:
        return tuple(sorted({*self.judged_after, *self.candidates, *self.also}))


@dataclass(frozen=True, slots=True)
class ReferenceBook:
    """The reference prices of one trade date, taken on one New York day: stored and reused by a second run that day.

    references: in units of the trade date (its splits are applied); the last closes that stood in are among them.
    """

    trade_date: date
    taken_on: date
    references: Mapping[str, Reference] = field(default_factory=dict)

    def is_for(self, trade_date: date, today: date) -> bool:
        """Tell whether a run for `trade_date` on New York day `today` decides on these prices again."""
        return self.trade_date == trade_date and self.taken_on == today

    def to_json(self) -> dict[str, Any]:
        """Return plain values for storing."""
        return {
            "trade_date": self.trade_date.isoformat(),
            "taken_on": self.taken_on.isoformat(),
            "references": {
                ticker: [format_price(reference.price), reference.source.value]
                for ticker, reference in sorted(self.references.items())
            },
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ReferenceBook:
        """Return the stored book. Raises ValueError when it is none."""
        try:
            references = {
                str(ticker): Reference(to_price(Decimal(price)), ReferenceSource(source))
                for ticker, (price, source) in content["references"].items()
            }
            trade_date, taken_on = date.fromisoformat(content["trade_date"]), date.fromisoformat(content["taken_on"])
        except (KeyError, TypeError, AttributeError, ArithmeticError) as error:
            raise ValueError(f"no stored reference prices: {error}") from error
        return cls(trade_date, taken_on, references)


@dataclass(frozen=True, slots=True)
class LiveMarket:
    """Everything fetched for one run.

    history: bars for stepping the shadow (`history.market(day)`). market: answers `decide` before the trade date, with
    the live reference prices. data: the checked bars with their fingerprint. references: to be stored with the run.
    as_of_is_empty: no ticker asked has a bar in the as-of session (the decisions stand, the run ends 9).
    unexplained: held tickers with a jump at a split ratio and no split to explain it (they count as failed).
    notes: sentences to be told.
    """

    history: PriceHistory
    market: SeriesMarket
    data: PriceData
    references: ReferenceBook
    as_of_is_empty: bool = False
    unexplained: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def fetch_market(
    prices: PriceProvider,
    broker: Broker,
    sessions: Sessions,
    params: Params,
    needs: MarketNeeds,
    *,
    now: datetime,
    stored: ReferenceBook | None = None,
) -> LiveMarket:
    """Fetch bars (one request to the provider) and reference prices (one for trades, one for missing quotes).

    now: the broker's time. stored: the prices of an earlier run; used for the tickers it has when it `is_for` this
    trade date and New York day (leave it out for --refresh-prices).
    Raises PriceDataError (7) when no ticker asked has any bar, PriceSourceUnavailableError or
    BrokerUnavailableError (8) when a source does not answer.
    """
    tickers = needs.tickers
    data = prices.fetch(tickers, _first_day(needs, sessions, params), needs.as_of) if tickers else PriceData({})
    if tickers and not data.series:
        raise _nothing(prices, data, tickers)
    jumps = _unexplained_jumps(prices, data, needs, sessions)
    history = PriceHistory(data.series, sessions, data.splits, {*data.failed, *jumps})
    today = now.astimezone(NEW_YORK).date()
    kept = stored.references if stored is not None and stored.is_for(needs.trade_date, today) else {}
    references = _references(broker, history, needs, data.splits, kept, sessions.at(needs.as_of).close, now)
    market = history.market(needs.trade_date, references)
    is_empty = market.is_as_of_empty(tickers)
    return LiveMarket(
        history,
        market,
        data,
        ReferenceBook(needs.trade_date, today, references),
        as_of_is_empty=is_empty,
        unexplained=tuple(sorted(jumps)),
        notes=tuple(_notes(data, jumps, _sessions_back(sessions, needs.as_of), needs.as_of if is_empty else None)),
    )


def _first_day(needs: MarketNeeds, sessions: Sessions, params: Params) -> date:
    """Return from when on bars are needed: the indicator window of the earliest close to be judged."""
    judged = [sessions.next(day) for day in needs.judged_after.values()]
    judged += [needs.since] if needs.since is not None else []
    return history_start(min([*judged, needs.as_of]), params)


def _nothing(prices: PriceProvider, data: PriceData, tickers: Collection[str]) -> Exception:
    if all(ticker in data.failed for ticker in tickers):
        ticker, why = next(iter(sorted(data.failed.items())))
        return PriceSourceUnavailableError(
            f"prices of {len(tickers)} tickers from {prices.source}: {ticker}: {why}", next_step="Run it again."
        )
    return PriceDataError(
        f"prices from {prices.source}: no bar at all for any of {len(tickers)} tickers "
        f"({', '.join(sorted(tickers)[:5])} …)",
        next_step="Check --prices and the tickers; nothing was written.",
    )


def _references(
    broker: Broker,
    history: PriceHistory,
    needs: MarketNeeds,
    splits: Sequence[Split],
    kept: Mapping[str, Reference],
    as_of_close: datetime,
    now: datetime,
) -> dict[str, Reference]:
    """Return a reference for every candidate that has a price: kept, latest trade, quote midpoint, last close."""
    found = {ticker: kept[ticker] for ticker in needs.candidates if ticker in kept}
    asks = (
        (ReferenceSource.LATEST_TRADE, broker.get_latest_trades),
        (ReferenceSource.QUOTE_MIDPOINT, broker.get_latest_quotes),
    )
    by_ticker: dict[str, list[Split]] = {}
    for split in splits:
        by_ticker.setdefault(split.ticker, []).append(split)
    for source, ask in asks:
        missing = sorted(set(needs.candidates) - found.keys())
        if not missing:
            break
        for ticker, latest in ask(missing).items():
            if ticker in missing and _is_usable(latest, as_of_close, now):
                told_on = latest.at.astimezone(NEW_YORK).date()
                events = splits_in(by_ticker.get(ticker, ()), told_on, needs.trade_date)
                found[ticker] = Reference(price_after(to_price(latest.price), events), source)
    plain = history.market(needs.trade_date)
    for ticker in set(needs.candidates) - found.keys():
        last = plain.last_close(ticker)
        if last is not None:
            found[ticker] = Reference(last.price, ReferenceSource.LAST_CLOSE)
    return found


def _is_usable(latest: LatestPrice, as_of_close: datetime, now: datetime) -> bool:
    return latest.price > 0 and as_of_close <= latest.at <= now + CLOCK_SKEW and to_price(latest.price) > 0


def _unexplained_jumps(
    prices: PriceProvider, data: PriceData, needs: MarketNeeds, sessions: Sessions
) -> dict[str, str]:
    """Return the held tickers that opened at a split's ratio from the close before, without a split to explain it."""
    if prices.source in SOURCES_WITH_ALL_SPLITS:
        return {}
    recent = _sessions_back(sessions, needs.as_of)
    found: dict[str, str] = {}
    for ticker, decided_through in needs.judged_after.items():
        series = data.series.get(ticker)
        if series is not None:
            known = [split for split in data.splits if split.ticker == ticker]
            after = max(decided_through, recent - timedelta(days=1))
            jump = _first_jump(series, known, after)
            if jump is not None:
                found[ticker] = jump
    return found


def _first_jump(series: BarSeries, splits: Iterable[Split], after: date) -> str | None:
    for place in range(max(1, series.index_at(after) + 1), len(series)):
        before, bar = series.bar(place - 1), series.bar(place)
        expected = price_after(before.close, splits_in(splits, before.day, bar.day))
        for ratio in SPLIT_RATIOS:
            at = expected / ratio
            if abs(bar.open - at) * 100 <= JUMP_TOLERANCE_PCT * at:
                return (
                    f"{bar.day} opened at {format_price(bar.open)} after {format_price(before.close)}, "
                    f"as a {ratio.numerator}:{ratio.denominator} split would"
                )
    return None


def _sessions_back(sessions: Sessions, as_of: date) -> date:
    """Return the first of the last `JUMP_SESSIONS` sessions."""
    return sessions.days[max(0, sessions.index(as_of) - JUMP_SESSIONS + 1)]


def _notes(data: PriceData, jumps: Mapping[str, str], recent: date, empty_session: date | None) -> Iterable[str]:
    for ticker, why in sorted(data.failed.items()):
        yield f"{ticker}: the price source could not answer ({why})"
    for ticker, why in sorted(jumps.items()):
        yield f"{ticker}: {why}, and no split is known; its exit check is unresolved"
    for bar in data.refused:
        if bar.day >= recent:  # older ones were told when they were new
            yield f"{bar.ticker}: bar of {bar.day} refused ({bar.why})"
    if empty_session is not None:
        yield f"no ticker has a bar in the as-of session {empty_session}; decided by the calendar"
