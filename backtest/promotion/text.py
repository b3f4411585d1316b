"""What a promotion says: to a person before he is asked, to a script as JSON."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from backtest.manifest import Manifest
from backtest.money import format_price, format_usd
from backtest.promotion.assessment import ROWS, SURE, Assessment, Figure
from backtest.promotion.changes import Change, as_yaml
from backtest.promotion.promotion import Promotion
from backtest.tables import Column, table_lines, wrapped
from backtest.terminal import terminal_width
from backtest.text import strip_control

_SHA = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b")
USUAL_WIDTH = 80


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
    lines += ["", *_assessment(promotion.assessment, width), "", *wrapped(sentence(promotion.assessment), width)]
    for warning in promotion.warnings:
        lines += wrapped(f"Note: {strip_control(warning)}.", width)
    return "\n".join([*lines, *_settings(promotion, width)])


def as_json(promotion: Promotion, *, is_written: bool) -> dict[str, object]:
    """Return the same for `--json`."""
    figures: dict[str, Any] = asdict(promotion.assessment)
    figures["figures"] = {one.name: [one.value, one.low, one.high] for one in promotion.assessment.figures}
    figures["profit"] = format_price(promotion.assessment.profit)
    return {
        "run": str(promotion.run.folder),
        "manifest": str(promotion.place),
        "written": is_written,
        "already_in_force": promotion.is_in_force,
        "in_force": None if promotion.in_force is None else {"backed_by_run": promotion.in_force.backed_by_run},
        "parameters": _plain(promotion.parameters),
        "data": _plain(promotion.data),
        "config": None if promotion.config is None else str(promotion.config),
        "settings_to_change": _plain(promotion.settings),
        "assessment": {**figures, "is_better_than_chance": promotion.assessment.is_sure},
        "sentence": sentence(promotion.assessment),
        "warnings": list(promotion.warnings),
    }


def sentence(found: Assessment) -> str:
    """Return the result in one sentence, its uncertainty in it."""
    if found.deflated is None:
        return "Nothing can be said of this run: its account hardly moved, or it is too short."
    is_one = found.trials == 1
    among = "" if is_one else f" among {found.trials} trials"
    what = "0" if is_one else "what the best of so many reaches by luck"
    probability = f"the probability that its true Sharpe ratio is above {what} is {_percent(found.deflated)}"
    if found.is_sure:
        return f"Better than chance{among}: {probability}."
    return f"Not shown to be better than chance{among}: {probability} ({_percent(SURE)} is asked for)."


def _in_force(found: Manifest | None, place: object) -> str:
    if found is None:
        return f"nothing: no manifest in {place}, or none that can be read"
    return f"{place}" + ("" if found.backed_by_run else ", parameters alone: no run stands behind it")


def _table(name: str, differing: Sequence[Change], width: int) -> list[str]:
    if not differing:
        return []
    rows = [[strip_control(_short(cell)) for cell in (one.name, one.before, one.after)] for one in differing]
    return ["", *table_lines([Column(name), Column("in force"), Column("of the run")], rows, width=width)]


def _assessment(found: Assessment, width: int) -> list[str]:
    needed = "no number is" if found.sessions_needed is None else f"{found.sessions_needed:,} are"
    luck = f"; the best of so many reaches {found.by_chance:.2f} a year by luck" if found.trials > 1 else ""
    rows = [
        ["trades closed by the rules", f"{found.closed}; {found.still_open} still open at the end"],
        ["P&L, open positions included", f"{format_usd(found.profit)} USD"],
        *([words, _with_interval(one)] for one, (_, _, words) in zip(found.figures, ROWS, strict=True)),
        ["sessions", f"{found.sessions:,}; {needed} enough for a Sharpe ratio above 0"],
        ["trials counted", f"{found.trials}{luck}"],
    ]
    return table_lines([Column("figure"), Column("value")], rows, width=width)


def _with_interval(one: Figure) -> str:
    if one.value is None:
        return "-"
    return f"{one.value:.2f}" + ("" if one.low is None else f"   {one.low:.2f} to {one.high:.2f} with 95 %")


def _settings(promotion: Promotion, width: int) -> list[str]:
    if not promotion.settings:
        return []
    what = f"{promotion.config} has other parameters. Both daily programs end with 5 until it says:"
    return ["", *wrapped(what, width), "", *as_yaml(promotion.settings)]


def _plain(differing: Sequence[Change]) -> list[dict[str, str]]:
    return [{"name": one.name, "before": one.before, "after": one.after} for one in differing]


def _percent(share: float) -> str:
    """A probability is never rounded to a certainty."""
    return f"{min(max(100 * share, 0.1), 99.9):.3g} %"


def _short(cell: str) -> str:
    return _SHA.sub(r"\1…", cell)
