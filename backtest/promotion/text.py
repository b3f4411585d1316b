"""What a promotion says: to a person before he is asked, to a script as JSON."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from backtest.manifest import Manifest
from backtest.money import format_price, format_usd
from backtest.promotion.changes import Change, as_yaml
from backtest.promotion.promotion import Promotion
from backtest.promotion.worth import ROWS, Figure, Worth
from backtest.selection.assessment import sentence
from backtest.tables import Column, table_lines, wrapped
from backtest.terminal import USUAL_WIDTH, terminal_width
from backtest.text import strip_control

_SHA = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b")


def text(promotion: Promotion) -> str:
    """Return what stands above the question."""
    run, place = promotion.run, promotion.place
    width = terminal_width(sys.stdout) or USUAL_WIDTH
    lines = [f"Run       {run.folder}: {run.first} to {run.last}", f"In force  {_in_force(promotion.in_force, place)}"]
    lines += _table("parameter", promotion.parameters, width)
    if promotion.in_force is not None and promotion.in_force.data:
        lines += _table("data", promotion.data, width)
    if promotion.in_force is not None and not promotion.parameters:
        lines += ["", "Every parameter stays as it is."]
    lines += ["", *_worth(promotion.worth, width), "", *wrapped(verdict(promotion), width)]
    for warning in promotion.warnings:
        lines += wrapped(f"Note: {strip_control(warning)}.", width)
    return "\n".join([*lines, *_settings(promotion, width)])


def as_json(promotion: Promotion, *, is_written: bool) -> dict[str, object]:
    """Return the same for `--json`."""
    worth, in_force = promotion.worth, promotion.in_force
    among = worth.among
    return {
        "run": str(promotion.run.folder),
        "manifest": str(promotion.place),
        "written": is_written,
        "already_in_force": promotion.is_in_force,
        "in_force": None if in_force is None else {"backed_by_run": in_force.backed_by_run},
        "parameters": _plain(promotion.parameters),
        "data": _plain(promotion.data),
        "config": None if promotion.config is None else str(promotion.config),
        "settings_to_change": _plain(promotion.settings),
        "sessions": worth.sessions,
        "trades_closed_by_rules": worth.closed,
        "open_at_end": worth.still_open,
        "pnl_usd": format_price(worth.profit),
        "figures": {one.name: {"value": one.value, "interval": _interval(one)} for one in worth.figures},
        "trials": worth.trials,
        "assessment": None if among is None else {**asdict(among), "verdict": among.verdict.value},
        "sentence": verdict(promotion),
        "warnings": list(promotion.warnings),
    }


def verdict(promotion: Promotion) -> str:
    """Return the result in one sentence, its uncertainty in it."""
    if promotion.worth.among is None:
        return f"Nothing can be said of {promotion.run.folder}: it is too short."
    return sentence(promotion.worth.among, str(promotion.run.folder))


def _in_force(found: Manifest | None, place: Path) -> str:
    if found is None:
        return f"nothing: {place} " + ("cannot be read" if place.exists() else "is not there")
    return f"{place}" + ("" if found.backed_by_run else ", parameters alone: no run stands behind it")


def _table(name: str, differing: Sequence[Change], width: int) -> list[str]:
    if not differing:
        return []
    rows = [[strip_control(_short(cell)) for cell in (one.name, one.before, one.after)] for one in differing]
    return ["", *table_lines([Column(name), Column("in force"), Column("of the run")], rows, width=width)]


def _worth(found: Worth, width: int) -> list[str]:
    among = found.among
    trials, sessions = f"{found.trials:,}", f"{found.sessions:,}"
    if among is not None and found.trials > 1:
        trials += f"; the best of so many reaches {among.hurdle:.2f} by chance"
    if among is not None:
        needed = among.sessions_needed
        sessions += f"; {'no number is' if needed is None else f'{needed:,.0f} are'} enough for a Sharpe ratio above 0"
    rows = [
        ["trades closed by the rules", f"{found.closed}; {found.still_open} still open at the end"],
        ["P&L, open positions included", f"{format_usd(found.profit)} USD"],
        *([words, _with_interval(one)] for one, (_, _, words) in zip(found.figures, ROWS, strict=True)),
        ["sessions", sessions],
        ["trials counted", trials],
    ]
    return table_lines([Column("figure"), Column("value")], rows, width=width)


def _with_interval(one: Figure) -> str:
    if one.value is None:
        return "-"
    return f"{one.value:.2f}" + ("" if one.low is None else f"   {one.low:.2f} to {one.high:.2f} with 95 %")


def _interval(one: Figure) -> list[float | None] | None:
    return None if one.low is None else [one.low, one.high]


def _settings(promotion: Promotion, width: int) -> list[str]:
    if not promotion.settings:
        return []
    what = f"{promotion.config} has other parameters. Both daily programs end with 5 until it says:"
    return ["", *wrapped(what, width), "", *as_yaml(promotion.settings)]


def _plain(differing: Sequence[Change]) -> list[dict[str, str]]:
    return [{"name": one.name, "before": one.before, "after": one.after} for one in differing]


def _short(cell: str) -> str:
    return _SHA.sub(r"\1…", cell)
