"""What the lines of a signal file ask for, and what the broker's orders came from, as orders to be committed; pure."""

from __future__ import annotations

from backtest.model import ExitReason
from backtest.money import to_price
from live.broker import Order
from live.orders import Intent, OrderId, order_id
from live.signals.file import SignalFile
from live.signals.lines import EntryLine, ExitLine
from live.state_db.rows import EntryDetails, NewOrder, PositionRow, Via


def entry_intent(signal: SignalFile, line: EntryLine, stop_loss_bp: int, asset_id: str | None = None) -> NewOrder:
    """Return the entry of one line. stop_loss_bp: the protective stop's distance from the fill."""
    return NewOrder(
        client_order_id=order_id(signal.trade_date, line.ticker, Intent.ENTRY),
        ticker=line.ticker,
        intent=Intent.ENTRY,
        trade_date=signal.trade_date,
        qty=line.shares,
        stop_price=line.stop_price,
        asset_id=asset_id,
        strategy=signal.strategy,
        entry=EntryDetails(
            rank=line.rank,
            report_date=line.report_date,
            as_of=signal.as_of_session,
            stop_loss_bp=stop_loss_bp,
            reference_price=line.reference_price,
            score=line.score,
            grade=line.grade,
            grade_source=line.grade_source,
            company_name=line.company_name,
            gap_size=line.gap_size,
            replaces=line.replaces,
            limit_price=line.limit_price,
        ),
    )


def exit_intent(signal: SignalFile, line: ExitLine, position_id: int, asset_id: str | None) -> NewOrder:
    """Return the exit of one line, first generation. position_id: the position of this state DB."""
    return NewOrder(
        client_order_id=order_id(signal.trade_date, line.ticker, Intent.EXIT),
        ticker=line.ticker,
        intent=Intent.EXIT,
        trade_date=signal.trade_date,
        qty=line.shares,
        position_id=position_id,
        asset_id=asset_id,
        strategy=signal.strategy,
        exit_reason=line.reason,
    )


def sell_intent(order: Order, parsed: OrderId, position: PositionRow, reason: ExitReason | None) -> NewOrder:
    """Return the intent behind a sell of our form that the broker has. reason: of an exit, None of a stop."""
    return NewOrder(
        client_order_id=order.client_order_id,
        ticker=position.ticker,
        intent=parsed.intent,
        trade_date=parsed.trade_date,
        qty=int(order.qty or 0),
        stop_price=None if order.stop_price is None else to_price(order.stop_price),
        position_id=position.position_id,
        asset_id=order.asset_id,
        strategy=position.strategy,
        exit_reason=reason,
        via=Via.POST if order.replaces is None else Via.PATCH,
    )
