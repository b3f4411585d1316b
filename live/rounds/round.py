"""One round of the day, a step that was run: as a line for people and as plain values for `--json`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backtest.command_line import error_json
from live.broker import Account
from live.clock import iso_utc, new_york_minute
from live.rounds.child import StepEnd

UNKNOWN = "-"
_LINE = "{:<16}  {:<9}  {:>4}  {:>12}  {:>12}  {:>11}  {:>4}"
HEADING = _LINE.format("New York", "step", "code", "cash", "equity", "day's P&L", "held")


@dataclass(frozen=True, slots=True)
class Round:
    """at: when it was started. account: as the broker had it afterwards, None when it did not answer. held: how many
    positions the state DB has then, None when it cannot be read."""

    at: datetime
    step: str
    end: StepEnd
    account: Account | None
    held: int | None

    @property
    def day_pnl(self) -> Decimal | None:
        """Equity less that of the last close."""
        return None if self.account is None else self.account.equity - self.account.last_equity

    @property
    def text(self) -> str:
        """Return the line."""
        cash, equity = (None, None) if self.account is None else (self.account.cash, self.account.equity)
        held = UNKNOWN if self.held is None else str(self.held)
        return _LINE.format(
            new_york_minute(self.at),
            self.step,
            self.end.code,
            _usd(cash),
            _usd(equity),
            _usd(self.day_pnl, sign="+"),
            held,
        )

    def as_json(self) -> dict[str, object]:
        account, problem, run_id = self.account, self.end.problem, self.end.run_id
        return {
            "at": iso_utc(self.at),
            "step": self.step,
            "exit_code": self.end.code,
            "run_id": run_id,
            "error": None if problem is None else error_json(problem.code, problem.what, problem.next_step, run_id),
            "cash": None if account is None else _plain(account.cash),
            "equity": None if account is None else _plain(account.equity),
            "day_pnl": None if self.day_pnl is None else _plain(self.day_pnl),
            "open_positions": self.held,
        }


@dataclass(frozen=True, slots=True)
class Missed:
    """A step that was not run, and why. has_begun: the day was at work when it was due."""

    step: str
    at: datetime
    why: str
    has_begun: bool

    def as_json(self) -> dict[str, object]:
        return {"at": iso_utc(self.at), "step": self.step, "why": self.why}


def missed_texts(missed: Iterable[Missed]) -> list[str]:
    """Return a sentence for each reason: `not run: generator, place of 2026-03-02: the entry cutoff was 09:35`."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in missed:
        reasons.setdefault((new_york_minute(one.at)[:10], one.why), []).append(one.step)
    return [f"not run: {_names(steps)} of {day}: {why}" for (day, why), steps in reasons.items()]


def _names(steps: list[str]) -> str:
    counts = {one: steps.count(one) for one in steps}
    return ", ".join(one if count == 1 else f"{count} x {one}" for one, count in counts.items())


def _usd(amount: Decimal | None, sign: str = "") -> str:
    return UNKNOWN if amount is None else f"{amount:{sign},.2f}"


def _plain(amount: Decimal) -> str:
    return f"{amount:.2f}"
