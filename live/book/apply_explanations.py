"""Applies what explains a difference between state DB and broker: reads the evidence, books the explanation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

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

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Explained:
    """A difference that was explained and booked. position: as it is afterwards. note: a sentence for people."""

    position: PositionRow
    note: str


def apply_explanations(
    db: StateDB, broker: Broker, lists: BrokerLists, ignore_tickers: Collection[str], problems: list[DriftError]
) -> list[Explained]:
    """Book every difference that the evidence explains completely, and return those.

    Every source of evidence is optional: one that cannot be read explains nothing and is added to `problems`.
    """
    ours = {position.ticker: position for position in db.positions.open_positions()}
    unexplained = [
        mismatch
        for mismatch in reconcile(ours.values(), lists.positions, ignore_tickers)
        if mismatch.kind in (MismatchKind.MISSING, MismatchKind.QUANTITY)
    ]
    if not unexplained:
        return []
    evidence = _read_evidence(db, broker, lists, [mismatch.ticker for mismatch in unexplained], problems)
    today = lists.at.astimezone(NEW_YORK).date()
    explained: list[Explained] = []
    for mismatch in unexplained:
        position = ours[mismatch.ticker]
        explanation = explain(mismatch, position, lists.positions, ours.keys(), evidence, today)
        if explanation is not None:
            _apply(db, position, explanation)
            explained.append(_explained(db, position, explanation))
    return explained


def _read_evidence(
    db: StateDB, broker: Broker, lists: BrokerLists, tickers: Sequence[str], problems: list[DriftError]
) -> Evidence:
    since, today = (moment.astimezone(NEW_YORK).date() for moment in (lists.since, lists.at))
    fills = _optional(lambda: broker.get_fills(lists.since), problems)
    events = _optional(lambda: broker.get_account_events(lists.since), problems)
    splits = _optional(lambda: broker.get_splits(sorted(tickers), since, today), problems)
    return Evidence(
        fills=fills,
        own_order_ids=db.orders.known_ids({fill.order_id for fill in fills}),
        booked_by_hand=db.positions.booked_by_hand({fill.id for fill in fills}),
        events=events,
        splits=tuple(split for split in splits if split.ex_date <= today),
    )


def _optional(read: Callable[[], tuple[Answer, ...]], problems: list[DriftError]) -> tuple[Answer, ...]:
    try:
        return read()
    except DriftError as error:
        problems.append(error)
        return ()


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
