"""The commands `orders list | show | cancel`: options and help; the work is in `live.inspect` and `live.administer`."""

from __future__ import annotations

from datetime import date

import click

from backtest.command_line import SessionDate
from backtest.model import TICKER_PATTERN
from live.administer.command import common_flags, run_command
from live.administer.entry_commands import Reason
from live.orders import OrderStatus
from live.run.options import RunOptions

OPEN = "open"
LIMIT = click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N", help="Only the newest N."
)


class Ticker(click.ParamType[str]):
    """A canonical ticker, in any case."""

    name = "ticker"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        ticker = str(value).strip().upper()
        if not TICKER_PATTERN.fullmatch(ticker):
            self.fail(f"{ticker!r} is no ticker (expected for example AAPL or BRK.B)", param, ctx)
        return ticker


@click.group()
def orders() -> None:
    """The orders in the state DB: every one that was ever planned."""


@orders.command("list")
@click.option("--run", "run_id", metavar="RUN_ID", help="What a run planned or sent, see `runs list`.")
@click.option("--date", "trade_date", type=SessionDate(), help="Of one trade date; a stop has that of its entry.")
@click.option(
    "--status",
    type=click.Choice([OPEN, *(one.value for one in OrderStatus)]),
    metavar="STATUS",
    help=f"With one status, for example filled; {OPEN}: what is not over.",
)
@click.option("--ticker", type=Ticker(), help="Of one ticker.")
@LIMIT
@common_flags()
@click.pass_context
def orders_list(
    ctx: click.Context,
    options: RunOptions,
    run_id: str | None,
    trade_date: date | None,
    status: str | None,
    ticker: str | None,
    limit: int,
) -> None:
    """List orders, the newest last; changes nothing and asks no broker.

    \b
    Example: python -m live.admin orders list --status open
    """
    from live.inspect.orders import list_stored_orders
    from live.state_db.order_lists import OrderFilter

    wanted = OrderFilter(
        run_id=run_id,
        trade_date=trade_date,
        status=None if status in (None, OPEN) else OrderStatus(status),
        only_open=status == OPEN,
        ticker=ticker,
    )
    run_command(ctx, options, "orders", lambda run: list_stored_orders(run, options, ctx.obj, wanted, limit))


@orders.command("show")
@click.argument("order_id", metavar="CLIENT_ORDER_ID")
@common_flags()
@click.pass_context
def orders_show(ctx: click.Context, options: RunOptions, order_id: str) -> None:
    """Show one order with its events, its legs and what replaced it; asks no broker.

    The broker's id of the order will do as well.

    \b
    Example: python -m live.admin orders show 20260217_NVDA_entry_buy
    """
    from live.inspect.orders import show_order

    run_command(ctx, options, "orders", lambda run: show_order(run, options, ctx.obj, order_id.strip()))


@orders.command("cancel")
@click.argument("order_id", metavar="CLIENT_ORDER_ID")
@click.option("--reason", type=Reason(), default="canceled by hand", show_default=True, help="Why; `status` prints it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_flags("dry_run", dry_run="Say what would be canceled; change nothing.")
@click.pass_context
def orders_cancel(ctx: click.Context, options: RunOptions, order_id: str, reason: str, yes: bool) -> None:
    """Take back one entry of ours that has bought nothing, sent or not.

    It is vetoed first, so that no run sends it again, then canceled at the broker and
    confirmed. A stop, an exit, an entry that has filled and an order that is not ours are
    refused (2) with the command that fits. 9: not confirmed, or shares were bought before
    the cancel; they have their stop.

    \b
    Example: python -m live.admin orders cancel 20260217_NVDA_entry_buy
    """
    from live.administer.orders_cancel import cancel_order

    run_command(
        ctx,
        options,
        "orders",
        lambda run: cancel_order(run, options, ctx.obj, order_id.strip(), reason=reason, is_sure=yes),
        phase="cancel",
    )
