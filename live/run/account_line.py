"""Which account a run works on: its first line, and the box before the typed words of live trading."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from backtest.terminal import ask_on_terminal
from live.broker import Account, Broker
from live.config import Safety
from live.state_db.records import AccountBinding

_WORDS = {
    "max_drawdown_pct": "drawdown {} %",
    "max_daily_loss_pct": "daily loss {} %",
    "max_position_usd": "{} USD/entry",
    "max_position_pct": "{} % of equity/entry",
    "max_orders_per_day": "{} orders/day",
}
_WIDTH = 74
"""Of the box's text, so that the frame fits into 80 columns."""


def account_line(broker: Broker, account: Account, safety: Safety) -> str:
    """Return one line: what is traded, where, the last four signs of the account's id, the limits in force."""
    return f"{broker.mode}: {_host(broker)}, account {_last_four(account.id)}, limits: {limits_text(safety)}"


def account_json(broker: Broker, account: Account, safety: Safety) -> dict[str, object]:
    """Return the same as plain values, for `--json`."""
    limits = {name: str(value) for name, value in _limits(safety).items()}
    return {"mode": broker.mode.lower(), "host": _host(broker), "account": _last_four(account.id), "limits": limits}


def live_box(host: str, bound: AccountBinding | None, safety: Safety) -> list[str]:
    """Return the frame to be read before the words are typed. bound: the state DB's account, None before first use."""
    account = "the one of the live keys; this state DB has none yet" if bound is None else _last_four(bound.account_id)
    lines = (
        "REAL MONEY: what this run sends is bought and sold for real",
        f"host:    {_bare(host)}",
        f"account: {account}",
        *textwrap.wrap(f"limits:  {limits_text(safety)}", _WIDTH, subsequent_indent=" " * 9),
    )
    edge = f"+{'-' * (_WIDTH + 2)}+"
    return [edge, *(f"| {line:<{_WIDTH}} |" for line in lines), edge]


def asking_for_words(bound: AccountBinding | None, safety: Safety) -> Callable[[str, str], str]:
    """Return what shows the box and asks a person at the terminal for the words of live trading."""

    def ask(words: str, host: str) -> str:
        box = "\n".join(live_box(host, bound, safety))
        return ask_on_terminal(f"{box}\nType {words} to go on: ")

    return ask


def limits_text(safety: Safety) -> str:
    """Return the limits in force, shortly: `drawdown 10 %, 45 orders/day`; `none` without any."""
    return ", ".join(_WORDS[name].format(value) for name, value in _limits(safety).items()) or "none"


def _limits(safety: Safety) -> dict[str, object]:
    return {name: value for name in _WORDS if (value := getattr(safety, name)) is not None}


def _last_four(account_id: str) -> str:
    return f"…{account_id[-4:]}"


def _host(broker: Broker) -> str:
    return "an exchange in a file" if broker.is_in_process else _bare(broker.address)


def _bare(address: str) -> str:
    return address.partition("://")[2] or address
