"""Applies what explains a difference between state DB and broker: reads the evidence, books the explanation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from backtest.errors import DriftError
from backtest.model import ExitReason
from backtest.money import format_usd
from backtest.timezone import NEW_YORK
from live.book.explain import ByHand, Evidence, Explanation, PaidOut, Renamed, Scaled, explain
from live.book.lists import BrokerLists
from live.book.reconcile import MismatchKind, reconcile
from live.broker import Broker
from live.state_db.db import StateDB
from live.state_db.event_types.config import DifferenceExplained
from live.state_db.rows import PositionRow


@dataclass(frozen=True, slots=True)
class Explained:
    """A difference that was explained and booked. position: as it is afterwards. note: a sentence for people."""

    position: PositionRow
    note: str


def apply_explanations(
    db: StateDB, broker: Broker, lists: BrokerLists, ignore_tickers: Collection[str]
) -> list[Explained]:
    """Book every difference that the evidence explains completely, and return those."""
    ours = {position.ticker: position for position in db.positions.open_positions()}
    unexplained = [
        mismatch
        for mismatch in reconcile(ours.values(), lists.positions, ignore_tickers)
        if mismatch.kind in (MismatchKind.MISSING, MismatchKind.QUANTITY)
    ]
    if not unexplained:
        return []
    evidence = _read_evidence(db, broker, lists, [ours[mismatch.ticker] for mismatch in unexplained])
    today = lists.at.astimezone(NEW_YORK).date()
    explained: list[Explained] = []
    for mismatch in unexplained:
        position = ours[mismatch.ticker]
        explanation = explain(mismatch, position, lists.positions, ours.keys(), evidence, today)
        if explanation is not None:
            _apply(db, position, explanation)
            explained.append(_explained(db, position, explanation))
    return explained


def _read_evidence(db: StateDB, broker: Broker, lists: BrokerLists, positions: Sequence[PositionRow]) -> Evidence:
    fills = broker.get_fills(lists.since)
    events = broker.get_account_events(lists.since)
    today = lists.at.astimezone(NEW_YORK).date()
    try:
        tickers = sorted(position.ticker for position in positions)
        splits = broker.get_splits(tickers, lists.since.astimezone(NEW_YORK).date(), today)
    except DriftError:
        splits = ()  # the record would only be one of several explanations
    return Evidence(
        fills=fills,
        own_order_ids=db.orders.known_ids({fill.order_id for fill in fills}),
        booked_by_hand=db.positions.booked_by_hand({fill.id for fill in fills}),
        events=events,
        splits=tuple(split for split in splits if split.ex_date <= today),
    )


def _apply(db: StateDB, position: PositionRow, explanation: Explanation) -> None:
    why = explanation.sentence()
    event = DifferenceExplained(position.ticker, why)
    with db.transaction(), db.events.caused_by(db.events.append(event, corr_id=f"position:{position.position_id}")):
        match explanation:
            case Renamed(new_ticker=ticker):
                db.positions.rename(position.position_id, ticker, why)
            case Scaled(ratio=ratio, ex_date=ex_date):
                db.positions.scale_for_split(position.position_id, ratio, ex_date, why)
            case ByHand(fills=fills):
                db.positions.book_by_hand(position.position_id, fills)
            case PaidOut(day=day, price=price):
                db.positions.close_as(position.position_id, ExitReason.DELISTED, day, price, why)


def _explained(db: StateDB, before: PositionRow, explanation: Explanation) -> Explained:
    position = db.positions.get(before.position_id) or before
    result = "" if position.pnl is None else f"; P&L {format_usd(position.pnl)}"
    return Explained(position, explanation.sentence() + result)
