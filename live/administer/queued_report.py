"""What `kill-switch on` says of the orders at the broker: what is canceled, what is left, what nobody could ask.

Counts what keeps the command from ending with 0; the kill switch is on in every case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backtest.errors import ConfigError, DriftError
from backtest.text import how_many
from live.book.sync import LOST_DB_NEXT_STEP
from live.clock import SystemClock
from live.errors import BrokerUnavailableError, LiveNotEnabledError, StateDBError
from live.execute.facts import Facts
from live.orders import Intent, OrderStatus
from live.run.closing_lines import first_of
from live.run.options import RunOptions
from live.run.program import Run
from live.state_db.db import StateDB
from live.state_db.records import AccountBinding
from live.state_db.rows import OrderRow

BUT = "the kill switch is on, but"
UNREACHED = BrokerUnavailableError.exit_code
PROTECT = "python -m live.executor --phase protect"
CANCEL_THERE = "Cancel them at the broker: no program touches what it cannot prove ours."


@dataclass(slots=True)
class QueuedReport:
    """Says what came of the orders at the broker, on the console, in `--json` and as the exit code.

    known: the tickers of our entries at the broker as the state DB has them before anybody asks; None when it cannot
    be read. bound: the account it belongs to. exits: queued exits were to be taken back as well.
    """

    run: Run
    options: RunOptions
    state_db: Path
    exits: bool
    known: tuple[str, ...] | None = ()
    bound: AccountBinding | None = None

    def __post_init__(self) -> None:
        if not self.state_db.exists():
            return
        try:
            with StateDB.open_copy(self.state_db, SystemClock()) as db:
                rows, self.bound = db.orders.unfinished(), db.system_config.bound_account()
        except StateDBError:
            self.known = None
            return
        sent = (row for row in rows if row.intent is Intent.ENTRY and row.status is not OrderStatus.PLANNED)
        self.known = tuple(row.ticker for row in sent)

    def unasked(self, error: DriftError) -> None:
        """The broker could not be asked: say how many entries are queued as the state DB knows, and what cancels them.

        Without keys (6) it is nothing to worry about when there are none.
        """
        no_keys = isinstance(error, ConfigError)
        if no_keys and self.known == ():
            known = (
                "knows of no entry queued there" if self.state_db.exists() else "is not there to tell what is queued"
            )
            self.run.note(f"the broker was not asked, the state DB {known}: {error.what}")
            return
        if self.known is None:
            words = "the state DB cannot be read, and nobody knows what is queued at the broker"
        elif self.known:
            may_be = "is" if len(self.known) == 1 else "are"
            words = f"{_counted(self.known, 'entry')} {may_be} queued at the broker, as far as the state DB knows"
        else:
            words = "it is not known whether entries are queued at the broker; the state DB knows of none"
        command = self.command(enable_live=isinstance(error, LiveNotEnabledError))
        code = error.exit_code if no_keys else UNREACHED
        cancels = f"This cancels them, {'with the keys' if no_keys else 'once the broker answers'}: {command}"
        self.run.outcome.add_problem(code, f"{BUT} {words} ({error.what.rstrip('.')})", cancels)

    def without_book(self, tickers: Sequence[str]) -> None:
        """No state DB says which orders are ours. tickers: of the entries of our form at the broker."""
        if not tickers:
            self.run.note("the broker has no entry of ours queued")
            return
        words = (
            f"{BUT} no state DB says whether {_counted(tickers, 'entry')} of our form, queued at the broker, are ours"
        )
        self.run.outcome.add_problem(UNREACHED, words, f"Cancel them at the broker. {LOST_DB_NEXT_STEP}")

    def trouble(self, error: DriftError | None) -> None:
        """Count what went wrong at one step; the others were done all the same."""
        if error is not None:
            self.run.outcome.add_problem(
                UNREACHED, f"{BUT} {error.what}", error.next_step or f"Again: {self.command()}"
            )

    def done(self, facts: Facts, ended: Sequence[OrderRow], unproven: Sequence[str], *, can_write: bool) -> None:
        """Say what is canceled, what was bought meanwhile and what is left; count what is not confirmed."""
        left = [row for row in facts.unfinished() if row.status is not OrderStatus.PLANNED]
        self._print(ended, left)
        self._count_left([row for row in left if row.intent is Intent.ENTRY], "entry")
        sells = [row for row in left if row.intent is Intent.EXIT]
        if self.exits and can_write:
            self._count_left(sells, "exit")
        if unproven:
            words = f"nothing proves that {_counted(unproven, 'entry')} of our form at the broker are ours"
            self.run.outcome.add_problem(UNREACHED, f"{BUT} {words}", CANCEL_THERE)
        if not can_write:
            self._count_unwritten(ended, sells if self.exits else ())

    def command(self, *, enable_live: bool = False) -> str:
        """Return this command as it has to be typed to be tried again, see `live.run.next_commands`."""
        more = ["--exits"] * self.exits + ["--enable-live"] * (enable_live and not self.options.enable_live)
        return " ".join(["python -m live.admin kill-switch on", *more])

    def _print(self, ended: Sequence[OrderRow], left: Sequence[OrderRow]) -> None:
        say = self.run.console.say
        canceled = [row for row in ended if row.is_final and row.filled_qty < row.qty]
        for intent in (Intent.ENTRY, Intent.EXIT):
            if tickers := [row.ticker for row in canceled if row.intent is intent]:
                say(f"canceled at the broker: {_counted(tickers, intent)}")
            if filled := [f"{one.ticker} {one.filled_qty}" for one in ended if one.intent is intent and one.filled_qty]:
                say(f"{'bought' if intent is Intent.ENTRY else 'sold'} before that: shares of {first_of(filled)}")
        parts = [
            _counted(tickers, intent)
            for intent in Intent
            if (tickers := [row.ticker for row in left if row.intent is intent])
        ]
        say(f"left working at the broker: {', '.join(parts) or 'nothing of ours'}")
        if not self.exits and any(row.intent is Intent.EXIT for row in left):
            say("Exits that are there already still sell; --exits takes them back and restores their stops.")
        self.run.report["orders"] = {
            "canceled": [row.client_order_id for row in canceled],
            "left": [row.client_order_id for row in left],
        }

    def _count_left(self, rows: Sequence[OrderRow], name: str) -> None:
        if rows:
            words = f"{BUT} the cancel of {_counted([row.ticker for row in rows], name)} is not confirmed"
            self.run.outcome.lead(UNREACHED, words, f"Again: {self.command()}")

    def _count_unwritten(self, ended: Sequence[OrderRow], sells: Sequence[OrderRow]) -> None:
        """The state DB takes no writes: no stop can be kept in it, so none is risked."""
        self.run.note("the state DB cannot be written: the next run that can books what was canceled")
        bought = [f"{row.ticker} {row.filled_qty}" for row in ended if row.filled_qty]
        if bought:
            words = f"{BUT} shares that were bought may have no stop, and the state DB cannot be written"
            self.run.outcome.add_problem(12, f"{words}: {first_of(bought)}", f"Free space, then: {PROTECT}")
        if sells:
            words = f"{_counted([row.ticker for row in sells], 'exit')} stay queued"
            self.run.outcome.add_problem(
                UNREACHED, f"{BUT} {words}: their stops cannot be kept", f"Free space, then: {self.command()}"
            )


def _counted(tickers: Sequence[str], name: str) -> str:
    """Return for example `2 entries (AAA, BBB)`."""
    return f"{how_many(len(tickers), name)} ({first_of(tickers)})"
