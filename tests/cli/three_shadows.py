"""An account with three shadows: one with another exit, one of the best grades only, one with a tight stop.

AAA and BBB fall by 8 % on the fourth session, which only a tight stop notices. CCC stays level.
"""

from __future__ import annotations

import re
from pathlib import Path

from backtest.model import Grade
from tests.cli.account import CONFIG, HISTORY, TradingAccount, bars, day, offer

FALLING = {HISTORY: "100", day(3): "92"}
SHADOWS = """\
  shadows:
    - trailing_stop: weekly_nweek_low
      period: 4
    - id: only_a
      min_grade: A
    - id: tight
      stop_loss_pct: 5
      max_positions: 1
"""
_SHADOW = re.compile(r"  shadow: .*\n(?:    .*\n)+")


def configuration(folder: Path, shadows: str = SHADOWS) -> Path:
    """Write the shipped configuration with other shadows and return its path. shadows: lines of `strategy:`."""
    text, count = _SHADOW.subn(shadows, CONFIG.read_text(encoding="utf-8"))
    assert count == 1
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def trade_three(folder: Path) -> TradingAccount:
    """Trade six sessions and return the account after the close of the last.

    The executed strategy and `nwl_p4` buy AAA and BBB, the other two AAA only, which the stop of `tight` sells; on the
    fifth session CCC is offered, which all but `only_a` buy.
    """
    series = (bars("AAA", FALLING), bars("BBB", FALLING), bars("CCC"))
    account = TradingAccount(folder, *series, config_path=configuration(folder))
    account.trade(day(0), offer("AAA", day(0), 90, grade=Grade.A), offer("BBB", day(0), 75))
    for n in range(1, 6):
        account.trade(day(n), *([offer("CCC", day(n))] if n == 4 else []))
    return account
