"""Alpaca over HTTP: JSON in, typed values out. Reads are retried, orders are looked up after any doubt.

The same client trades on Alpaca and, through an in-process `requests` transport adapter or over
loopback, on the embedded exchange. Endpoints, fields and limits with their sources: docs/broker.md.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from requests.adapters import BaseAdapter

from backtest.model import Split
from backtest.web.answers import Answer
from backtest.web.clock import BrokerClock
from backtest.web.hosts import data_base
from backtest.web.http import Http
from backtest.web.keys import KeyPair, keys_refused
from live.activities import AccountEvent, FillActivity
from live.alpaca.answers import is_refusal, refusal_in
from live.alpaca.assets import ACTIVE_STOCKS, parse_asset, parse_assets
from live.alpaca.data_host import DataHost, chunks
from live.alpaca.hosts import LIVE_URL, trading_base, trading_mode
from live.alpaca.refusals import is_about_keys, refused_read
from live.alpaca.submit import OrderSubmitter
from live.alpaca.wire import (
    count_rows,
    parse_account,
    parse_account_event,
    parse_calendar,
    parse_clock,
    parse_fill,
    parse_order_of,
    parse_orders,
    parse_position,
    parse_positions,
    price_text,
    rows,
)
from live.broker import (
    Account,
    Asset,
    AssetList,
    CalendarDay,
    Guard,
    LatestPrice,
    MarketClock,
    Order,
    Position,
    RequestCount,
)
from live.clock import Clock, iso_utc
from live.errors import BrokerUnavailableError
from live.orders import OrderRequest
from live.refusals import BrokerRefusedError

T = TypeVar("T")

ORDERS_PER_PAGE = 500
ACTIVITIES_PER_PAGE = 100
MOST_PAGES = 100


class AlpacaClient:
    """A `Broker` on Alpaca's trading and market-data API. Raises as its Protocol says."""

    def __init__(
        self,
        trading_url: str,
        data_url: str,
        keys: KeyPair,
        clock: Clock | None = None,
        *,
        transport: BaseAdapter | None = None,
        broker_id: str = "alpaca",
        live_enabled: bool = False,
        feed: str | None = None,
        rng: random.Random | None = None,
        per_minute: int = 200,
    ) -> None:
        """Open a connection; nothing is sent yet.

        trading_url, data_url: must equal an entry of the allow-list, the live host only with
        live_enabled, else HostNotAllowedError or LiveNotEnabledError. clock: None follows the
        broker's time. transport: answers instead of the network. feed: for latest trades and quotes;
        None takes the best one of the subscription.
        """
        self.id = self.price_source = broker_id
        self.lock_folder: Path | None = None
        self.address = trading_base(trading_url, live_enabled=live_enabled)
        self.is_live = self.address == LIVE_URL
        self.is_in_process = transport is not None
        self.mode = trading_mode(self.address, is_in_process=self.is_in_process)
        self.clock: Clock = clock or BrokerClock()
        self._keys = keys
        headers = {"APCA-API-KEY-ID": keys.key_id, "APCA-API-SECRET-KEY": keys.secret}
        self._http = Http(
            headers,
            self._judge,
            self.clock,
            transport=transport,
            rng=rng,
            per_minute=per_minute,
            unavailable=BrokerUnavailableError,
        )
        self.data = DataHost(self._http, data_base(data_url), feed)
        self._submitter = OrderSubmitter(
            self._http, self.address, self, lambda code, what: keys_refused(code, what, keys)
        )

    def __repr__(self) -> str:
        return f"AlpacaClient({self.id}, {self.address})"

    def close(self) -> None:
        """Close the connections to both hosts."""
        self._http.close()

    def get_account(self) -> Account:
        """Return the account with every flag that forbids trading."""
        return self._get("/v2/account", parse_account)

    def get_positions(self) -> tuple[Position, ...]:
        """Return every position; one unreadable row makes the whole list unusable (it is read again)."""
        return self._get("/v2/positions", parse_positions, is_listing=True)

    def get_position(self, ticker: str) -> Position | None:
        """Return one position, None when there is none."""
        return self._get_or_none(f"/v2/positions/{_quoted(ticker)}", parse_position)

    def get_clock(self) -> MarketClock:
        """Return the broker's clock, and set `self.clock` by it when that follows the broker."""
        if not isinstance(self.clock, BrokerClock):
            return self._get("/v2/clock", parse_clock)
        asked_at = self.clock.tick()
        answer = self._get("/v2/clock", parse_clock)
        self.clock.synchronise(answer.timestamp, asked_at)
        return answer

    def get_calendar(self, start: date, end: date) -> tuple[CalendarDay, ...]:
        """Return the sessions in [start, end], oldest first."""
        query = {"start": start.isoformat(), "end": end.isoformat()}
        return self._get("/v2/calendar", parse_calendar, query, is_listing=True)

    def place_order(self, request: OrderRequest, *, guard: Guard | None = None) -> Order:
        """Send one order and return it with its legs; see `live.alpaca.submit` for what happens in doubt.

        Raises BrokerRefusedError (final, not at the broker), OutcomeUnknownError, what `guard` raises
        before anything left, and ValueError for an order that must never be sent.
        """
        return self._submitter.place(request, guard)

    def replace_order(
        self, order_id: str, *, qty: int | None, stop_price: Decimal | None, client_order_id: str
    ) -> Order:
        """Replace an order and return its successor, which bears `client_order_id`. An accepted PATCH is no
        guarantee: if the old order fills first, the new one is rejected."""
        text = None if stop_price is None else price_text(stop_price)
        return self._submitter.replace(order_id, qty, text, client_order_id)

    def cancel_order(self, order_id: str) -> Order:
        """Ask for a cancel and return the order as read afterwards; only its own status says whether it is gone."""
        return self._submitter.cancel(order_id)

    def request_cancel(self, order_id: str) -> Order | None:
        """Ask for a cancel and return None when the request was taken: whether the order is gone has to be read.

        When it was not clearly taken, the order is read and returned as it stands. Raises as `cancel_order`.
        """
        return self._submitter.request_cancel(order_id)

    def get_order(self, order_id: str) -> Order | None:
        """Return one order with its legs, None when the broker does not know it."""
        parse = parse_order_of("id", order_id)
        return self._get_or_none(f"/v2/orders/{_quoted(order_id)}", parse, {"nested": "true"})

    def get_order_by_client_id(self, client_order_id: str) -> Order | None:
        """Return one order by our id (its legs may be missing), None when the broker does not know it."""
        parse = parse_order_of("client_order_id", client_order_id)
        return self._get_or_none("/v2/orders:by_client_order_id", parse, {"client_order_id": client_order_id})

    def list_orders(
        self,
        *,
        status: str,
        after: datetime | None = None,
        nested: bool = False,
        tickers: Collection[str] = (),
    ) -> tuple[Order, ...]:
        """Return a complete list of orders, oldest submission first.

        status: open, closed or all. after: submitted later than this moment. nested: legs inside their
        parents instead of as rows of their own. Raises BrokerUnavailableError when the list cannot be
        read to its end (F19): a part of it is never returned.
        """
        base = {"status": status, "limit": str(ORDERS_PER_PAGE), "direction": "asc", "nested": str(nested).lower()}
        found: dict[str, Order] = {}
        for chunk in chunks(sorted(tickers)) if tickers else [()]:
            query = base | ({"symbols": ",".join(chunk)} if chunk else {})
            found |= {order.id: order for order in self._all_orders(query, after)}
        return tuple(found.values())

    def get_asset(self, ticker: str) -> Asset | None:
        """Return an instrument, None when the broker does not know it."""
        return self._get_or_none(f"/v2/assets/{_quoted(ticker)}", parse_asset)

    def list_assets(self) -> AssetList:
        """Return every active stock: one answer, it is not paged."""
        return self._get("/v2/assets", parse_assets, ACTIVE_STOCKS, is_listing=True)

    def get_fills(self, after: datetime) -> tuple[FillActivity, ...]:
        """Return every execution after a moment, oldest first."""
        return tuple(self._activities("/v2/account/activities/FILL", parse_fill, {"after": iso_utc(after)}))

    def get_account_events(self, after: datetime) -> tuple[AccountEvent, ...]:
        """Return splits, name changes, mergers, dividends and journals booked after a moment, oldest first."""
        query = {"category": "non_trade_activity", "after": iso_utc(after)}
        return tuple(self._activities("/v2/account/activities", parse_account_event, query))

    def get_splits(self, tickers: Sequence[str], start: date, end: date) -> tuple[Split, ...]:
        """Return the splits processed in [start, end]."""
        return self.data.get_splits(tickers, start, end)

    def get_latest_trades(self, tickers: Sequence[str]) -> Mapping[str, LatestPrice]:
        """Return the latest trade of each ticker that has one."""
        return self.data.get_latest_trades(tickers)

    def get_latest_quotes(self, tickers: Sequence[str]) -> Mapping[str, LatestPrice]:
        """Return the midpoint of the latest quote of each ticker that has a sane one."""
        return self.data.get_latest_quotes(tickers)

    def get_data(self, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """GET a path on the data host and return its JSON object (bars pages); see `DataHost.get_data`."""
        return self.data.get_data(path, params)

    def watch_waits(self, check: Callable[[], None] | None) -> None:
        """Ask `check` during every wait of a read; see `Http.watch_waits`."""
        self._http.watch_waits(check)

    def ask_once(
        self, method: str, path: str, query: Mapping[str, str] | None = None, content: Mapping[str, Any] | None = None
    ) -> Answer:
        """Send one request to the trading host once and return the answer as it is: for questions about the broker
        itself (`admin probe`), nothing is tried again or looked up. Raises NoAnswerError."""
        return self._http.send(method, self.address, path, query, content)

    def requests_sent(self) -> RequestCount:
        """Return how many requests have left so far, retries included."""
        return self._http.counter.snapshot()

    def _judge(self, answer: Answer, path: str) -> None:
        """Raise KeysError on 401 and on 403 without a code, BrokerRefusedError on any other 4xx."""
        if answer.status == 401 or (answer.status == 403 and not is_refusal(answer)):
            raise keys_refused(answer.status, path, self._keys)
        if is_refusal(answer):
            refusal = refusal_in(answer, "GET")
            if is_about_keys(refusal.status, refusal.code, refusal.message):
                raise keys_refused(answer.status, path, self._keys)
            raise refusal

    def _get(
        self,
        path: str,
        parse: Callable[[Any], T],
        query: Mapping[str, str] | None = None,
        *,
        is_listing: bool = False,
    ) -> T:
        try:
            return self._http.get(self.address, path, query, parse, is_listing=is_listing)
        except BrokerRefusedError as error:
            raise refused_read(path, error) from None

    def _get_or_none(self, path: str, parse: Callable[[Any], T], query: Mapping[str, str] | None = None) -> T | None:
        try:
            return self._http.get(self.address, path, query, parse)
        except BrokerRefusedError as error:
            if error.status == 404:
                return None
            raise refused_read(path, error) from None

    def _all_orders(self, query: Mapping[str, str], after: datetime | None) -> Iterator[Order]:
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            asked = {**query, "after": iso_utc(after)} if after else query
            orders = self._get("/v2/orders", parse_orders, asked, is_listing=True)
            new = [order for order in orders if order.id not in seen]
            yield from new
            if count_rows(orders) < ORDERS_PER_PAGE:
                return
            last = max((order.submitted_at for order in new if order.submitted_at), default=None)
            if last is None or (after is not None and last - timedelta(seconds=1) <= after):
                break
            seen.update(order.id for order in orders)
            after = last - timedelta(seconds=1)  # the filter is exclusive and several orders may share a moment
        raise BrokerUnavailableError("the order list cannot be read to its end", next_step="Run again in a minute.")

    def _activities(self, path: str, parse: Callable[[Any], T], query: Mapping[str, str]) -> Iterator[T]:
        asked = {**query, "direction": "asc", "page_size": str(ACTIVITIES_PER_PAGE)}
        for _ in range(MOST_PAGES):
            found = self._get(path, rows(lambda row: (row, parse(row))), asked)
            yield from (parsed for _, parsed in found)
            if len(found) < ACTIVITIES_PER_PAGE:
                return
            asked["page_token"] = str(found[-1][0]["id"])
        raise BrokerUnavailableError(f"{path} cannot be read to its end", next_step="Run again in a minute.")


def _quoted(text: str) -> str:
    return quote(text, safe="")
